//! `GETMETADATA` and `SETMETADATA` (RFC 5464 4).

use groupware::{ANNOTATION_OCTETS_MAX, Annotation, Error};
use model::{AccountId, MailboxId};

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{Code, GetMetadata, Mailbox, MetadataDepth, SetMetadata};
use crate::error;
use crate::names;
use crate::output::Output;
use crate::user::User;

pub(super) async fn get(
    client: &Client,
    out: &mut Output,
    get: &GetMetadata<'_>,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let (account, mailbox, name) = place(&user, &get.mailbox).await?;
    let all = user
        .groupware
        .annotations(&user.caller, account, mailbox)
        .await?;
    let wanted: Vec<&Annotation> = all
        .iter()
        .filter(|found| {
            let is_wanted = |entry: &str| is_below(&found.name, entry, get.depth);
            get.entries.iter().any(|entry| is_wanted(entry))
        })
        .collect();
    let fits = |found: &&&Annotation| {
        let octets = u32::try_from(found.value.len()).unwrap_or(u32::MAX);
        get.octets_max.is_none_or(|most| octets <= most)
    };
    let entries: Vec<(&str, &[u8])> = wanted
        .iter()
        .filter(fits)
        .map(|found| (found.name.as_str(), found.value.as_slice()))
        .collect();
    if !entries.is_empty() {
        out.encoder().metadata(&name, &entries);
    }
    // RFC 5464 4.2.1: the size of the largest that was left out.
    let longest = wanted.iter().filter(|found| !fits(found));
    let longest = longest.map(|found| found.value.len()).max();
    let code = match longest.and_then(|octets| u32::try_from(octets).ok()) {
        Some(octets) => AnswerCode::Plain(Code::MetadataLongEntries(octets)),
        None => AnswerCode::None,
    };
    Ok(Answer::ok_with(code, "GETMETADATA completed"))
}

pub(super) async fn set(client: &Client, set: &SetMetadata<'_>) -> Result<Answer, Failure> {
    let user = client.user()?;
    let (account, mailbox, _) = place(&user, &set.mailbox).await?;
    let wanted: Vec<(&str, Option<&[u8]>)> = set
        .values
        .iter()
        .map(|(name, value)| (&**name, value.as_deref()))
        .collect();
    let done = user
        .groupware
        .annotate(&user.caller, account, mailbox, &wanted)
        .await;
    match done {
        Ok(()) => Ok(Answer::ok("SETMETADATA completed")),
        // RFC 5464 4.3.
        Err(Error::Limit(_)) => {
            let is_long = |value: &Option<&[u8]>| {
                value.is_some_and(|value| value.len() > ANNOTATION_OCTETS_MAX)
            };
            Err(if wanted.iter().any(|(_, value)| is_long(value)) {
                let most = u32::try_from(ANNOTATION_OCTETS_MAX).unwrap_or(u32::MAX);
                Answer::no(Code::MetadataMaxSize(most), "This value is too large").into()
            } else {
                Answer::no(Code::MetadataTooMany, "There are too many entries").into()
            })
        }
        Err(Error::Invalid { .. }) => Err(Answer::bad("No entry can be called so").into()),
        Err(error) => Err(error::answer(&error).into()),
    }
}

/// What a name of a mailbox stands for; the empty one for the own account as a whole.
async fn place(
    user: &User,
    mailbox: &Mailbox<'_>,
) -> Result<(AccountId, Option<MailboxId>, String), Failure> {
    if mailbox.as_str().is_empty() {
        return Ok((user.account, None, String::new()));
    }
    let named = names::find(user, mailbox).await?;
    Ok((named.account, Some(named.info.mailbox.id), named.name))
}

/// RFC 5464 4.2.2: whether an entry is the wanted one, or below it as far as is wanted.
fn is_below(name: &str, wanted: &str, depth: MetadataDepth) -> bool {
    let wanted = wanted.to_ascii_lowercase();
    let Some(rest) = name.strip_prefix(wanted.trim_end_matches('/')) else {
        return false;
    };
    match (rest.strip_prefix('/'), depth) {
        (None, _) => rest.is_empty(),
        (Some(_), MetadataDepth::Itself) => false,
        (Some(below), MetadataDepth::Children) => !below.contains('/'),
        (Some(_), MetadataDepth::All) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_components() {
        use MetadataDepth::{All, Children, Itself};
        for (name, wanted, depth, expected) in [
            ("/shared/comment", "/Shared/Comment", Itself, true),
            ("/shared/comments", "/shared/comment", All, false),
            ("/shared/a/b", "/shared/a", Itself, false),
            ("/shared/a/b", "/shared/a", Children, true),
            ("/shared/a/b/c", "/shared/a", Children, false),
            ("/shared/a/b/c", "/shared/a", All, true),
            ("/shared/a", "/shared", Children, true),
        ] {
            assert_eq!(is_below(name, wanted, depth), expected, "{name} {wanted}");
        }
    }
}
