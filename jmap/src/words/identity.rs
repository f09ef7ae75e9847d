//! Identities (RFC 8621 6): JMAP <-> the model's.

use groupware::{Identity, IdentityText, NamedAddress};
use model::{AccountId, SendRight};
use serde_json::{Value, json};

use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::id::{IdentityId, WireId};
use crate::codec::json::Object;
use crate::draft::addresses;
use crate::error::{MethodError, SetError};
use crate::words::records::not_supported;

/// RFC 8621 6; the last is our own: whether who writes with it is named beside it.
pub(crate) const PROPERTIES: [&str; 9] = [
    "id",
    "name",
    "email",
    "replyTo",
    "bcc",
    "textSignature",
    "htmlSignature",
    "mayDelete",
    SENDS,
];

/// How mail is sent with it: `as` the address it has, or `onBehalf` of it, so that readers see who wrote (RFC 5322 3.6.2).
pub(crate) const SENDS: &str = "wachpost:sends";

/// The identities of an account, and their state.
///
/// # Errors
/// `accountNotSupportedByMethod` where the caller has none.
pub(crate) async fn all(
    call: &Call,
    account: AccountId,
) -> Result<(Vec<Identity>, String), MethodError> {
    let identities = call.groupware().identities(call.caller(), account).await;
    let (all, state) = identities.map_err(not_supported)?;
    Ok((all, state.0.to_string()))
}

/// An identity on the wire.
pub(crate) fn object(identity: &Identity) -> Object {
    let text = &identity.text;
    let object = json!({
        "id": IdentityId(identity.id).wire(),
        "name": text.name,
        "email": text.email,
        "replyTo": list(text.reply_to.as_deref()),
        "bcc": list(text.bcc.as_deref()),
        "textSignature": text.text_signature,
        "htmlSignature": text.html_signature,
        "mayDelete": identity.may_delete(),
        SENDS: match identity.right {
            SendRight::As => "as",
            SendRight::OnBehalf => "onBehalf",
        },
    });
    match object {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

fn list(addresses: Option<&[NamedAddress]>) -> Value {
    let address = |it: &NamedAddress| json!({"name": it.name, "email": it.email});
    addresses.map_or(Value::Null, |all| all.iter().map(address).collect())
}

/// An identity as a client writes it: a new one, or one that a patch was applied to.
///
/// # Errors
/// `invalidProperties`.
pub(crate) fn read(object: Object) -> Result<IdentityText, SetError> {
    let mut object = Arguments(object);
    let identity = IdentityText {
        email: object.required_text("email")?,
        name: object.text("name")?.unwrap_or_default(),
        reply_to: read_list(&mut object, "replyTo")?,
        bcc: read_list(&mut object, "bcc")?,
        text_signature: object.text("textSignature")?.unwrap_or_default(),
        html_signature: object.text("htmlSignature")?.unwrap_or_default(),
        is_given: false,
    };
    object.finish()?;
    Ok(identity)
}

fn read_list(
    object: &mut Arguments,
    property: &str,
) -> Result<Option<Vec<NamedAddress>>, SetError> {
    let Some(value) = object.take(property) else {
        return Ok(None);
    };
    let named = addresses(property, value)?
        .into_iter()
        .map(|it| NamedAddress {
            name: it.name,
            email: it.address,
        });
    Ok(Some(named.collect()))
}
