//! cadaver: files put, got, copied, moved, locked and deleted, as by hand.

use super::http::Http;
use crate::clients::program::Program;
use crate::clients::site::{ANNA, PASSWORD, Site};

/// Names with a space, an umlaut and signs that have a meaning in URLs and XML.
const COMMANDS: &str = "\
mkcol box
put note.txt
get note.txt came-back.txt
copy note.txt box/copied.txt
move note.txt box/moved.txt
put note.txt 'Grüße & 100% <mehr>.txt'
ls box
cat box/copied.txt
lock box/copied.txt
discover box/copied.txt
put second.txt box/copied.txt
unlock box/copied.txt
propset box colour teal
propget box colour
mkcol box/inner
copy box other
delete box/moved.txt
rmcol box
quit
";

#[test]
fn keeps_files() {
    let site = Site::start();
    site.write("note.txt", "Viele Grüße\n");
    site.write("second.txt", "the second\n");
    site.write(
        ".netrc",
        &format!("default login {ANNA} password \"{PASSWORD}\"\n"),
    );
    let place = format!("http://127.0.0.1:{}/dav/files/{ANNA}/", site.http);
    let finished = Program::new(&site, "cadaver")
        .args([place])
        .input(COMMANDS)
        .run();
    let failed = ["failed", "Could not", "error"];
    let failed = failed.iter().any(|word| finished.output.contains(word));
    finished.assert(!failed && finished.status.success(), "to do everything");
    finished.assert_says("Value of colour is: teal");
    finished.assert_says("Scope: exclusive  Type: write");
    let came_back = std::fs::read(site.folder().join("came-back.txt")).unwrap();
    assert_eq!(came_back, "Viele Grüße\n".as_bytes());

    let mut http = Http::sign_in(&site, ANNA);
    let files = format!("/dav/files/{ANNA}/");
    let name = "Gr%C3%BC%C3%9Fe%20%26%20100%25%20%3Cmehr%3E.txt";
    assert_eq!(http.get(&format!("{files}{name}")).text(), "Viele Grüße\n");
    assert_eq!(
        http.get(&format!("{files}other/copied.txt")).text(),
        "the second\n"
    );
    assert_eq!(
        http.get(&format!("{files}other/moved.txt")).text(),
        "Viele Grüße\n"
    );
    http.ask("GET", &format!("{files}box/copied.txt"), &[], b"")
        .wanted(404);
    http.ask("GET", &format!("{files}note.txt"), &[], b"")
        .wanted(404);
    site.verify();
}

#[test]
fn a_lock_of_another_program_is_kept() {
    let site = Site::start();
    site.write("note.txt", "mine\n");
    site.write(
        ".netrc",
        &format!("default login {ANNA} password \"{PASSWORD}\"\n"),
    );
    let mut http = Http::sign_in(&site, ANNA);
    let path = format!("/dav/files/{ANNA}/note.txt");
    http.create(&path, "text/plain", b"before\n").wanted(201);
    let lock = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;
    let locked = http.xml("LOCK", &path, "0", lock).wanted(200);
    let token = locked.field("lock-token").unwrap().to_owned();
    let place = format!("http://127.0.0.1:{}/dav/files/{ANNA}/", site.http);
    let finished = Program::new(&site, "cadaver")
        .args([place])
        .input("put note.txt\nquit\n")
        .run();
    finished.assert_says("423 Locked");
    assert_eq!(http.get(&path).text(), "before\n");
    http.ask("UNLOCK", &path, &[("Lock-Token", &token)], b"")
        .wanted(204);
}
