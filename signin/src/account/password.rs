//! Changing one's own password.

use directory::Attempt;
use model::Protocols;
use serde::Deserialize;

use super::sign_in::{Secretly, done};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::error::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    current: Secretly,
    new: Secretly,
}

/// `POST /auth/password`: all other browsers and all programs with tokens are signed out.
pub(crate) async fn change(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.visitor().await?;
    let (house, address) = (asked.house.clone(), asked.address());
    let Change { current, new } = asked.json().await?;
    let attempt = Attempt {
        name: &visitor.signed_in.principal.address,
        password: &current.0,
        protocol: Protocols::JMAP,
        address,
    };
    house.directory.sign_in_first(attempt).await?;
    let directory = &house.directory;
    directory
        .set_password(&visitor.actor, visitor.id(), &new.0)
        .await?;
    house.proved(visitor.signed_in.credential);
    Ok(done())
}
