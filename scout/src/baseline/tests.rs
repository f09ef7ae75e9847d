use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn build(text: &str) -> Build {
    Build::parse(text).unwrap()
}

fn list(build: &str, files: &[(&str, u8)]) -> List {
    let mut text = String::from("\u{feff}");
    for (path, hash) in files {
        List::write_line(&mut text, &[*hash; 32], build.parse().unwrap(), path);
    }
    List::read(&text).unwrap()
}

/// Two builds: a page that changed, one that stayed, a folder of the version.
fn two_builds() -> Baselines {
    let mut baselines = Baselines { parts: Vec::new() };
    baselines.add(&[
        list(
            "15.1.2106.2",
            &[
                ("\\FrontEnd\\HttpProxy\\owa\\auth\\logon.aspx", 1),
                ("\\FrontEnd\\HttpProxy\\owa\\auth\\errorFE.aspx", 2),
                ("\\FrontEnd\\HttpProxy\\owa\\auth\\version\\flogon.js", 3),
            ],
        ),
        list(
            "15.1.2176.2",
            &[
                ("\\FrontEnd\\HttpProxy\\owa\\auth\\logon.aspx", 9),
                ("\\FrontEnd\\HttpProxy\\owa\\auth\\errorFE.aspx", 2),
                ("\\FrontEnd\\HttpProxy\\owa\\web.config", 4),
            ],
        ),
    ]);
    baselines
}

const AUTH: &str =
    "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa\\auth\\";

fn judged(name: &str, hash: u8, on: &str) -> Judgement {
    two_builds().judge(&format!("{AUTH}{name}"), Some(&[hash; 32]), Some(build(on)))
}

#[test]
fn genuine_files_are_known_under_any_spelling() {
    let baselines = two_builds();
    let on = Some(build("15.1.2106.2"));
    for path in [
        "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FRONTEND\\HttpProxy\\OWA\\auth\\Logon.aspx",
        "evidence/V15/FrontEnd/HttpProxy/owa/auth/logon.aspx",
        "FrontEnd/HttpProxy/owa/auth/logon.aspx",
    ] {
        assert_eq!(
            baselines.judge(path, Some(&[1; 32]), on),
            Judgement::Known,
            "{path}"
        );
        assert_eq!(baselines.judge(path, None, on), Judgement::Known, "{path}");
        assert_eq!(
            baselines.judge(path, Some(&[9; 32]), None),
            Judgement::Known
        );
    }
    for folder in ["15.1.2106", "15.1.2106.2", "Current"] {
        assert_eq!(
            judged(&format!("{folder}\\flogon.js"), 3, "15.1.2106.2"),
            Judgement::Known
        );
    }
}

#[test]
fn a_file_of_another_build_is_told_with_its_builds() {
    let other = Judgement::OtherBuild {
        builds: vec!["15.1.2106.2".to_owned()],
    };
    assert_eq!(judged("logon.aspx", 1, "15.1.2176.2"), other);
    // Of a build without list, what is genuine elsewhere is told as such, and what is new cannot be judged.
    assert_eq!(judged("logon.aspx", 1, "15.1.2507.6"), other);
    assert_eq!(
        judged("logon.aspx", 7, "15.1.2507.6"),
        Judgement::NoBaseline
    );
}

#[test]
fn planted_files_are_unknown_altered_or_look_alikes() {
    let on = "15.1.2176.2";
    assert_eq!(judged("logon.aspx", 7, on), Judgement::Altered);
    assert_eq!(judged("help.aspx", 7, on), Judgement::Unknown);
    for name in [
        "errorFF.aspx",
        "errorFE .aspx",
        "err0rFE.aspx",
        "errorFEE.aspx",
        "еrrorFE.aspx",
        "logoon.aspx",
        "Iogon.aspx",
    ] {
        let judgement = judged(name, 7, on);
        assert!(
            matches!(judgement, Judgement::LookAlike { .. }),
            "{name}: {judgement:?}"
        );
    }
    let elsewhere = two_builds().judge(
        "C:\\inetpub\\wwwroot\\aspnet_client\\logon.aspx",
        Some(&[7; 32]),
        None,
    );
    assert!(matches!(elsewhere, Judgement::LookAlike { of } if of.ends_with("\\auth\\logon.aspx")));
    let moved = two_builds().judge("C:\\inetpub\\wwwroot\\x.aspx", Some(&[9; 32]), None);
    assert!(matches!(moved, Judgement::Elsewhere { path } if path.ends_with("\\auth\\logon.aspx")));
}

#[test]
fn the_compile_cache_tells_which_pages_were_called() {
    let ghost = compiled_page("root\\e22c2559\\92c7e946\\help.aspx.cdcab7d2.compiled").unwrap();
    assert_eq!(ghost.page, "help.aspx");
    assert!(!two_builds().knows_page(&ghost.page));
    assert!(two_builds().knows_page("ErrorFE.aspx"));
    for other in [
        "App_Web_abcd.dll",
        "help.aspx.compiled",
        "global.asax.compiled",
        "x.js.12345678.compiled",
    ] {
        assert_eq!(compiled_page(other), None, "{other}");
    }
    let xml = b"<?xml version=\"1.0\"?><preserve resultType=\"3\" virtualPath=\"/owa/auth/help.aspx\" hash=\"1\">";
    assert_eq!(virtual_path(xml).unwrap(), "/owa/auth/help.aspx");
    assert_eq!(virtual_path(b"virtualPath=\"/owa"), None);
}

#[test]
fn what_the_web_server_runs_is_told_by_the_ending() {
    for page in ["a.aspx", "A.ASHX", "a.aspx.", "a.asmx ", "b\\c.svc"] {
        assert!(is_page(page), "{page}");
    }
    for other in ["a.js", "a", "aspx", "a.aspx.bak", "a.config"] {
        assert!(!is_page(other), "{other}");
    }
    assert!(rewritten_by_setup("owa\\Web.Config"));
}

#[test]
fn packed_lists_are_read_as_written_and_broken_ones_refused() {
    let packed = &two_builds().parts[0].packed;
    let octets = packed.encode();
    assert_eq!(Packed::decode(&octets).unwrap(), *packed);
    let plain = packed.write();
    for end in 0..plain.len() {
        assert!(Packed::read(&plain[..end]).is_err(), "cut at {end}");
    }
    let mut more = plain;
    more.push(0);
    assert!(Packed::read(&more).is_err());
}

#[test]
fn lists_are_read_in_all_spellings_of_microsofts() {
    let hash = "5E132F7121BDF85DC49B4CB6DAB2AA3D100F89C3A2899A501315CC6ED3920479";
    for path in [
        "\\ClientAccess\\owa\\a.aspx",
        "ClientAccess\\owa\\a.aspx",
        "owa\\a.aspx",
    ] {
        let list = List::read(&format!("{hash},15.00.1104.008,{path}\n")).unwrap();
        assert_eq!(list.files[0].0, "\\clientaccess\\owa\\a.aspx");
        assert_eq!(list.build.to_string(), "15.0.1104.8");
    }
}

#[test]
fn a_list_without_front_end_says_nothing_about_it() {
    let baselines = Baselines::embedded();
    let path = format!("{AUTH}logon.aspx");
    let on = Some(build("15.0.1395.4"));
    assert_eq!(
        baselines.judge(&path, Some(&[0; 32]), on),
        Judgement::NoBaseline
    );
}

#[test]
fn lists_that_are_none_are_refused() {
    for wrong in [
        "",
        "abc,15.1.1.1,\\x",
        "5E132F7121BDF85DC49B4CB6DAB2AA3D100F89C3A2899A501315CC6ED3920479,15.1.1,\\x",
        "5E132F7121BDF85DC49B4CB6DAB2AA3D100F89C3A2899A501315CC6ED3920479,15.1.1.1,",
        "5E132F7121BDF85DC49B4CB6DAB2AA3D100F89C3A2899A501315CC6ED3920479,15.1.1.1",
    ] {
        assert!(List::read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_list_is_made_from_a_clean_installation() {
    let folder = tempfile::tempdir().unwrap();
    let auth = folder.path().join("FrontEnd/HttpProxy/owa/auth");
    std::fs::create_dir_all(&auth).unwrap();
    std::fs::write(auth.join("logon.aspx"), b"genuine").unwrap();
    std::fs::write(folder.path().join("setup.log"), b"not of the web").unwrap();
    let created = create(folder.path(), "15.2.2562.46".parse().unwrap()).unwrap();
    assert_eq!(created.files, 1);
    let mut baselines = Baselines::embedded();
    baselines.add(&[List::read(&created.text).unwrap()]);
    let on = Some(build("15.2.2562.46"));
    let path = format!("{AUTH}logon.aspx");
    let genuine: [u8; 32] =
        sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(b"genuine")).into();
    assert_eq!(baselines.judge(&path, Some(&genuine), on), Judgement::Known);
    assert_eq!(
        baselines.judge(&path, Some(&[0; 32]), on),
        Judgement::Altered
    );
    assert!(create(&auth, "15.2.2562.46".parse().unwrap()).is_err());
}

#[test]
fn the_lists_that_are_compiled_in_are_microsofts() {
    let baselines = Baselines::embedded();
    let builds = baselines.builds();
    assert_eq!(builds.len(), 131);
    assert!(
        builds
            .iter()
            .all(|build| build.is_exchange() && build.three()[0] == 15)
    );
    assert!(include_bytes!("../../data/baselines.zst").len() < 10 << 20);
    let path = format!("{AUTH}logon.aspx");
    let on = Some(build("15.2.858.5"));
    assert_eq!(baselines.judge(&path, None, on), Judgement::Known);
    assert_eq!(
        baselines.judge(&path, Some(&[0; 32]), on),
        Judgement::Altered
    );
    // What intruders of March 2021 called their pages.
    for name in [
        "shell.aspx",
        "supp0rt.aspx",
        "HttpProxy.aspx",
        "0QWYSEXe.aspx",
        "RedirSuiteServerProxy.aspx",
        "OutlookEN.aspx",
        "8Lw7tAhF9i1pJnRo.aspx",
        "errorFS.aspx",
    ] {
        let judgement = baselines.judge(&format!("{AUTH}{name}"), None, on);
        let planted = matches!(judgement, Judgement::Unknown | Judgement::LookAlike { .. });
        assert!(planted, "{name}: {judgement:?}");
    }
}

/// Microsoft's lists, unpacked beside the repository; without them nothing is compared.
#[test]
fn every_line_of_the_lists_is_known() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/baselines");
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("skipped: unpack Microsoft's lists into `{folder}` to compare them");
        return;
    };
    let baselines = Baselines::embedded();
    let packed = &baselines.parts[0].packed;
    let mut builds = BTreeSet::new();
    for entry in entries {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let list = List::read(&text).unwrap();
        let index = packed.build_index(list.build).unwrap();
        let mut listed = BTreeSet::new();
        for (path, half) in &list.files {
            let known = packed
                .entries(path)
                .iter()
                .any(|entry| entry.half == *half && packed.has(entry, index));
            assert!(known, "{path} of {}", list.build);
            listed.insert((path, half));
        }
        // And nothing else is known for that build.
        let known = (0..packed.paths().count())
            .flat_map(|at| packed.entries_at(at))
            .filter(|entry| packed.has(entry, index));
        assert_eq!(known.count(), listed.len());
        builds.insert(list.build);
    }
    assert_eq!(builds.len(), 131);
}

proptest! {
    #[test]
    fn any_lists_are_packed_and_read_again(
        files in proptest::collection::btree_map("\\\\frontend\\\\[a-c]{1,3}\\\\[a-z]{1,4}", any::<u8>(), 1..20),
        others in proptest::collection::btree_map("\\\\frontend\\\\[a-c]{1,3}\\\\[a-z]{1,4}", any::<u8>(), 1..20),
    ) {
        let of = |build, files: &std::collections::BTreeMap<String, u8>| {
            let files: Vec<_> = files.iter().map(|(path, hash)| (&path[..], *hash)).collect();
            list(build, &files)
        };
        let packed = Packed::from_lists(&[of("15.0.1.2", &files), of("15.1.3.4", &others)]);
        prop_assert_eq!(&Packed::read(&packed.write()).unwrap(), &packed);
        for (path, hash) in &files {
            let found = packed.entries(path).iter().any(|entry| entry.half == [*hash; 16] && packed.has(entry, 0));
            prop_assert!(found);
        }
    }

    #[test]
    fn hostile_octets_are_read_or_refused(input: Vec<u8>) {
        fuzz(&input);
    }
}
