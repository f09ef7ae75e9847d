//! mbsync (isync): keeps Maildir folders and the server the same, changes on both sides.

use std::path::Path;

use testbed::Seeded;
use testbed::corpus::{corpus, made_up, with_crlf};

use super::imap::Imap;
use super::maildir;
use super::program::Program;
use super::site::{ANNA, PASSWORD, Site};
use super::snapshot::Snapshot;

/// Mails of the corpus that are synced: half of them each way.
const REAL_MAILS: usize = 1_000;

/// One account with one folder, and what both have.
struct Pair<'a> {
    site: &'a Site,
    imap: Imap,
    messages: std::vec::IntoIter<Vec<u8>>,
    count: usize,
}

impl<'a> Pair<'a> {
    fn new(site: &'a Site, seed: u64) -> Self {
        site.make_folder("mail");
        Self {
            site,
            imap: Imap::sign_in(site, ANNA),
            messages: made_up(&mut Seeded::new(seed), 200).into_iter(),
            count: 0,
        }
    }

    fn folder(&self) -> std::path::PathBuf {
        self.site.folder().join("mail")
    }

    /// So many new messages on the server.
    fn append(&mut self, mailbox: &str, flags: &str, count: usize) {
        for message in self.messages.by_ref().take(count) {
            self.imap.append(mailbox, flags, &message);
        }
    }

    /// So many new messages in the folder.
    fn add(&mut self, mailbox: &str, flags: &str, count: usize) {
        let path = self.folder().join(mailbox);
        for message in self.messages.by_ref().take(count) {
            self.count += 1;
            maildir::add(&path, &format!("{}.new", self.count), flags, &message);
        }
    }

    /// Messages of the folder, in an order that is the same each time.
    fn local(&self, mailbox: &str) -> Vec<maildir::Message> {
        let mut messages = maildir::messages(&self.folder().join(mailbox));
        messages.sort_by(|one, other| one.bytes.cmp(&other.bytes));
        messages
    }

    /// Syncs, and both sides must be the same afterwards.
    fn sync(&mut self, when: &str) -> Snapshot {
        let output = mbsync(self.site, &self.folder(), SCRAM);
        let server = Snapshot::of_server(&mut self.imap);
        eprintln!("{when}: mbsync said:\n{output}");
        server.assert_same(&Snapshot::of_maildir(&self.folder()), when);
        server
    }
}

/// The name of the mechanism as mbsync has it; the implementation is that of Cyrus SASL.
const SCRAM: &str = "SCRAM-SHA-256";

fn mbsync(site: &Site, folder: &Path, mechanism: &str) -> String {
    let configuration = format!(
        "IMAPAccount wachpost\nHost localhost\nPort {}\nUser {ANNA}\nPass \"{PASSWORD}\"\nSSLType IMAPS\n\
         CertificateFile {}\nAuthMechs {mechanism}\nTimeout 30\n\n\
         IMAPStore far\nAccount wachpost\n\n\
         MaildirStore near\nPath {folder}/\nInbox {folder}/INBOX\nSubFolders Verbatim\n\n\
         Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nRemove Both\nExpunge Both\nSync All\n\
         SyncState *\n",
        site.imaps,
        site.certificate().display(),
        folder = folder.display()
    );
    let file = site.write("mbsyncrc", &configuration);
    Program::new(site, "mbsync")
        .args([
            "-V".as_ref(),
            "-c".as_ref(),
            file.as_os_str(),
            "-a".as_ref(),
        ])
        .succeed()
}

#[test]
fn real_mail_comes_down_and_goes_up_unchanged() {
    let Some(samples) = corpus("mail", ".eml", REAL_MAILS) else {
        return;
    };
    let site = Site::start();
    let folder = site.make_folder("mail");
    let (far, near) = samples.split_at(samples.len() / 2);
    let mut imap = Imap::sign_in(&site, ANNA);
    for sample in far {
        imap.append("INBOX", "", &with_crlf(&sample.bytes));
    }
    let local = folder.join("Eigene");
    maildir::make(&local);
    for (number, sample) in near.iter().enumerate() {
        maildir::add(&local, &number.to_string(), "S", &with_crlf(&sample.bytes));
    }
    mbsync(&site, &folder, "PLAIN");
    let server = Snapshot::of_server(&mut imap);
    server.assert_same(
        &Snapshot::of_maildir(&folder),
        "After the sync of real mail",
    );
    assert_eq!(server.count(), samples.len());
    site.verify();
}

#[test]
fn both_sides_change_for_several_rounds_and_end_equal() {
    let site = Site::start();
    let mut pair = Pair::new(&site, 41);
    pair.append("INBOX", "", 20);
    pair.append("INBOX", "\\Seen \\Answered", 10);
    pair.append("Archive", "\\Seen", 10);
    pair.append("Drafts", "\\Draft", 2);
    let synced = pair.sync("After the first sync");
    assert_eq!(synced.count(), 42);

    changes_of_the_server(&mut pair);
    changes_of_the_folder(&mut pair);
    let synced = pair.sync("After changes on both sides");
    assert!(synced.has("Projekte/B&APw-ro") && synced.has("Privat/Reise"));
    // 42, and 3 + 4 + 5 + 2 new ones; 3 were destroyed here, 2 there.
    assert_eq!(synced.count(), 51);

    changes_of_one_message_on_both_sides(&mut pair);
    pair.add("INBOX", "S", 3);
    pair.append("INBOX", "\\Flagged", 3);
    empty_one_mailbox_on_each_side(&mut pair);
    pair.sync("After changes of the same messages");

    // mbsync lets no mailbox go that has messages.
    pair.imap.ask("DELETE \"Projekte/B&APw-ro\"");
    std::fs::remove_dir_all(pair.folder().join("Privat/Reise/cur")).unwrap();
    let synced = pair.sync("After one mailbox went on each side");
    assert!(!synced.has("Projekte/B&APw-ro") && !synced.has("Privat/Reise"));

    let before = positions(&mut pair.imap);
    pair.sync("After a sync with nothing to do");
    assert_eq!(
        positions(&mut pair.imap),
        before,
        "a sync with nothing to do changed something"
    );
    site.verify();
}

/// New, flagged, destroyed and moved messages, a new mailbox.
fn changes_of_the_server(pair: &mut Pair<'_>) {
    pair.append("INBOX", "", 3);
    pair.imap.ask("CREATE \"Projekte/B&APw-ro\"");
    pair.append("Projekte/B&APw-ro", "\\Flagged", 4);
    pair.imap.ask("SELECT INBOX");
    pair.imap.ask("STORE 1:5 +FLAGS (\\Flagged)");
    pair.imap.ask("STORE 21:22 -FLAGS (\\Answered)");
    pair.imap.ask("STORE 6:8 +FLAGS (\\Deleted)");
    pair.imap.ask("EXPUNGE");
    pair.imap.ask("UID MOVE 9:12 Archive");
}

/// The same in the folder; those from the end, which the server left alone.
fn changes_of_the_folder(pair: &mut Pair<'_>) {
    maildir::make(&pair.folder().join("Privat"));
    maildir::make(&pair.folder().join("Privat/Reise"));
    pair.add("INBOX", "S", 5);
    pair.add("Privat/Reise", "FS", 2);
    for message in &pair.local("Archive")[..3] {
        maildir::set_flags(message, "FRS");
    }
    for message in &pair.local("Archive")[3..5] {
        maildir::set_flags(message, "ST");
    }
    for (number, message) in pair.local("Drafts").iter().enumerate() {
        // A move: one file goes, another comes.
        maildir::add(
            &pair.folder().join("Privat"),
            &format!("{number}.moved"),
            "D",
            &message.bytes,
        );
        std::fs::remove_file(&message.path).unwrap();
    }
}

/// Flags set here and there come together; destroyed on one side is destroyed.
fn changes_of_one_message_on_both_sides(pair: &mut Pair<'_>) {
    let local = pair.local("Archive");
    for message in &local[..2] {
        maildir::set_flags(message, "S");
    }
    std::fs::remove_file(&local[3].path).unwrap();
    pair.imap.ask("SELECT Archive");
    pair.imap.ask("STORE 1:* +FLAGS (\\Answered)");
    pair.imap.ask("STORE 2 +FLAGS (\\Deleted)");
    pair.imap.ask("EXPUNGE");
}

fn empty_one_mailbox_on_each_side(pair: &mut Pair<'_>) {
    pair.imap.ask("SELECT \"Projekte/B&APw-ro\"");
    pair.imap.ask("STORE 1:* +FLAGS.SILENT (\\Deleted)");
    pair.imap.ask("CLOSE");
    for message in pair.local("Privat/Reise") {
        std::fs::remove_file(&message.path).unwrap();
    }
}

/// How far each mailbox is: RFC 7162 3.1.7 lets STATUS tell it.
fn positions(imap: &mut Imap) -> Vec<String> {
    let names = imap.mailboxes();
    let status = names.iter().map(|name| {
        let answers = imap.ask(&format!(
            "STATUS \"{name}\" (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
        ));
        let status = answers
            .into_iter()
            .find(|answer| answer.text.starts_with("* STATUS"));
        status.expect("STATUS is answered").text
    });
    status.collect()
}
