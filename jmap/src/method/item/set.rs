//! `/set` of items.

use super::writer::Writer;
use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::standard::set::{Done, Set};
use crate::words::item::Item;

/// Those who take part are not told.
pub(in crate::method) async fn set<T: Item>(mut call: Call) -> Outcome {
    let set = Set::read(&mut call).await?;
    call.finish()?;
    run::<T>(&call, set, false).await
}

/// JMAP Calendars draft -26 5.10: those who take part are told if the client wants that.
pub(in crate::method) async fn set_and_tell<T: Item>(mut call: Call) -> Outcome {
    let set = Set::read(&mut call).await?;
    let tells = call.arguments.flag("sendSchedulingMessages")?;
    call.finish()?;
    run::<T>(&call, set, tells.unwrap_or(false)).await
}

async fn run<T: Item>(call: &Call, mut set: Set, tells: bool) -> Outcome {
    let old = call.state(set.account, T::TYPE).await?;
    set.check_state(&old)?;
    let mut done = Done::new(call, &set, old);
    let mut writer = Writer::<T>::new(call, set.account).await?;
    writer.tells = tells;
    // Occurrences that are invited to one by one may be replaced by their series, so what goes goes first.
    for (text, id) in set.destroys::<T::Id>(call, &mut done) {
        match Box::pin(writer.destroy(id)).await {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, error),
        }
    }
    for (creation, object) in std::mem::take(&mut set.create) {
        match Box::pin(writer.create_like(object, None)).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for update in set.updates::<T::Id>(call, &mut done) {
        match Box::pin(writer.update(&update)).await {
            Ok(server_set) => done.updated_with(update.text, server_set),
            Err(error) => done.not_updated(update.text, error),
        }
    }
    Ok(done.answer(call.state(set.account, T::TYPE).await?))
}
