//! What emails are looked for, and in which order (RFC 8621 4.4.1, 4.4.2), and the words of a text that is looked for.

use groupware::search::Field;
use groupware::{EmailComparator, EmailFilter, EmailQuery, EmailSortBy};
use model::{Keyword, MailboxId};

use crate::codec::argument::{Arguments, Fault};
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::codec::id::WireId;
use crate::error::MethodError;

/// RFC 8621 1.3.1 `emailQuerySortOptions`.
pub(crate) const SORT_OPTIONS: [&str; 9] = [
    "receivedAt",
    "sentAt",
    "size",
    "from",
    "to",
    "subject",
    "hasKeyword",
    "allInThreadHaveKeyword",
    "someInThreadHaveKeyword",
];

/// RFC 4790: what texts may be compared by. To us they are all the same: case does not count.
pub(crate) const COLLATIONS: [&str; 2] = ["i;ascii-casemap", "i;unicode-casemap"];

/// Words and phrases of one text that is looked for.
const TOKENS_MAX: usize = 64;

/// Reads one condition of a filter.
///
/// # Errors
/// `invalidArguments`: something of it is not as it has to be.
pub(crate) fn condition(arguments: &mut Arguments) -> Result<EmailFilter, FilterFault> {
    let mut all = Vec::new();
    if let Some(mailbox) = arguments.id("inMailbox")? {
        // Nothing is in a mailbox that nobody knows.
        all.push(match MailboxId::parse(&mailbox) {
            Some(mailbox) => EmailFilter::InMailbox(mailbox),
            None => EmailFilter::Or(Vec::new()),
        });
    }
    if let Some(mailboxes) = arguments.ids("inMailboxOtherThan")? {
        let mailboxes = mailboxes.iter().filter_map(|id| MailboxId::parse(id));
        all.push(EmailFilter::InMailboxOtherThan(mailboxes.collect()));
    }
    all.extend(arguments.date("before")?.map(EmailFilter::ReceivedBefore));
    all.extend(arguments.date("after")?.map(EmailFilter::ReceivedSince));
    all.extend(arguments.unsigned("minSize")?.map(EmailFilter::SizeAtLeast));
    all.extend(arguments.unsigned("maxSize")?.map(EmailFilter::SizeBelow));
    all.extend(keyword(arguments, "allInThreadHaveKeyword")?.map(EmailFilter::AllInThread));
    all.extend(keyword(arguments, "someInThreadHaveKeyword")?.map(EmailFilter::SomeInThread));
    all.extend(
        keyword(arguments, "noneInThreadHaveKeyword")?
            .map(|keyword| not(EmailFilter::SomeInThread(keyword))),
    );
    all.extend(keyword(arguments, "hasKeyword")?.map(EmailFilter::Keyword));
    all.extend(keyword(arguments, "notKeyword")?.map(|keyword| not(EmailFilter::Keyword(keyword))));
    all.extend(arguments.flag("hasAttachment")?.map(|has| match has {
        true => EmailFilter::HasAttachment,
        false => not(EmailFilter::HasAttachment),
    }));
    for (name, field) in [
        ("text", Field::Any),
        ("from", Field::From),
        ("to", Field::To),
        ("cc", Field::Cc),
        ("bcc", Field::Bcc),
        ("subject", Field::Subject),
        ("body", Field::Body),
    ] {
        if let Some(text) = arguments.text(name)? {
            all.push(has_text(field, &text));
        }
    }
    if let Some(header) = arguments.texts("header")? {
        all.push(has_header(header)?);
    }
    Ok(match all.len() {
        1 => all.remove(0),
        _ => EmailFilter::And(all),
    })
}

fn not(filter: EmailFilter) -> EmailFilter {
    EmailFilter::Not(Box::new(filter))
}

fn keyword(arguments: &mut Arguments, name: &str) -> Result<Option<Keyword>, Fault> {
    let text = arguments.text(name)?;
    let keyword = text.map(|text| Keyword::try_from(text.as_str()));
    keyword
        .transpose()
        .map_err(|_| Fault::new(name, "has to be a keyword"))
}

/// RFC 8621 4.4.1 `header`: a name, and perhaps what is looked for in it.
fn has_header(words: Vec<String>) -> Result<EmailFilter, Fault> {
    let fault = || Fault::new("header", "has to be a name, or a name and a text");
    let mut words = words.into_iter();
    let (name, text) = (words.next().ok_or_else(fault)?, words.next());
    let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic());
    if !is_name || words.next().is_some() {
        return Err(fault());
    }
    Ok(EmailFilter::Header {
        name,
        text: text.unwrap_or_default(),
    })
}

/// RFC 8621 4.4.1: all words and all phrases of the text stand there.
fn has_text(field: Field, text: &str) -> EmailFilter {
    let mut words = String::new();
    let mut all = Vec::new();
    for token in tokens(text) {
        match token {
            Token::Word(word) => {
                if !words.is_empty() {
                    words.push(' ');
                }
                words.push_str(&word);
            }
            Token::Phrase(text) => all.push(EmailFilter::Phrase { field, text }),
        }
    }
    if !words.is_empty() || all.is_empty() {
        all.push(EmailFilter::Words { field, text: words });
    }
    match all.len() {
        1 => all.remove(0),
        _ => EmailFilter::And(all),
    }
}

/// A part of a text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Phrase(String),
}

/// RFC 8621 4.4.1: words between white space; what stands in quotes, of either kind, is a phrase, in which a backslash takes
/// from a quote or another backslash what it means.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next().filter(|_| tokens.len() < TOKENS_MAX) {
        let quoted = match first {
            '"' | '\'' => phrase(rest, first),
            _ => None,
        };
        if let Some((phrase, behind)) = quoted {
            if !phrase.trim().is_empty() {
                tokens.push(Token::Phrase(phrase));
            }
            rest = behind.trim_start();
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        tokens.push(Token::Word(word.to_owned()));
        rest = behind.trim_start();
    }
    tokens
}

/// The phrase that `text` begins with, and what follows it; none if its quote is never closed.
fn phrase(text: &str, quote: char) -> Option<(String, &str)> {
    let mut phrase = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => phrase.push(characters.next()?.1),
            _ if character == quote => {
                return Some((phrase, text.get(at + quote.len_utf8()..)?));
            }
            _ => phrase.push(character),
        }
    }
    None
}

/// Takes any text apart.
pub(crate) fn fuzz(text: &str) {
    assert!(tokens(text).len() <= TOKENS_MAX);
}

/// The query that the arguments ask for.
///
/// # Errors
/// RFC 8620 5.5 `unsupportedSort`.
pub(crate) fn query(
    filter: Option<Filter<EmailFilter>>,
    sort: Vec<Comparator>,
    collapse_threads: bool,
) -> Result<EmailQuery, MethodError> {
    let sort = sort.into_iter().map(comparator);
    Ok(EmailQuery {
        filter: filter.map_or(EmailFilter::All, joined),
        sort: sort.collect::<Result<_, _>>()?,
        collapse_threads,
    })
}

/// The tree is as deep as the codec lets it be.
fn joined(filter: Filter<EmailFilter>) -> EmailFilter {
    let all = |filters: Vec<Filter<EmailFilter>>| filters.into_iter().map(joined).collect();
    match filter {
        Filter::Condition(condition) => condition,
        Filter::And(filters) => EmailFilter::And(all(filters)),
        Filter::Or(filters) => EmailFilter::Or(all(filters)),
        Filter::Not(filters) => not(EmailFilter::Or(all(filters))),
    }
}

fn comparator(comparator: Comparator) -> Result<EmailComparator, MethodError> {
    let Comparator {
        property,
        ascending,
        collation,
        mut more,
    } = comparator;
    if let Some(collation) = collation.filter(|known| !COLLATIONS.contains(&known.as_str())) {
        let why = format!("there is no collation `{collation}`");
        return Err(MethodError::unsupported_sort(why));
    }
    let mut named = || {
        let found = keyword(&mut more, "keyword")?;
        found.ok_or_else(|| Fault::new("keyword", "has to be there"))
    };
    let by = match property.as_str() {
        "receivedAt" => EmailSortBy::ReceivedAt,
        "sentAt" => EmailSortBy::SentAt,
        "size" => EmailSortBy::Size,
        "from" => EmailSortBy::From,
        "to" => EmailSortBy::To,
        "subject" => EmailSortBy::Subject,
        "hasKeyword" => EmailSortBy::HasKeyword(named()?),
        "allInThreadHaveKeyword" => EmailSortBy::AllInThreadHaveKeyword(named()?),
        "someInThreadHaveKeyword" => EmailSortBy::SomeInThreadHaveKeyword(named()?),
        _ => {
            let why = format!("emails cannot be sorted by `{property}`");
            return Err(MethodError::unsupported_sort(why));
        }
    };
    more.finish()?;
    Ok(EmailComparator {
        by,
        descending: !ascending,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Result<EmailFilter, FilterFault> {
        match value {
            Value::Object(object) => condition(&mut Arguments(object)),
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn texts_are_words_and_phrases() {
        let word = |text: &str| Token::Word(text.into());
        let phrase = |text: &str| Token::Phrase(text.into());
        assert_eq!(
            tokens(" one \"two three\" 'fo\\'ur' it's \"open"),
            [
                word("one"),
                phrase("two three"),
                phrase("fo'ur"),
                word("it's"),
                word("\"open")
            ]
        );
        assert_eq!(tokens("\"\" "), []);
        assert_eq!(tokens(&"x ".repeat(1_000)).len(), TOKENS_MAX);
    }

    #[test]
    fn conditions_are_read() {
        let seen = Keyword::try_from("$seen").unwrap();
        assert_eq!(
            read(json!({"inMailbox": "m3"})),
            Ok(EmailFilter::InMailbox(MailboxId(3)))
        );
        assert_eq!(
            read(json!({"inMailbox": "m3", "notKeyword": "$Seen"})),
            Ok(EmailFilter::And(vec![
                EmailFilter::InMailbox(MailboxId(3)),
                not(EmailFilter::Keyword(seen)),
            ]))
        );
        assert_eq!(read(json!({})), Ok(EmailFilter::And(Vec::new())));
        assert_eq!(
            read(json!({"subject": "a 'b c' d"})),
            Ok(EmailFilter::And(vec![
                EmailFilter::Phrase {
                    field: Field::Subject,
                    text: "b c".into()
                },
                EmailFilter::Words {
                    field: Field::Subject,
                    text: "a d".into()
                },
            ]))
        );
        assert!(read(json!({"header": []})).is_err());
        assert!(read(json!({"header": ["a", "b", "c"]})).is_err());
        assert!(read(json!({"hasKeyword": "a b"})).is_err());
    }
}
