//! Persons and shared accounts.

use std::collections::HashMap;

use directory::{NewPerson, NewShared};
use model::{AccountId, Principal, PrincipalId, PrincipalKind, Rights};

use super::principal::{account, describe, find, name_or_local_part, owner, page, search};
use super::{access, sending};
use crate::reply::Added;
use crate::{AccountRequest, Failure, Password, Reply, Services};

/// Characters of a password that is made here: 20 of 32 are 100 bits.
const GENERATED_CHARACTERS: usize = 20;
/// They stand in groups, so that they can be read out.
const GENERATED_GROUP: usize = 5;
/// Letters and digits that are not taken for each other.
const GENERATED_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

pub(super) async fn run(request: AccountRequest, services: &Services) -> Result<Reply, Failure> {
    match request {
        AccountRequest::AddPerson {
            address,
            name,
            password,
            quota_octets,
            administrator,
        } => {
            let made = password.is_none().then(|| generate(services));
            let person = NewPerson {
                name: name_or_local_part(name, &address),
                address: address.clone(),
                password: made
                    .as_ref()
                    .or(password.as_ref())
                    .map(|password| password.secret().clone()),
                quota_octets,
                administrator,
            };
            add_person(person, made, services)
                .await
                .map_err(|failure| failure.about(&address))
        }
        AccountRequest::AddShared {
            address,
            name,
            quota_octets,
        } => add_shared(address, name, quota_octets, services).await,
        AccountRequest::Remove { address } => remove(&address, services).await,
        AccountRequest::List { after } => {
            page(
                after,
                |kind| !matches!(kind, PrincipalKind::Group { .. }),
                services,
            )
            .await
        }
        AccountRequest::Show { address } => {
            let principal = find(&address, services).await?;
            let info = describe(&principal, &mut HashMap::new(), services).await?;
            Ok(Reply::Account(info))
        }
        AccountRequest::SetPassword { address, password } => {
            set_password(&address, password, services).await
        }
        AccountRequest::Share {
            address,
            with,
            write,
        } => share(&address, &with, write, services).await,
        AccountRequest::AllowSend {
            address,
            sender,
            right,
        } => sending::allow(&address, &sender, right, services).await,
        AccountRequest::Forward { address, to, keep } => {
            sending::forward(&address, to, keep, services).await
        }
        AccountRequest::Search { text, sorts, after } => {
            search(&text, &sorts, after, services).await
        }
        AccountRequest::Access { address } => access::show(&address, services).await,
        AccountRequest::SetAccess {
            address,
            with,
            access,
        } => access::set(&address, &with, access, services).await,
        edit => edit_principal(edit, services).await,
    }
}

/// Requests that change one property of a principal.
async fn edit_principal(request: AccountRequest, services: &Services) -> Result<Reply, Failure> {
    let (directory, actor) = (services.directory(), services.actor(None));
    match request {
        AccountRequest::SetEnabled { address, enabled } => {
            let id = find(&address, services).await?.id;
            directory.set_enabled(&actor, id, enabled).await?;
        }
        AccountRequest::SetAdministrator {
            address,
            administrator,
        } => {
            let id = account(&address, services).await?.id;
            directory
                .set_administrator(&actor, id, administrator)
                .await?;
        }
        AccountRequest::Rename { address, name } => {
            let id = find(&address, services).await?.id;
            directory.rename(&actor, id, &name).await?;
        }
        AccountRequest::SetQuota {
            address,
            quota_octets,
        } => {
            let id = account(&address, services).await?.id;
            directory.set_quota(&actor, id, quota_octets).await?;
        }
        AccountRequest::AddPerson { .. }
        | AccountRequest::AddShared { .. }
        | AccountRequest::Remove { .. }
        | AccountRequest::List { .. }
        | AccountRequest::Show { .. }
        | AccountRequest::SetPassword { .. }
        | AccountRequest::Share { .. }
        | AccountRequest::AllowSend { .. }
        | AccountRequest::Search { .. }
        | AccountRequest::Access { .. }
        | AccountRequest::SetAccess { .. }
        | AccountRequest::Forward { .. } => {}
    }
    Ok(Reply::Done)
}

async fn add_person(
    person: NewPerson,
    made: Option<Password>,
    services: &Services,
) -> Result<Reply, Failure> {
    let actor = services.actor(None);
    let id = services.directory().add_person(&actor, person).await?;
    Ok(Reply::Added(Added {
        id: id.0,
        address: super::principal::address_of(id, services).await?,
        password: made,
    }))
}

async fn add_shared(
    address: String,
    name: Option<String>,
    quota_octets: Option<u64>,
    services: &Services,
) -> Result<Reply, Failure> {
    let shared = NewShared {
        name: name_or_local_part(name, &address),
        address: address.clone(),
        quota_octets,
    };
    let actor = services.actor(None);
    let id = services
        .directory()
        .add_shared(&actor, shared)
        .await
        .map_err(|error| Failure::from(error).about(&address))?;
    // It gets its mailboxes now, so that they can be shared before the first mail arrives.
    let principal = account(&address, services).await?;
    services
        .groupware
        .open_own(&owner(&principal, services))
        .await?;
    Ok(Reply::Added(Added {
        id: id.0,
        address: principal.address.clone(),
        password: None,
    }))
}

async fn remove(address: &str, services: &Services) -> Result<Reply, Failure> {
    let principal = account(address, services).await?;
    if principal.address != address.to_lowercase() {
        return Err(Failure::refused(format!(
            "`{address}` is an alias of `{}`: name the account by its main address, or use `wachpost alias remove`",
            principal.address
        )));
    }
    let actor = services.actor(None);
    services.directory().remove(&actor, principal.id).await?;
    Ok(Reply::Done)
}

async fn set_password(
    address: &str,
    password: Option<Password>,
    services: &Services,
) -> Result<Reply, Failure> {
    let person = account(address, services).await?;
    let actor = services.actor(None);
    let made = password.is_none().then(|| generate(services));
    if let Some(password) = made.as_ref().or(password.as_ref()) {
        services
            .directory()
            .set_password(&actor, person.id, password.secret())
            .await
            .map_err(|error| Failure::from(error).about(address))?;
    }
    Ok(made.map_or(Reply::Done, Reply::Password))
}

/// Gives rights on every mailbox there is; one that is made inside of them later takes theirs over.
async fn share(
    address: &str,
    with: &str,
    write: Option<bool>,
    services: &Services,
) -> Result<Reply, Failure> {
    let shared = account(address, services).await?;
    if shared.kind != PrincipalKind::Shared {
        return Err(Failure::refused(format!(
            "`{address}` is a person: only they share their mailboxes, with their mail program"
        )));
    }
    let with = find(with, services).await?;
    share_all(&shared, with.id, write, services).await?;
    Ok(Reply::Done)
}

/// The same, for those that are known.
pub(super) async fn share_all(
    shared: &Principal,
    with: PrincipalId,
    write: Option<bool>,
    services: &Services,
) -> Result<(), Failure> {
    let reading = Rights::LOOKUP.with(Rights::READ).with(Rights::SEEN);
    let rights = match write {
        None => Rights::NONE,
        Some(false) => reading,
        Some(true) => reading
            .with(Rights::WRITE)
            .with(Rights::INSERT)
            .with(Rights::POST)
            .with(Rights::CREATE)
            .with(Rights::DELETE_EMAIL)
            .with(Rights::EXPUNGE),
    };
    let (caller, account) = (owner(shared, services), AccountId::from(shared.id));
    services.groupware.open_own(&caller).await?;
    for info in services.groupware.mailboxes(&caller, account).await? {
        services
            .groupware
            .set_share(&caller, account, info.mailbox.id, Some(with), rights)
            .await?;
    }
    Ok(())
}

/// A password that people can type.
fn generate(services: &Services) -> Password {
    let random: [u8; GENERATED_CHARACTERS] = services.random.bytes();
    let mut text =
        String::with_capacity(GENERATED_CHARACTERS + GENERATED_CHARACTERS / GENERATED_GROUP);
    for (at, octet) in random.iter().enumerate() {
        if at > 0 && at % GENERATED_GROUP == 0 {
            text.push('-');
        }
        text.push(char::from(GENERATED_ALPHABET[usize::from(octet & 31)]));
    }
    text.into()
}
