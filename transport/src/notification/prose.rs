//! The part of a notification that people read, in English and German.

use super::text::one_line;
use super::{Action, Notification, Recipient};

/// Recipients that are named; programs find the others in the part for them.
const RECIPIENTS_NAMED_MAX: usize = 20;
/// Octets of what another server said that are shown.
const SAID_OCTETS_MAX: usize = 500;

/// The subject.
pub(super) fn subject(worst: Action) -> &'static str {
    match worst {
        Action::Failed => "Undelivered mail / Unzustellbare Nachricht",
        Action::Delayed => "Delayed mail / Nachricht verzögert",
        Action::Delivered | Action::Relayed => "Mail delivered / Nachricht zugestellt",
    }
}

/// The text, lines ended by LF.
pub(super) fn body(about: &Notification<'_>) -> String {
    let mut out = String::new();
    for action in [
        Action::Failed,
        Action::Delayed,
        Action::Relayed,
        Action::Delivered,
    ] {
        let these: Vec<&Recipient> = about
            .recipients
            .iter()
            .filter(|recipient| recipient.action == action)
            .collect();
        if these.is_empty() {
            continue;
        }
        let (english, german) = words(action);
        out.push_str(english);
        out.push('\n');
        out.push_str(german);
        out.push_str("\n\n");
        for recipient in these.iter().take(RECIPIENTS_NAMED_MAX) {
            push_recipient(&mut out, recipient);
        }
        if these.len() > RECIPIENTS_NAMED_MAX {
            let more = these.len() - RECIPIENTS_NAMED_MAX;
            out.push_str(&format!("  ... and {more} more / und {more} weitere\n"));
        }
        out.push('\n');
    }
    out.push_str(&format!("-- \n{}\n", one_line(about.host, 255)));
    out
}

fn words(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Failed => (
            "Your message could not be delivered to the recipients below. It will not be tried again.",
            "Ihre Nachricht konnte den folgenden Empfängern nicht zugestellt werden. Es wird nicht weiter versucht.",
        ),
        Action::Delayed => (
            "Your message could not be delivered to the recipients below yet. It is tried again; you need not send it again.",
            "Ihre Nachricht konnte den folgenden Empfängern noch nicht zugestellt werden. Es wird weiter versucht; Sie müssen sie nicht erneut senden.",
        ),
        Action::Relayed => (
            "Your message was handed to the server of the recipients below. That server will not say whether they got it.",
            "Ihre Nachricht wurde dem Server der folgenden Empfänger übergeben. Dieser meldet nicht, ob sie sie erhalten haben.",
        ),
        Action::Delivered => (
            "Your message was delivered to the recipients below.",
            "Ihre Nachricht wurde den folgenden Empfängern zugestellt.",
        ),
    }
}

fn push_recipient(out: &mut String, recipient: &Recipient) {
    out.push_str(&format!("  <{}>\n", one_line(&recipient.forward_path, 500)));
    let Some(diagnostic) = &recipient.diagnostic else {
        return;
    };
    let text = one_line(&diagnostic.text, SAID_OCTETS_MAX);
    match &recipient.host {
        Some(host) => out.push_str(&format!("    {}: {text}\n", one_line(host, 255))),
        None => out.push_str(&format!("    {text}\n")),
    }
}
