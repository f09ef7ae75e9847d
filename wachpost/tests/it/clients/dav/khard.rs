//! khard: contacts made, changed and read in the folder that vdirsyncer keeps.

use super::http::Http;
use super::pair::{Conflict, Pair};
use crate::clients::program::Program;
use crate::clients::python::program_path;
use crate::clients::site::{ANNA, BEN, Site};

fn config(version: &str) -> String {
    format!(
        "[addressbooks]\n[[contacts]]\npath = contacts/contacts\n[[directory]]\npath = contacts/directory\n\
         [general]\ndefault_action = list\n[vcard]\npreferred_version = {version}\n"
    )
}

const ERIKA: &str = "\
First name : Erika
Last name : Mustermännin
Organisation : Bauamt
Email :
    work : erika@example.net
Phone :
    cell : +49 170 1234567
Note : Grüße
";

fn khard(site: &Site, pair: &Pair<'_>, arguments: &[&str]) -> String {
    Program::new(site, program_path("khard").to_str().unwrap())
        .directory(&pair.path(""))
        .args(["--config", "khard.conf"])
        .args(arguments)
        .succeed()
}

#[test]
fn contacts_go_to_the_server_and_come_from_it() {
    for version in ["3.0", "4.0"] {
        let site = Site::start();
        let pair = Pair::discover(&site, ANNA, Conflict::ServerWins);
        pair.sync();
        pair.write("khard.conf", &config(version));
        pair.write("erika.yaml", ERIKA);
        khard(&site, &pair, &["new", "-a", "contacts", "-i", "erika.yaml"]);
        pair.sync();
        let mut http = Http::sign_in(&site, ANNA);
        let book = format!("/dav/addressbooks/{ANNA}/contacts/");
        let (path, text) = http.the_one_with(&book, "FN:Erika Mustermännin");
        assert!(text.contains(&format!("VERSION:{version}")), "{text}");

        // Changed on the server, and one more.
        let changed = text.replace("erika@example.net", "e.m@example.net");
        http.replace(&path, "text/vcard", &changed).wanted(204);
        let max = format!(
            "BEGIN:VCARD\r\nVERSION:{version}\r\nUID:max\r\nFN:Max Mustermann\r\nN:Mustermann;Max;;;\r\n\
             EMAIL:max@example.net\r\nEND:VCARD\r\n"
        );
        http.create(&format!("{book}max.vcf"), "text/vcard", max.as_bytes())
            .wanted(201);
        pair.sync();
        let listed = khard(
            &site,
            &pair,
            &["email", "--parsable", "--remove-first-line"],
        );
        // Those of the house are in the directory.
        for address in ["e.m@example.net", "max@example.net", BEN] {
            assert!(listed.contains(address), "{address} in {listed}");
        }

        khard(&site, &pair, &["remove", "--force", "Erika"]);
        pair.sync();
        http.ask("GET", &path, &[], b"").wanted(404);
        http.the_one_with(&book, "FN:Max Mustermann");
    }
}
