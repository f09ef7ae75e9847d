//! A look at all that the server has, message by message, byte by byte.

use std::collections::BTreeMap;

use crate::server::{Options, TestServer};

use super::imap::Imap;
use super::ledger::{Account, Flags, Ledger, Number};
use super::message;
use super::wire::Trouble;

/// Everybody's password.
pub(super) const PASSWORD: &str = "correct horse battery";

/// Told of each message: its mailbox, its number, UIDVALIDITY and UID.
pub(super) type Each<'a> = dyn FnMut(&str, Number, (u32, u32)) -> Result<(), String> + 'a;

/// The address of a person.
pub(super) fn person(number: usize) -> String {
    format!("person{number}@example.org")
}

/// A server with so many persons, that serves.
pub(super) fn with_people(options: Options, people: usize) -> TestServer {
    let server = TestServer::start(options);
    for number in 0..people {
        server.add_account(&person(number), PASSWORD);
    }
    server
}

/// All that is in an account.
pub(super) fn account(server: &TestServer, address: &str) -> Result<Account, Trouble> {
    account_noting(server, address, &mut |_, _, _| Ok(()))
}

/// All that is in an account; `each` is told the UIDVALIDITY and UID of each message.
fn account_noting(
    server: &TestServer,
    address: &str,
    each: &mut Each<'_>,
) -> Result<Account, Trouble> {
    let mut client = Imap::sign_in(server.imap_port(), address, PASSWORD)?;
    let mut account = Account::default();
    for name in client.mailboxes()? {
        let messages = mailbox(&mut client, &name, true, each)?;
        account.mailboxes.insert(
            name,
            messages.into_iter().map(|(n, (_, f))| (n, f)).collect(),
        );
    }
    Ok(account)
}

/// Messages with their UIDs and flags.
pub(super) type Listing = BTreeMap<Number, (u32, Flags)>;

/// Opens a mailbox and tells what is in it; `whole` to look at all bytes of all messages.
pub(super) fn mailbox(
    client: &mut Imap,
    name: &str,
    whole: bool,
    each: &mut Each<'_>,
) -> Result<Listing, Trouble> {
    let (validity, exists) = client.select(name)?;
    let mut listing = Listing::new();
    if exists == 0 {
        return Ok(listing);
    }
    let what = if whole {
        "BODY.PEEK[]"
    } else {
        "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
    };
    for fetched in client.fetch(what)? {
        let Some(number) = message::number_of(&fetched.octets) else {
            return Err(Trouble::Wrong(format!(
                "{name}: a message that nobody wrote"
            )));
        };
        if whole && !message::is_whole(number, &fetched.octets) {
            return Err(Trouble::Wrong(format!(
                "{name}: message {number} is not whole"
            )));
        }
        each(name, number, (validity, fetched.uid)).map_err(Trouble::Wrong)?;
        if listing
            .insert(number, (fetched.uid, fetched.flags))
            .is_some()
        {
            return Err(Trouble::Wrong(format!(
                "{name}: message {number} is there twice"
            )));
        }
    }
    Ok(listing)
}

/// Compares what is there with a ledger, when nothing goes on.
pub(super) fn check(server: &TestServer, address: &str, ledger: &mut Ledger) -> Result<(), String> {
    let mut uids = Vec::new();
    let real = account_noting(server, address, &mut |mailbox, number, uid| {
        uids.push((mailbox.to_owned(), number, uid));
        Ok(())
    });
    let real = real.map_err(|trouble| format!("{address}: {trouble:?}"))?;
    ledger
        .check(&real)
        .map_err(|what| format!("{address}: {what}"))?;
    uids.into_iter().try_for_each(|(mailbox, number, uid)| {
        ledger
            .check_uid(&mailbox, number, uid)
            .map_err(|what| format!("{address}: {what}"))
    })
}

/// Every message has the same word in its subject: the index must find each.
pub(super) fn check_search(
    server: &TestServer,
    address: &str,
    account: &Account,
) -> Result<(), String> {
    let find = || {
        let mut client = Imap::sign_in(server.imap_port(), address, PASSWORD)?;
        let mut found = BTreeMap::new();
        for name in account.mailboxes.keys() {
            client.select(name)?;
            let answer = client.ok("UID SEARCH TEXT bericht")?;
            let lines = answer.untagged.iter();
            let uids = lines.filter_map(|line| line.text.strip_prefix("* SEARCH"));
            let count: usize = uids.map(|uids| uids.split_whitespace().count()).sum();
            found.insert(name.clone(), count);
        }
        Ok(found)
    };
    let found = find().map_err(|trouble: Trouble| format!("{address}: {trouble:?}"))?;
    for (name, messages) in &account.mailboxes {
        let (wanted, found) = (messages.len(), found[name]);
        if wanted != found {
            return Err(format!(
                "{address}, {name}: the index finds {found} of {wanted}"
            ));
        }
    }
    Ok(())
}

/// Runs `wachpost verify`, which must find nothing.
pub(super) fn verify(server: &TestServer) -> Result<(), String> {
    let output = server.command(&["verify"]);
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (&output.stdout, &output.stderr);
    let (out, err) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    Err(format!("verify: {}\n{out}{err}", output.status))
}

/// The last lines of the server's log.
pub(super) fn log_tail(server: &TestServer) -> String {
    let log = server.log();
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
