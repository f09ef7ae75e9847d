//! `Principal/changes` (RFC 9670 2.2).

use model::PrincipalId;

use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::data_type::DataType;
use crate::standard::changes::{Changed, Since};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let since = Since::read(&mut call).await?;
    call.finish()?;
    call.state(since.account, DataType::Principal).await?;
    let seq = since.seq()?;
    let people = call.groupware().people_changes(call.caller(), seq).await?;
    let wire = |ids: Vec<PrincipalId>| ids.into_iter().map(WireId::wire).collect();
    let changed = Changed {
        state: people.until.0.to_string(),
        more: false,
        created: wire(people.created),
        updated: wire(people.updated),
        destroyed: wire(people.gone),
    };
    changed.answer(since)
}
