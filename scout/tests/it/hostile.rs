//! Hostile: evidence that was made to harm whoever reads it costs bounded time and memory, and writes nothing.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use scout::assessment::Verdict;
use scout::report;

use crate::history::{Dice, History};
use crate::{exchange, read};

const LOG_HEAD: &str = "#Software: Microsoft Exchange Server\n#Log-type: HttpProxy Logs\n";

/// A ZIP archive of deflated files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut whole, mut directory) = (Vec::new(), Vec::new());
    for (name, body) in files {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(body).unwrap();
        let packed = packed.finish().unwrap();
        let number = |count: usize| u32::try_from(count).unwrap().to_le_bytes();
        let (offset, length) = (
            number(whole.len()),
            u16::try_from(name.len()).unwrap().to_le_bytes(),
        );
        let shared = [
            [20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(),
            &number(packed.len()),
            &number(body.len()),
            &length,
        ]
        .concat();
        whole.extend(
            [
                b"PK\x03\x04".as_slice(),
                &shared,
                &[0, 0],
                name.as_bytes(),
                &packed,
            ]
            .concat(),
        );
        directory.extend(
            [
                b"PK\x01\x02\x14\0".as_slice(),
                &shared,
                &[0; 12],
                &offset,
                name.as_bytes(),
            ]
            .concat(),
        );
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let (size, at) = (
        u32::try_from(directory.len()).unwrap().to_le_bytes(),
        u32::try_from(whole.len()).unwrap().to_le_bytes(),
    );
    whole.extend(&directory);
    whole.extend(
        [
            b"PK\x05\x06\0\0\0\0".as_slice(),
            &count,
            &count,
            &size,
            &at,
            &[0, 0],
        ]
        .concat(),
    );
    whole
}

fn gzip(pieces: usize, piece: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(LOG_HEAD.as_bytes()).unwrap();
    for _ in 0..pieces {
        packed.write_all(piece).unwrap();
    }
    packed.finish().unwrap()
}

fn passed(folder: &Path) -> Vec<String> {
    let report = read(folder);
    assert_ne!(report.verdict, Verdict::NoTrace);
    report
        .evidence
        .unread
        .into_iter()
        .map(|unread| format!("{}: {}", unread.file, unread.why))
        .collect()
}

#[test]
fn bombs_end_when_they_are_too_large_and_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let piece = [vec![b'x'; 65_535], b"\n".to_vec()].concat().repeat(16);
    fs::write(folder.path().join("bomb.log.gz"), gzip(160, &piece)).unwrap();
    let inner = zip(&[(
        "bomb.log",
        &[LOG_HEAD.as_bytes(), &piece.repeat(80)].concat(),
    )]);
    fs::write(folder.path().join("bomb.zip"), &inner).unwrap();
    let mut nested = inner;
    for _ in 0..5 {
        nested = zip(&[("deeper.zip", &nested)]);
    }
    fs::write(folder.path().join("nested.zip"), nested).unwrap();
    let passed = passed(folder.path());
    assert!(
        passed
            .iter()
            .any(|why| why.starts_with("bomb.log.gz: unpacked")),
        "{passed:?}"
    );
    assert!(
        passed
            .iter()
            .any(|why| why.starts_with("bomb.zip!bomb.log: unpacked")),
        "{passed:?}"
    );
    assert!(
        passed.iter().any(|why| why.contains("too deep")),
        "{passed:?}"
    );
}

#[test]
fn names_in_archives_touch_no_path() {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("evidence");
    fs::create_dir(&folder).unwrap();
    let body = format!("{LOG_HEAD}2021-03-03T00:00:00Z,x\n");
    let names = [
        "../../up.log",
        "/etc/up.log",
        "..\\..\\up.log",
        "C:\\up.log",
        "a\u{1b}[2Jb\n.log",
        "con.log",
    ];
    let files: Vec<_> = names.iter().map(|name| (*name, body.as_bytes())).collect();
    fs::write(folder.join("tricks.zip"), zip(&files)).unwrap();
    let report = read(&folder);
    assert_eq!(
        report.evidence.files, 6,
        "all were read, {:?}",
        report.evidence.unread
    );
    let left: Vec<_> = fs::read_dir(around.path())
        .unwrap()
        .chain(fs::read_dir(&folder).unwrap())
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn links_are_not_followed() {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("evidence");
    fs::create_dir(&folder).unwrap();
    fs::write(around.path().join("outside.log"), "2021-03-03T00:00:00Z").unwrap();
    std::os::unix::fs::symlink(around.path().join("outside.log"), folder.join("link.log")).unwrap();
    std::os::unix::fs::symlink("..", folder.join("loop")).unwrap();
    let report = read(&folder);
    assert_eq!(
        (report.evidence.files, report.evidence.unread.len()),
        (0, 2)
    );
    // What a link in a disk image leads to is read once, and nothing is missing.
    fs::create_dir(folder.join("ProgramData")).unwrap();
    fs::write(
        folder.join("ProgramData/web-files.csv"),
        "FullName,Length\nC:\\inetpub\\wwwroot\\iisstart.htm,5\n",
    )
    .unwrap();
    std::os::unix::fs::symlink("ProgramData", folder.join("All Users")).unwrap();
    let report = read(&folder);
    assert_eq!(
        (report.evidence.files, report.evidence.unread.len()),
        (1, 2)
    );
}

#[test]
fn endless_lines_and_cut_files_are_read_as_far_as_they_go() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::attacked(7);
    history.write(folder.path());
    let expected = read(folder.path()).verdict;
    let endless = [LOG_HEAD.as_bytes(), &vec![b'x'; 20 * 1_048_576]].concat();
    fs::write(folder.path().join("endless.log"), endless).unwrap();
    let packed = gzip(3, b"2021-03-03T00:00:00Z,x\n");
    fs::write(
        folder.path().join("cut.log.gz"),
        &packed[..packed.len() / 2],
    )
    .unwrap();
    fs::write(
        folder.path().join("cut.zip"),
        &zip(&[("a.log", b"2021")])[..40],
    )
    .unwrap();
    fs::write(folder.path().join("empty.evtx"), b"ElfFile\0").unwrap();
    fs::write(folder.path().join("zeros.csv"), vec![0; 100_000]).unwrap();
    let report = read(folder.path());
    assert_eq!(report.verdict, expected);
    for name in ["endless.log", "cut.log.gz", "cut.zip", "empty.evtx"] {
        assert!(
            report
                .evidence
                .unread
                .iter()
                .any(|unread| unread.file == name),
            "{name}: {:?}",
            report.evidence.unread
        );
    }
}

#[test]
fn broken_event_logs_end() {
    let Some(exchange) = exchange() else { return };
    let whole = fs::read(exchange.join("evtx/ID4756-Exchange_admin_group_change.evtx")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dice = &mut Dice::new(1);
    for number in 0..40 {
        let mut broken = whole.clone();
        for _ in 0..=number {
            let at = usize::try_from(dice.below(i64::try_from(broken.len()).unwrap())).unwrap();
            broken[at] ^= u8::try_from(1 + dice.below(255)).unwrap();
        }
        if number % 4 == 0 {
            broken.truncate(broken.len() / 2);
        }
        fs::write(folder.path().join(format!("{number}.evtx")), broken).unwrap();
    }
    read(folder.path());
}

#[test]
fn what_intruders_write_does_nothing_in_reports() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "=HYPERLINK(1).aspx,+cmd|x.aspx,@SUM(1).aspx,-1+1.aspx,<script>alert(1)</script>.aspx,\u{1b}]0;x\u{7}.aspx";
    let mut table = "FullName,Length\n".to_owned();
    for name in rows.split(',') {
        table.push_str(&format!(
            "\"=C:\\inetpub\\wwwroot\\aspnet_client\\{name}\",1\n"
        ));
    }
    fs::write(folder.path().join("web-files.csv"), table).unwrap();
    let report = read(folder.path());
    assert!(report.findings.len() >= 6, "{:?}", report.findings);
    let table = report::indicators_csv(&report);
    for cell in table.lines().flat_map(|line| line.split(',')) {
        let first = cell.trim_start_matches('"').chars().next();
        assert!(!matches!(first, Some('=' | '+' | '@' | '-')), "{cell}");
    }
    assert!(!report::html(&report).contains("<script>alert"));
    assert!(!report::text(&report).contains('\u{1b}'));
}
