//! What the encoder writes, compared with the examples of the standards and read back with the lexer.

use model::{Address, Disposition, EmailMeta, Encoding, Headers, Part};
use proptest::prelude::*;

use super::super::lexer::Lexer;
use super::super::*;
use super::*;

fn written_in(form: TextForm, write: impl FnOnce(&mut Encoder<'_>)) -> String {
    let mut out = Vec::new();
    write(&mut Encoder::new(&mut out, form));
    String::from_utf8_lossy(&out).into_owned()
}

fn written(write: impl FnOnce(&mut Encoder<'_>)) -> String {
    written_in(TextForm::Ascii, write)
}

fn headers() -> Headers<'static> {
    let email = |name, email| Address::Email { name, email };
    Headers {
        date: Some("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)"),
        subject: Some("IMAP4rev2 WG mtg summary and minutes"),
        from: vec![email(Some("Terry Gray"), "gray@cac.washington.edu")],
        to: vec![email(None, "imap@cac.washington.edu")],
        cc: vec![
            Address::GroupStart("Büro"),
            email(None, "\"John \\\"K\"@b"),
            email(None, "broken"),
            Address::GroupEnd,
        ],
        message_id: Some("<B27397-0100000@cac.washington.ed>"),
        ..Headers::default()
    }
}

#[test]
fn status_responses() {
    let ranges = [(1, 3), (5, 5)];
    assert_eq!(
        written(|e| {
            e.untagged(
                Condition::Ok,
                Some(Code::Capability(&["IMAP4rev2", "IDLE"])),
                "Wachpost ready",
            );
            e.untagged(Condition::Bye, None, "");
            e.tagged(
                "a1",
                Condition::Ok,
                Some(Code::CopyUid {
                    uid_validity: 9,
                    source: &ranges,
                    target: &[(7, 10)],
                }),
                "Done",
            );
            e.tagged(
                "a2",
                Condition::No,
                Some(Code::AppendUid {
                    uid_validity: 9,
                    uids: &ranges,
                }),
                "a\r\nb OK ü",
            );
            e.tagged("a3", Condition::Bad, Some(Code::BadCharset), "x");
            e.tagged("a4", Condition::Ok, Some(Code::Modified(&ranges)), "x");
            e.untagged(
                Condition::Ok,
                Some(Code::PermanentFlags {
                    flags: &[Flag::Seen, Flag::Keyword("$a")],
                    new_keywords: true,
                }),
                "x",
            );
            e.untagged(
                Condition::Ok,
                Some(Code::PermanentFlags {
                    flags: &[Flag::Seen],
                    new_keywords: false,
                }),
                "x",
            );
            e.untagged(
                Condition::Ok,
                Some(Code::PermanentFlags {
                    flags: &[],
                    new_keywords: false,
                }),
                "x",
            );
            e.untagged(Condition::Ok, Some(Code::MailboxId("F1")), "x");
            e.untagged(
                Condition::Ok,
                Some(Code::HighestModSeq(715_194_045_007)),
                "x",
            );
            e.continuation("");
        }),
        "* OK [CAPABILITY IMAP4rev2 IDLE] Wachpost ready\r\n* BYE Done\r\na1 OK [COPYUID 9 1:3,5 7:10] Done\r\n\
         a2 NO [APPENDUID 9 1:3,5] a??b OK ?\r\na3 BAD [BADCHARSET (US-ASCII UTF-8)] x\r\na4 OK [MODIFIED 1:3,5] x\r\n\
         * OK [PERMANENTFLAGS (\\Seen $a \\*)] x\r\n* OK [PERMANENTFLAGS (\\Seen)] x\r\n* OK [PERMANENTFLAGS ()] x\r\n\
         * OK [MAILBOXID (F1)] x\r\n* OK [HIGHESTMODSEQ 715194045007] x\r\n+ \r\n"
    );
}

#[test]
fn mailbox_data() {
    let entry = ListEntry {
        name: "Entwürfe",
        attributes: &[
            MailboxAttribute::HasNoChildren,
            MailboxAttribute::Use(SpecialUse::Drafts),
        ],
        child_info: &["SUBSCRIBED"],
        old_name: Some("alt"),
    };
    assert_eq!(
        written(|e| {
            e.list_entry(&entry);
            e.lsub_entry(&ListEntry {
                name: "a \"b\" & c",
                ..ListEntry::default()
            });
            e.list_entry(&ListEntry {
                attributes: &[MailboxAttribute::NoSelect],
                ..ListEntry::default()
            });
            e.status(
                "INBOX",
                &[
                    (StatusItem::Messages, StatusValue::Number(231)),
                    (StatusItem::MailboxId, StatusValue::ObjectId("F1")),
                    (StatusItem::AppendLimit, StatusValue::Nil),
                ],
            );
            e.namespace(&Namespaces {
                personal: &[""],
                other_users: &["Ü/", "a/"],
                shared: &[],
            });
            e.id(&[("name", "Wachpost")]);
            e.id(&[]);
            e.flags([Flag::Seen, Flag::Extension("X")]);
            e.exists(23);
            e.recent(0);
            e.expunge(44);
            e.capability(&["IMAP4rev2", "STARTTLS"]);
            e.enabled(&[]);
        }),
        "* LIST (\\HasNoChildren \\Drafts) \"/\" \"Entw&APw-rfe\" (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (alt))\r\n\
         * LSUB () \"/\" \"a \\\"b\\\" &- c\"\r\n* LIST (\\Noselect) \"/\" \"\"\r\n\
         * STATUS INBOX (MESSAGES 231 MAILBOXID (F1) APPENDLIMIT NIL)\r\n\
         * NAMESPACE ((\"\" \"/\")) ((\"&ANw-/\" \"/\")(\"a/\" \"/\")) NIL\r\n* ID (\"name\" \"Wachpost\")\r\n* ID NIL\r\n\
         * FLAGS (\\Seen \\X)\r\n* 23 EXISTS\r\n* 0 RECENT\r\n* 44 EXPUNGE\r\n* CAPABILITY IMAP4rev2 STARTTLS\r\n* ENABLED\r\n"
    );
    assert!(written_in(TextForm::Utf8, |e| e.list_entry(&entry)).contains("\"/\" \"Entwürfe\""));
}

#[test]
fn results() {
    let esearch = Esearch {
        tag: "A282",
        by: By::Uid,
        min: Some(2),
        max: None,
        all: Some(&[(4, 4), (1, 2)]),
        count: Some(3),
        partial: Some((
            PartialRange {
                first: 1,
                last: 100,
                from_end: true,
            },
            &[],
        )),
        mod_seq: Some(5),
    };
    assert_eq!(
        written(|e| {
            e.search([2, 84], None);
            e.search([], Some(917_162_500));
            e.sort([5, 3]);
            e.esearch(&esearch);
            e.esearch(&Esearch {
                by: By::Sequence,
                min: None,
                all: Some(&[]),
                count: Some(0),
                partial: None,
                mod_seq: None,
                ..esearch
            });
            e.vanished(&collapse([300, 301, 405]), true);
            e.vanished(&[(1, 1)], false);
            e.vanished(&[], false);
        }),
        "* SEARCH 2 84\r\n* SEARCH (MODSEQ 917162500)\r\n* SORT 5 3\r\n\
         * ESEARCH (TAG \"A282\") UID MIN 2 COUNT 3 ALL 4,1:2 PARTIAL (-1:-100 NIL) MODSEQ 5\r\n\
         * ESEARCH (TAG \"A282\") COUNT 0\r\n* VANISHED (EARLIER) 300:301,405\r\n* VANISHED 1\r\n"
    );
}

#[test]
fn threads_of_the_standard() {
    let tree = |nodes: &[(usize, u32)]| {
        let nodes: Vec<_> = nodes
            .iter()
            .map(|&(depth, number)| ThreadNode {
                depth,
                number: (number > 0).then_some(number),
            })
            .collect();
        written(|e| e.thread(&nodes))
    };
    // RFC 5256 4.
    assert_eq!(
        tree(&[
            (0, 2),
            (0, 3),
            (1, 6),
            (2, 4),
            (3, 23),
            (2, 44),
            (3, 7),
            (4, 96)
        ]),
        "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n"
    );
    assert_eq!(tree(&[(0, 0), (1, 3), (1, 5)]), "* THREAD ((3)(5))\r\n");
    assert_eq!(tree(&[]), "* THREAD\r\n");
    let deep: Vec<_> = (0..50_000).map(|depth| (depth, 1)).collect();
    assert!(tree(&deep).ends_with("1 1)\r\n"));
}

#[test]
fn rights_and_quotas() {
    let rights = |letters| AclRights::from_letters(letters).unwrap_or_default();
    assert_eq!(
        written(|e| {
            e.acl(
                "INBOX",
                [("Fred", rights("rwipslxetad")), ("a b", rights(""))],
            );
            e.list_rights(
                "INBOX",
                "smith",
                rights("la"),
                &[rights("r"), rights("swi")],
            );
            e.my_rights("INBOX", rights("rwip"));
            e.quota(
                "",
                &[QuotaUsage {
                    resource: QuotaResource::Storage,
                    usage: 10,
                    limit: 512,
                }],
            );
            e.quota_root("INBOX", &["", "x"]);
        }),
        "* ACL INBOX Fred adeilprstwx \"a b\" \"\"\r\n* LISTRIGHTS INBOX smith al r isw\r\n* MYRIGHTS INBOX iprw\r\n\
         * QUOTA \"\" (STORAGE 10 512)\r\n* QUOTAROOT INBOX \"\" x\r\n"
    );
}

#[test]
fn fetch_items() {
    let section = Section {
        part: vec![1, 2],
        text: Some(SectionText::HeaderFields(vec![
            "From".into(),
            "a\"b".into(),
        ])),
    };
    let mut apart = [0; 2];
    let text = written(|e| {
        let mut fetch = e.fetch(12);
        fetch.flags([Flag::Seen, Flag::Keyword("$a")]);
        fetch.uid(7);
        fetch.mod_seq(9);
        fetch.size(44);
        fetch.internal_date(DateTime::utc(0));
        fetch.email_id("M1");
        fetch.thread_id(None);
        fetch.thread_id(Some("T1"));
        fetch.preview(Some("a"));
        fetch.section(&section, Some(0), Some(b"ab"));
        fetch.section(&Section::default(), None, None);
        apart = [
            fetch.section_apart(&Section::default(), None, 3),
            fetch.rfc822_apart(Rfc822::Message, 4),
        ];
        fetch.rfc822(Rfc822::Header, Some(b""));
        fetch.binary(&[2], None, Some(b"a\0"));
        fetch.binary_size(&[], 5);
        fetch.finish();
    });
    assert_eq!(
        text,
        "* 12 FETCH (FLAGS (\\Seen $a) UID 7 MODSEQ (9) RFC822.SIZE 44 INTERNALDATE \" 1-Jan-1970 00:00:00 +0000\" EMAILID (M1) \
         THREADID NIL THREADID (T1) PREVIEW \"a\" BODY[1.2.HEADER.FIELDS (From \"a\\\"b\")]<0> {2}\r\nab BODY[] NIL \
         BODY[] {3}\r\n RFC822 {4}\r\n RFC822.HEADER {0}\r\n BINARY[2] ~{2}\r\na\0 BINARY.SIZE[] 5)\r\n"
    );
    // Where the literals belong that are not in the text.
    assert!(
        apart
            .iter()
            .zip(["BODY[] {3}\r\n", "RFC822 {4}\r\n"])
            .all(|(place, before)| text[..*place].ends_with(before))
    );
}

#[test]
fn envelope_of_the_standard() {
    assert_eq!(
        written(|e| e.envelope(&headers())),
        "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and minutes\" \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) \
         ((NIL NIL \"=?UTF-8?B?QsO8cm8=?=\" NIL)(NIL NIL \"John \\\"K\" \"b\")(NIL NIL \"broken\" \"\")(NIL NIL NIL NIL)) \
         NIL NIL \"<B27397-0100000@cac.washington.ed>\")"
    );
}

fn message() -> EmailMeta<'static> {
    let text = Part {
        kind: "TEXT",
        subtype: "PLAIN",
        body_end: 1_152,
        lines: 23,
        ..Part::default()
    };
    let attachment = Part {
        kind: "application",
        subtype: "pdf",
        id: Some("<960723163407.20117h@cac.washington.edu>"),
        description: Some("Compiler diff"),
        encoding: Encoding::Base64,
        body_end: 10,
        disposition: Some(Disposition {
            kind: "attachment",
            parameters: vec![("filename", "Übersicht.pdf")],
        }),
        languages: vec!["de", "en"],
        ..Part::default()
    };
    let inner = Part {
        kind: "message",
        subtype: "rfc822",
        descendants: 1,
        message: Some(Box::default()),
        lines: 3,
        ..Part::default()
    };
    let multipart = Part {
        kind: "multipart",
        subtype: "MIXED",
        descendants: 5,
        parameters: vec![("boundary", "x")],
        ..Part::default()
    };
    let empty = Part {
        kind: "multipart",
        ..Part::default()
    };
    EmailMeta {
        headers: headers(),
        parts: vec![multipart, text, attachment, inner, Part::default(), empty],
    }
}

#[test]
fn body_structure_in_both_forms() {
    let placeholder = "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)";
    let nil_envelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
    assert_eq!(
        written(|e| {
            let mut fetch = e.fetch(1);
            fetch.body(&message());
            fetch.finish();
        }),
        format!(
            "* 1 FETCH (BODY ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7bit\" 1152 23)(\"application\" \"pdf\" NIL \
             \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"base64\" 10)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 0 \
             {nil_envelope} {placeholder} 3)({placeholder} \"mixed\") \"MIXED\"))\r\n"
        )
    );
    let structure = |form| {
        written_in(form, |e| {
            let mut fetch = e.fetch(1);
            fetch.body_structure(&message());
            fetch.finish();
        })
    };
    let ascii = structure(TextForm::Ascii);
    assert!(ascii.contains("10 NIL (\"attachment\" (\"filename*\" \"utf-8''%C3%9Cbersicht.pdf\")) (\"de\" \"en\") NIL)"), "{ascii}");
    assert!(
        ascii.ends_with("\"MIXED\" (\"boundary\" \"x\") NIL NIL NIL))\r\n"),
        "{ascii}"
    );
    assert!(structure(TextForm::Utf8).contains("(\"filename\" \"Übersicht.pdf\")"));
}

#[test]
fn parts_deeper_than_the_limit_become_a_placeholder() {
    let parts = (0..100)
        .map(|at| Part {
            kind: "multipart",
            descendants: 99 - at,
            ..Part::default()
        })
        .collect();
    let meta = EmailMeta {
        headers: Headers::default(),
        parts,
    };
    let body = written(|e| {
        let mut fetch = e.fetch(1);
        fetch.body(&meta);
        fetch.finish();
    });
    assert_eq!(
        body.matches("\"mixed\"").count(),
        model::MESSAGE_PARTS_DEPTH_MAX
    );
    assert_eq!(body.matches("\"plain\"").count(), 1);
}

proptest! {
    #[test]
    fn strings_read_back(octets in prop::collection::vec(1_u8.., 0..60), utf8: bool) {
        let form = if utf8 { TextForm::Utf8 } else { TextForm::Ascii };
        let mut out = Vec::new();
        Encoder::new(&mut out, form).string(&octets);
        let mut lexer = Lexer::new(&out, form);
        let read = lexer.string();
        prop_assert_eq!(read.as_deref(), Ok(&octets[..]));
        prop_assert!(lexer.is_at_end());
    }

    #[test]
    fn mailbox_names_read_back(name in "[ -~\u{e4}\u{65e5}\u{1f600}]{0,30}", utf8: bool) {
        let form = if utf8 { TextForm::Utf8 } else { TextForm::Ascii };
        let mut out = Vec::new();
        Encoder::new(&mut out, form).mailbox(&name);
        let read = mailbox::mailbox(&mut Lexer::new(&out, form));
        let expected = Mailbox::decode(name.as_bytes().into(), TextForm::Utf8);
        prop_assert_eq!(read.ok(), expected.ok());
    }

    #[test]
    fn header_text_stays_on_its_line(text in "\\PC{0,80}|[\\x00-\\x7f]{0,40}", utf8: bool) {
        let form = if utf8 { TextForm::Utf8 } else { TextForm::Ascii };
        let mut out = Vec::new();
        Encoder::new(&mut out, form).header_text(Some(&text));
        let mut lexer = Lexer::new(&out, form);
        prop_assert!(lexer.string().is_ok());
        prop_assert!(lexer.is_at_end());
        prop_assert!(!out.contains(&b'\n'));
    }
}
