//! Commands made at random, written by a small printer and parsed back; and commands with octets changed.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::super::*;
use super::*;

/// Any of the ways to write a text as `string`, chosen by `how`.
fn string(text: &str, how: u8) -> String {
    let quotable = !text.contains(['\r', '\n', '\0']);
    match how % 3 {
        0 if quotable => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        1 => format!("{{{}+}}\r\n{text}", text.len()),
        _ => format!("{{{}}}\r\n{text}", text.len()),
    }
}

fn set(set: &SequenceSet) -> String {
    let SequenceSet::Ranges(ranges) = set else {
        return "$".to_owned();
    };
    let bound = |bound: Bound| match bound {
        Bound::Number(number) => number.to_string(),
        Bound::Largest => "*".to_owned(),
    };
    let ranges: Vec<_> = ranges
        .iter()
        .map(|range| format!("{}:{}", bound(range.first), bound(range.last)))
        .collect();
    ranges.join(",")
}

fn uid(by: By) -> &'static str {
    match by {
        By::Sequence => "",
        By::Uid => "uid ",
    }
}

fn key(key: &SearchKey<'_>, how: u8) -> String {
    let text = |name: &str, text: &str| format!("{name} {}", string(text, how));
    match key {
        SearchKey::All => "all".into(),
        SearchKey::And(keys) => {
            let keys: Vec<_> = keys.iter().map(|each| self::key(each, how)).collect();
            format!("({})", keys.join(" "))
        }
        SearchKey::Or(left, right) => {
            format!("OR {} {}", self::key(left, how), self::key(right, how))
        }
        SearchKey::Not(inner) => format!("Not {}", self::key(inner, how)),
        SearchKey::Fuzzy(inner) => format!("FUZZY {}", self::key(inner, how)),
        SearchKey::Flagged(Flag::Seen) => "SEEN".into(),
        SearchKey::Unflagged(Flag::Keyword(keyword)) => format!("UNKEYWORD {keyword}"),
        SearchKey::From(value) => text("FROM", value),
        SearchKey::Text(value) => text("TEXT", value),
        SearchKey::Header { name, text: value } => {
            format!("HEADER {} {}", string(name, 0), string(value, how))
        }
        SearchKey::Sequence(numbers) => set(numbers),
        SearchKey::Uid(numbers) => format!("UID {}", set(numbers)),
        SearchKey::ModSeq(number) => format!("MODSEQ {number}"),
        SearchKey::Larger(number) => format!("LARGER {number}"),
        other => panic!("no printer for {other:?}"),
    }
}

fn print(command: &Command<'_>, how: u8) -> String {
    let name = |mailbox: &Mailbox<'_>| string(mailbox.as_str(), how);
    match command {
        Command::Login { user, password } => {
            format!(
                "LOGIN {} {}",
                string(user, how),
                string(&String::from_utf8_lossy(password.expose()), how)
            )
        }
        Command::Rename { from, to } => format!("rename {} {}", name(from), name(to)),
        Command::Copy {
            by,
            set: numbers,
            mailbox,
        } => format!("{}COPY {} {}", uid(*by), set(numbers), name(mailbox)),
        Command::Store(store) => {
            let since = store
                .unchanged_since
                .map_or(String::new(), |since| format!("(UNCHANGEDSINCE {since}) "));
            let sign = match store.action {
                StoreAction::Replace => "",
                StoreAction::Add => "+",
                StoreAction::Remove => "-",
            };
            let silent = if store.silent { ".SILENT" } else { "" };
            let mut flags = Vec::new();
            Encoder::new(&mut flags, TextForm::Utf8).flags(store.flags.iter().copied());
            let flags = String::from_utf8_lossy(&flags)
                .trim()
                .trim_start_matches("* FLAGS ")
                .to_owned();
            format!(
                "{}STORE {} {since}{sign}FLAGS{silent} {flags}",
                uid(store.by),
                set(&store.set)
            )
        }
        Command::Search(search) => {
            let returns = search.returns.map_or(String::new(), |returns| {
                let options = [
                    (returns.min, "MIN"),
                    (returns.max, "MAX"),
                    (returns.all, "ALL"),
                    (returns.count, "COUNT"),
                    (returns.save, "SAVE"),
                ];
                let options: Vec<_> = options
                    .iter()
                    .filter(|(on, _)| *on)
                    .map(|(_, name)| *name)
                    .collect();
                format!(" RETURN ({})", options.join(" "))
            });
            format!(
                "{}SEARCH{returns} {}",
                uid(search.by),
                key(&search.key, how)
            )
        }
        Command::Fetch(fetch) => {
            let mut items = Vec::new();
            for item in &fetch.items {
                let mut line = Vec::new();
                let mut encoder = Encoder::new(&mut line, TextForm::Utf8);
                let FetchItem::Section {
                    section,
                    partial,
                    peek,
                } = item
                else {
                    panic!("no printer for {item:?}")
                };
                encoder.fetch(1).section(section, None, None);
                let name = String::from_utf8_lossy(&line)
                    .replace("* 1 FETCH (BODY[", "")
                    .replace("] NIL", "");
                let partial = partial.map_or(String::new(), |partial| {
                    format!("<{}.{}>", partial.offset, partial.count)
                });
                items.push(format!(
                    "BODY{}[{name}]{partial}",
                    if *peek { ".PEEK" } else { "" }
                ));
            }
            let since = fetch
                .changed_since
                .map_or(String::new(), |since| format!(" (CHANGEDSINCE {since})"));
            format!(
                "{}FETCH {} ({}){since}",
                uid(fetch.by),
                set(&fetch.set),
                items.join(" ")
            )
        }
        other => panic!("no printer for {other:?}"),
    }
}

fn any_set() -> impl Strategy<Value = SequenceSet> {
    let bound = prop_oneof![
        Just(Bound::Largest),
        (1_u32..)
            .prop_filter_map("not 0", NonZeroU32::new)
            .prop_map(Bound::Number),
    ];
    let range = (bound.clone(), bound).prop_map(|(first, last)| SequenceRange { first, last });
    prop_oneof![
        Just(SequenceSet::Saved),
        prop::collection::vec(range, 1..5).prop_map(SequenceSet::Ranges),
    ]
}

fn any_by() -> impl Strategy<Value = By> {
    prop_oneof![Just(By::Sequence), Just(By::Uid)]
}

fn any_flag() -> impl Strategy<Value = Flag<'static>> {
    prop::sample::select(vec![
        Flag::Answered,
        Flag::Deleted,
        Flag::Draft,
        Flag::Flagged,
        Flag::Seen,
        Flag::Keyword("$Junk"),
        Flag::Keyword("x[y"),
        Flag::Extension("Other"),
    ])
}

fn any_text() -> impl Strategy<Value = Cow<'static, str>> {
    "[ -~\u{fc}\u{65e5}\r\n]{0,12}".prop_map(Cow::Owned)
}

fn any_mailbox() -> impl Strategy<Value = Mailbox<'static>> {
    "[ -%'-.0-~\u{fc}\u{65e5}]{1,12}".prop_filter_map("a name", |name| {
        Mailbox::decode(Cow::Owned(name.into_bytes()), TextForm::Utf8).ok()
    })
}

fn any_key() -> impl Strategy<Value = SearchKey<'static>> {
    let leaf = prop_oneof![
        Just(SearchKey::All),
        Just(SearchKey::Flagged(Flag::Seen)),
        Just(SearchKey::Unflagged(Flag::Keyword("$Junk"))),
        any_text().prop_map(SearchKey::From),
        any_text().prop_map(SearchKey::Text),
        any_text().prop_map(|text| SearchKey::Header {
            name: "Subject".into(),
            text
        }),
        any_set().prop_map(SearchKey::Sequence),
        any_set().prop_map(SearchKey::Uid),
        (0..u64::MAX / 2).prop_map(SearchKey::ModSeq),
        (0..u64::MAX / 2).prop_map(SearchKey::Larger),
    ];
    leaf.prop_recursive(6, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(SearchKey::And),
            (inner.clone(), inner.clone())
                .prop_map(|(left, right)| SearchKey::Or(left.into(), right.into())),
            inner.clone().prop_map(|inner| SearchKey::Not(inner.into())),
            inner.prop_map(|inner| SearchKey::Fuzzy(inner.into())),
        ]
    })
}

fn any_section() -> impl Strategy<Value = Section<'static>> {
    let fields = prop::collection::vec("[!-9;-~]{1,8}".prop_map(Cow::Owned), 1..4);
    let text = prop_oneof![
        Just(None),
        Just(Some(SectionText::Header)),
        Just(Some(SectionText::Text)),
        Just(Some(SectionText::Mime)),
        fields
            .clone()
            .prop_map(|fields| Some(SectionText::HeaderFields(fields))),
        fields.prop_map(|fields| Some(SectionText::HeaderFieldsNot(fields))),
    ];
    (prop::collection::vec(1_u32.., 0..4), text)
        .prop_map(|(part, text)| Section { part, text })
        .prop_filter("MIME is of a part", |section| {
            section.text != Some(SectionText::Mime) || !section.part.is_empty()
        })
}

fn any_command() -> impl Strategy<Value = Command<'static>> {
    let partial = prop::option::of((0_u64..1 << 40, 1_u64..1 << 40))
        .prop_map(|partial| partial.map(|(offset, count)| Partial { offset, count }));
    let item = (any_section(), partial, any::<bool>()).prop_map(|(section, partial, peek)| {
        FetchItem::Section {
            section,
            partial,
            peek,
        }
    });
    let action = prop::sample::select(vec![
        StoreAction::Replace,
        StoreAction::Add,
        StoreAction::Remove,
    ]);
    let returns = prop::option::of((any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(min, count, save)| SearchReturn {
            min,
            count,
            save,
            all: !(min || count || save),
            ..SearchReturn::default()
        },
    ));
    prop_oneof![
        (any_text(), any_text()).prop_map(|(user, password)| Command::Login {
            user,
            password: Secret(Cow::Owned(password.into_owned().into_bytes())),
        }),
        (any_mailbox(), any_mailbox()).prop_map(|(from, to)| Command::Rename {
            from,
            to: to.without_trailing_separator()
        }),
        (any_by(), any_set(), any_mailbox()).prop_map(|(by, set, mailbox)| Command::Copy {
            by,
            set,
            mailbox
        }),
        (
            any_by(),
            any_set(),
            prop::option::of(0..u64::MAX / 2),
            action,
            any::<bool>(),
            prop::collection::vec(any_flag(), 0..5)
        )
            .prop_map(|(by, set, unchanged_since, action, silent, flags)| {
                Command::Store(Store {
                    by,
                    set,
                    unchanged_since,
                    action,
                    silent,
                    flags,
                })
            }),
        (any_by(), returns, any_key()).prop_map(|(by, returns, key)| Command::Search(Search {
            by,
            returns,
            key
        })),
        (
            any_by(),
            any_set(),
            prop::collection::vec(item, 1..4),
            prop::option::of(0..u64::MAX / 2)
        )
            .prop_map(|(by, set, items, changed_since)| Command::Fetch(Fetch {
                by,
                set,
                items,
                changed_since,
                vanished: false,
                partial: None
            })),
    ]
}

proptest! {
    #[test]
    fn printed_commands_parse_back(command in any_command(), how: u8) {
        let text = format!("tag {}\r\n", print(&command, how));
        let mut framer = Framer::new(FrameLimits::after_login(0));
        let mut rest = text.as_bytes();
        let mut frame = framer.feed(&mut rest);
        while matches!(frame, Frame::Literal(_)) {
            framer.accept();
            frame = framer.feed(&mut rest);
        }
        prop_assert_eq!(frame, Frame::Command);
        let (tag, parsed) = parse(framer.command(), TextForm::Utf8).map_err(|error| {
            TestCaseError::fail(format!("{text}: {error}"))
        })?;
        prop_assert_eq!(tag.as_str(), "tag");
        prop_assert_eq!(parsed, command);
    }

    #[test]
    fn changed_commands_never_panic(
        command in any_command(),
        how: u8,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..4),
    ) {
        let mut octets = format!("tag {}\r\n", print(&command, how)).into_bytes();
        for (at, octet, insert) in changes {
            let at = at.index(octets.len());
            if insert {
                octets.insert(at, octet);
            } else if let Some(changed) = octets.get_mut(at) {
                *changed = octet;
            }
        }
        fuzz(&octets);
    }
}
