//! Delivery status notifications: what a sender is told of a message that was delivered, is delayed, or failed.
//!
//! [`compose`] is a pure function from a [`Notification`] to the octets of a message (RFC 3464, RFC 6522, RFC 6533). What
//! other servers said is made harmless: it can end no line and start no field. Who gets the message, and whether anybody
//! wants it (RFC 3461 4.1), is decided elsewhere ([`wanted`] says the rule).

mod original;

mod prose;

mod report;

pub(crate) mod text;

#[cfg(test)]
mod tests;

use model::{DsnNotify, DsnReturn, Timestamp};

use text::{date, one_line, push_field, push_quoted_printable, unstructured};

/// Octets of a message that comes back whole. Ours: enough to recognise it by, too little to be worth abusing.
pub const RETURNED_OCTETS_MAX: usize = 64 * 1024;

/// What became of a message for one recipient (RFC 3464 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It lies in the mailbox.
    Delivered,
    /// The next server has it, which says nothing of its fate.
    Relayed,
    /// It is tried again.
    Delayed,
    /// It is not tried again.
    Failed,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Delayed => "delayed",
            Self::Failed => "failed",
        }
    }
}

/// Whether the sender wants to hear of it (RFC 3461 4.1).
#[must_use]
pub fn wanted(notify: Option<DsnNotify>, action: Action) -> bool {
    match (notify, action) {
        // RFC 3461 5.2.3 b: who says nothing hears of failures, and may hear of delays.
        (None, Action::Failed | Action::Delayed) => true,
        (None, Action::Delivered | Action::Relayed) => false,
        (Some(notify), _) if notify.never => false,
        (Some(notify), Action::Failed) => notify.failure,
        (Some(notify), Action::Delayed) => notify.delay,
        (Some(notify), Action::Delivered | Action::Relayed) => notify.success,
    }
}

/// Why it did not work, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The words; those of the other server as it sent them.
    pub text: String,
    /// Whether they are a reply of SMTP, code in front.
    pub is_reply: bool,
}

/// One recipient in a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The forward path.
    pub forward_path: String,
    /// `ORCPT` as it was given (RFC 3461 4.2).
    pub original: Option<String>,
    /// What became of it.
    pub action: Action,
    /// The enhanced status code (RFC 3463).
    pub status: (u8, u16, u16),
    /// The server that answered.
    pub host: Option<String>,
    /// Why.
    pub diagnostic: Option<Diagnostic>,
    /// When it was tried last, as far as it is known.
    pub at: Option<Timestamp>,
}

/// What a notification is about.
#[derive(Clone, Copy, Debug)]
pub struct Notification<'a> {
    /// This server's name.
    pub host: &'a str,
    /// The message's reverse path, never empty.
    pub to: &'a str,
    /// `ENVID` as it was given, decoded (RFC 3461 4.4).
    pub envelope_id: Option<&'a str>,
    /// `RET` (RFC 3461 4.3).
    pub dsn_return: Option<DsnReturn>,
    /// When this server took the message.
    pub arrived_at: Timestamp,
    /// Until when it is tried.
    pub retried_until: Option<Timestamp>,
    /// The recipients.
    pub recipients: &'a [Recipient],
    /// The message.
    pub message: &'a [u8],
    /// Octets of a message that comes back whole.
    pub returned_octets_max: usize,
    /// Makes the notification's own id and boundary.
    pub random: u128,
    /// Now.
    pub now: Timestamp,
}

/// A notification as a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// The message, lines ended by CRLF.
    pub message: Vec<u8>,
    /// Whether it has octets above 127 (RFC 6152).
    pub eight_bit: bool,
    /// Whether its header or addresses are UTF-8 (RFC 6531).
    pub smtputf8: bool,
}

/// The header of a message.
pub(crate) fn header_of(message: &[u8]) -> &[u8] {
    message.get(original::header(message)).unwrap_or_default()
}

/// Composes a notification.
#[must_use]
pub fn compose(about: &Notification<'_>) -> Composed {
    let actions = about.recipients.iter().map(|recipient| recipient.action);
    let worst = actions.max().unwrap_or(Action::Delivered);
    let whole_octets_max = match (worst, about.dsn_return) {
        // RFC 3461 6.2, 5.2.3: RET asks for what comes back with a failure; everything else brings the header only.
        (Action::Failed, None | Some(DsnReturn::Full)) => about.returned_octets_max,
        _ => 0,
    };
    let returned = original::returned(about.message, whole_octets_max);
    // RFC 6533 4, 6: the types for UTF-8 where an address or the message's header is.
    let is_global = !about.to.is_ascii()
        || about
            .recipients
            .iter()
            .any(|it| !it.forward_path.is_ascii())
        || (returned.header_eight_bit && std::str::from_utf8(returned.octets).is_ok());
    let report = report::delivery_status(about, is_global);
    let boundary = format!("=_dsn_{:032x}", about.random);
    let eight_bit = returned.eight_bit || !report.is_ascii();

    let mut out = String::with_capacity(returned.octets.len() + 4_096);
    push_header(&mut out, about, worst, &boundary, eight_bit);
    out.push_str(&format!(
        "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    ));
    push_quoted_printable(&mut out, &prose::body(about));
    let report_type = if is_global {
        "message/global-delivery-status"
    } else {
        "message/delivery-status"
    };
    out.push_str(&format!(
        "\r\n--{boundary}\r\nContent-Type: {report_type}\r\nContent-Transfer-Encoding: {}\r\n\r\n{report}\r\n",
        encoding(!report.is_ascii())
    ));
    let returned_type = match (returned.is_whole, is_global) {
        (true, false) => "message/rfc822",
        (true, true) => "message/global",
        (false, false) => "text/rfc822-headers",
        (false, true) => "message/global-headers",
    };
    out.push_str(&format!(
        "--{boundary}\r\nContent-Type: {returned_type}\r\nContent-Transfer-Encoding: {}\r\n\r\n",
        encoding(returned.eight_bit)
    ));
    let mut message = out.into_bytes();
    message.extend_from_slice(returned.octets);
    message.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Composed {
        message,
        eight_bit,
        smtputf8: !about.to.is_ascii() || (is_global && eight_bit),
    }
}

/// For fuzzing: a notification about any message, for any addresses, with any words of another server.
pub(crate) fn fuzz(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let recipient = Recipient {
        forward_path: text.clone().into_owned(),
        original: Some(text.clone().into_owned()),
        action: Action::Failed,
        status: (5, 0, 0),
        host: Some(text.clone().into_owned()),
        diagnostic: Some(Diagnostic {
            text: text.clone().into_owned(),
            is_reply: true,
        }),
        at: Some(Timestamp(0)),
    };
    let about = Notification {
        host: &text,
        to: &text,
        envelope_id: Some(&text),
        dsn_return: None,
        arrived_at: Timestamp(0),
        retried_until: None,
        recipients: &[recipient],
        message: input,
        returned_octets_max: RETURNED_OCTETS_MAX,
        random: 0,
        now: Timestamp(0),
    };
    let header = String::from_utf8_lossy(header_of(&compose(&about).message)).into_owned();
    let fields = header.split("\r\n").filter(|line| !line.is_empty());
    for line in fields {
        let is_field = line.split_once(':').is_some_and(|(name, _)| {
            let known = name
                .bytes()
                .all(|it| it.is_ascii_alphabetic() || it == b'-');
            known && !name.is_empty()
        });
        assert!(line.starts_with(' ') || is_field, "no line of its own");
    }
}

fn push_header(
    out: &mut String,
    about: &Notification<'_>,
    worst: Action,
    boundary: &str,
    eight_bit: bool,
) {
    let host = one_line(about.host, 255);
    push_field(
        out,
        "From",
        &format!("Mail delivery system <MAILER-DAEMON@{host}>"),
    );
    push_field(out, "To", &format!("<{}>", one_line(about.to, 1_000)));
    out.push_str(&format!(
        "Subject: {}\r\n",
        unstructured(prose::subject(worst))
    ));
    push_field(out, "Date", &date(about.now));
    push_field(
        out,
        "Message-ID",
        &format!("<dsn.{:032x}@{host}>", about.random),
    );
    if let Some(id) = original::message_id(about.message) {
        // RFC 5322 3.6.4: so that programs show it beside the message.
        push_field(out, "In-Reply-To", id);
        push_field(out, "References", id);
    }
    // RFC 3834 5: so that no other program answers it.
    push_field(out, "Auto-Submitted", "auto-replied");
    push_field(out, "MIME-Version", "1.0");
    // RFC 6522 3: the report-type is the subtype of the second part.
    out.push_str(&format!(
        "Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"{boundary}\"\r\n\
        Content-Transfer-Encoding: {}\r\n\r\n",
        encoding(eight_bit)
    ));
}

fn encoding(eight_bit: bool) -> &'static str {
    if eight_bit { "8bit" } else { "7bit" }
}
