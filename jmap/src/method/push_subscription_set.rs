//! `PushSubscription/set` (RFC 8620 7.2.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use groupware::{RecordChange, RecordKind};
use model::Timestamp;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::push_subscription_get::own;
use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::id::{PushSubscriptionId, WireId};
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::error::{MethodError, SetError};
use crate::standard::set::{Done, Set, Update};
use crate::subscription::{
    DEVICE_OCTETS_MAX, EXPIRES_AFTER_MS, SUBSCRIPTIONS_MAX, Subscription, Wanted, keys, origin,
};

/// Random octets in a code, in base64url on the wire.
const CODE_OCTETS: usize = 24;

pub(crate) async fn run(mut call: Call) -> Outcome {
    // RFC 8620 7.2.2: there is neither an account nor a state.
    let account = call.visit.own_account();
    let mut set = Set::read_in(&mut call, account)?;
    call.finish()?;
    if set.has_state() {
        return Err(MethodError::invalid_arguments(
            "subscriptions to push have no state",
        ));
    }
    let mut done = Done::without_account(&call);
    let (mut known, mut count) = own(&call).await?;
    let mut changed = false;
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, object, count).await {
            Ok((id, subscription, server_set)) => {
                done.created(&creation, &id.wire(), server_set);
                known.push((id, subscription));
                count += 1;
                changed = true;
            }
            Err(error) => done.not_created(creation, error),
        }
    }
    for Update { text, id, patch } in set.updates::<PushSubscriptionId>(&call, &mut done) {
        let found = known.iter_mut().find(|(known, _)| *known == id);
        let Some((_, subscription)) = found else {
            done.not_updated(text, SetError::not_found());
            continue;
        };
        match update(&call, id, subscription, &patch).await {
            Ok(server_set) => {
                done.updated_with(text, server_set);
                changed = true;
            }
            Err(error) => done.not_updated(text, error),
        }
    }
    for (text, id) in set.destroys::<PushSubscriptionId>(&call, &mut done) {
        if !known.iter().any(|(known, _)| *known == id) {
            done.not_destroyed(text, SetError::not_found());
            continue;
        }
        match write(&call, RecordChange::Destroy(id.0)).await {
            Ok(_) => {
                done.destroyed(text);
                changed = true;
            }
            Err(error) => done.not_destroyed(text, error),
        }
    }
    if changed {
        call.visit.house.pushes.wakes.wake(call.visit.principal.id);
    }
    Ok(done.answer_without_state())
}

/// Makes a subscription; the courier brings its code to the address.
async fn create(
    call: &Call,
    object: Object,
    count: usize,
) -> Result<(PushSubscriptionId, Subscription, Object), SetError> {
    let mut object = Arguments(object);
    if count >= SUBSCRIPTIONS_MAX {
        return Err(SetError::new("overQuota").because("There are too many subscriptions."));
    }
    let device = object.required_text("deviceClientId")?;
    if device.len() > DEVICE_OCTETS_MAX {
        return Err(SetError::invalid_property(
            "deviceClientId",
            "It is too long.",
        ));
    }
    let url = object.required_text("url")?;
    if origin(&url).is_none() {
        // RFC 8620 7.2: it begins with `https://`.
        return Err(SetError::invalid_property(
            "url",
            "It has to be an https URL.",
        ));
    }
    let keys = match object.object("keys")? {
        None => None,
        Some(value) => Some(keys(&value).ok_or_else(|| {
            SetError::invalid_property("keys", "They have to be `p256dh` and `auth`.")
        })?),
    };
    if object.take("verificationCode").is_some() {
        // RFC 8620 7.2: null when the subscription is made.
        return Err(SetError::invalid_property(
            "verificationCode",
            "It comes later.",
        ));
    }
    let wanted = object.date("expires")?;
    let types = types(object.take("types"))?;
    object.finish()?;
    let subscription = Subscription {
        device,
        url,
        keys,
        code: URL_SAFE_NO_PAD.encode(call.visit.house.settings.random.bytes::<CODE_OCTETS>()),
        verified: false,
        expires: expires(call, wanted)?,
        types,
        credential: call.visit.credential,
    };
    let creations = &call.visit.house.pushes.creations;
    if !creations.take(call.visit.principal.id, call.now()) {
        return Err(SetError::new("rateLimit").because("Too many were made lately."));
    }
    let id = write(call, RecordChange::Create(subscription.text())).await?;
    let mut server_set = Object::new();
    if subscription.keys.is_none() {
        server_set.insert("keys".into(), Value::Null);
    }
    server_set.insert("verificationCode".into(), Value::Null);
    if wanted != Some(subscription.expires) {
        let expires = date::write(subscription.expires);
        server_set.insert("expires".into(), expires.into());
    }
    Ok((id, subscription, server_set))
}

async fn update(
    call: &Call,
    id: PushSubscriptionId,
    known: &mut Subscription,
    patch: &Patch,
) -> Result<Object, SetError> {
    let mut new = known.clone();
    let mut server_set = Object::new();
    for (steps, value) in patch.changes() {
        let [name] = steps else {
            return Err(SetError::new("invalidPatch").because("Nothing lies inside of a property."));
        };
        let mut one = Arguments::default();
        one.0.insert(name.clone(), value.clone());
        match name.as_str() {
            "verificationCode" => {
                let code = one.text(name)?.unwrap_or_default();
                // RFC 8620 7.2.2: a code that is not the one that was pushed is refused.
                if !bool::from(code.as_bytes().ct_eq(known.code.as_bytes())) {
                    return Err(SetError::invalid_property(name, "It is another one."));
                }
                new.verified = true;
            }
            "expires" => {
                let wanted = one.date(name)?;
                new.expires = expires(call, wanted)?;
                if wanted != Some(new.expires) {
                    server_set.insert(name.clone(), date::write(new.expires).into());
                }
            }
            "types" => new.types = types(one.take(name))?,
            // RFC 8620 7.2: the others are fixed.
            _ => return Err(SetError::invalid_property(name, "It cannot be changed.")),
        }
    }
    if new != *known {
        write(call, RecordChange::Update(id.0, new.text())).await?;
        *known = new;
    }
    Ok(server_set)
}

/// RFC 8620 7.2: the server may choose an earlier end than the client wants.
fn expires(call: &Call, wanted: Option<Timestamp>) -> Result<Timestamp, SetError> {
    let now = call.now();
    let last = Timestamp(now.0.saturating_add(EXPIRES_AFTER_MS));
    let last = Timestamp::from_seconds(last.seconds());
    match wanted {
        Some(wanted) if wanted <= now => Err(SetError::invalid_property(
            "expires",
            "It has to be in the future.",
        )),
        Some(wanted) => Ok(wanted.min(last)),
        None => Ok(last),
    }
}

fn types(value: Option<Value>) -> Result<Wanted, SetError> {
    let why = "It has to be a list of types, or null.";
    Wanted::read(value).ok_or_else(|| SetError::invalid_property("types", why))
}

async fn write(call: &Call, change: RecordChange) -> Result<PushSubscriptionId, SetError> {
    let account = call.visit.own_account();
    let kind = RecordKind::PushSubscription;
    let (groupware, changes) = (call.groupware(), [change]);
    let written = groupware.change_records(call.caller(), account, kind, None, &changes);
    match written.await?.records.pop() {
        Some(Ok(id)) => Ok(PushSubscriptionId(id)),
        Some(Err(error)) => Err(error.into()),
        None => Err(SetError::new("serverFail")),
    }
}
