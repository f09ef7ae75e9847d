//! offlineimap3: keeps Maildir folders and the server the same, in its own way.

use testbed::Seeded;
use testbed::corpus::made_up;

use super::imap::Imap;
use super::maildir;
use super::program::Program;
use super::site::{ANNA, PASSWORD, Site};
use super::snapshot::Snapshot;

fn sync(site: &Site, imap: &mut Imap, when: &str) -> Snapshot {
    let mail = site.make_folder("mail");
    let configuration = format!(
        "[general]\naccounts = wachpost\nmetadata = {metadata}\nsocktimeout = 30\nui = basic\n\n\
         [Account wachpost]\nlocalrepository = near\nremoterepository = far\n\n\
         [Repository near]\ntype = Maildir\nlocalfolders = {mail}\nsep = /\n\n\
         [Repository far]\ntype = IMAP\nremotehost = localhost\nremoteport = {port}\nremoteuser = {ANNA}\n\
         remotepass = {PASSWORD}\nssl = yes\nsslcacertfile = {certificate}\nexpunge = yes\n",
        metadata = site.folder().join("metadata").display(),
        mail = mail.display(),
        port = site.imaps,
        certificate = site.certificate().display(),
    );
    let file = site.write("offlineimaprc", &configuration);
    let output = Program::new(site, "offlineimap")
        .args(["-o".as_ref(), "-c".as_ref(), file.as_os_str()])
        .succeed();
    eprintln!("{when}: offlineimap said:\n{output}");
    let server = Snapshot::of_server(imap);
    server.assert_same(&Snapshot::of_maildir(&mail), when);
    server
}

#[test]
fn both_sides_change_and_end_equal() {
    let site = Site::start();
    let mut imap = Imap::sign_in(&site, ANNA);
    let mut messages = made_up(&mut Seeded::new(51), 30).into_iter();
    for message in messages.by_ref().take(12) {
        imap.append("INBOX", "\\Seen", &message);
    }
    imap.ask("CREATE Projekte");
    imap.append("Projekte", "\\Flagged", &messages.next().unwrap());
    assert_eq!(sync(&site, &mut imap, "After the first sync").count(), 13);

    imap.append("INBOX", "", &messages.next().unwrap());
    imap.ask("SELECT INBOX");
    imap.ask("STORE 1:2 +FLAGS (\\Answered)");
    imap.ask("STORE 3 +FLAGS (\\Deleted)");
    imap.ask("EXPUNGE");
    imap.ask("UID MOVE 12 Projekte");
    let inbox = site.folder().join("mail/INBOX");
    // A time in the future would make the program skip the file; the name is as its own are.
    maildir::add(
        &inbox,
        "1700000000_0.1.host",
        "S",
        &messages.next().unwrap(),
    );
    let local = maildir::messages(&inbox);
    let plain: Vec<_> = local
        .iter()
        .filter(|message| message.path.to_string_lossy().contains("U="))
        .collect();
    let of_uid = |uid: &str| {
        let name = format!(",U={uid},");
        plain
            .iter()
            .find(|message| message.path.to_string_lossy().contains(&name))
            .expect("the message is there")
    };
    maildir::set_flags(of_uid("5"), "FS");
    std::fs::remove_file(&of_uid("6").path).unwrap();
    let synced = sync(&site, &mut imap, "After changes on both sides");
    // 13, one new on each side, one destroyed on each side.
    assert_eq!(synced.count(), 13);
    sync(&site, &mut imap, "After a sync with nothing to do");
}
