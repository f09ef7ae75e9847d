//! `SETACL`, `DELETEACL`, `GETACL`, `LISTRIGHTS` and `MYRIGHTS` (RFC 4314 3).

use model::{AccountId, PrincipalId, Rights};

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{AclChange, AclRights, Code, Mailbox, SetAcl};
use crate::names::{self, Named};
use crate::output::Output;
use crate::user::User;
use crate::words;

/// RFC 4314 2: everybody who can sign in.
const ANYONE: &str = "anyone";

pub(super) async fn set(client: &Client, change: &SetAcl<'_>) -> Result<Answer, Failure> {
    let user = client.user()?;
    // RFC 4314 3.1: unknown rights are BAD.
    let rights =
        words::rights(change.rights).ok_or_else(|| Failure::from(Answer::bad("Unknown right")))?;
    let named = administered(&user, &change.mailbox).await?;
    let who = principal(&user, &change.identifier).await?;
    let rights = match change.change {
        AclChange::Replace => rights,
        AclChange::Add => rights_of(&user, &named, who).await?.with(rights),
        AclChange::Remove => rights_of(&user, &named, who).await?.without(rights),
    };
    share(&user, &named, who, rights).await?;
    Ok(Answer::ok("SETACL completed"))
}

pub(super) async fn delete(
    client: &Client,
    mailbox: &Mailbox<'_>,
    identifier: &str,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = administered(&user, mailbox).await?;
    let who = principal(&user, identifier).await?;
    share(&user, &named, who, Rights::NONE).await?;
    Ok(Answer::ok("DELETEACL completed"))
}

pub(super) async fn get(
    client: &Client,
    out: &mut Output,
    mailbox: &Mailbox<'_>,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = administered(&user, mailbox).await?;
    let place = named.place();
    let shares = user
        .groupware
        .shares(&user.caller, place.account, place.mailbox)
        .await?;
    let mut entries = vec![(address(&user, place.account.into()).await?, Rights::ALL)];
    for share in shares {
        let identifier = match share.principal {
            Some(principal) => address(&user, principal).await?,
            None => ANYONE.to_owned(),
        };
        entries.push((identifier, share.rights));
    }
    let entries = entries
        .iter()
        .map(|(identifier, rights)| (identifier.as_str(), words::acl_rights(*rights)));
    out.encoder().acl(&named.name, entries);
    Ok(Answer::ok("GETACL completed"))
}

pub(super) async fn list_rights(
    client: &Client,
    out: &mut Output,
    mailbox: &Mailbox<'_>,
    identifier: &str,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = administered(&user, mailbox).await?;
    let who = principal(&user, identifier).await?;
    let is_owner = who.is_some_and(|who| AccountId::from(who) == named.account);
    let (always, groups) = if is_owner {
        (words::acl_rights(Rights::ALL), Vec::new())
    } else {
        let single = |letter: char| AclRights::from_letters(letter.encode_utf8(&mut [0; 4])).ok();
        let groups = Rights::ALL.letters().filter_map(single).collect();
        (AclRights::default(), groups)
    };
    out.encoder()
        .list_rights(&named.name, identifier, always, &groups);
    Ok(Answer::ok("LISTRIGHTS completed"))
}

pub(super) async fn my_rights(
    client: &Client,
    out: &mut Output,
    mailbox: &Mailbox<'_>,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = names::find(&user, mailbox).await?;
    let rights = words::acl_rights(named.info.rights);
    out.encoder().my_rights(&named.name, rights);
    Ok(Answer::ok("MYRIGHTS completed"))
}

/// RFC 4314 4: ADMINISTER is needed; without it not even the question is answered.
async fn administered(user: &User, mailbox: &Mailbox<'_>) -> Result<Named, Failure> {
    let named = names::find(user, mailbox).await?;
    if named.info.rights.contains(Rights::ADMINISTER) {
        Ok(named)
    } else {
        Err(Answer::no(Code::NoPerm, "Not permitted").into())
    }
}

/// Whom an identifier means; none for everybody.
async fn principal(user: &User, identifier: &str) -> Result<Option<PrincipalId>, Failure> {
    if identifier == ANYONE {
        return Ok(None);
    }
    if identifier.starts_with('-') {
        // RFC 4314 2: negative rights need not be supported.
        return Err(Answer::no(Code::Cannot, "There are no negative rights").into());
    }
    let found = user
        .groupware
        .directory()
        .principal_at(&identifier.to_lowercase())
        .await
        .map_err(|_| Failure::from(Answer::no(Code::Unavailable, "Not available at the moment")))?;
    match found {
        Some(principal) => Ok(Some(principal.id)),
        None => Err(Answer::no(Code::NonExistent, "There is nobody of that name").into()),
    }
}

async fn address(user: &User, principal: PrincipalId) -> Result<String, Failure> {
    let found = user
        .groupware
        .directory()
        .principal(principal)
        .await
        .map_err(|_| Failure::from(Answer::no(Code::Unavailable, "Not available at the moment")))?;
    // Somebody who is gone is shown by number, so that the rights can still be taken away elsewhere.
    Ok(found.map_or_else(|| format!("#{principal}"), |found| found.address.clone()))
}

async fn rights_of(
    user: &User,
    named: &Named,
    who: Option<PrincipalId>,
) -> Result<Rights, Failure> {
    let place = named.place();
    let shares = user
        .groupware
        .shares(&user.caller, place.account, place.mailbox)
        .await?;
    Ok(shares
        .iter()
        .find(|share| share.principal == who)
        .map_or(Rights::NONE, |share| share.rights))
}

async fn share(
    user: &User,
    named: &Named,
    who: Option<PrincipalId>,
    rights: Rights,
) -> Result<(), Failure> {
    let place = named.place();
    user.groupware
        .set_share(&user.caller, place.account, place.mailbox, who, rights)
        .await?;
    Ok(())
}
