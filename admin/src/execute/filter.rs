//! Filters: scripts listed, read, kept, chosen; the answer of those who are away.

use groupware::{Outside, ScriptError, ScriptVersion, VacationSetting, VersionId};
use model::{ObjectId, Seq};

use super::principal::{account, owner};
use crate::error::Kind;
use crate::moment;
use crate::reply::{ScriptLine, VacationInfo, VersionLine};
use crate::{Failure, Octets, Reply, Services, SieveRequest, VacationRequest};

pub(super) async fn sieve(request: SieveRequest, services: &Services) -> Result<Reply, Failure> {
    let address = match &request {
        SieveRequest::List { address }
        | SieveRequest::Get { address, .. }
        | SieveRequest::Put { address, .. }
        | SieveRequest::Activate { address, .. }
        | SieveRequest::Rename { address, .. }
        | SieveRequest::Versions { address }
        | SieveRequest::Restore { address, .. }
        | SieveRequest::Remove { address, .. } => address,
    };
    let principal = account(address, services).await?;
    let (caller, account) = (owner(&principal, services), principal.id.into());
    let groupware = &services.groupware;
    match request {
        SieveRequest::List { .. } => {
            let scripts = groupware.scripts(&caller, account).await?;
            let lines = scripts.into_iter().map(|script| ScriptLine {
                name: script.name,
                active: script.is_active,
                octets: script.octets,
            });
            return Ok(Reply::Scripts(lines.collect()));
        }
        SieveRequest::Get { name, .. } => {
            let name = match name {
                Some(name) => name,
                None => {
                    let scripts = groupware.scripts(&caller, account).await?;
                    let active = scripts.into_iter().find(|script| script.is_active);
                    let none = || Failure::new(Kind::NotFound, "no script is active");
                    active.ok_or_else(none)?.name
                }
            };
            let text = groupware.script(&caller, account, &name).await;
            let text = text.map_err(|error| Failure::from(error).about(&name))?;
            return Ok(Reply::Script(Octets(text)));
        }
        SieveRequest::Versions { .. } => {
            let versions = groupware.script_versions(&caller, account).await?;
            return Ok(Reply::Versions(versions.into_iter().map(line).collect()));
        }
        SieveRequest::Restore { object, until, .. } => {
            let id = VersionId {
                object: ObjectId(object),
                until: Seq(until),
            };
            let done = groupware.restore_script(&caller, account, id).await;
            done.map_err(|error| failure(&error, &format!("{object}-{until}")))?;
        }
        SieveRequest::Put {
            name,
            text,
            activate,
            ..
        } => {
            let put = groupware.put_script(&caller, account, &name, text.0).await;
            put.map_err(|error| failure(&error, &name))?;
            if activate {
                let done = groupware.activate_script(&caller, account, Some(&name));
                done.await.map_err(|error| failure(&error, &name))?;
            }
        }
        SieveRequest::Activate { name, .. } => {
            let done = groupware.activate_script(&caller, account, name.as_deref());
            let name = name.as_deref().unwrap_or_default();
            done.await.map_err(|error| failure(&error, name))?;
        }
        SieveRequest::Rename { name, new_name, .. } => {
            let done = groupware.rename_script(&caller, account, &name, &new_name);
            done.await.map_err(|error| failure(&error, &name))?;
        }
        SieveRequest::Remove { name, .. } => {
            let done = groupware.destroy_script(&caller, account, &name);
            done.await.map_err(|error| failure(&error, &name))?;
        }
    }
    Ok(Reply::Done)
}

fn line(version: ScriptVersion) -> VersionLine {
    VersionLine {
        object: version.id.object.0,
        until: version.id.until.0,
        at: moment::to_text(version.at),
        destroyed: version.is_destroyed,
        collection: None,
        uid: version.name.clone(),
        name: version.name,
        title: None,
        octets: version.octets,
    }
}

pub(super) async fn vacation(
    request: VacationRequest,
    services: &Services,
) -> Result<Reply, Failure> {
    let address = match &request {
        VacationRequest::Show { address }
        | VacationRequest::Set { address, .. }
        | VacationRequest::Off { address } => address,
    };
    let principal = account(address, services).await?;
    let (caller, account) = (owner(&principal, services), principal.id.into());
    let groupware = &services.groupware;
    let setting = match request {
        VacationRequest::Show { .. } => {
            let setting = groupware.vacation(&caller, account).await?;
            return Ok(Reply::Vacation(info(setting)));
        }
        VacationRequest::Set {
            from,
            until,
            subject,
            text,
            outside,
            only_inside,
            ..
        } => VacationSetting {
            is_enabled: true,
            from,
            until,
            subject,
            text,
            html: None,
            outside: match outside {
                _ if only_inside => Outside::Silent,
                Some(text) => Outside::Text(text),
                None => Outside::Same,
            },
        },
        VacationRequest::Off { .. } => VacationSetting {
            is_enabled: false,
            ..groupware.vacation(&caller, account).await?
        },
    };
    groupware.set_vacation(&caller, account, &setting).await?;
    Ok(Reply::Done)
}

fn info(setting: VacationSetting) -> VacationInfo {
    VacationInfo {
        enabled: setting.is_enabled,
        from: setting.from.map(moment::to_text),
        until: setting.until.map(moment::to_text),
        subject: setting.subject,
        only_inside: setting.outside == Outside::Silent,
        outside: match setting.outside {
            Outside::Text(text) => Some(text),
            Outside::Same | Outside::Silent => None,
        },
        text: setting.text,
    }
}

fn failure(error: &ScriptError, name: &str) -> Failure {
    match error {
        ScriptError::Failed(error) => Failure::from(error.clone()).about(name),
        ScriptError::Active => Failure::refused(format!(
            "`{name}` is the active script: make another one active first, or none"
        )),
        ScriptError::Fault(_)
        | ScriptError::Name
        | ScriptError::TooMany
        | ScriptError::TooLarge => Failure::refused(error.to_string()).about(name),
    }
}
