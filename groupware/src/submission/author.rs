//! In whose name a message is, and what it must have to be sent (RFC 6409 6, 8).

use model::{Address, EmailMeta, SendRight};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::filter::compose::mailbox;
use crate::filter::trace;
use crate::message::part::{FieldFilter, header_fields};
use crate::message::{self, compose};

/// Why a message cannot be sent as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorFault {
    /// It needs one `From` field with an address in it, and at most one `Sender` with one.
    #[error("the message does not say in one way whose it is")]
    Unclear,
    /// The caller may not write in the name that it bears.
    #[error("the caller may not write in this name")]
    Forbidden,
    /// For another reason.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What a message says of who wrote it and to whom, where its envelope is made of it (RFC 8621 7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnEnvelope {
    /// The address in `Sender`, else the first one in `From`.
    pub mail_from: Option<String>,
    /// All addresses in `To`, `Cc` and `Bcc`, each once.
    pub recipients: Vec<String>,
}

impl Groupware {
    /// A message made ready to leave: checked that it is in a name that the caller may write in, without its blind copies, and
    /// with the fields that it must have. `id` is for one that has none.
    ///
    /// # Errors
    /// [`AuthorFault::Unclear`], [`AuthorFault::Forbidden`]; or the directory cannot be read.
    pub async fn outgoing(
        &self,
        caller: &Caller,
        message: &[u8],
        id: &str,
    ) -> Result<Vec<u8>, AuthorFault> {
        let parsed = message::parse(message);
        let meta = EmailMeta::decode(&parsed.meta).map_err(|error| Error::internal(&error))?;
        // Whoever reads another of two fields reads another name.
        let has_one = |name: &str| trace::values(message, name).len() <= 1;
        let authors: Vec<&str> = addresses(&meta.headers.from).collect();
        if authors.is_empty() || !has_one("From") || !has_one("Sender") {
            return Err(AuthorFault::Unclear);
        }
        // RFC 5322 3.6.2: a message of several authors names the one who sent it.
        let mut is_on_behalf = authors.len() > 1;
        for author in authors {
            // RFC 6409 6.1: what holds for the envelope holds for what people see.
            match self.send_right(caller, author).await? {
                Some(SendRight::As) => {}
                Some(SendRight::OnBehalf) => is_on_behalf = true,
                None => return Err(AuthorFault::Forbidden),
            }
        }
        let mut added = String::new();
        let senders: Vec<&str> = addresses(&meta.headers.sender).collect();
        match senders.as_slice() {
            // RFC 6409 8.1: who signed in is known, and is named where the author is another.
            [] if is_on_behalf => {
                let own = self.directory.principal(caller.principal()?).await;
                let own = own.map_err(Error::from)?.ok_or(Error::Forbidden)?;
                added = format!("Sender: {}\r\n", mailbox("", &own.address));
            }
            [] => {}
            [sender] => {
                if self.send_right(caller, sender).await? != Some(SendRight::As) {
                    return Err(AuthorFault::Forbidden);
                }
            }
            _ => return Err(AuthorFault::Unclear),
        }
        if trace::values(message, "Date").is_empty() {
            // RFC 6409 8.2.
            let now = compose::date(self.clock.now().seconds(), 0);
            added.push_str(&format!("Date: {now}\r\n"));
        }
        if trace::values(message, "Message-ID").is_empty() {
            // RFC 6409 8.3.
            added.push_str(&format!("Message-ID: <{id}>\r\n"));
        }
        let mut ready = added.into_bytes();
        let end = meta.parts.first().map_or(0, |part| part.body_start);
        let (header, body) = message
            .split_at_checked(end as usize)
            .unwrap_or((message, &[]));
        // RFC 5322 3.6.3: nobody is to read who else has got it. RFC 5321 4.4: Return-Path is the last server's.
        let hidden = ["Bcc", "Resent-Bcc", "Return-Path"];
        ready.extend(header_fields(header, FieldFilter::Not, &hidden));
        ready.extend(body);
        Ok(ready)
    }
}

impl OwnEnvelope {
    /// What a message says.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        let parsed = message::parse(message);
        let Ok(meta) = EmailMeta::decode(&parsed.meta) else {
            return Self::default();
        };
        let headers = &meta.headers;
        // RFC 8621 7: Sender, else From, of several the first.
        let mut from = addresses(&headers.sender).chain(addresses(&headers.from));
        let mut recipients: Vec<String> = Vec::new();
        let lists = [&headers.to, &headers.cc, &headers.bcc];
        for address in lists.into_iter().flat_map(|list| addresses(list)) {
            if !recipients
                .iter()
                .any(|known| known.eq_ignore_ascii_case(address))
            {
                recipients.push(address.to_owned());
            }
        }
        Self {
            mail_from: from.next().map(str::to_owned),
            recipients,
        }
    }
}

/// Whether a message needs a server that takes UTF-8 in its header (RFC 6531), and one that takes octets above 127 (RFC 6152).
#[must_use]
pub fn transport_needs(message: &[u8]) -> (bool, bool) {
    let end = memchr::memmem::find(message, b"\r\n\r\n").unwrap_or(message.len());
    (!message[..end].is_ascii(), !message.is_ascii())
}

fn addresses<'a>(list: &'a [Address<'a>]) -> impl Iterator<Item = &'a str> {
    list.iter().filter_map(|address| match address {
        Address::Email { email, .. } => Some(*email),
        Address::GroupStart(_) | Address::GroupEnd => None,
    })
}
