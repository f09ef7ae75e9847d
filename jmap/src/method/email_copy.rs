//! `Email/copy` (RFC 8621 4.7).

use groupware::EmailCopy;

use super::email_set::{id_of, server_set};
use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::copy::{Copied, Copy};
use crate::words::placing::{self, Placing};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut copy = Copy::read(&mut call).await?;
    call.finish()?;
    let from = call.state(copy.from, DataType::Email).await?;
    let old = call.state(copy.account, DataType::Email).await?;
    copy.check_states(&from, &old)?;
    let mut copied = Copied::new(&copy, old);
    let (mut wanted, mut names) = (Vec::new(), Vec::new());
    for (creation, object) in std::mem::take(&mut copy.create) {
        match read(&call, object) {
            Ok((original, email)) => {
                wanted.push(email);
                names.push((creation, original));
            }
            Err(error) => copied.not_created(creation, error),
        }
    }
    let done = call
        .groupware()
        .copy_emails(call.caller(), copy.from, copy.account, wanted)
        .await?;
    for ((creation, original), done) in names.into_iter().zip(done) {
        match done {
            Ok(copy) => {
                let object = server_set(&copy.added, copy.size);
                copied.created(&call, &creation, &id_of(&object), &original, object);
            }
            Err(error) => copied.not_created(creation, placing::set_error(error)),
        }
    }
    let new = call.state(copy.account, DataType::Email).await?;
    Ok(copied.answer(&call, &copy, new, "Email/set").await)
}

/// The email that is to be copied, its id as it came first.
fn read(call: &Call, object: Object) -> Result<(String, EmailCopy), SetError> {
    let mut object = Arguments(object);
    let placing = Placing::read(call, &mut object)?;
    let mailbox = placing.required_mailbox()?;
    let original = object.required_text("id")?;
    // RFC 8621 4.7: only these are other ones than those of the original.
    object.finish()?;
    let email = call.id(&original).ok_or_else(SetError::not_found)?;
    let copy = EmailCopy {
        email,
        mailbox,
        keywords: placing.keywords,
        received_at: placing.received_at,
    };
    Ok((original, copy))
}
