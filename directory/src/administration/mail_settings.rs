//! Lists, rights to send, forwards and archives.

use model::{Actor, MailSettings, PrincipalId};
use store::Change;

use super::TRIES_MAX;
use crate::Directory;
use crate::address::Address;
use crate::error::Error;

impl Directory {
    /// Reads how mail to a principal goes on, has `edit` change it, and commits it; anew if others were faster.
    ///
    /// # Errors
    /// What `edit` says; the principal is not there, is no group for a list, or a group for a forward.
    pub async fn edit_mail_settings(
        &self,
        actor: &Actor,
        id: PrincipalId,
        edit: impl Fn(&mut MailSettings) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for _ in 0..TRIES_MAX {
            let seq = self.seq()?;
            let mut settings = (*self.mail_settings(id).await?).clone();
            edit(&mut settings)?;
            let change = Change::SetMailSettings {
                principal: id,
                settings: Box::new(settings),
            };
            match self.change_if(actor, seq, vec![change]).await {
                Err(Error::Busy) => {}
                done => return done.map(drop),
            }
        }
        Err(Error::Busy)
    }

    /// Has the mail of a domain, or all mail, copied to an archive; none ends it.
    ///
    /// # Errors
    /// The domain is not ours, or the address is none.
    pub async fn set_archive(
        &self,
        actor: &Actor,
        domain: Option<&str>,
        address: Option<&str>,
    ) -> Result<(), Error> {
        let change = Change::SetArchive {
            domain: domain.map(str::to_lowercase),
            address: address.map(checked_address).transpose()?,
        };
        self.change(actor, vec![change]).await.map(drop)
    }
}

/// An address of ours or elsewhere, as it is compared: in lower case, without quotes.
///
/// # Errors
/// It is no address.
pub fn checked_address(text: &str) -> Result<String, Error> {
    let address = Address::parse(text).ok_or(Error::Invalid {
        field: "address",
        why: "write it as `name@domain`, in 254 octets at most",
    })?;
    Ok(address.whole)
}
