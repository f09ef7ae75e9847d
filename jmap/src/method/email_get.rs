//! `Email/get` (RFC 8621 4.2).

use groupware::{Catalogue, CataloguedEmail, EmailBytes, EmailContent};
use model::{EmailId, EmailMeta, Headers};

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::limits::GET_OBJECTS_MAX;
use crate::standard::get::{Get, Got};
use crate::words::email::{Depth, EmailWish, blob_of};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<EmailId>::read(&mut call, &[]).await?;
    let wish = EmailWish::of_emails(get.properties.as_ref(), &mut call.arguments)?;
    call.finish()?;
    let state = call.state(get.account, DataType::Email).await?;
    let catalogue = call.groupware().catalogue(call.caller(), get.account);
    let catalogue = catalogue.await?;
    let mut got = Got::new(&call, &get, state);
    let asked: Vec<EmailId> = match get.ids {
        Some(ids) => ids,
        // RFC 8621 4.2: all of them only where they are few.
        None if catalogue.len() > GET_OBJECTS_MAX => {
            return Err(MethodError::request_too_large());
        }
        None => catalogue.emails().map(|found| found.row.email).collect(),
    };
    if wish.depth() == Depth::Row {
        for email in asked {
            match catalogue.email(email) {
                Some(found) => {
                    let mut object = Object::new();
                    wish.add_row(&mut object, &found, &catalogue);
                    got.add(object)?;
                }
                None => got.not_found(email.wire()),
            }
        }
        return Ok(got.into());
    }
    let mut left = asked.as_slice();
    while !left.is_empty() {
        let count = catalogue.readable_at_once(left, EmailContent::Meta);
        let (now, later) = left.split_at(count.min(left.len()));
        left = later;
        add(&call, &catalogue, &wish, now, &mut got).await?;
    }
    Ok(got.into())
}

/// Tells some emails in their order.
async fn add(
    call: &Call,
    catalogue: &Catalogue,
    wish: &EmailWish,
    emails: &[EmailId],
    got: &mut Got,
) -> Result<(), MethodError> {
    let metas = call.groupware();
    let metas = metas
        .read_emails(catalogue, emails, EmailContent::Meta)
        .await?;
    if wish.may_need_message() {
        return add_whole(call, catalogue, wish, emails, &metas, got).await;
    }
    for email in emails {
        let (Some(found), Some(meta)) = (catalogue.email(*email), metas.get(*email)) else {
            got.not_found(email.wire());
            continue;
        };
        let mut object = Object::new();
        wish.add_row(&mut object, &found, catalogue);
        // What is damaged shows as empty; the operator finds it by other ways.
        wish.add_headers(&mut object, &Headers::decode(meta).unwrap_or_default());
        got.add(object)?;
    }
    Ok(())
}

/// The same with what the structure says, and the message itself of those that need it.
async fn add_whole(
    call: &Call,
    catalogue: &Catalogue,
    wish: &EmailWish,
    emails: &[EmailId],
    metas: &EmailBytes,
    got: &mut Got,
) -> Result<(), MethodError> {
    let needs = |email: &EmailId| {
        let meta = metas.get(*email).map(EmailMeta::decode);
        meta.is_some_and(|meta| meta.is_ok_and(|meta| wish.needs_message(&meta)))
    };
    let mut left = emails;
    while !left.is_empty() {
        let count = catalogue.readable_at_once(left, EmailContent::Message);
        let (now, later) = left.split_at(count.min(left.len()));
        left = later;
        let needy: Vec<EmailId> = now.iter().copied().filter(needs).collect();
        let messages = call
            .groupware()
            .read_emails(catalogue, &needy, EmailContent::Message)
            .await?;
        for email in now {
            let message = messages.get(*email);
            let is_read = message.is_some() || !needy.contains(email);
            match (catalogue.email(*email), metas.get(*email)) {
                (Some(found), Some(meta)) if is_read => {
                    let message = message.unwrap_or_default();
                    got.add(whole(wish, catalogue, &found, meta, message))?;
                }
                _ => got.not_found(email.wire()),
            }
        }
    }
    Ok(())
}

fn whole(
    wish: &EmailWish,
    catalogue: &Catalogue,
    found: &CataloguedEmail,
    meta: &[u8],
    message: &[u8],
) -> Object {
    let mut object = Object::new();
    wish.add_row(&mut object, found, catalogue);
    let meta = EmailMeta::decode(meta).unwrap_or_default();
    wish.add_headers(&mut object, &meta.headers);
    wish.add_body(&mut object, &meta, message, &blob_of(found.row.email));
    object
}
