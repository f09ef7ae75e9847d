//! Mail that comes, is read, filed and sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::World;
use crate::crashes::imap::Imap;
use crate::crashes::lmtp::Lmtp;
use crate::crashes::look::{PASSWORD, person};
use crate::crashes::message;
use crate::crashes::seed::Random;
use crate::crashes::wire::{Trouble, Wire};

/// Messages above which a mailbox is emptied.
const MESSAGES_MAX: u32 = 200;
/// Commands of one session.
const COMMANDS: u64 = 30;

/// Somebody's mail program.
pub(super) fn imap(world: &World<'_>) {
    world.work("imap", |random| {
        let who = usize::try_from(random.below(super::PEOPLE as u64)).unwrap();
        let mut client = Imap::sign_in(world.server.imap_port(), &person(who), PASSWORD)?;
        let listed = client.mailboxes()?;
        if !listed.contains("Filed") {
            // Another program of the same person may have been faster.
            client.ask("CREATE Filed")?;
        }
        let mut count = 3;
        let (_, mut exists) = client.select("INBOX")?;
        for _ in 0..COMMANDS {
            count += 1;
            let at = 1 + random.below(u64::from(exists.max(1)));
            let is_there = exists > 0;
            match random.below(9) {
                0 => {
                    let octets = message::write(world.number());
                    client
                        .append("INBOX", "\\Seen", &octets)?
                        .wanted("APPEND")?;
                }
                1 if is_there => {
                    drop(client.ok(&format!("FETCH {at} (FLAGS ENVELOPE BODYSTRUCTURE)"))?)
                }
                2 if is_there => drop(client.ok(&format!("FETCH {at} BODY.PEEK[]"))?),
                3 if is_there => drop(client.ok(&format!("STORE {at} +FLAGS (\\Flagged)"))?),
                4 => drop(client.ok("SEARCH SUBJECT Bericht")?),
                5 if is_there => drop(client.ok(&format!("COPY {at} Filed"))?),
                6 if is_there => drop(client.ok(&format!("MOVE {at} Filed"))?),
                7 => drop(client.ok("STATUS Filed (MESSAGES UNSEEN UIDNEXT)")?),
                _ => drop(client.ok("NOOP")?),
            }
            // What it says is how many there are now; one message less at most since.
            exists = client.select("INBOX")?.1;
        }
        for mailbox in ["INBOX", "Filed"] {
            if client.select(mailbox)?.1 > MESSAGES_MAX {
                client.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")?;
                client.ok("EXPUNGE")?;
                count += 2;
            }
        }
        client.ok("LOGOUT").map(|_| count).or(Ok(count))
    });
}

/// A relay that hands over.
pub(super) fn lmtp(world: &World<'_>) {
    world.work("lmtp", |random| {
        let mut client = Lmtp::connect(world.server.lmtp_port())?;
        let mut count = 0;
        for _ in 0..10 {
            let first = random.below(super::PEOPLE as u64);
            let recipients: Vec<_> = (first..=first + random.below(3))
                .map(|who| person(usize::try_from(who).unwrap() % super::PEOPLE))
                .collect();
            let mut refused = None;
            client.deliver(
                &recipients,
                &message::write(world.number()),
                &mut |_, reply| {
                    if !reply.starts_with("250") {
                        refused = Some(reply.to_owned());
                    }
                },
            )?;
            count += 1;
            if let Some(reply) = refused {
                return Err(Trouble::Wrong(reply));
            }
        }
        Ok(count)
    });
}

/// A stranger's server.
pub(super) fn reception(world: &World<'_>) {
    world.work("smtp", |random| {
        let mut wire = Wire::connect(world.server.smtp_port())?;
        want(&mut wire, "220")?;
        ask(&mut wire, "EHLO client.invalid", "250")?;
        for _ in 0..5 {
            let to = any(random);
            ask(&mut wire, "MAIL FROM:<list@example.net>", "250")?;
            ask(&mut wire, &format!("RCPT TO:<{to}>"), "250")?;
            ask(&mut wire, "RCPT TO:<nobody@example.org>", "550")?;
            ask(&mut wire, "DATA", "354")?;
            wire.write(&message::write(world.number()))?;
            ask(&mut wire, ".", "250")?;
        }
        ask(&mut wire, "QUIT", "221").map(|()| 5)
    });
}

/// Somebody who writes, to people here and elsewhere.
pub(super) fn submission(world: &World<'_>) {
    world.work("submission", |random| {
        let from = any(random);
        let mut wire = Wire::connect(world.server.submission_port())?;
        want(&mut wire, "220")?;
        ask(&mut wire, "EHLO client.invalid", "250")?;
        let plain = STANDARD.encode(format!("\0{from}\0{PASSWORD}"));
        ask(&mut wire, &format!("AUTH PLAIN {plain}"), "235")?;
        for _ in 0..5 {
            let (number, to) = (world.number(), any(random));
            let outside = format!("r{number}@example.net");
            ask(&mut wire, &format!("MAIL FROM:<{from}>"), "250")?;
            ask(&mut wire, &format!("RCPT TO:<{to}>"), "250")?;
            ask(&mut wire, &format!("RCPT TO:<{outside}>"), "250")?;
            ask(&mut wire, "DATA", "354")?;
            let text = format!(
                "From: {from}\r\nTo: {to}, {outside}\r\nSubject: Bericht {number}\r\n\r\nNummer {number}\r\n."
            );
            ask(&mut wire, &text, "250")?;
        }
        ask(&mut wire, "QUIT", "221").map(|()| 5)
    });
}

fn any(random: &mut Random) -> String {
    person(usize::try_from(random.below(super::PEOPLE as u64)).unwrap())
}

pub(super) fn ask(wire: &mut Wire, line: &str, code: &str) -> Result<(), Trouble> {
    wire.write(format!("{line}\r\n").as_bytes())?;
    want(wire, code).map_err(|trouble| match trouble {
        Trouble::Wrong(what) => Trouble::Wrong(format!("{line}: {what}")),
        gone @ Trouble::Gone(_) => gone,
    })
}

pub(super) fn want(wire: &mut Wire, code: &str) -> Result<(), Trouble> {
    loop {
        let line = wire.line()?;
        if !line.starts_with(code) {
            return Err(Trouble::Wrong(format!("wanted {code}, got {line}")));
        }
        // RFC 5321 4.2.1: a hyphen behind the code says that another line follows.
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
