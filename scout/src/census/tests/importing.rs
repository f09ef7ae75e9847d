use super::super::import::{self, Format, ImportError, Options};
use super::super::*;
use super::{add, hosts, store_of};

const SHADOWSERVER_2021: &str = "\"timestamp\",\"ip\",\"port\",\"hostname\",\"tag\",\"asn\",\"geo\",\"region\",\"city\",\"naics\",\"sic\",\"sector\",\"version\",\"servername\",\"url\"
\"2021-05-14 00:11:30\",\"192.0.2.1\",443,\"a.example\",\"exchange;cve-2021-26855\",7018,\"US\",\"CALIFORNIA\",\"TURLOCK\",517311,,\"Communications, Service Provider, and Hosting Service\",\"15.2.721\",\"AFS-EXCH2019\",
\"2021-05-14 00:11:37\",\"192.0.2.2\",443,\"b.example\",\"exchange;cve-2021-26855\",20001,\"US\",\"CALIFORNIA\",\"LOS ANGELES\",921110,,,\"15.0.847\",\"SSAMAIL\",
";
const SHADOWSERVER_TODAY: &str = "\u{feff}timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,hostname_source,sector,version,servername,url
2026-11-20 00:11:30,critical,2001:db8::7,tcp,443,c.example,exchange,3320,de,HESSEN,\"FRANKFURT, MAIN\",517311,ptr,Government,15.2.1748.10,EX1,
";
const SHODAN: &str = r#"{"ip_str":"192.0.2.3","port":443,"transport":"tcp","timestamp":"2021-03-09T10:00:00.123","asn":"AS3320","hostnames":["c.example"],"location":{"country_code":"DE"},"data":"HTTP/1.1 200 OK\r\nX-OWA-Version: 15.1.2176.2\r\n","http":{"html":"<link href=\"/owa/auth/15.1.2176/themes\">"}}
{"ip_str":"192.0.2.4","port":25,"timestamp":"2021-03-09T10:00:00","data":"220 d.example ESMTP Exim 4.94.2 Tue","product":"Exim smtpd","version":"4.94.2"}
{"ip_str":"192.0.2.5","port":22,"timestamp":"2021-03-09T10:00:00","data":"SSH-2.0-OpenSSH"}
"#;
const CENSYS: &str = r#"{"code":200,"result":{"query":"x","hits":[
 {"ip":"192.0.2.6","last_updated_at":"2021-03-09T10:00:00Z","location":{"country_code":"AT"},"autonomous_system":{"asn":8447},"dns":{"reverse_dns":{"names":["e.example"]}},
  "services":[{"port":443,"service_name":"HTTP","software":[{"vendor":"Microsoft","product":"Exchange Server","version":"15.1.2106.2"}]},
              {"port":25,"service_name":"SMTP","banner":"220 e.example Microsoft ESMTP MAIL Service ready"}]},
 {"host":{"ip":"192.0.2.16","services":[{"port":443,"scan_time":"2021-03-09T11:00:00Z","endpoints":[{"http":{"headers":{"X-Owa-Version":{"headers":["x"]}},"body":"<a href='/owa/auth/15.0.1497/x'>"}}]}]}}
]}}"#;
const ZGRAB: &str = r#"{"ip":"192.0.2.8","domain":"f.example","data":{"http":{"status":"success","protocol":"http","result":{"response":{"status_code":200,"headers":{"x_owa_version":["15.1.2044.12"]},"body":"/owa/auth/15.1.2044/"}},"timestamp":"2021-03-09T12:00:00+01:00"},"smtp":{"status":"success","protocol":"smtp","result":{"banner":"220 f.example ESMTP Postfix"},"timestamp":"2021-03-09T12:00:00Z"}}}
{"ip":"192.0.2.9","data":{"http":{"status":"connection-timeout","timestamp":"2021-03-09T12:00:00Z"}}}
"#;
const NMAP: &str = "<?xml version=\"1.0\"?>
<!DOCTYPE nmaprun [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>
<nmaprun scanner=\"nmap\" start=\"1615291200\">
<host starttime=\"1615291201\" endtime=\"1615291205\"><status state=\"up\"/><address addr=\"192.0.2.10\" addrtype=\"ipv4\"/><address addr=\"00:11:22:33:44:55\" addrtype=\"mac\"/>
<hostnames><hostname name=\"g.example\" type=\"PTR\"/></hostnames><ports><port protocol=\"tcp\" portid=\"25\"><state state=\"open\"/><service name=\"smtp\" product=\"Exim smtpd\" version=\"4.94.2\"/></port>
<port protocol=\"tcp\" portid=\"443\"><state state=\"open\"/><service name=\"http\" product=\"Microsoft IIS httpd\" version=\"10.0\"/><script id=\"http-title\" output=\"Outlook /owa/auth/logon.aspx /owa/auth/15.1.2176/themes\"/></port>
<port protocol=\"tcp\" portid=\"143\"><state state=\"closed\"/><service name=\"imap\" product=\"Dovecot imapd\"/></port></ports></host>
<host><address addr=\"192.0.2.11\" addrtype=\"ipv4\"/><hostnames><hostname name=\"&b;\"/></hostnames><ports><port portid=\"25\"><state state=\"open\"/><service product=\"Postfix smtpd\"/></port></ports></host>
</nmaprun>";
const LIST: &str = "# ours\n192.0.2.12\n192.0.2.13:444 15.1.2507.6 DE mail.example.org\n[2001:db8::1]:443, 15.2.1118.40\n192.0.2.14:25 Postfix\nno address\n::ffff:192.0.2.15 15.0.1497\n";

pub(super) const SAMPLES: [&str; 7] = [
    SHADOWSERVER_2021,
    SHADOWSERVER_TODAY,
    SHODAN,
    CENSYS,
    ZGRAB,
    NMAP,
    LIST,
];

#[test]
fn each_format_is_told_from_how_it_begins() {
    let formats = [
        Format::Shadowserver,
        Format::Shadowserver,
        Format::Shodan,
        Format::Censys,
        Format::Zgrab2,
        Format::Nmap,
        Format::List,
    ];
    for (sample, format) in SAMPLES.into_iter().zip(formats) {
        assert_eq!(Format::detect(sample.as_bytes()), Some(format), "{sample}");
    }
    for other in ["", "hello", "<html>", "{}", "a,b,c\n1,2,3"] {
        assert_eq!(Format::detect(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn shadowserver_is_read_in_both_layouts() {
    let (store, imported) = store_of(SHADOWSERVER_2021, None);
    assert_eq!((imported.sightings, imported.unreadable), (2, 0));
    assert_eq!(
        hosts(&store),
        [
            "192.0.2.1 443 Microsoft Exchange 15.2.721",
            "192.0.2.2 443 Microsoft Exchange 15.0.847"
        ]
    );
    let lines = count::list(&store, &super::counting::question(&store, &[])).unwrap();
    assert_eq!(
        lines[0][6..],
        [
            "US",
            "AS7018",
            "Communications, Service Provider, and Hosting Service",
            "a.example AFS-EXCH2019"
        ]
    );
    // Without a sector of its own, the code of the industry tells it.
    assert_eq!(lines[1][8], "Government");
    let (store, _) = store_of(SHADOWSERVER_TODAY, None);
    assert_eq!(
        hosts(&store),
        ["2001:db8::7 443 Microsoft Exchange 15.2.1748.10"]
    );
    let lines = count::list(&store, &super::counting::question(&store, &[])).unwrap();
    assert_eq!(lines[0][6], "DE");
}

/// The sample of the layout of 2021 beside the repository.
#[test]
fn the_public_sample_of_shadowserver_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/exchange/census-samples/scan_exchange_sample_2021.csv"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: `{path}` is not there");
        return;
    };
    let (store, imported) = store_of(&text, None);
    let rows = text.lines().filter(|line| !line.trim().is_empty()).count() as u64 - 1;
    assert_eq!(
        (
            imported.sightings,
            imported.unreadable + imported.too_long + imported.other
        ),
        (rows, 0)
    );
    assert_eq!(store.last_day().unwrap().unwrap().to_string(), "2021-05-14");
}

#[test]
fn shodan_is_read() {
    let (store, imported) = store_of(SHODAN, None);
    assert_eq!((imported.sightings, imported.other), (2, 1));
    assert_eq!(
        hosts(&store),
        [
            "192.0.2.3 443 Microsoft Exchange 15.1.2176.2",
            "192.0.2.4 25 Exim 4.94.2"
        ]
    );
    // As one array, and in many lines, it is the same.
    let objects: Vec<serde_json::Value> = SHODAN
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (array, _) = store_of(&serde_json::to_string_pretty(&objects).unwrap(), None);
    assert_eq!(hosts(&array), hosts(&store));
}

#[test]
fn censys_is_read_in_both_shapes() {
    let (store, imported) = store_of(CENSYS, None);
    assert_eq!((imported.sightings, imported.other), (3, 0));
    assert_eq!(
        hosts(&store),
        [
            "192.0.2.6 443 Microsoft Exchange 15.1.2106.2",
            "192.0.2.16 443 Microsoft Exchange 15.0.1497"
        ]
    );
}

#[test]
fn zgrab2_is_read() {
    let (store, imported) = store_of(ZGRAB, None);
    assert_eq!((imported.sightings, imported.other), (2, 1));
    assert_eq!(
        hosts(&store),
        [
            "192.0.2.8 25 Postfix unknown",
            "192.0.2.8 443 Microsoft Exchange 15.1.2044.12"
        ]
    );
}

#[test]
fn nmap_is_read_and_no_entity_expanded() {
    let (store, imported) = store_of(NMAP, None);
    assert_eq!(
        hosts(&store),
        [
            "192.0.2.10 25 Exim 4.94.2",
            "192.0.2.10 443 Microsoft Exchange 15.1.2176",
            "192.0.2.11 25 Postfix unknown"
        ]
    );
    // A name that is an entity of the file's own is not known.
    let lines = count::list(&store, &super::counting::question(&store, &[])).unwrap();
    assert_eq!((&lines[1][9][..], &lines[2][9][..]), ("g.example", ""));
    assert_eq!((imported.sightings, imported.unreadable), (3, 0));
    assert_eq!(store.last_day().unwrap().unwrap().to_string(), "2021-03-09");
}

#[test]
fn lists_need_a_date_and_are_read() {
    let mut store = Store::in_memory().unwrap();
    let refused = import::read(
        LIST.as_bytes(),
        "x",
        Options::default(),
        &mut store,
        &mut |_| {},
    );
    assert!(matches!(refused, Err(ImportError::NoDate)));
    let imported = add(&mut store, LIST.as_bytes(), Some("2026-11-22"));
    assert_eq!((imported.sightings, imported.unreadable), (5, 1));
    assert_eq!(
        hosts(&store),
        [
            "192.0.2.12 443 Microsoft Exchange unknown",
            "192.0.2.13 444 Microsoft Exchange 15.1.2507.6",
            "192.0.2.14 25 Postfix unknown",
            // An address of IPv4 in the clothes of IPv6 is one of IPv4.
            "192.0.2.15 443 Microsoft Exchange 15.0.1497",
            "2001:db8::1 443 Microsoft Exchange 15.2.1118.40",
        ]
    );
}

#[test]
fn packed_files_are_unpacked() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(SHADOWSERVER_2021.as_bytes()).unwrap();
    let mut store = Store::in_memory().unwrap();
    assert_eq!(
        add(&mut store, &packed.finish().unwrap(), None).sightings,
        2
    );
}

#[test]
fn what_is_too_long_is_passed_over_and_the_rest_read() {
    let long = "x".repeat(200_000);
    let head = SHADOWSERVER_2021.lines().next().unwrap();
    let row = SHADOWSERVER_2021.lines().nth(1).unwrap();
    let (_, imported) = store_of(
        &format!("{head}\n\"{long}\n{row}\n{}\n{row}\n", "a,".repeat(300)),
        None,
    );
    assert_eq!(
        (imported.sightings, imported.too_long, imported.unreadable),
        (2, 1, 1)
    );
    let (_, imported) = store_of(
        &format!("192.0.2.1\n{long}\n192.0.2.2\n"),
        Some("2026-01-01"),
    );
    assert_eq!((imported.sightings, imported.too_long), (2, 1));
}

#[test]
fn deep_and_endless_json_costs_little() {
    let first = SHODAN.lines().next().unwrap();
    let deep = "{\"ip_str\":".repeat(100_000);
    let endless = format!("{{\"data\":\"{}", "x".repeat(40 << 20));
    for hostile in [deep, endless] {
        // What does not close ends with the input, or is too long; what stood before it is read.
        let (_, imported) = store_of(&format!("{first}\n{hostile}\n"), None);
        assert_eq!(
            (imported.sightings, imported.unreadable + imported.too_long),
            (1, 1)
        );
    }
    let closed = format!("{}1{}", "{\"ip_str\":".repeat(1_000), "}".repeat(1_000));
    let (_, imported) = store_of(&format!("{first}\n{closed}\n{first}\n"), None);
    assert_eq!((imported.sightings, imported.unreadable), (2, 1));
}

#[test]
fn an_import_that_fails_leaves_nothing() {
    struct Broken(bool);
    impl std::io::Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(std::io::Error::other("the disk is gone"));
            }
            let text = SHADOWSERVER_2021.as_bytes();
            out[..text.len()].copy_from_slice(text);
            Ok(text.len())
        }
    }
    let mut store = Store::in_memory().unwrap();
    let options = Options {
        format: Some(Format::Shadowserver),
        date: None,
    };
    let failed = import::read(
        std::io::BufReader::new(Broken(false)),
        "x",
        options,
        &mut store,
        &mut |_| {},
    );
    assert!(failed.is_err());
    assert_eq!(store.days().unwrap(), []);
    assert_eq!(store.imports().unwrap(), []);
}

#[test]
fn a_file_that_is_no_census_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    std::fs::write(&path, "this is a letter, not a database; it goes on for a while so that nobody takes it for an empty one".repeat(20)).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::Foreign)));
    std::fs::remove_file(&path).unwrap();
    drop(Store::open(&path).unwrap());
    Store::open(&path).unwrap();
}
