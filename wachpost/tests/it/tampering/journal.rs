//! Kinds that change the journal: its entries, signed checkpoints, the tiles of the tree, and the file as a whole.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use model::{Clock, Commit, PrincipalId, Timestamp};
use rusqlite::{Connection, params};
use seal::{Chain, Checkpoint, Hash, Link, SigningKey};
use store::SearchText;
use store_local::{LocalEngine, Options};

use super::kind::{By, Kind, Place, Variant, all, hex, put_back};

const CHECKPOINTS: &str = "SELECT size FROM checkpoint ORDER BY size";
/// What a changed entry may bring with it: later entries do not follow, or the state made of them is another one.
const BY_HISTORY: &[By] = &[By::Chain, By::Tree, By::Blob, By::AnyState];

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "octets of an entry are changed",
        tamper: |variant| {
            let db = variant.journal();
            let place = Place {
                table: "entry",
                column: "payload",
                filter: "1",
            };
            variant.flip_column(&db, &place, 1);
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry says what another one said",
        tamper: |variant| {
            let db = variant.journal();
            let row = variant.row(&db, "entry", "1");
            let other: i64 = variant.pick(&db, &format!(
                "SELECT id FROM entry WHERE payload_hash<>(SELECT payload_hash FROM entry WHERE {row}) ORDER BY id"
            ));
            variant.run(&db, &format!("UPDATE entry SET payload=(SELECT payload FROM entry WHERE id={other}) WHERE {row}"));
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry says something else, with its hash",
        tamper: |variant| {
            let db = variant.journal();
            let id = some_entry(variant, &db);
            let payload = forged(variant, &db, id);
            variant.run(
                &db,
                &format!(
                    "UPDATE entry SET payload=x'{}', payload_hash=x'{}' WHERE id={id}",
                    hex(&payload),
                    hex(Hash::of(&payload).as_bytes())
                ),
            );
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "what an entry says is taken out",
        tamper: |variant| {
            let db = variant.journal();
            let row = variant.row(&db, "entry", "1");
            variant.run(&db, &format!("UPDATE entry SET payload=NULL WHERE {row}"));
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry's time is changed",
        tamper: |variant| {
            let db = variant.journal();
            let (row, by) = (variant.row(&db, "entry", "1"), variant.number(1, 999_999));
            let sign = *variant.random.pick(&["+", "-"]);
            variant.run(
                &db,
                &format!("UPDATE entry SET at_ms=at_ms{sign}{by} WHERE {row}"),
            );
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry is given to another account",
        tamper: |variant| {
            let db = variant.journal();
            let row = variant.row(&db, "entry", "1");
            let account: i64 = variant.pick(&db, &format!(
                "SELECT DISTINCT account FROM entry WHERE account<>(SELECT account FROM entry WHERE {row}) ORDER BY 1"
            ));
            variant.run(
                &db,
                &format!("UPDATE entry SET account={account} WHERE {row}"),
            );
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry's hashes are changed",
        tamper: |variant| {
            let db = variant.journal();
            let column = *variant.random.pick(&["previous", "payload_hash"]);
            variant.flip_column(
                &db,
                &Place {
                    table: "entry",
                    column,
                    filter: "1",
                },
                1,
            );
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry is taken out",
        tamper: |variant| {
            let db = variant.journal();
            let row = variant.row(&db, "entry", "1");
            variant.run(&db, &format!("DELETE FROM entry WHERE {row}"));
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry is taken out, and those behind it move up",
        tamper: |variant| {
            let db = variant.journal();
            let id: i64 = variant.pick(
                &db,
                "SELECT id FROM entry WHERE id<(SELECT max(id) FROM entry) ORDER BY id",
            );
            variant.run(&db, &format!("DELETE FROM entry WHERE id={id}"));
            shift(variant, &db, id, -1);
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "the newest entries are taken out",
        tamper: |variant| {
            let (db, count) = (variant.journal(), variant.number(1, 40));
            variant.run(
                &db,
                &format!("DELETE FROM entry WHERE id>(SELECT max(id) FROM entry)-{count}"),
            );
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "the newest entries are taken out with their checkpoints",
        tamper: |variant| {
            let db = variant.journal();
            let size = earlier_size(variant, &db, 1);
            cut_off(variant, &db, size);
        },
        found_by: &[By::Tree, By::Blob, By::AnyState],
    },
    Kind {
        name: "two entries change places",
        tamper: |variant| {
            let db = variant.journal();
            let (one, other): (i64, i64) =
                variant.pick_two(&db, "SELECT id FROM entry ORDER BY id");
            for (from, to) in [(one, -1), (other, one), (-1, other)] {
                variant.run(&db, &format!("UPDATE entry SET id={to} WHERE id={from}"));
            }
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "two entries of an account change places with their numbers",
        tamper: |variant| {
            let db = variant.journal();
            let account: i64 = variant.pick(
                &db,
                "SELECT account FROM entry GROUP BY account HAVING count(*)>1 ORDER BY 1",
            );
            let (one, other): (i64, i64) = variant.pick_two(
                &db,
                &format!("SELECT id FROM entry WHERE account={account} ORDER BY id"),
            );
            db.execute_batch("CREATE TEMP TABLE kept AS SELECT * FROM entry")
                .unwrap();
            for (to, from) in [(one, other), (other, one)] {
                variant.run(&db, &format!(
                    "UPDATE entry SET (payload, payload_hash)=(SELECT payload, payload_hash FROM kept WHERE id={from}) WHERE id={to}"
                ));
            }
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry is put in between",
        tamper: |variant| {
            let db = variant.journal();
            let (at, from) = (some_entry(variant, &db), some_entry(variant, &db));
            shift(variant, &db, at, 1);
            let from = if from >= at { from + 1 } else { from };
            variant.run(&db, &format!(
                "INSERT INTO entry SELECT {at}, account, seq, at_ms, previous, payload_hash, payload FROM entry WHERE id={from}"
            ));
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry is put before the first",
        tamper: |variant| {
            let db = variant.journal();
            let (number, other) = (variant.number(-99, 0), some_entry(variant, &db));
            variant.run(
                &db,
                &format!(
                    "INSERT INTO entry SELECT {number}, account, seq, at_ms, previous, payload_hash, payload FROM entry \
                     WHERE id={other}"
                ),
            );
        },
        found_by: &[By::Chain],
    },
    Kind {
        name: "an entry is put at the end, outside of the chain",
        tamper: |variant| {
            let db = variant.journal();
            let row = variant.row(&db, "entry", "1");
            variant.run(&db, &format!(
                "INSERT INTO entry SELECT (SELECT max(id)+1 FROM entry), account, seq, at_ms, previous, payload_hash, payload \
                 FROM entry WHERE {row}"
            ));
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "an entry is put at the end of the chain",
        tamper: |variant| {
            let db = variant.journal();
            let id = some_entry(variant, &db);
            let payload = forged(variant, &db, id);
            let entries = entries(&db);
            let account = entries
                .iter()
                .find(|entry| entry.id == id)
                .unwrap()
                .link
                .stream;
            let last = entries
                .iter()
                .rfind(|entry| entry.link.stream == account)
                .unwrap();
            let link = Chain::resume(last.link)
                .append(Hash::of(&payload), last.link.at_ms + 1)
                .unwrap();
            let id = i64::try_from(entries.len()).unwrap() + 1;
            write(
                &db,
                "INSERT INTO entry (previous, payload_hash, seq, payload, account, at_ms, id) VALUES (?,?,?,?,?,?,?)",
                &Entry {
                    id,
                    link,
                    payload: Some(payload),
                },
            );
            variant.done = format!("account {account}");
        },
        // The signature under it is made at the next start; the state does not know it.
        found_by: BY_HISTORY,
    },
    Kind {
        name: "the history of an account is forked, with all its hashes",
        tamper: |variant| {
            let db = variant.journal();
            let id = some_entry(variant, &db);
            rewrite(variant, &db, id);
        },
        found_by: BY_HISTORY,
    },
    Kind {
        name: "everything is rewritten with new chains, tree and state",
        tamper: |variant| {
            let db = variant.journal();
            rewrite(variant, &db, 1);
            drop(db);
            fold_anew(variant);
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "everything is rewritten and signed with another key",
        tamper: |variant| {
            let db = variant.journal();
            rewrite(variant, &db, 1);
            let seed: [u8; 32] = variant.random.bytes(32).try_into().unwrap();
            let name = variant.prepared.key.verifier().name().clone();
            sign_anew(&db, &SigningKey::from_seed(name, &seed));
            drop(db);
            fold_anew(variant);
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "everything is rewritten, and the roots in the checkpoints, too",
        tamper: |variant| {
            let db = variant.journal();
            rewrite(variant, &db, 1);
            put_roots(&db);
            drop(db);
            fold_anew(variant);
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "everything is rewritten, and all checkpoints are taken out",
        tamper: |variant| {
            let db = variant.journal();
            rewrite(variant, &db, 1);
            variant.run(&db, "DELETE FROM checkpoint");
            drop(db);
            fold_anew(variant);
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "a signed checkpoint is changed",
        tamper: |variant| {
            let db = variant.journal();
            let size: i64 = variant.pick(&db, CHECKPOINTS);
            let note: String = variant.pick(
                &db,
                &format!("SELECT note FROM checkpoint WHERE size={size}"),
            );
            let mut note = note.into_bytes();
            let letters: Vec<_> = (0..note.len())
                .filter(|at| note[*at].is_ascii_alphanumeric())
                .collect();
            let at = *variant.random.pick(&letters);
            note[at] = if note[at] == b'7' { b'8' } else { b'7' };
            variant.done = format!("octet {at}; ");
            let note = String::from_utf8(note).unwrap();
            variant.run(
                &db,
                &format!("UPDATE checkpoint SET note='{note}' WHERE size={size}"),
            );
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "a checkpoint is put at another size",
        tamper: |variant| {
            let db = variant.journal();
            let size: i64 = variant.pick(&db, &format!(
                "SELECT size FROM ({CHECKPOINTS}) WHERE size+1 NOT IN (SELECT size FROM checkpoint)"
            ));
            variant.run(
                &db,
                &format!("UPDATE checkpoint SET size=size+1 WHERE size={size}"),
            );
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "an earlier checkpoint takes the place of the last",
        tamper: |variant| {
            let db = variant.journal();
            let last: i64 = variant.pick(&db, "SELECT max(size) FROM checkpoint");
            let size = earlier_size(variant, &db, 1);
            let note = signed_then(variant, &db, size);
            variant.run(
                &db,
                &format!("UPDATE checkpoint SET note='{note}' WHERE size={last}"),
            );
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "all checkpoints are taken out",
        tamper: |variant| {
            let db = variant.journal();
            variant.run(&db, "DELETE FROM checkpoint");
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "a checkpoint over no entries is put in",
        tamper: |variant| {
            let db = variant.journal();
            let (number, size) = (
                variant.number(-99, 0),
                variant.pick::<i64>(&db, CHECKPOINTS),
            );
            variant.run(
                &db,
                &format!(
                    "INSERT INTO checkpoint SELECT {number}, at_ms, note FROM checkpoint WHERE size={size}"
                ),
            );
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "octets of a tile of the tree are changed",
        tamper: |variant| {
            let db = variant.journal();
            variant.flip_column(
                &db,
                &Place {
                    table: "tile",
                    column: "hashes",
                    filter: "1",
                },
                1,
            );
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "a tile of the tree is taken out, or put in",
        tamper: |variant| {
            let db = variant.journal();
            if variant.random.chance(50) {
                let row = variant.row(&db, "tile", "1");
                variant.run(&db, &format!("DELETE FROM tile WHERE {row}"));
            } else {
                let (level, number) = (variant.number(0, 3), variant.number(2, 99));
                let hashes = hex(&variant.random.bytes(32));
                variant.run(
                    &db,
                    &format!("INSERT INTO tile VALUES ({level}, {number}, x'{hashes}')"),
                );
            }
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "a trigger, view or table is put into the journal",
        tamper: |variant| {
            let (db, number) = (variant.journal(), variant.number(0, 9_999));
            let what = *variant.random.pick(&[
                "CREATE TRIGGER evil# AFTER INSERT ON entry BEGIN UPDATE blob SET record=NULL; END",
                "CREATE TRIGGER evil# AFTER INSERT ON checkpoint BEGIN DELETE FROM checkpoint WHERE size=new.size; END",
                "CREATE VIEW evil# AS SELECT * FROM entry",
                "CREATE TABLE evil# (one INTEGER)",
            ]);
            let sql = what.replace('#', &number.to_string());
            db.execute_batch(&sql).unwrap();
            variant.done = sql;
        },
        found_by: &[By::State("sqlite_schema of journal.db")],
    },
    Kind {
        name: "the journal is an old copy",
        tamper: |variant| put_back(&variant.prepared.old, &variant.data(), "journal.db"),
        found_by: &[By::Tree, By::File, By::AnyState],
    },
    Kind {
        name: "the journal or the state is cut off, overwritten or removed",
        tamper: |variant| {
            let name = *variant.random.pick(&["journal.db", "state.db"]);
            let path = variant.data().join(name);
            let mut octets = fs::read(&path).unwrap();
            variant.done = name.to_owned();
            match variant.random.below(3) {
                0 => return fs::remove_file(path).unwrap(),
                1 => octets.truncate(variant.random.below(octets.len() / 2)),
                _ => {
                    let noise = variant.random.bytes(4_096);
                    octets[..noise.len()].copy_from_slice(&noise);
                }
            }
            fs::write(path, octets).unwrap();
        },
        found_by: &[By::Refused],
    },
];

/// A row of the journal.
struct Entry {
    id: i64,
    link: Link,
    payload: Option<Vec<u8>>,
}

fn entries(db: &Connection) -> Vec<Entry> {
    let sql =
        "SELECT id, account, seq, at_ms, previous, payload_hash, payload FROM entry ORDER BY id";
    let mut select = db.prepare(sql).unwrap();
    let rows = select.query_map([], |row| {
        Ok(Entry {
            id: row.get(0)?,
            link: Link {
                stream: row.get::<_, i64>(1)?.cast_unsigned(),
                number: row.get::<_, i64>(2)?.cast_unsigned(),
                at_ms: row.get(3)?,
                previous: Hash::from_bytes(row.get(4)?),
                payload: Hash::from_bytes(row.get(5)?),
            },
            payload: row.get(6)?,
        })
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn write(db: &Connection, sql: &str, entry: &Entry) {
    let link = &entry.link;
    let values = params![
        link.previous.as_bytes(),
        link.payload.as_bytes(),
        link.number.cast_signed(),
        entry.payload,
        link.stream.cast_signed(),
        link.at_ms,
        entry.id
    ];
    db.prepare_cached(sql).unwrap().execute(values).unwrap();
}

/// Moves all entries from this one on.
fn shift(variant: &mut Variant<'_>, db: &Connection, from: i64, by: i64) {
    variant.run(db, &format!("UPDATE entry SET id=-id WHERE id>={from}"));
    variant.run(db, &format!("UPDATE entry SET id=-id+({by}) WHERE id<0"));
}

/// An entry that somebody made.
fn some_entry(variant: &mut Variant<'_>, db: &Connection) -> i64 {
    variant.pick(db, "SELECT id FROM entry ORDER BY id")
}

/// What an entry says, as if somebody else had done it.
fn forged(variant: &mut Variant<'_>, db: &Connection, id: i64) -> Vec<u8> {
    let payload: Vec<u8> = variant.pick(db, &format!("SELECT payload FROM entry WHERE id={id}"));
    let number = u32::try_from(variant.number(1_000, 9_999)).unwrap();
    forge(&payload, number)
}

fn forge(payload: &[u8], number: u32) -> Vec<u8> {
    let mut commit = Commit::decode(payload).unwrap();
    commit.actor.principal = Some(PrincipalId(number));
    commit.encode().unwrap()
}

/// Lets an entry from here on say something else, and seals all that follow anew: chains and hashes are sound.
pub(super) fn rewrite(variant: &mut Variant<'_>, db: &Connection, from: i64) {
    let id: i64 = variant.pick(
        db,
        &format!("SELECT id FROM entry WHERE id>={from} ORDER BY id"),
    );
    let number = u32::try_from(variant.number(1_000, 9_999)).unwrap();
    variant.done.push_str(&format!("entry {id}; "));
    let mut chains: HashMap<u64, Chain> = HashMap::new();
    db.execute_batch("BEGIN").unwrap();
    for mut entry in entries(db) {
        let stream = entry.link.stream;
        let chain = chains.entry(stream).or_insert_with(|| Chain::start(stream));
        if entry.id == id {
            entry.payload = entry.payload.map(|payload| forge(&payload, number));
        }
        let hash = entry
            .payload
            .as_deref()
            .map_or(entry.link.payload, Hash::of);
        entry.link = chain.append(hash, entry.link.at_ms).unwrap();
        let sql = "UPDATE entry SET previous=?, payload_hash=?, seq=?, payload=?, account=?, at_ms=? WHERE id=?";
        write(db, sql, &entry);
    }
    db.execute_batch("COMMIT").unwrap();
}

/// A size that the journal had before, at least this one.
pub(super) fn earlier_size(variant: &mut Variant<'_>, db: &Connection, first: i64) -> i64 {
    variant.pick(
        db,
        &format!(
            "SELECT id FROM entry WHERE id>={first} AND id<(SELECT max(id) FROM entry) ORDER BY id"
        ),
    )
}

/// The checkpoint that the notary signed when the journal had this size, which an intruder may have kept.
fn signed_then(variant: &Variant<'_>, db: &Connection, size: i64) -> String {
    let leaves: Vec<_> = entries(db).iter().map(|entry| entry.link.hash()).collect();
    let root = seal::root_of(&leaves[..usize::try_from(size).unwrap()]);
    let last: Vec<String> = all(db, "SELECT note FROM checkpoint ORDER BY size DESC");
    let origin = last[0].lines().next().unwrap();
    let checkpoint = Checkpoint::new(origin, size.cast_unsigned(), root).unwrap();
    checkpoint.sign(&variant.prepared.key).unwrap().to_string()
}

/// Puts the checkpoint that was signed over so many entries in the place of the later ones.
pub(super) fn put_earlier_checkpoint(variant: &mut Variant<'_>, db: &Connection, size: i64) {
    let note = signed_then(variant, db, size);
    variant.run(db, &format!("DELETE FROM checkpoint WHERE size>{size}"));
    variant.run(
        db,
        &format!("INSERT INTO checkpoint VALUES ({size}, 1000, '{note}')"),
    );
}

/// Takes out all entries behind these, and the later checkpoints.
pub(super) fn cut_off(variant: &mut Variant<'_>, db: &Connection, size: i64) {
    put_earlier_checkpoint(variant, db, size);
    variant.run(db, &format!("DELETE FROM entry WHERE id>{size}"));
}

/// Signs all checkpoints anew.
pub(super) fn sign_anew(db: &Connection, key: &SigningKey) {
    each_checkpoint(db, |origin, size, root, _| {
        let checkpoint = Checkpoint::new(origin, size, root).unwrap();
        checkpoint.sign(key).unwrap().to_string()
    });
}

/// Puts the true roots into all checkpoints, below which the signatures stay as they are.
fn put_roots(db: &Connection) {
    each_checkpoint(db, |_, _, root, note| {
        let old = note.lines().nth(2).unwrap();
        note.replacen(old, &root.to_base64(), 1)
    });
}

fn each_checkpoint(db: &Connection, note: impl Fn(&str, u64, Hash, &str) -> String) {
    let leaves: Vec<_> = entries(db).iter().map(|entry| entry.link.hash()).collect();
    let sizes: Vec<i64> = all(db, CHECKPOINTS);
    for size in sizes {
        let old: String = db
            .query_row("SELECT note FROM checkpoint WHERE size=?", [size], |row| {
                row.get(0)
            })
            .unwrap();
        let leaves = &leaves[..usize::try_from(size).unwrap()];
        let origin = old.lines().next().unwrap();
        let new = note(origin, size.cast_unsigned(), seal::root_of(leaves), &old);
        db.execute(
            "UPDATE checkpoint SET note=? WHERE size=?",
            params![new, size],
        )
        .unwrap();
    }
}

/// Makes the tree and the state anew from the journal, as Wachpost does where there are none.
pub(super) fn fold_anew(variant: &Variant<'_>) {
    let db = variant.journal();
    db.execute_batch("DELETE FROM tile").unwrap();
    drop(db);
    fs::remove_file(variant.data().join("state.db")).unwrap();
    drop(unsigned_engine(variant));
}

/// The engine over the folder, without a notary.
pub(super) fn unsigned_engine(variant: &Variant<'_>) -> Arc<LocalEngine> {
    let options = Options {
        extract: Arc::new(|_| SearchText::default()),
        signer: None,
        clock: Clock::new(|| Timestamp(0)),
    };
    LocalEngine::open(&variant.data(), options).unwrap()
}
