//! Every command: the examples of the standards, what clients send, and what must be refused.

use super::super::*;
use super::*;

fn parsed(text: &str) -> Command<'_> {
    match parse(text.as_bytes(), TextForm::Ascii) {
        Ok((_, command)) => command,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn refused(text: &str) -> Fault {
    match parse(text.as_bytes(), TextForm::Ascii) {
        Ok((_, command)) => panic!("{text}: {command:?}"),
        Err(error) => error.fault,
    }
}

fn inbox() -> Mailbox<'static> {
    named("INBOX")
}

fn named(name: &str) -> Mailbox<'_> {
    match Mailbox::decode(Cow::Borrowed(name.as_bytes()), TextForm::Utf8) {
        Ok(mailbox) => mailbox,
        Err(error) => panic!("{error}"),
    }
}

fn set(text: &str) -> SequenceSet {
    match sequence_set(&mut Lexer::new(text.as_bytes(), TextForm::Ascii)) {
        Ok(set) => set,
        Err(error) => panic!("{error}"),
    }
}

/// The command lines of RFC 9051's examples, literals in place.
const RFC_9051: &[&str] = &[
    "a001 login mrc secret",
    "a002 select inbox",
    "a003 fetch 12 full",
    "a004 fetch 12 body[header]",
    "a005 store 12 +flags \\deleted",
    "a006 logout",
    "abcd CAPABILITY",
    "efgh STARTTLS",
    "ghij CAPABILITY",
    "a002 NOOP",
    "a001 AUTHENTICATE GSSAPI",
    "a001 AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q=",
    "a001 LOGIN SMITH SESAME",
    "t1 ENABLE CONDSTORE",
    "a001 ENABLE IMAP4rev2 UTF8=ACCEPT",
    "A142 SELECT INBOX",
    "A932 EXAMINE blurdybloop",
    "A003 CREATE owatagusiam/",
    "A004 CREATE owatagusiam/blurdybloop",
    "A683 DELETE blurdybloop",
    "A684 DELETE foo",
    "A683 RENAME blurdybloop sarasoop",
    "Z433 RENAME INBOX old-mail",
    "A002 SUBSCRIBE #news.comp.mail.mime",
    "A002 UNSUBSCRIBE #news.comp.mail.mime",
    "A101 LIST \"\" \"\"",
    "A102 LIST #news.comp.mail.misc \"\"",
    "A103 LIST /usr/staff/jones \"\"",
    "A202 LIST ~/Mail/ %",
    "A01 LIST \"\" \"*\"",
    "A02 LIST (SUBSCRIBED) \"\" \"*\"",
    "A03 LIST () \"\" \"%\" RETURN (CHILDREN)",
    "A04 LIST (REMOTE) \"\" \"%\" RETURN (CHILDREN)",
    "A05 LIST (REMOTE SUBSCRIBED) \"\" \"*\"",
    "A06 LIST (REMOTE) \"\" \"*\" RETURN (SUBSCRIBED)",
    "BBB LIST \"\" (\"INBOX\" \"Drafts\" \"Sent/%\")",
    "C01 LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"%\"",
    "D01 LIST (SUBSCRIBED RECURSIVEMATCH) \"foo2\" \"*\" RETURN (CHILDREN)",
    "A01 LIST \"\"  % RETURN (STATUS (MESSAGES UNSEEN))",
    "A001 NAMESPACE",
    "A042 STATUS blurdybloop (UIDNEXT MESSAGES)",
    "A003 APPEND saved-messages (\\Seen) {12+}\r\nHello Joe,\r\n",
    "A001 IDLE",
    "FXXZ CHECK",
    "A341 CLOSE",
    "A342 UNSELECT",
    "A202 EXPUNGE",
    "A282 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
    "A283 SEARCH RETURN () FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
    "A284 SEARCH TEXT \"string not in mailbox\"",
    "A285 SEARCH RETURN (MIN COUNT) TEXT \"string not in mailbox\"",
    "P283 SEARCH RETURN (SAVE) SINCE 1-Feb-1994 NOT FROM \"Smith\"",
    "P284 FETCH $ (UID INTERNALDATE FLAGS)",
    "E002 UID FETCH $ (UID)",
    "B283 SEARCH RETURN (SAVE MIN) CHARSET UTF-8 (OR $ 1,3000:3021) TEXT {8}\r\n\u{43c}\u{430}\u{442}\u{44c}",
    "A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
    "A003 STORE 2:4 +FLAGS (\\Deleted)",
    "A003 COPY 2:4 MEETING",
    "a UID MOVE 42:69 foo",
    "A999 UID FETCH 4827313:4828442 FLAGS",
    "A003 UID EXPUNGE 3000:3002",
];

#[test]
fn examples_of_the_standard_parse() {
    for text in RFC_9051 {
        let text = text.replace("\"\"  %", "\"\" %");
        let _ = parsed(&text);
    }
}

#[test]
fn tag_is_known_where_the_command_is_not() {
    let error = parse(b"a.1 XYZZY", TextForm::Ascii).err();
    let tag = error.as_ref().and_then(|error| error.tag).map(Tag::as_str);
    assert_eq!(
        (tag, error.map(|error| error.fault)),
        (Some("a.1"), Some(Fault::UnknownCommand))
    );
    for text in ["", "+ NOOP", " NOOP", "(a NOOP", "\u{fc} NOOP"] {
        assert_eq!(
            parse(text.as_bytes(), TextForm::Ascii)
                .err()
                .and_then(|error| error.tag),
            None,
            "{text}"
        );
    }
    assert_eq!(refused("a UID NOOP"), Fault::UnknownCommand);
    assert_eq!(refused("a UID CLOSE"), Fault::UnknownCommand);
}

#[test]
fn trailing_octets_are_refused() {
    let _ = parsed("a NOOP ");
    for text in [
        "a NOOP x",
        "a SELECT x y",
        "a EXPUNGE 1",
        "a LOGIN a b c",
        "a FETCH 1 FLAGS UID",
        "a",
    ] {
        assert!(matches!(refused(text), Fault::Malformed { .. }), "{text}");
    }
}

#[test]
fn login_takes_any_string_and_hides_the_password() {
    let expected = Command::Login {
        user: "a\"b".into(),
        password: Secret(Cow::Borrowed(b"p]\\")),
    };
    let command = parsed("a LOGIN \"a\\\"b\" {3}\r\np]\\");
    assert_eq!(command, expected);
    assert!(!format!("{command:?}").contains("p]"));
}

#[test]
fn authenticate_with_and_without_initial_response() {
    let initial = |text| match parsed(text) {
        Command::Authenticate { initial, .. } => initial.map(|secret| secret.expose().to_vec()),
        other => panic!("{other:?}"),
    };
    assert_eq!(initial("a AUTHENTICATE SCRAM-SHA-256"), None);
    assert_eq!(initial("a AUTHENTICATE EXTERNAL ="), Some(vec![]));
    assert_eq!(
        initial("a AUTHENTICATE PLAIN AGEAYg=="),
        Some(b"AGEAYg==".to_vec())
    );
    let _ = refused("a AUTHENTICATE PLAIN A B");
}

#[test]
fn select_with_qresync() {
    // RFC 7162 3.2.5.
    let text = "A03 SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541 (1,3:4 41,43:44)) CONDSTORE)";
    let qresync = Qresync {
        uid_validity: 67_890_007,
        mod_seq: 90_060_115_194_045_000,
        known_uids: Some(set("41:211,214:541")),
        match_data: Some((set("1,3:4"), set("41,43:44"))),
    };
    let expected = Select {
        mailbox: inbox(),
        condstore: true,
        qresync: Some(qresync.clone()),
    };
    assert_eq!(parsed(text), Command::Select(expected));
    let bare = Qresync {
        known_uids: None,
        match_data: None,
        ..qresync
    };
    let expected = Select {
        mailbox: inbox(),
        condstore: false,
        qresync: Some(bare),
    };
    assert_eq!(
        parsed("a EXAMINE INBOX (QRESYNC (67890007 90060115194045000))"),
        Command::Examine(expected)
    );
    let _ = parsed("a SELECT INBOX (QRESYNC (1 2 (1 2)))");
    let _ = parsed("a SELECT INBOX (CONDSTORE)");
    for arguments in [
        "(QRESYNC (0 2))",
        "(QRESYNC (1 0))",
        "(QRESYNC (1 2 1:*))",
        "(QRESYNC (1 2 ()))",
        "(X)",
        "(QRESYNC (1 2 ()",
    ] {
        let _ = refused(&format!("a SELECT INBOX {arguments}"));
    }
}

#[test]
fn create_with_use_and_trailing_separator() {
    let expected = Command::Create {
        mailbox: named("Sent"),
        uses: vec![SpecialUse::Sent, SpecialUse::Drafts],
    };
    assert_eq!(parsed("a CREATE Sent/ (USE (\\Sent \\drafts))"), expected);
    let _ = refused("a CREATE Sent (USE (\\Foo))");
    let _ = refused("a CREATE Sent (USE (\\Sent)");
}

#[test]
fn mailbox_names_are_decoded() {
    assert_eq!(
        parsed("a DELETE \"Entw&APw-rfe\""),
        Command::Delete(named("Entwürfe"))
    );
    assert_eq!(
        parsed("a DELETE {9}\r\nEntwürfe"),
        Command::Delete(named("Entwürfe"))
    );
    assert_eq!(refused("a DELETE R&D"), Fault::Mailbox(MailboxError::Utf7));
    assert!(parse(b"a DELETE R&D", TextForm::Utf8).is_ok());
}

#[test]
fn list_in_all_its_forms() {
    let Command::List(list) = parsed(
        "a LIST (SUBSCRIBED RECURSIVEMATCH SPECIAL-USE REMOTE) \"\" (INBOX % \"a*\") RETURN (SUBSCRIBED CHILDREN SPECIAL-USE MYRIGHTS STATUS (MESSAGES SIZE))",
    ) else {
        panic!("not LIST")
    };
    assert_eq!(
        list.selection,
        ListSelection {
            subscribed: true,
            remote: true,
            recursive_match: true,
            special_use: true
        }
    );
    assert_eq!(list.patterns, ["INBOX", "%", "a*"]);
    assert_eq!(
        list.returns.status,
        [StatusItem::Messages, StatusItem::Size]
    );
    assert!(list.returns.my_rights && list.returns.children && list.extended);
    let Command::List(basic) = parsed("a LIST \"\" {1}\r\n*") else {
        panic!("not LIST")
    };
    assert!(!basic.extended);
    for text in [
        "a LIST (RECURSIVEMATCH) \"\" *",
        "a LIST (RECURSIVEMATCH REMOTE) \"\" *",
        "a LIST (X) \"\" *",
        "a LIST \"\" ()",
        "a LIST \"\" * RETURN (X)",
        "a LIST \"\"",
    ] {
        let _ = refused(text);
    }
    let expected = Command::Lsub {
        reference: "".into(),
        pattern: "INBOX/%".into(),
    };
    assert_eq!(parsed("a LSUB \"\" inbox/%"), expected);
}

#[test]
fn status_items_once_each() {
    let expected = Command::Status {
        mailbox: inbox(),
        items: vec![
            StatusItem::HighestModSeq,
            StatusItem::MailboxId,
            StatusItem::DeletedStorage,
        ],
    };
    assert_eq!(
        parsed("a STATUS INBOX (HIGHESTMODSEQ MAILBOXID DELETED-STORAGE MAILBOXID)"),
        expected
    );
    let _ = parsed(
        "a STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE APPENDLIMIT)",
    );
    let _ = refused("a STATUS INBOX ()");
    let _ = refused("a STATUS INBOX MESSAGES");
}

#[test]
fn append_of_several_messages() {
    let text = "a APPEND INBOX (\\Seen $Forwarded \\Recent) \" 7-Feb-1994 22:43:04 -0800\" {3}\r\na\r\n ~{2+}\r\n\0b UTF8 (~{1}\r\nc) (\\X) {0}\r\n";
    let Command::Append(append) = parsed(text) else {
        panic!("not APPEND")
    };
    let forms: Vec<_> = append
        .messages
        .iter()
        .map(|message| (message.octets, message.form))
        .collect();
    assert_eq!(
        forms,
        [
            (&b"a\r\n"[..], AppendForm::Literal),
            (b"\0b", AppendForm::Literal8),
            (b"c", AppendForm::Utf8),
            (b"", AppendForm::Literal),
        ]
    );
    let first = append
        .messages
        .first()
        .map(|message| (message.flags.clone(), message.date));
    let date = DateTime {
        unix_seconds: 760_689_784,
        zone_minutes: -480,
    };
    assert_eq!(
        first,
        Some((vec![Flag::Seen, Flag::Keyword("$Forwarded")], Some(date)))
    );
    for text in [
        "a APPEND INBOX",
        "a APPEND INBOX {1}\r\n\0",
        "a APPEND INBOX \"x\"",
        "a APPEND INBOX {9}\r\nx",
    ] {
        let _ = refused(text);
    }
}

#[test]
fn fetch_items() {
    let text = "a UID FETCH 1:* (FLAGS UID ENVELOPE INTERNALDATE RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE BODY BODYSTRUCTURE MODSEQ EMAILID THREADID PREVIEW PREVIEW (LAZY) BODY[] BODY.PEEK[1.2.MIME]<0.10> BODY[HEADER.FIELDS.NOT (\"From\" To)] BODY[TEXT] BODY[3.HEADER] BINARY[1]<5.6> BINARY.PEEK[] BINARY.SIZE[2]) (CHANGEDSINCE 5 VANISHED)";
    let Command::Fetch(fetch) = parsed(text) else {
        panic!("not FETCH")
    };
    assert_eq!(
        (fetch.by, fetch.changed_since, fetch.vanished),
        (By::Uid, Some(5), true)
    );
    let sections = fetch.items.get(15..).unwrap_or_default();
    let part = |part: &[u32], text| Section {
        part: part.to_vec(),
        text,
    };
    let section = |section, partial, peek| FetchItem::Section {
        section,
        partial,
        peek,
    };
    assert_eq!(
        sections,
        [
            section(part(&[], None), None, false),
            section(
                part(&[1, 2], Some(SectionText::Mime)),
                Some(Partial {
                    offset: 0,
                    count: 10
                }),
                true
            ),
            section(
                part(
                    &[],
                    Some(SectionText::HeaderFieldsNot(vec![
                        "From".into(),
                        "To".into()
                    ]))
                ),
                None,
                false
            ),
            section(part(&[], Some(SectionText::Text)), None, false),
            section(part(&[3], Some(SectionText::Header)), None, false),
            FetchItem::Binary {
                part: vec![1],
                partial: Some(Partial {
                    offset: 5,
                    count: 6
                }),
                peek: false
            },
            FetchItem::Binary {
                part: vec![],
                partial: None,
                peek: true
            },
            FetchItem::BinarySize { part: vec![2] },
        ]
    );
    for item in [
        "BODY[MIME]",
        "BODY[1.]",
        "BODY[0]",
        "BODY[1TEXT]",
        "BODY[TEXT.1]",
        "BODY[HEADER.FIELDS ()]",
        "BODY[]<1>",
        "BODY[]<1.0>",
        "BINARY[TEXT]",
        "BINARY",
        "BODY.PEEK",
        "FLAGS[]",
        "()",
        "(FLAGS",
        "(ALL)",
        "",
        "X",
        "BODY[HEADER.FIELDS (\"a b\")]",
    ] {
        let _ = refused(&format!("a FETCH 1 {item}"));
    }
    for modifiers in [
        "(VANISHED)",
        "(CHANGEDSINCE 1 VANISHED)",
        "(X)",
        "(CHANGEDSINCE)",
        "(PARTIAL 1:2)",
    ] {
        let _ = refused(&format!("a FETCH 1 FLAGS {modifiers}"));
    }
    // RFC 9394 4: no zero, no star, no sign on one side only, and no second range.
    for range in [
        "",
        " 0:1",
        " 1:*",
        " -1:2",
        " 1:-2",
        " 7",
        " 1:4294967296",
        " 1:2 PARTIAL 1:2",
    ] {
        let _ = refused(&format!("a UID FETCH 1 FLAGS (PARTIAL{range})"));
    }
}

#[test]
fn fetch_may_be_paged() {
    let text = "a UID FETCH 1:* (FLAGS) (partial -1:-30 CHANGEDSINCE 98305)";
    let Command::Fetch(fetch) = parsed(text) else {
        panic!("not FETCH")
    };
    let last = PartialRange {
        first: 1,
        last: 30,
        from_end: true,
    };
    assert_eq!(
        (fetch.partial, fetch.changed_since),
        (Some(last), Some(98_305))
    );
}

#[test]
fn fetch_macros_are_spelled_out() {
    let Command::Fetch(fetch) = parsed("a FETCH 1 full") else {
        panic!("not FETCH")
    };
    assert_eq!(
        fetch.items,
        [
            FetchItem::Flags,
            FetchItem::InternalDate,
            FetchItem::Rfc822Size,
            FetchItem::Envelope,
            FetchItem::Body
        ]
    );
}

#[test]
fn store_with_every_action() {
    let expected = Store {
        by: By::Uid,
        set: set("$"),
        unchanged_since: Some(0),
        action: StoreAction::Remove,
        silent: true,
        flags: vec![Flag::Deleted, Flag::Keyword("a")],
    };
    assert_eq!(
        parsed("a UID STORE $ (UNCHANGEDSINCE 0) -FLAGS.SILENT (\\deleted a)"),
        Command::Store(expected.clone())
    );
    assert_eq!(
        parsed("a UID STORE $ (UNCHANGEDSINCE 0) -flags.silent \\DELETED a "),
        Command::Store(expected)
    );
    let _ = parsed("a STORE 1 FLAGS ()");
    for text in [
        "a STORE 1 FLAGS",
        "a STORE 1 +X (a)",
        "a STORE 1 FLAGS (a",
        "a STORE 1 FLAGS (\"a\")",
        "a STORE FLAGS a",
    ] {
        let _ = refused(text);
    }
}

#[test]
fn search_keys_of_every_kind() {
    for key in [
        "ALL",
        "ANSWERED",
        "BCC a",
        "BEFORE 1-Feb-1994",
        "BODY a",
        "CC a",
        "DELETED",
        "DRAFT",
        "FLAGGED",
        "FROM a",
        "HEADER Message-ID \"<a@b>\"",
        "HEADER X \"\"",
        "KEYWORD $Junk",
        "LARGER 1",
        "NEW",
        "NOT SEEN",
        "OLD",
        "ON \"1-Feb-1994\"",
        "OR SEEN (NEW OLD)",
        "RECENT",
        "SEEN",
        "SENTBEFORE 1-Feb-1994",
        "SENTON 1-Feb-1994",
        "SENTSINCE 1-Feb-1994",
        "SINCE 1-Feb-1994",
        "SMALLER 9",
        "SUBJECT a",
        "TEXT a",
        "TO a",
        "UID 1:*",
        "UID $",
        "UNANSWERED",
        "UNDELETED",
        "UNDRAFT",
        "UNFLAGGED",
        "UNKEYWORD a",
        "UNSEEN",
        "1,2:*",
        "*",
        "$",
        "MODSEQ 620162338",
        "MODSEQ \"/flags/\\\\draft\" all 620162338",
        "OLDER 3600",
        "YOUNGER 3600",
        "EMAILID M1",
        "THREADID T-1",
        "FUZZY SUBJECT a",
        "(SEEN)",
        "((SEEN) UNSEEN)",
    ] {
        let text = format!("a SEARCH RETURN (COUNT PARTIAL -1:-100) CHARSET UTF-8 {key} SEEN");
        let _ = parsed(&text);
    }
    for key in [
        "",
        "X",
        "()",
        "OR SEEN",
        "NOT",
        "FROM",
        "KEYWORD \\Seen",
        "LARGER x",
        "OLDER 0",
        "SEEN ",
        "EMAILID a+b",
        "(SEEN",
        "TEXT {1}\r\n\u{fc}",
    ] {
        let text = format!("a SEARCH {key}");
        if key != "SEEN " {
            let _ = refused(&text);
        }
    }
}

#[test]
fn search_is_a_tree() {
    let Command::Search(search) =
        parsed("a UID SEARCH RETURN () OR FROM a NOT (SEEN UID 5) TEXT b")
    else {
        panic!("not SEARCH")
    };
    let text = |text: &'static str| Cow::Borrowed(text);
    let inner = SearchKey::And(vec![
        SearchKey::Flagged(Flag::Seen),
        SearchKey::Uid(set("5")),
    ]);
    let or = SearchKey::Or(
        SearchKey::From(text("a")).into(),
        SearchKey::Not(inner.into()).into(),
    );
    assert_eq!(
        search.key,
        SearchKey::And(vec![or, SearchKey::Text(text("b"))])
    );
    assert_eq!(
        search.returns,
        Some(SearchReturn {
            all: true,
            ..SearchReturn::default()
        })
    );
    assert!(!search.key.has_mod_seq());
}

#[test]
fn hostile_searches_are_bounded() {
    assert!(matches!(
        refused(&format!("a SEARCH {}SEEN", "NOT ".repeat(20_000))),
        Fault::TooDeep { .. }
    ));
    assert!(matches!(
        refused(&format!("a SEARCH {}", "(".repeat(60_000))),
        Fault::TooDeep { .. }
    ));
    assert!(matches!(
        refused(&format!("a SEARCH SEEN{}", " SEEN".repeat(10_000))),
        Fault::TooMany { .. }
    ));
    assert_eq!(refused("a SEARCH CHARSET KOI8-R TEXT a"), Fault::BadCharset);
}

#[test]
fn sort_and_thread() {
    // RFC 5256 3.
    let Command::Sort(sort) = parsed("A282 SORT (SUBJECT REVERSE DATE) UTF-8 SINCE 1-Feb-1994")
    else {
        panic!("not SORT")
    };
    assert_eq!(
        sort.criteria,
        [
            SortCriterion {
                key: SortKey::Subject,
                reverse: false
            },
            SortCriterion {
                key: SortKey::Date,
                reverse: true
            },
        ]
    );
    let _ = parsed(
        "a UID SORT RETURN (COUNT) (ARRIVAL CC FROM SIZE TO DISPLAYFROM DISPLAYTO) US-ASCII ALL",
    );
    let Command::Thread(thread) = parsed("A283 THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000")
    else {
        panic!("not THREAD")
    };
    assert_eq!(thread.algorithm, ThreadAlgorithm::OrderedSubject);
    let _ = parsed("a UID THREAD REFERENCES US-ASCII TEXT \"gewp\"");
    for text in [
        "a SORT () UTF-8 ALL",
        "a SORT (X) UTF-8 ALL",
        "a SORT (DATE) ALL",
        "a THREAD X UTF-8 ALL",
        "a THREAD REFERENCES UTF-8",
    ] {
        let _ = refused(text);
    }
}

#[test]
fn access_control() {
    // RFC 4314 3.
    let Command::SetAcl(acl) = parsed("A035 SETACL INBOX/Drafts John +lrswicda") else {
        panic!("not SETACL")
    };
    assert_eq!(acl.change, AclChange::Add);
    assert_eq!(acl.rights.letters().collect::<String>(), "acdilrsw");
    for text in [
        "a GETACL INBOX",
        "a DELETEACL INBOX Fred",
        "a LISTRIGHTS ~/Mail/saved smith",
        "a MYRIGHTS INBOX",
        "a SETACL INBOX Fred \"\"",
        "a SETACL INBOX Fred -rw",
    ] {
        let _ = parsed(text);
    }
    for text in [
        "a SETACL INBOX Fred lR",
        "a SETACL INBOX Fred",
        "a GETACL",
        "a MYRIGHTS INBOX x",
    ] {
        let _ = refused(text);
    }
}

#[test]
fn quota() {
    // RFC 9208 4.1.
    let expected = SetQuota {
        root: "".into(),
        limits: vec![
            (QuotaResource::Storage, 512),
            (QuotaResource::Other("X"), 1),
        ],
    };
    assert_eq!(
        parsed("A001 SETQUOTA \"\" (STORAGE 512 X 1)"),
        Command::SetQuota(expected)
    );
    assert_eq!(parsed("A003 GETQUOTA \"\""), Command::GetQuota("".into()));
    assert_eq!(
        parsed("A003 GETQUOTAROOT INBOX"),
        Command::GetQuotaRoot(inbox())
    );
    let _ = refused("a SETQUOTA \"\" (STORAGE)");
}

#[test]
fn id_compress_and_unauthenticate() {
    // RFC 2971 3.1.
    let expected = vec![
        ("name".into(), Some("sodr".into())),
        ("vendor".into(), None),
    ];
    assert_eq!(
        parsed("a023 ID (\"name\" \"sodr\" \"vendor\" NIL)"),
        Command::Id(expected)
    );
    assert_eq!(parsed("a ID NIL"), Command::Id(vec![]));
    assert_eq!(parsed("a ID ()"), Command::Id(vec![]));
    assert_eq!(parsed("a COMPRESS DEFLATE"), Command::Compress("DEFLATE"));
    assert_eq!(parsed("a UNAUTHENTICATE"), Command::Unauthenticate);
    assert!(matches!(
        refused(&format!("a ID ({})", vec!["\"a\" \"b\""; 31].join(" "))),
        Fault::TooMany { .. }
    ));
    for text in ["a ID", "a ID (\"name\")", "a COMPRESS"] {
        let _ = refused(text);
    }
}

#[test]
fn copy_and_move() {
    let expected = Command::Move {
        by: By::Uid,
        set: set("1:3"),
        mailbox: named("Trash"),
    };
    assert_eq!(parsed("a UID MOVE 1:3 Trash"), expected);
    let expected = Command::Copy {
        by: By::Sequence,
        set: set("$"),
        mailbox: named("Trash"),
    };
    assert_eq!(parsed("a COPY $ \"Trash\""), expected);
    let _ = refused("a COPY 1");
}
