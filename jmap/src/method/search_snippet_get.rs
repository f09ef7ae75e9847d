//! `SearchSnippet/get` (RFC 8621 5.1).

use std::collections::BTreeSet;

use groupware::message::body::part_text;
use groupware::search::Field;
use groupware::{Catalogue, EmailContent, EmailFilter};
use model::{EmailId, EmailMeta};

use crate::call::{Answer, Call, Outcome};
use crate::codec::filter;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::GET_OBJECTS_MAX;
use crate::words::email_query::{condition, query};
use crate::words::snippet::{Needles, marked_excerpt, marked_whole, text_of_html};

/// Octets of one message that are looked at for an excerpt; beyond it there is none.
const MESSAGE_OCTETS_MAX: u32 = 4 * 1024 * 1024;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let filter = call.arguments.object("filter")?;
    let filter = filter.map(|filter| filter::read(filter, &mut condition));
    let filter = filter.transpose()?;
    let texts = call.arguments.ids("emailIds")?;
    call.finish()?;
    let texts =
        texts.ok_or_else(|| MethodError::invalid_arguments("`emailIds` has to be there"))?;
    if texts.len() > GET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    let wanted = query(filter, Vec::new(), false)?.filter;
    let (mut subject, mut body) = (Needles::default(), Needles::default());
    gather(&wanted, &mut subject, &mut body);
    let catalogue = call.groupware().catalogue(call.caller(), account).await?;
    let (mut emails, mut not_found, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for text in texts {
        let known = call.id::<EmailId>(&text);
        match known.filter(|email| catalogue.email(*email).is_some()) {
            Some(email) if seen.insert(email) => emails.push(email),
            Some(_) => {}
            None => not_found.push(text),
        }
    }
    let mut list = Vec::with_capacity(emails.len());
    let mut left = emails.as_slice();
    while !left.is_empty() {
        let count = catalogue.readable_at_once(left, EmailContent::Message);
        let (now, later) = left.split_at(count.min(left.len()));
        left = later;
        for object in snippets(&call, &catalogue, now, &subject, &body).await? {
            call.shared.take_room(&object)?;
            list.push(object.into());
        }
    }
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("list".into(), serde_json::Value::Array(list));
    // RFC 8621 5.1: `null` if all were found.
    let not_found = Some(not_found).filter(|ids| !ids.is_empty());
    answer.insert("notFound".into(), not_found.into());
    Ok(Answer::from(answer))
}

/// What is looked for in subjects and in texts, wherever it stands in the filter; what must not be there is not marked.
fn gather(filter: &EmailFilter, subject: &mut Needles, body: &mut Needles) {
    match filter {
        EmailFilter::And(filters) | EmailFilter::Or(filters) => {
            for filter in filters {
                gather(filter, subject, body);
            }
        }
        EmailFilter::Words { field, text } | EmailFilter::Phrase { field, text } => {
            let is_phrase = matches!(filter, EmailFilter::Phrase { .. });
            if matches!(field, Field::Any | Field::Subject) {
                subject.add(text, is_phrase);
            }
            if matches!(field, Field::Any | Field::Body) {
                body.add(text, is_phrase);
            }
        }
        _ => {}
    }
}

async fn snippets(
    call: &Call,
    catalogue: &Catalogue,
    emails: &[EmailId],
    subject: &Needles,
    body: &Needles,
) -> Result<Vec<Object>, MethodError> {
    let groupware = call.groupware();
    let metas = groupware.read_emails(catalogue, emails, EmailContent::Meta);
    let metas = metas.await?;
    let small = |email: &EmailId| {
        let found = catalogue.email(*email);
        !body.is_empty() && found.is_some_and(|found| found.row.size <= MESSAGE_OCTETS_MAX)
    };
    let readable: Vec<EmailId> = emails.iter().copied().filter(small).collect();
    let messages = groupware.read_emails(catalogue, &readable, EmailContent::Message);
    let messages = messages.await?;
    let mut objects = Vec::with_capacity(emails.len());
    for email in emails {
        let meta = metas
            .get(*email)
            .and_then(|meta| EmailMeta::decode(meta).ok());
        let meta = meta.unwrap_or_default();
        let message = messages.get(*email);
        let excerpt = message.and_then(|message| excerpt(message, &meta, body));
        let mut object = Object::new();
        object.insert("emailId".into(), email.wire().into());
        let text = meta.headers.subject.unwrap_or_default();
        object.insert("subject".into(), marked_whole(text, subject).into());
        object.insert("preview".into(), excerpt.into());
        objects.push(object);
    }
    Ok(objects)
}

/// The place in the texts of the message where what is looked for stands first.
fn excerpt(message: &[u8], meta: &EmailMeta<'_>, needles: &Needles) -> Option<String> {
    let texts = meta
        .parts
        .iter()
        .filter(|part| part.kind.eq_ignore_ascii_case("text"));
    texts
        .map(|part| {
            let text = part_text(message, part).text;
            if part.subtype.eq_ignore_ascii_case("html") {
                text_of_html(&text)
            } else {
                text
            }
        })
        .find_map(|text| marked_excerpt(&text, needles))
}
