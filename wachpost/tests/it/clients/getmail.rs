//! getmail6: reads over IMAP into a Maildir.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use testbed::Seeded;
use testbed::corpus::made_up;

use super::imap::Imap;
use super::maildir;
use super::program::Program;
use super::site::{ANNA, PASSWORD, Site};

/// Debian's number of the user `nobody`.
const NOBODY: u32 = 65_534;

fn configuration(site: &Site, kind: &str, port: u16, delete: bool) -> String {
    format!(
        "[retriever]\ntype = {kind}\nserver = localhost\nport = {port}\nusername = {ANNA}\npassword = {PASSWORD}\n\
         mailboxes = (\"INBOX\", \"Archive\")\ntimeout = 30\n\n\
         [destination]\ntype = Maildir\npath = {}/\n\n\
         [options]\nread_all = false\ndelete = {delete}\ndelivered_to = false\nreceived = false\nverbose = 2\n",
        site.folder().join("got").display()
    )
}

fn get(site: &Site, configuration: &str) {
    let file = site.write("getmail/getmailrc", configuration);
    let folder = file.parent().unwrap();
    let mut getmail = Program::new(site, "getmail")
        .args(["--getmaildir".as_ref(), folder.as_os_str()])
        .args(["--rcfile".as_ref(), file.as_os_str()]);
    if is_root(site) {
        // As root it delivers to no Maildir, unless by a child whose end it misses if that comes too soon.
        belong_to_nobody([folder, &file, &folder.join("chain.pem")]);
        getmail = getmail.user(NOBODY);
    }
    getmail.succeed();
}

#[test]
fn gets_each_message_once_and_takes_them_away_when_told() {
    let site = Site::start();
    let got = site.folder().join("got");
    maildir::make(&got);
    if is_root(&site) {
        std::fs::set_permissions(site.folder(), Permissions::from_mode(0o711)).unwrap();
        let folders = ["", "cur", "new", "tmp"].map(|folder| got.join(folder));
        belong_to_nobody(folders.iter().map(PathBuf::as_path));
    }
    let messages = made_up(&mut Seeded::new(31), 12);
    let mut imap = Imap::sign_in(&site, ANNA);
    for (number, message) in messages.iter().enumerate() {
        let mailbox = if number < 8 { "INBOX" } else { "Archive" };
        imap.append(mailbox, "", message);
    }
    let certificate = std::fs::read_to_string(site.certificate()).unwrap();
    let certificate = site.write("getmail/chain.pem", &certificate);
    let certificate = certificate.display();
    let keep = configuration(&site, "SimpleIMAPSSLRetriever", site.imaps, false).replace(
        "timeout = 30",
        &format!("timeout = 30\nca_certs = {certificate}"),
    );
    get(&site, &keep);
    let mut fetched = maildir::messages(&got);
    assert_eq!(fetched.len(), messages.len());
    for message in &messages {
        // getmail writes fields anew, so the text is compared.
        let wanted = maildir::without_cr(message);
        let wanted = &wanted[wanted.windows(2).position(|two| two == b"\n\n").unwrap()..];
        let place = fetched.iter().position(|got| got.bytes.ends_with(wanted));
        let place = place.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(wanted)));
        fetched.swap_remove(place);
    }
    // What was got is known by UIDVALIDITY and UID, which must be the same in the next session.
    get(&site, &keep);
    assert_eq!(maildir::messages(&got).len(), messages.len());
    get(&site, &keep.replace("delete = false", "delete = true"));
    assert_eq!((imap.count("INBOX"), imap.count("Archive")), (0, 0));
    assert_eq!(maildir::messages(&got).len(), messages.len());
    // It tells accounts apart by their port, so that this one is new to it.
    imap.append("INBOX", "", &messages[0]);
    get(
        &site,
        &configuration(&site, "SimpleIMAPRetriever", site.imap, true),
    );
    assert_eq!(imap.count("INBOX"), 0);
    assert_eq!(maildir::messages(&got).len(), messages.len() + 1);
}

fn is_root(site: &Site) -> bool {
    site.folder().metadata().unwrap().uid() == 0
}

fn belong_to_nobody<'a>(places: impl IntoIterator<Item = &'a Path>) {
    for place in places {
        chown(place, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}
