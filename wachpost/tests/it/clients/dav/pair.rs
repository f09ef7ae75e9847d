//! A folder that vdirsyncer keeps equal to a person's calendars and address books.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::clients::program::Program;
use crate::clients::python::program_path;
use crate::clients::site::{PASSWORD, Site};

/// Both pairs of one person.
pub(super) struct Pair<'a> {
    site: &'a Site,
    folder: PathBuf,
}

/// Who is right where both sides changed the same object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Conflict {
    LocalWins,
    ServerWins,
    /// Nobody: it is told.
    Told,
}

impl<'a> Pair<'a> {
    /// Finds the collections and makes their folders.
    pub(super) fn discover(site: &'a Site, address: &str, conflict: Conflict) -> Self {
        let pair = Self {
            site,
            folder: site.make_folder(address),
        };
        let resolution = match conflict {
            Conflict::LocalWins => "conflict_resolution = \"a wins\"",
            Conflict::ServerWins => "conflict_resolution = \"b wins\"",
            Conflict::Told => "",
        };
        let mut config = "[general]\nstatus_path = \"status\"\n".to_owned();
        for (name, kind, ending) in [
            ("calendars", "caldav", "ics"),
            ("contacts", "carddav", "vcf"),
        ] {
            config.push_str(&format!(
                "[pair {name}]\na = \"{name}_local\"\nb = \"{name}_server\"\ncollections = [\"from a\", \"from b\"]\n\
                 metadata = [\"displayname\"]\n{resolution}\n\
                 [storage {name}_local]\ntype = \"filesystem\"\npath = \"{name}\"\nfileext = \".{ending}\"\n\
                 [storage {name}_server]\ntype = \"{kind}\"\nurl = \"http://127.0.0.1:{}/\"\n\
                 username = \"{address}\"\npassword = \"{PASSWORD}\"\n",
                site.http
            ));
        }
        site.write(&format!("{address}/config"), &config);
        // It asks whether it shall make each folder.
        pair.vdirsyncer(&["discover"])
            .input(&"y\n".repeat(20))
            .succeed();
        pair
    }

    pub(super) fn vdirsyncer(&self, arguments: &[&str]) -> Program {
        Program::new(self.site, program_path("vdirsyncer").to_str().unwrap())
            .directory(&self.folder)
            .args(["--config", "config"])
            .args(arguments)
    }

    /// What it did, line for line.
    pub(super) fn sync(&self) -> String {
        self.vdirsyncer(&["sync"]).succeed()
    }

    /// The folder of a collection, such as `calendars/calendar`.
    pub(super) fn path(&self, collection: &str) -> PathBuf {
        self.folder.join(collection)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.folder.join(name)).unwrap();
    }

    /// The texts of a collection by their UID, line ends as one.
    pub(super) fn texts(&self, collection: &str) -> BTreeMap<String, String> {
        let files = fs::read_dir(self.path(collection)).unwrap();
        let files = files.map(|file| file.unwrap().path());
        by_uid(
            files
                .filter(|file| is_object(file))
                .map(|file| fs::read_to_string(file).unwrap()),
        )
    }
}

/// The texts by their UID, line ends as one.
pub(super) fn by_uid(texts: impl IntoIterator<Item = String>) -> BTreeMap<String, String> {
    let texts = texts
        .into_iter()
        .map(|text| text.replace("\r\n", "\n").trim_end().to_owned());
    texts.map(|text| (uid(&text), text)).collect()
}

fn uid(text: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix("UID:"));
    line.unwrap_or_else(|| panic!("no UID in {text}"))
        .to_owned()
}

fn is_object(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "ics" || ending == "vcf")
}
