//! What a run is given: the message, its envelope, and what is known about both.

/// A message and what is known about it. [`Input::new`] is a delivery about which nothing else is known.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The message as received.
    pub message: &'a [u8],
    /// The reverse path without brackets; empty: the null reverse path (RFC 5321 4.5.5).
    pub reverse_path: &'a str,
    /// The account's address that the message came for.
    pub recipient: &'a str,
    /// The recipient as the sender named it, if an alias or a list changed it.
    pub original_recipient: Option<&'a str>,
    /// All addresses of the account: `vacation` counts them like those of `:addresses` (RFC 5230 4.5).
    pub own_addresses: &'a [&'a str],
    /// Who signed in to send the message; the envelope's `auth`.
    pub authenticated_user: Option<&'a str>,
    /// Seconds since 1970.
    pub now: i64,
    /// Offset of the account's zone from UTC at this time.
    pub utc_offset_minutes: i16,
    /// Why the script is run.
    pub event: Event<'a>,
    /// The flags that the message has (RFC 6785); none at a delivery.
    pub flags: &'a [&'a str],
    /// How surely it is spam, 0 to 100; none: nobody looked (RFC 5235 3.2).
    pub spam: Option<u8>,
    /// 1 clean, 2 healed, 3 perhaps healed, 4 suspicious, 5 infected; none: nobody looked (RFC 5235 3.3).
    pub virus: Option<u8>,
    /// Items of the environment.
    pub environment: Environment<'a>,
    /// Characters that part the user from the detail in a local part (RFC 5233 4).
    pub subaddress_separators: &'a str,
}

impl<'a> Input<'a> {
    /// A delivery of which only the message is known.
    #[must_use]
    pub fn new(message: &'a [u8]) -> Self {
        Self {
            message,
            reverse_path: "",
            recipient: "",
            original_recipient: None,
            own_addresses: &[],
            authenticated_user: None,
            now: 0,
            utc_offset_minutes: 0,
            event: Event::Delivery,
            flags: &[],
            spam: None,
            virus: None,
            environment: Environment::default(),
            subaddress_separators: "+",
        }
    }
}

/// Why a script is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A message is delivered.
    Delivery,
    /// A client did something to a mailbox (RFC 6785).
    Imap {
        /// What it did.
        cause: Cause,
        /// The mailbox's name, as the client sees it.
        mailbox: &'a str,
        /// The signed-in name of who did it.
        user: &'a str,
        /// That person's address.
        address: &'a str,
        /// The flags that changed; none but at [`Cause::Flag`].
        changed_flags: &'a [&'a str],
    },
}

/// What a client did (RFC 6785 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A message was added.
    Append,
    /// A message was copied or moved here.
    Copy,
    /// Flags were changed.
    Flag,
}

impl Cause {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Append => "APPEND",
            Self::Copy => "COPY",
            Self::Flag => "FLAG",
        }
    }
}

/// Items of the environment that only the caller knows (RFC 5183 4.1); none: the item is unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment<'a> {
    /// The domain of this server.
    pub domain: Option<&'a str>,
    /// The name of this host.
    pub host: Option<&'a str>,
    /// `MTA`, `MDA`, `MUA` or `MS`; if none is given `MDA` at a delivery and `MS` otherwise.
    pub location: Option<&'a str>,
    /// `pre`, `during` or `post`; if none is given `during` at a delivery and `post` otherwise.
    pub phase: Option<&'a str>,
    /// The name of the client that brought the message.
    pub remote_host: Option<&'a str>,
    /// Its address.
    pub remote_ip: Option<&'a str>,
}
