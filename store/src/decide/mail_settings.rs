//! Deciding about lists, rights to send, forwards and archives.

use model::{Forward, ListSettings, MailSettings, Mutation, Poster, PrincipalId, PrincipalKind};

use super::Deciding;
use crate::change::Outcome;
use crate::error::Error;

/// Members of one list who have their mail elsewhere.
const OUTSIDE_MEMBERS_MAX: usize = 10_000;
/// Those who are named as writers of one list.
const POSTERS_MAX: usize = 1_000;
/// Those who decide about what is written to one list.
const MODERATORS_MAX: usize = 100;
/// Those who may write in one principal's name.
const SENDERS_MAX: usize = 1_000;
/// Addresses that an account's mail goes on to.
const FORWARDS_MAX: usize = 10;
/// Octets of an address. RFC 5321 4.5.3.1.3: a path has 256 octets with its angle brackets.
const ADDRESS_OCTETS_MAX: usize = 254;

impl Deciding<'_> {
    pub(super) fn set_mail_settings(
        &mut self,
        id: PrincipalId,
        settings: &MailSettings,
    ) -> Result<Outcome, Error> {
        let principal = self.principal(id)?;
        let is_group = matches!(principal.kind, PrincipalKind::Group { .. });
        if let Some(list) = &settings.list {
            if !is_group {
                return Err(Error::Invalid("only a group is a list"));
            }
            check_list(list)?;
        }
        if let Some(forward) = &settings.forward {
            if is_group {
                return Err(Error::Invalid("a group has members, and forwards nothing"));
            }
            check_forward(forward)?;
        }
        if settings
            .senders
            .as_ref()
            .is_some_and(|all| all.len() > SENDERS_MAX)
        {
            return Err(Error::Limit(
                "as many may write in this name as can be kept",
            ));
        }
        if self.lookup.mail_settings(id)? != *settings {
            self.push(Mutation::SetMailSettings {
                principal: id,
                settings: Box::new(settings.clone()),
            })?;
        }
        Ok(Outcome::Done)
    }

    pub(super) fn set_archive(
        &mut self,
        domain: Option<&str>,
        address: Option<&str>,
    ) -> Result<Outcome, Error> {
        if let Some(domain) = domain
            && self.lookup.domain(domain)?.is_none()
        {
            return Err(Error::NotFound("the domain"));
        }
        if let Some(address) = address {
            check_address(address)?;
        }
        if self.lookup.archive(domain)?.as_deref() != address {
            self.push(Mutation::SetArchive {
                domain: domain.map(str::to_owned),
                address: address.map(str::to_owned),
            })?;
        }
        Ok(Outcome::Done)
    }
}

fn check_list(list: &ListSettings) -> Result<(), Error> {
    if list.outside.len() > OUTSIDE_MEMBERS_MAX {
        return Err(Error::Limit(
            "the list has as many members elsewhere as it can have",
        ));
    }
    if list.posters.len() > POSTERS_MAX || list.moderators.len() > MODERATORS_MAX {
        return Err(Error::Limit("the list names as many people as it can"));
    }
    list.outside
        .iter()
        .try_for_each(|address| check_address(address))?;
    list.posters.iter().try_for_each(|poster| match poster {
        Poster::Here(_) => Ok(()),
        Poster::Elsewhere(address) => check_address(address),
    })
}

fn check_forward(forward: &Forward) -> Result<(), Error> {
    if forward.to.is_empty() {
        return Err(Error::Invalid("a forward names an address"));
    }
    if forward.to.len() > FORWARDS_MAX {
        return Err(Error::Limit(
            "an account's mail goes on to 10 addresses at most",
        ));
    }
    forward
        .to
        .iter()
        .try_for_each(|address| check_address(address))
}

fn check_address(address: &str) -> Result<(), Error> {
    let halves = address.rsplit_once('@');
    let is_one = halves.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let is_plain = address.len() <= ADDRESS_OCTETS_MAX && !address.chars().any(char::is_control);
    if is_one && is_plain {
        Ok(())
    } else {
        Err(Error::Invalid(
            "an address is `name@domain`, in 254 octets at most",
        ))
    }
}
