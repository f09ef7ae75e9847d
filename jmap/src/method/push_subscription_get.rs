//! `PushSubscription/get` (RFC 8620 7.2.1).

use groupware::RecordKind;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Outcome};
use crate::codec::date;
use crate::codec::id::{PushSubscriptionId, WireId};
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::standard::get::{Get, Got};
use crate::subscription::Subscription;

const PROPERTIES: [&str; 7] = [
    "id",
    "deviceClientId",
    "url",
    "keys",
    "verificationCode",
    "expires",
    "types",
];

pub(crate) async fn run(mut call: Call) -> Outcome {
    // RFC 8620 7.2.1: there is neither an account nor a state.
    let account = call.visit.own_account();
    call.arguments
        .0
        .insert("accountId".into(), account.wire().into());
    let get = Get::<PushSubscriptionId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    if let Some(asked) = &get.properties
        && (asked.contains("url") || asked.contains("keys"))
    {
        // RFC 8620 7.2.1: they are private to whoever made the subscription.
        return Err(MethodError::forbidden());
    }
    let (own, _) = own(&call).await?;
    let mut got = Got::new(&call, &get, "");
    match &get.ids {
        None => {
            for (id, subscription) in &own {
                got.add(object(*id, subscription, &get))?;
            }
        }
        Some(ids) => {
            for id in ids {
                match own.iter().find(|(own, _)| own == id) {
                    Some((id, subscription)) => got.add(object(*id, subscription, &get))?,
                    None => got.not_found(id.wire()),
                }
            }
        }
    }
    let mut answer = Answer::from(got);
    answer.arguments.remove("accountId");
    answer.arguments.remove("state");
    Ok(answer)
}

/// RFC 8620 7.2: the subscriptions that were made with what the caller is signed in with; of others, nobody is told but
/// how many there are of the principal in all.
pub(super) async fn own(
    call: &Call,
) -> Result<(Vec<(PushSubscriptionId, Subscription)>, usize), MethodError> {
    let account = call.visit.own_account();
    let kind = RecordKind::PushSubscription;
    let records = call
        .groupware()
        .records(call.caller(), account, kind)
        .await?;
    let count = records.all.len();
    let records = records.all.into_iter();
    let all = records.filter_map(|record| {
        let subscription = Subscription::read(&record.text)?;
        let is_own = subscription.credential == call.visit.credential;
        is_own.then_some((PushSubscriptionId(record.id), subscription))
    });
    Ok((all.collect(), count))
}

fn object(
    id: PushSubscriptionId,
    subscription: &Subscription,
    get: &Get<PushSubscriptionId>,
) -> Object {
    let code = subscription.verified.then_some(&subscription.code);
    let value = json!({
        "id": id.wire(),
        "deviceClientId": subscription.device,
        "verificationCode": code,
        "expires": date::write(subscription.expires),
        "types": subscription.types.value(),
    });
    let mut object = match value {
        Value::Object(object) => object,
        _ => Object::new(),
    };
    get.cut(&mut object);
    object
}
