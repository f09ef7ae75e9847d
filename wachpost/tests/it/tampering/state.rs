//! Kinds that change the state alone: what a program would read, and no entry of the journal explains.

use rusqlite::Connection;

use super::kind::{By, Kind, Place, Variant, put_back};

/// People, as numbers.
const PEOPLE: &str = "SELECT id FROM principal WHERE kind='person' ORDER BY id";
/// Objects that are filter scripts.
const IS_SCRIPT: &str =
    "(account, collection) IN (SELECT account, id FROM collection WHERE kind='scripts')";

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "a person is made an administrator",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "principal", "administrator=0");
            variant.run(
                &db,
                &format!("UPDATE principal SET administrator=1 WHERE {row}"),
            );
        },
        found_by: &[By::State("principal")],
    },
    Kind {
        name: "a new person with an address and a password is put in",
        tamper: |variant| {
            let db = variant.state();
            let id = variant.number(1_000, 9_999);
            let administrator = variant.number(0, 1);
            let address = format!("mallory{id}@example.org");
            variant.run(&db, &format!(
                "INSERT INTO principal VALUES ({id}, '{address}', 'Mallory', 'person', NULL, {administrator}, 1, NULL)"
            ));
            variant.run(
                &db,
                &format!("INSERT INTO address VALUES ('{address}', 'example.org', {id}, 1)"),
            );
            let row = variant.row(&db, "credential", "1");
            variant.run(&db, &format!(
                "INSERT INTO credential SELECT {id}, {id}, created_ms, kind FROM credential WHERE {row}"
            ));
        },
        found_by: &[
            By::State("principal"),
            By::State("address"),
            By::State("credential"),
        ],
    },
    Kind {
        name: "a credential is put in",
        tamper: |variant| {
            let db = variant.state();
            let (id, whose): (_, i64) = (variant.number(1_000, 9_999), variant.pick(&db, PEOPLE));
            let row = variant.row(&db, "credential", "1");
            variant.run(&db, &format!(
                "INSERT INTO credential SELECT {id}, {whose}, created_ms, kind FROM credential WHERE {row}"
            ));
        },
        found_by: &[By::State("credential")],
    },
    Kind {
        name: "a password is exchanged for somebody else's",
        tamper: |variant| {
            let db = variant.state();
            let (victim, known): (i64, i64) =
                variant.pick_two(&db, "SELECT id FROM credential ORDER BY id");
            variant.run(&db, &format!(
                "UPDATE credential SET kind=(SELECT kind FROM credential WHERE id={known}) WHERE id={victim}"
            ));
        },
        found_by: &[By::State("credential")],
    },
    Kind {
        name: "octets of a credential are changed",
        tamper: |variant| {
            let db = variant.state();
            let place = Place {
                table: "credential",
                column: "kind",
                filter: "1",
            };
            variant.flip_column(&db, &place, 4);
        },
        found_by: &[By::State("credential")],
    },
    Kind {
        name: "a credential is taken out",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "credential", "1");
            variant.run(&db, &format!("DELETE FROM credential WHERE {row}"));
        },
        found_by: &[By::State("credential")],
    },
    Kind {
        name: "the last use of a credential is changed",
        tamper: |variant| {
            let db = variant.state();
            let id: i64 = variant.pick(&db, "SELECT id FROM credential ORDER BY id");
            let at = variant.number(1, 1_000_000_000);
            variant.run(
                &db,
                &format!(
                    "INSERT OR REPLACE INTO credential_use VALUES ({id}, {at}, 1, '192.0.2.0')"
                ),
            );
        },
        found_by: &[By::State("credential_use")],
    },
    Kind {
        name: "a disabled person is enabled, or the other way round",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "principal", "1");
            variant.run(
                &db,
                &format!("UPDATE principal SET enabled=1-enabled WHERE {row}"),
            );
        },
        found_by: &[By::State("principal")],
    },
    Kind {
        name: "a quota is changed",
        tamper: |variant| {
            let db = variant.state();
            let (row, octets) = (
                variant.row(&db, "principal", "1"),
                variant.number(1, 1_000_000),
            );
            variant.run(
                &db,
                &format!("UPDATE principal SET quota_octets={octets} WHERE {row}"),
            );
        },
        found_by: &[By::State("principal")],
    },
    Kind {
        name: "an alias is put in",
        tamper: |variant| {
            let db = variant.state();
            let (whose, number): (i64, _) = (variant.pick(&db, PEOPLE), variant.number(0, 9_999));
            variant.run(&db, &format!(
                "INSERT INTO address VALUES ('other{number}@example.org', 'example.org', {whose}, 0)"
            ));
        },
        found_by: &[By::State("address")],
    },
    Kind {
        name: "an address leads to somebody else",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "address", "1");
            let whose: i64 = variant.pick(&db, &format!(
                "SELECT id FROM principal WHERE id<>(SELECT principal FROM address WHERE {row}) ORDER BY id"
            ));
            variant.run(
                &db,
                &format!("UPDATE address SET principal={whose} WHERE {row}"),
            );
        },
        found_by: &[By::State("address")],
    },
    Kind {
        name: "a domain gets a catch-all",
        tamper: |variant| {
            let db = variant.state();
            let (row, whose): (_, i64) =
                (variant.row(&db, "domain", "1"), variant.pick(&db, PEOPLE));
            variant.run(
                &db,
                &format!("UPDATE domain SET catch_all={whose} WHERE {row}"),
            );
        },
        found_by: &[By::State("domain")],
    },
    Kind {
        name: "all mail is copied to an archive",
        tamper: |variant| {
            let db = variant.state();
            let domain: String = variant.pick(&db, "SELECT '' UNION SELECT name FROM domain");
            let number = variant.number(0, 9_999);
            variant.run(
                &db,
                &format!("INSERT INTO archive VALUES ('{domain}', 'copy{number}@example.com')"),
            );
        },
        found_by: &[By::State("archive")],
    },
    Kind {
        name: "forwarding is put in",
        tamper: |variant| {
            let db = variant.state();
            let whose: i64 = variant.pick(
                &db,
                "SELECT id FROM principal WHERE id NOT IN (SELECT principal FROM mail_settings) ORDER BY id",
            );
            let row = variant.row(&db, "mail_settings", "1");
            variant.run(&db, &format!(
                "INSERT INTO mail_settings SELECT {whose}, settings FROM mail_settings WHERE {row}"
            ));
        },
        found_by: &[By::State("mail_settings")],
    },
    Kind {
        name: "forwarding is changed",
        tamper: |variant| {
            let db = variant.state();
            let place = Place {
                table: "mail_settings",
                column: "settings",
                filter: "1",
            };
            variant.flip_column(&db, &place, 1);
        },
        found_by: &[By::State("mail_settings")],
    },
    Kind {
        name: "a filter rule is put in",
        tamper: |variant| {
            let db = variant.state();
            let (row, number) = (
                variant.row(&db, "object", IS_SCRIPT),
                variant.number(1_000, 9_999),
            );
            variant.run(&db, &format!(
                "INSERT INTO object SELECT id+{number}, account, collection, 'rule{number}', '', size, blob, hash, changed, \
                 schedule_tag, created_ms, modified_ms, media_type, dead, meta FROM object WHERE {row}"
            ));
        },
        found_by: &[By::State("object")],
    },
    Kind {
        name: "a filter rule is exchanged",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "object", IS_SCRIPT);
            let other: i64 = variant.pick(&db, &format!(
                "SELECT id FROM object WHERE blob<>(SELECT blob FROM object WHERE {row}) ORDER BY id"
            ));
            variant.run(&db, &format!(
                "UPDATE object SET (blob, hash, size)=(SELECT blob, hash, size FROM object WHERE id={other}) WHERE {row}"
            ));
        },
        found_by: &[By::State("object")],
    },
    Kind {
        name: "another filter is the active one, or another property of a collection changed",
        tamper: |variant| {
            let db = variant.state();
            let place = Place {
                table: "collection",
                column: "properties",
                filter: "1",
            };
            variant.flip_column(&db, &place, 1);
        },
        found_by: &[By::State("collection")],
    },
    Kind {
        name: "a share of a mailbox is put in",
        tamper: |variant| {
            let db = variant.state();
            let (row, rights) = (variant.row(&db, "mailbox", "1"), variant.number(1, 2_047));
            let with = variant.number(500, 599);
            variant.run(&db, &format!("INSERT INTO share SELECT account, id, {with}, {rights} FROM mailbox WHERE {row}"));
        },
        found_by: &[By::State("share")],
    },
    Kind {
        name: "rights on a mailbox are changed",
        tamper: |variant| {
            let db = variant.state();
            let (row, bit) = (variant.row(&db, "share", "1"), 1 << variant.number(0, 10));
            variant.run(
                &db,
                &format!("UPDATE share SET rights=(rights|{bit})-(rights&{bit}) WHERE {row}"),
            );
        },
        found_by: &[By::State("share")],
    },
    Kind {
        name: "a share of a calendar or address book is put in",
        tamper: |variant| {
            let db = variant.state();
            let (row, rights) = (
                variant.row(&db, "collection", "1"),
                variant.number(1, 2_047),
            );
            let with = variant.number(500, 599);
            variant.run(&db, &format!(
                "INSERT INTO collection_share SELECT account, id, {with}, {rights} FROM collection WHERE {row}"
            ));
        },
        found_by: &[By::State("collection_share")],
    },
    Kind {
        name: "rights on a calendar or address book are changed",
        tamper: |variant| {
            let db = variant.state();
            let (row, bit) = (
                variant.row(&db, "collection_share", "1"),
                1 << variant.number(0, 10),
            );
            variant.run(
                &db,
                &format!(
                    "UPDATE collection_share SET rights=(rights|{bit})-(rights&{bit}) WHERE {row}"
                ),
            );
        },
        found_by: &[By::State("collection_share")],
    },
    Kind {
        name: "a deputy is put in",
        tamper: |variant| {
            let db = variant.state();
            let (whose, rights): (i64, _) = (variant.pick(&db, PEOPLE), variant.number(1, 2_047));
            let with = variant.number(500, 599);
            variant.run(
                &db,
                &format!("INSERT INTO deputy VALUES ({whose}, {with}, {rights})"),
            );
        },
        found_by: &[By::State("deputy")],
    },
    Kind {
        name: "somebody is put into a group",
        tamper: |variant| {
            let db = variant.state();
            let (who, place): (i64, _) = (variant.pick(&db, PEOPLE), variant.number(100, 199));
            let team: i64 = variant.pick(&db, &format!(
                "SELECT id FROM principal WHERE kind='group' AND id NOT IN (SELECT team FROM member WHERE member={who})"
            ));
            variant.run(
                &db,
                &format!("INSERT INTO member VALUES ({who}, {team}, {place})"),
            );
        },
        found_by: &[By::State("member")],
    },
    Kind {
        name: "a message's marks are changed",
        tamper: |variant| {
            let db = variant.state();
            let (row, bit) = (variant.row(&db, "message", "1"), 1 << variant.number(0, 6));
            variant.run(
                &db,
                &format!(
                    "UPDATE message SET keywords=(keywords|{bit})-(keywords&{bit}) WHERE {row}"
                ),
            );
        },
        found_by: &[By::State("message")],
    },
    Kind {
        name: "a message lies in another mailbox",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "message", "1");
            let target: i64 = variant.pick(&db, &format!(
                "SELECT mailbox.id FROM mailbox, message ON message.account=mailbox.account AND message.mailbox<>mailbox.id \
                 WHERE {} ORDER BY 1",
                row.replace("account=", "message.account=").replace("mailbox=", "message.mailbox=")
            ));
            let uid = variant.number(1_000, 9_999);
            variant.run(&db, &format!(
                "UPDATE email SET (mailbox, uid)=({target}, {uid}) WHERE id=(SELECT account<<32|email FROM message WHERE {row})"
            ));
            variant.run(
                &db,
                &format!("UPDATE message SET (mailbox, uid)=({target}, {uid}) WHERE {row}"),
            );
        },
        found_by: &[By::State("message"), By::State("email")],
    },
    Kind {
        name: "a message is taken out without a trace",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "message", "1");
            variant.run(
                &db,
                &format!(
                    "DELETE FROM email WHERE id=(SELECT account<<32|email FROM message WHERE {row})"
                ),
            );
            variant.run(&db, &format!("DELETE FROM message WHERE {row}"));
        },
        found_by: &[By::State("message"), By::State("email")],
    },
    Kind {
        name: "two messages' places in the journal are exchanged",
        tamper: |variant| {
            let db = variant.state();
            let (one, other): (i64, i64) =
                variant.pick_two(&db, "SELECT id FROM email ORDER BY id");
            variant.run(&db, &format!(
                "UPDATE email SET blob=(SELECT sum(blob) FROM email WHERE id IN ({one}, {other}))-blob WHERE id IN ({one}, {other})"
            ));
        },
        found_by: &[By::State("email")],
    },
    Kind {
        name: "what is listed of a message is changed in the state",
        tamper: |variant| {
            let db = variant.state();
            let place = Place {
                table: "email",
                column: "meta",
                filter: "1",
            };
            variant.flip_column(&db, &place, 1);
        },
        found_by: &[By::State("email")],
    },
    Kind {
        name: "a message's time, size or thread is changed",
        tamper: |variant| {
            let db = variant.state();
            let (row, by) = (variant.row(&db, "message", "1"), variant.number(1, 9_999));
            let column = *variant
                .random
                .pick(&["received_ms", "size", "thread", "changed"]);
            variant.run(
                &db,
                &format!("UPDATE message SET {column}={column}+{by} WHERE {row}"),
            );
        },
        found_by: &[By::State("message")],
    },
    Kind {
        name: "the trace of a deleted message is taken out",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "destroyed", "1");
            variant.run(&db, &format!("DELETE FROM destroyed WHERE {row}"));
        },
        found_by: &[By::State("destroyed")],
    },
    Kind {
        name: "a mailbox is renamed, or its numbers are changed",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "mailbox", "1");
            let change = *variant.random.pick(&[
                "name=name||'x'",
                "uid_next=uid_next+1",
                "uid_validity=uid_validity+1",
                "unseen=unseen+1",
                "octets=octets+1",
            ]);
            variant.run(&db, &format!("UPDATE mailbox SET {change} WHERE {row}"));
        },
        found_by: &[By::State("mailbox")],
    },
    Kind {
        name: "an event, contact or file is changed in the state",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "object", "1");
            let change = *variant.random.pick(&[
                "uid=uid||'x'",
                "size=size+1",
                "modified_ms=modified_ms-1",
                "meta=x'00'",
                "changed=changed+1",
            ]);
            variant.run(&db, &format!("UPDATE object SET {change} WHERE {row}"));
        },
        found_by: &[By::State("object")],
    },
    Kind {
        name: "an event, contact or file is taken out",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "object", "1");
            variant.run(&db, &format!("DELETE FROM object WHERE {row}"));
        },
        found_by: &[By::State("object")],
    },
    Kind {
        name: "an earlier version of an event is taken out",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "version", "1");
            variant.run(&db, &format!("DELETE FROM version WHERE {row}"));
        },
        found_by: &[By::State("version")],
    },
    Kind {
        name: "mail that nobody sent is queued",
        tamper: |variant| {
            let db = variant.state();
            let (whose, id): (i64, _) = (variant.pick(&db, PEOPLE), variant.number(100, 9_999));
            let item = super::kind::hex(&variant.random.bytes(40));
            variant.run(
                &db,
                &format!("INSERT INTO queue VALUES ({whose}, {id}, 1000, x'{item}', NULL)"),
            );
        },
        found_by: &[By::State("queue")],
    },
    Kind {
        name: "an account's sequence is changed",
        tamper: |variant| {
            let db = variant.state();
            let (row, by) = (variant.row(&db, "account", "1"), variant.number(1, 9));
            let column = *variant.random.pick(&[
                "seq",
                "next_email",
                "next_credential",
                "next_object",
                "at_ms",
            ]);
            variant.run(
                &db,
                &format!("UPDATE account SET {column}={column}+{by} WHERE {row}"),
            );
        },
        found_by: &[By::State("account")],
    },
    Kind {
        name: "an entry is named as another account's",
        tamper: |variant| {
            let db = variant.state();
            let row = variant.row(&db, "account_entry", "1");
            variant.run(
                &db,
                &format!("UPDATE account_entry SET entry=entry+1 WHERE {row}"),
            );
        },
        found_by: &[By::State("account_entry")],
    },
    Kind {
        name: "the state says that it knows more entries",
        tamper: |variant| {
            let (db, by) = (variant.state(), variant.number(1, 500));
            variant.run(&db, &format!("UPDATE position SET entry=entry+{by}"));
        },
        found_by: &[By::Tree, By::State("position")],
    },
    Kind {
        name: "the state says that it knows fewer entries",
        tamper: |variant| {
            let (db, by) = (variant.state(), variant.number(1, 200));
            variant.run(&db, &format!("UPDATE position SET entry=entry-{by}"));
        },
        found_by: &[By::Tree, By::AnyState],
    },
    Kind {
        name: "a trigger, view, table or index is put into the state",
        tamper: |variant| {
            let (db, number) = (variant.state(), variant.number(0, 9_999));
            let what = *variant.random.pick(&[
                "CREATE TRIGGER evil# AFTER INSERT ON message BEGIN DELETE FROM message; END",
                "CREATE TRIGGER evil# AFTER INSERT ON principal BEGIN UPDATE principal SET administrator=1; END",
                "CREATE VIEW evil# AS SELECT * FROM credential",
                "CREATE TABLE evil# (one INTEGER)",
                "CREATE UNIQUE INDEX evil# ON email (id, blob)",
            ]);
            let sql = what.replace('#', &number.to_string());
            db.execute_batch(&sql).unwrap();
            variant.done = sql;
        },
        found_by: &[By::State("sqlite_schema")],
    },
    Kind {
        name: "an index of the state says something else than its table",
        tamper: |variant| {
            let db = variant.state();
            let (index, table, change) = *variant.random.pick(&[
                ("share_principal", "share", "principal=principal+1000"),
                (
                    "collection_share_principal",
                    "collection_share",
                    "principal=principal+1000",
                ),
                ("member_team", "member", "place=place+9"),
                ("address_principal", "address", "principal=principal+1"),
                (
                    "credential_principal",
                    "credential",
                    "principal=principal+1",
                ),
                ("object_name", "object", "name=name || 'x'"),
            ]);
            let row = variant.row(&db, table, "1");
            // Behind the back of SQLite: the index is not there while its table is changed, and changed back under it.
            let aside = format!(
                "CREATE TEMP TABLE aside AS SELECT * FROM sqlite_schema WHERE name='{index}'"
            );
            db.execute_batch(&aside).unwrap();
            variant.run(&db, &format!("UPDATE {table} SET {change} WHERE {row}"));
            db.execute_batch(&format!(
                "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name='{index}'; PRAGMA writable_schema=RESET;"
            ))
            .unwrap();
            put_row_back(variant, &db, table);
            db.execute_batch(
                "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema SELECT * FROM aside; PRAGMA writable_schema=RESET;",
            )
            .unwrap();
        },
        found_by: &[By::AnyState],
    },
    Kind {
        name: "the state is an old copy",
        tamper: |variant| {
            put_back(&variant.prepared.old, &variant.data(), "state.db");
        },
        found_by: &[By::Tree],
    },
    Kind {
        name: "the state is an old copy that says it is new",
        tamper: |variant| {
            let db = variant.state();
            let now: i64 = variant.pick(&db, "SELECT entry FROM position");
            drop(db);
            put_back(&variant.prepared.old, &variant.data(), "state.db");
            let db = variant.state();
            variant.run(&db, &format!("UPDATE position SET entry={now}"));
        },
        found_by: &[By::AnyState],
    },
];

/// Makes a table what it was, row by row. The prepared folder is only looked at: an open database would have files beside it
/// that come and go while another variant copies the folder.
fn put_row_back(variant: &Variant<'_>, db: &Connection, table: &str) {
    let sound = variant.prepared.server.data().join("state.db");
    db.execute_batch(&format!(
        "ATTACH 'file:{}?immutable=1' AS sound; DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM sound.{table}; DETACH sound;",
        sound.display()
    ))
    .unwrap();
}
