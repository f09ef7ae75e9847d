//! App passwords.

use directory::NewAppPassword;
use model::CredentialId;

use super::principal::account;
use crate::reply::AppPasswordLine;
use crate::words::protocol_names;
use crate::{AppPasswordRequest, Failure, Reply, Services, moment};

pub(super) async fn run(
    request: AppPasswordRequest,
    services: &Services,
) -> Result<Reply, Failure> {
    let (directory, actor) = (services.directory(), services.actor(None));
    match request {
        AppPasswordRequest::Add {
            address,
            label,
            protocols,
            expires_at,
        } => {
            let person = account(&address, services).await?;
            let new = NewAppPassword {
                label,
                protocols,
                expires_at,
            };
            let (id, password) = directory.add_app_password(&actor, person.id, new).await?;
            Ok(Reply::AppPassword {
                id: id.0,
                password: password.into(),
            })
        }
        AppPasswordRequest::List { address } => {
            let person = account(&address, services).await?;
            let known = directory.app_passwords(person.id).await?;
            let lines = known.into_iter().map(|info| AppPasswordLine {
                id: info.id.0,
                label: info.label,
                begins: info.selector,
                protocols: protocol_names(info.protocols),
                created_at: moment::to_text(info.created_at),
                expires_at: info.expires_at.map(moment::to_text),
            });
            Ok(Reply::AppPasswords(lines.collect()))
        }
        AppPasswordRequest::Remove { address, id } => {
            let person = account(&address, services).await?;
            directory
                .remove_app_password(&actor, person.id, CredentialId(id))
                .await?;
            Ok(Reply::Done)
        }
    }
}
