//! `Principal/set` (RFC 9670 2.3): who there is, administrators decide elsewhere.

use model::PrincipalId;

use crate::call::{Call, Outcome};
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::set::{Done, Set};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    call.finish()?;
    let state = call.state(set.account, DataType::Principal).await?;
    set.check_state(&state)?;
    let mut done = Done::new(&call, &set, state.clone());
    for (creation, _) in std::mem::take(&mut set.create) {
        done.not_created(creation, SetError::forbidden());
    }
    for update in set.updates::<PrincipalId>(&call, &mut done) {
        done.not_updated(update.text, SetError::forbidden());
    }
    for (text, _) in set.destroys::<PrincipalId>(&call, &mut done) {
        done.not_destroyed(text, SetError::forbidden());
    }
    Ok(done.answer(state))
}
