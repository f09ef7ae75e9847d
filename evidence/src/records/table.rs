//! Table: comma-separated values with a row of names first, as `Export-Csv` writes them.

use std::io::BufRead;

use super::Record;
use crate::field::{self, Field};

/// Octets of one row, line ends in quotes included.
const ROW_OCTETS_MAX: usize = 1_048_576;
/// Rows of one table.
const ROWS_MAX: u64 = 20_000_000;

/// Why the reading of a table ended early.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// What lies beneath failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Too much.
    #[error("row {0}: more than {ROW_OCTETS_MAX} octets, or more than {ROWS_MAX} rows")]
    TooLarge(u64),
}

/// Reads a table row by row and gives each to `each`.
///
/// # Errors
/// If reading fails, or a bound is exceeded; what came before was given.
// RFC 4180 2: a value in quotes may hold line ends.
pub fn read_table(
    mut reader: impl BufRead,
    mut each: impl FnMut(Record),
) -> Result<(), TableError> {
    let mut names: Option<(Vec<String>, u8)> = None;
    let mut row = Vec::new();
    let mut line = 0;
    loop {
        row.clear();
        let begins = line + 1;
        let lines = next_row(&mut reader, &mut row, begins)?;
        if lines == 0 {
            return Ok(());
        }
        line += lines;
        let mut octets = row.as_slice();
        if begins == 1 {
            octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
        }
        let octets = octets.trim_ascii_end();
        if octets.is_empty() || (names.is_none() && octets.starts_with(b"#TYPE")) {
            continue;
        }
        let mut fields = Vec::new();
        match &names {
            None => {
                // European settings of Windows write semicolons.
                let count = |sign| octets.iter().filter(|octet| **octet == sign).count();
                let sign = if count(b';') > count(b',') {
                    b';'
                } else {
                    b','
                };
                field::split_at(octets, sign, &mut fields);
                let texts = fields.iter().map(|field| field.text().trim().to_owned());
                names = Some((texts.collect(), sign));
            }
            Some((names, sign)) => {
                field::split_at(octets, *sign, &mut fields);
                each(record(names, &fields, begins));
            }
        }
        if line > ROWS_MAX {
            return Err(TableError::TooLarge(line));
        }
    }
}

fn record(names: &[String], fields: &[Field<'_>], line: u64) -> Record {
    let values = names
        .iter()
        .zip(fields)
        .filter(|(name, _)| !name.is_empty());
    let values = values.map(|(name, field)| {
        let text = field.text().into_owned();
        (
            name.clone(),
            if text.is_empty() {
                Vec::new()
            } else {
                vec![text]
            },
        )
    });
    Record {
        line,
        types: String::new(),
        values: values.collect(),
    }
}

/// Reads one row, of several lines where quotes are open; says how many lines it had, 0 at the end.
fn next_row(reader: &mut impl BufRead, row: &mut Vec<u8>, begins: u64) -> Result<u64, TableError> {
    let mut lines = 0;
    let mut open = false;
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            return Ok(if row.is_empty() { lines } else { lines.max(1) });
        }
        let end = memchr::memchr(b'\n', piece);
        let taken = end.map_or(piece.len(), |end| end + 1);
        open ^= piece[..taken]
            .iter()
            .filter(|octet| **octet == b'"')
            .count()
            % 2
            == 1;
        if row.len() + taken > ROW_OCTETS_MAX {
            return Err(TableError::TooLarge(begins));
        }
        row.extend_from_slice(&piece[..taken]);
        reader.consume(taken);
        if end.is_some() {
            lines += 1;
            if !open {
                return Ok(lines);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Record> {
        let mut records = Vec::new();
        read_table(text.as_bytes(), |record| records.push(record)).unwrap();
        records
    }

    #[test]
    fn rows_with_line_ends_and_type_heads_are_read() {
        let records = read(
            "\u{feff}#TYPE Deserialized.X\r\n\"Name\",\"Rule\"\r\n\"a\",\"one\r\ntwo\"\r\nb,\r\n",
        );
        assert_eq!(records.len(), 2);
        assert_eq!(
            (records[0].line, records[0].value("rule")),
            (3, "one\r\ntwo")
        );
        assert_eq!(
            (
                records[1].line,
                records[1].value("name"),
                records[1].has("Rule")
            ),
            (5, "b", true)
        );
        assert_eq!(
            read("a;b,\"c\n1;2")
                .first()
                .map(|record| record.values.len()),
            None
        );
        assert_eq!(read("a;b\n1;2")[0].value("b"), "2");
    }

    #[test]
    fn an_endless_row_ends_the_table() {
        let text = format!("a,b\n\"{}", "x,".repeat(ROW_OCTETS_MAX));
        assert!(matches!(
            read_table(text.as_bytes(), |_| {}),
            Err(TableError::TooLarge(2))
        ));
    }
}
