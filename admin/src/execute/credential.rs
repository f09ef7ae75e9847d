//! What lets persons in.

use directory::{CredentialInfo, CredentialWhat};
use model::CredentialId;

use super::principal::account;
use crate::reply::CredentialLine;
use crate::words::protocol_names;
use crate::{CredentialRequest, Failure, Reply, Services, moment};

pub(super) async fn run(request: CredentialRequest, services: &Services) -> Result<Reply, Failure> {
    let (directory, actor) = (services.directory(), services.actor(None));
    match request {
        CredentialRequest::List { address } => {
            let person = account(&address, services).await?;
            let known = directory.credential_list(person.id).await?;
            Ok(Reply::Credentials(known.iter().map(line).collect()))
        }
        CredentialRequest::Remove { address, id } => {
            let person = account(&address, services).await?;
            directory
                .remove_credential(&actor, person.id, CredentialId(id))
                .await?;
            Ok(Reply::Done)
        }
        CredentialRequest::SignOut { address } => {
            let person = account(&address, services).await?;
            let count = directory.remove_grants(&actor, person.id, None).await?;
            Ok(Reply::Count(count as u64))
        }
        CredentialRequest::ResetSecondFactors { address } => {
            let person = account(&address, services).await?;
            let count = directory.reset_second_factors(&actor, person.id).await?;
            Ok(Reply::Count(count as u64))
        }
    }
}

fn line(info: &CredentialInfo) -> CredentialLine {
    let (kind, is_session, is_second_factor) = match info.what {
        CredentialWhat::Password => ("password", false, false),
        CredentialWhat::AppPassword { .. } => ("app password", false, false),
        CredentialWhat::Totp => ("codes", false, true),
        CredentialWhat::Passkey => ("passkey", false, true),
        CredentialWhat::RecoveryCodes { .. } => ("recovery codes", false, true),
        CredentialWhat::Session => ("browser", true, false),
        CredentialWhat::Program { .. } => ("program", true, false),
    };
    let label = match &info.what {
        CredentialWhat::RecoveryCodes { left } => format!("{left} left"),
        _ => info.label.clone(),
    };
    CredentialLine {
        id: info.id.0,
        kind: kind.to_owned(),
        label,
        protocols: protocol_names(info.protocols),
        is_session,
        is_second_factor,
        created_at: moment::to_text(info.created_at),
        expires_at: info.expires_at.map(moment::to_text),
        last_used_at: info.last_use.map(|one| moment::to_text(one.at)),
        last_used_from: info
            .last_use
            .and_then(|one| one.network)
            .map(|network| network.to_string()),
    }
}
