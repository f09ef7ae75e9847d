//! Image: a whole disk of a server, mounted read-only, is evidence as it is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use scout::assessment::{FindingKind, Rung, Verdict};

use crate::history::History;
use crate::read;

fn put(root: &Path, path: &str, content: &[u8]) {
    let whole = root.join(path);
    fs::create_dir_all(whole.parent().unwrap()).unwrap();
    fs::write(whole, content).unwrap();
}

/// Everything below a folder, with its times.
fn all(root: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let about = fs::symlink_metadata(entry.path()).unwrap();
            found.insert(entry.path(), about.modified().unwrap());
            if about.is_dir() {
                open.push(entry.path());
            }
        }
    }
    found
}

#[test]
fn a_disk_is_read_as_it_lies_and_nothing_on_it_changes() {
    let around = tempfile::tempdir().unwrap();
    let disk = around.path().join("mnt");
    let logs = disk.join("Program Files/Microsoft/Exchange Server/V15/Logging");
    fs::create_dir_all(&logs).unwrap();
    History::attacked(1).write(&logs);
    let shell = b"<%@ Page Language=\"JScript\"%><%eval(Request.Item[\"x\"],\"unsafe\");%>";
    put(&disk, "inetpub/wwwroot/aspnet_client/supp0rt.aspx", shell);
    let cache = "Windows/Microsoft.NET/Framework64/v4.0.30319/Temporary ASP.NET Files/root/e22c2559/92c7e946";
    let compiled = "<?xml version=\"1.0\"?><preserve resultType=\"3\" virtualPath=\"/aspnet_client/gone.aspx\" hash=\"1\"/>";
    put(
        &disk,
        &format!("{cache}/gone.aspx.5a3dcb8f.compiled"),
        compiled.as_bytes(),
    );
    put(&disk, &format!("{cache}/App_Web_abc.dll"), b"MZ");
    put(
        &disk,
        "Windows/System32/inetsrv/config/applicationHost.config",
        b"<configuration><system.webServer/></configuration>",
    );
    // What any disk has besides.
    put(&disk, "pagefile.sys", &[0; 70_000]);
    put(&disk, "Windows/System32/kernel32.dll", b"MZ\x90\0");
    put(
        &disk,
        "Windows/win.ini",
        b"; for 16-bit app support\r\n[fonts]\r\n",
    );
    put(&disk, "Users/anna/notes.txt", "Grüße".as_bytes());
    symlink("Users", disk.join("Documents and Settings")).unwrap();
    for path in all(&disk).keys().filter(|path| path.is_file()) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
    }
    let before = all(&disk);

    let report = read(&disk);
    assert_eq!(report.verdict, Verdict::Compromised);
    assert!(
        report.evidence.unread.is_empty(),
        "{:?}",
        report.evidence.unread
    );
    for kind in [
        "HttpProxy Ecp",
        "IIS",
        "EWS",
        "files of web folders",
        "compiled pages",
        "configuration of IIS",
    ] {
        let there = report
            .coverage
            .iter()
            .any(|coverage| coverage.kind == kind && coverage.rows > 0);
        assert!(there, "{kind}");
    }
    assert!(
        report
            .runs
            .iter()
            .any(|run| run.reached >= Rung::ProcessStarted)
    );
    for (kind, name) in [
        (FindingKind::PlantedFile, "supp0rt.aspx"),
        (FindingKind::GhostPage, "gone.aspx"),
    ] {
        assert!(
            report
                .findings
                .iter()
                .any(|finding| finding.kind == kind && finding.says.contains(name)),
            "{name}: {:#?}",
            report.findings
        );
    }
    assert_eq!(all(&disk), before);
}
