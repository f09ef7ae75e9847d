//! Fuzz: every reader on the same octets; the first octet chooses which.

use std::io::Cursor;

use crate::{
    Cmdlet, Columns, Kind, Moment, archive, audit, event, field, iis_config, kind, pairs, place,
    records, text,
};

/// Tries a reader on octets of anybody; must neither panic nor run away.
pub fn fuzz(input: &[u8]) {
    let Some((choice, octets)) = input.split_first() else {
        return;
    };
    let read = text::whole(octets);
    match choice % 12 {
        0 => {
            let mut fields = Vec::new();
            for line in octets.split(|octet| *octet == b'\n') {
                field::split(line, &mut fields);
                fields.iter().for_each(|field| drop(field.text()));
            }
        }
        1 => {
            let moment = Moment::parse_octets(octets);
            if let Some(moment) = moment {
                assert_eq!(
                    Moment::parse(&moment.to_string()),
                    Some(moment),
                    "what is written is read again"
                );
            }
        }
        2 => drop(Columns::parse(&read)),
        3 => {
            let _: Kind = kind::recognise("C:\\x.log", octets);
        }
        4 => drop(event::parse_line(octets)),
        5 => drop(event::read_evtx(Cursor::new(octets), |_| {})),
        6 => drop(records::read_table(octets, |_| {})),
        7 => drop(records::read_clixml(&read)),
        8 => drop(iis_config::read_iis_config(&read)),
        9 => {
            let mut reader = Cursor::new(octets);
            for entry in archive::list(&mut reader).into_iter().flatten() {
                drop(archive::seek_to(&mut reader, &entry));
            }
        }
        10 => {
            drop(Cmdlet::from_message(&read));
            drop(Cmdlet::from_ecp(&read));
            let _ = pairs::value(&read, "CMD");
            drop(place::normal(&read));
            drop(place::compiled_page(&read));
        }
        _ => audit::read_audits(&read, |_, record| drop(record.cmdlet())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_corpus_is_read_by_every_reader() {
        let corpus: [&[u8]; 9] = [
            b"",
            b"2021-03-03T04:05:06Z,\"a\"\"b\",c",
            b"{\"EventID\":1,\"Channel\":\"x\"}",
            b"<Objs><Obj><TN><T>x</T></TN><Props><S N=\"a\">b</S></Props></Obj></Objs>",
            b"PK\x03\x04PK\x01\x02PK\x05\x06\0\0\0\0\x01\0\x01\0\x2e\0\0\0\x04\0\0\0\0\0",
            b"ElfFile\0\0\0\0\0\0\0\0\0",
            b"\xff\xfea\0b\0",
            b"Cmdlet suceeded. Cmdlet X, parameters -A \"b\"",
            "é-é:é='é'.é".as_bytes(),
        ];
        for choice in 0..12 {
            for input in corpus {
                fuzz(&[&[choice], input].concat());
            }
        }
    }
}
