//! Kinds that change messages, and the bodies of events, contacts and files: in the journal, and in files beside it.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use model::{AccountId, EmailId};
use rusqlite::Connection;
use store::{Engine, Place as Kept};

use super::journal::unsigned_engine;
use super::kind::{By, Kind, Place, Variant, hex, put_back};

const IN_JOURNAL: &str = "SELECT id FROM blob WHERE file IS NULL ORDER BY id";
const IN_FILES: &str = "SELECT file FROM blob WHERE file IS NOT NULL ORDER BY id";

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "octets of a message in the journal are changed",
        tamper: |variant| {
            let db = variant.journal();
            let place = Place {
                table: "blob",
                column: "record",
                filter: "file IS NULL",
            };
            variant.flip_column(&db, &place, 8);
        },
        // What cannot be unpacked is not in the new state either.
        found_by: &[By::Blob, By::AnyState],
    },
    Kind {
        name: "two messages in the journal are exchanged",
        tamper: |variant| {
            let db = variant.journal();
            exchange(variant, &db, "record, size");
        },
        found_by: &[By::Blob, By::AnyState],
    },
    Kind {
        name: "two messages in the journal are exchanged with their hashes",
        tamper: |variant| {
            let db = variant.journal();
            exchange(variant, &db, "record, size, hash");
        },
        found_by: &[By::Blob, By::AnyState],
    },
    Kind {
        name: "a message is another one, well formed and with its hash",
        tamper: |variant| {
            let email = some_email(variant);
            let text = format!(
                "Subject: forged {}\r\n\r\nForged.\r\n",
                variant.number(0, 9_999)
            );
            replace(variant, &email, text.as_bytes(), &email.meta, true);
        },
        found_by: &[By::Blob],
    },
    Kind {
        name: "a message's metadata are others, well formed and in the state, too",
        tamper: |variant| {
            let email = some_email(variant);
            let mut meta = email.meta.clone();
            variant.flip(&mut meta, 0, 1);
            replace(variant, &email, &email.message, &meta, false);
            let (state, row) = (variant.state(), email.row);
            variant.run(
                &state,
                &format!("UPDATE email SET meta=x'{}' WHERE id={row}", hex(&meta)),
            );
        },
        found_by: &[By::Blob],
    },
    Kind {
        name: "a message is dropped from the journal",
        tamper: |variant| {
            let db = variant.journal();
            let row = variant.row(&db, "blob", "1");
            variant.run(&db, &format!("UPDATE blob SET record=NULL WHERE {row}"));
        },
        found_by: &[By::Blob, By::AnyState],
    },
    Kind {
        name: "a message's row is taken out of the journal",
        tamper: |variant| {
            let db = variant.journal();
            // Without the last one the next would have its number.
            let row = variant.row(
                &db,
                "blob",
                "file IS NULL AND id<(SELECT max(id) FROM blob)",
            );
            variant.run(&db, &format!("DELETE FROM blob WHERE {row}"));
        },
        found_by: &[By::Blob, By::AnyState],
    },
    Kind {
        name: "a message that nobody committed is put into the journal",
        tamper: |variant| {
            let db = variant.journal();
            let (row, by) = (
                variant.row(&db, "blob", "file IS NULL"),
                variant.number(1, 3),
            );
            variant.run(&db, &format!(
                "INSERT INTO blob SELECT (SELECT max(id) FROM blob)+{by}, hash, size, NULL, record FROM blob WHERE {row}"
            ));
        },
        found_by: &[By::Blob],
    },
    Kind {
        name: "a message is put before the first of the journal",
        tamper: |variant| {
            let db = variant.journal();
            let (number, other) = (variant.number(-99, 0), variant.pick::<i64>(&db, IN_JOURNAL));
            variant.run(
                &db,
                &format!(
                    "INSERT INTO blob SELECT {number}, hash, size, file, record FROM blob WHERE id={other}"
                ),
            );
        },
        found_by: &[By::Blob],
    },
    Kind {
        name: "a message's size or hash is changed in the journal",
        tamper: |variant| {
            let db = variant.journal();
            let row = variant.row(&db, "blob", "file IS NULL");
            if variant.random.chance(50) {
                let by = variant.number(1, 99);
                variant.run(&db, &format!("UPDATE blob SET size=size+{by} WHERE {row}"));
            } else {
                let hash = hex(&variant.random.bytes(32));
                variant.run(&db, &format!("UPDATE blob SET hash=x'{hash}' WHERE {row}"));
            }
        },
        found_by: &[By::Blob, By::AnyState],
    },
    Kind {
        name: "octets of a message's file are changed",
        tamper: |variant| {
            let path = some_file(variant);
            let mut octets = fs::read(&path).unwrap();
            variant.flip(&mut octets, 0, 8);
            fs::write(path, octets).unwrap();
        },
        found_by: &[By::Blob],
    },
    Kind {
        name: "a message's file is cut off",
        tamper: |variant| {
            let path = some_file(variant);
            let octets = fs::read(&path).unwrap();
            let kept = variant.random.below(octets.len());
            fs::write(path, &octets[..kept]).unwrap();
        },
        found_by: &[By::Blob],
    },
    Kind {
        name: "a message's file is removed",
        tamper: |variant| fs::remove_file(some_file(variant)).unwrap(),
        found_by: &[By::Blob],
    },
    Kind {
        name: "two messages' files are exchanged",
        tamper: |variant| {
            let db = variant.journal();
            let (one, other): (String, String) = variant.pick_two(&db, IN_FILES);
            let (one, other) = (path_of(variant, &one), path_of(variant, &other));
            let kept = fs::read(&one).unwrap();
            fs::copy(&other, &one).unwrap();
            fs::write(other, kept).unwrap();
        },
        found_by: &[By::Blob],
    },
    Kind {
        name: "a message names another one's file",
        tamper: |variant| {
            let db = variant.journal();
            let (one, other): (String, String) = variant.pick_two(&db, IN_FILES);
            variant.run(
                &db,
                &format!("UPDATE blob SET file='{other}' WHERE file='{one}'"),
            );
        },
        found_by: &[By::Blob, By::File],
    },
    Kind {
        name: "a file is put beside those of messages",
        tamper: |variant| {
            let path = some_file(variant);
            let name = format!("{}.record", hex(&variant.random.bytes(32)));
            fs::copy(&path, path.with_file_name(name)).unwrap();
        },
        found_by: &[By::File],
    },
    Kind {
        name: "the files of messages are an old copy",
        tamper: |variant| put_back(&variant.prepared.old, &variant.data(), "blobs"),
        found_by: &[By::Blob],
    },
];

/// Exchanges columns of two different messages.
fn exchange(variant: &mut Variant<'_>, db: &Connection, columns: &str) {
    let sql = "SELECT min(id) FROM blob WHERE file IS NULL GROUP BY hash ORDER BY 1";
    let (one, other): (i64, i64) = variant.pick_two(db, sql);
    db.execute_batch("CREATE TEMP TABLE kept AS SELECT * FROM blob")
        .unwrap();
    for (to, from) in [(one, other), (other, one)] {
        let values = format!("SELECT {columns} FROM kept WHERE id={from}");
        variant.run(
            db,
            &format!("UPDATE blob SET ({columns})=({values}) WHERE id={to}"),
        );
    }
}

fn path_of(variant: &Variant<'_>, name: &str) -> PathBuf {
    variant
        .data()
        .join("blobs")
        .join(&name[..2])
        .join(format!("{name}.record"))
}

fn some_file(variant: &mut Variant<'_>) -> PathBuf {
    let name: String = variant.pick(&variant.journal(), IN_FILES);
    variant.done.push_str(&name);
    path_of(variant, &name)
}

/// A message that is kept in the journal.
struct Email {
    row: i64,
    blob: i64,
    message: Vec<u8>,
    meta: Vec<u8>,
}

fn some_email(variant: &mut Variant<'_>) -> Email {
    let in_journal: Vec<i64> = super::kind::all(&variant.journal(), IN_JOURNAL);
    let state = variant.state();
    let list: Vec<_> = in_journal.iter().map(ToString::to_string).collect();
    let row: i64 = variant.pick(
        &state,
        &format!(
            "SELECT id FROM email WHERE blob IN ({}) ORDER BY id",
            list.join(",")
        ),
    );
    let (blob, meta) = state
        .query_row("SELECT blob, meta FROM email WHERE id=?", [row], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    drop(state);
    let (account, number) = (
        u32::try_from(row >> 32).unwrap(),
        u32::try_from(row & 0xffff_ffff).unwrap(),
    );
    let engine = unsigned_engine(variant);
    let mut message = Vec::new();
    engine
        .messages(AccountId(account), &[EmailId(number)], &mut |_, octets| {
            message = octets.to_vec();
            ControlFlow::Continue(())
        })
        .unwrap();
    Email {
        row,
        blob,
        message,
        meta,
    }
}

/// Packs a message with metadata as Wachpost would, and puts it in the place of another.
fn replace(variant: &mut Variant<'_>, email: &Email, message: &[u8], meta: &[u8], with_hash: bool) {
    let packed = unsigned_engine(variant)
        .prepare(message, meta.to_vec())
        .unwrap();
    let Kept::Journal(record) = &packed.place else {
        panic!("it is small");
    };
    let hash = if with_hash {
        format!(", hash=x'{}'", hex(&packed.id.0))
    } else {
        String::new()
    };
    let db = variant.journal();
    variant.run(
        &db,
        &format!(
            "UPDATE blob SET record=x'{}', size={}{hash} WHERE id={}",
            hex(record),
            packed.size,
            email.blob
        ),
    );
}
