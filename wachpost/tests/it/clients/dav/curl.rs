//! curl: how a program that knows only the domain finds the service, over TLS with the certificate checked.

use crate::clients::program::Program;
use crate::clients::site::{ANNA, PASSWORD, Site};

const WHO: &str =
    r#"<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>"#;

fn curl(site: &Site) -> Program {
    let certificate = site.certificate();
    Program::new(site, "curl")
        .args([
            "--silent",
            "--show-error",
            "--max-time",
            "60",
            "--ipv4",
            "--user",
        ])
        .args([format!("{ANNA}:{PASSWORD}")])
        .args(["--cacert".as_ref(), certificate.as_os_str()])
}

/// RFC 6764 6: from the well-known path to the principal.
#[test]
fn finds_the_principal_from_the_well_known_paths() {
    let site = Site::start();
    for (scheme, port) in [("https", site.https), ("http", site.http)] {
        for word in ["caldav", "carddav"] {
            let url = format!("{scheme}://localhost:{port}/.well-known/{word}");
            let said = curl(&site)
                .args([
                    "--location",
                    "--post301",
                    "--request",
                    "PROPFIND",
                    "--header",
                    "Depth: 0",
                ])
                .args([
                    "--data",
                    WHO,
                    "--write-out",
                    "\n%{http_code} %{url_effective}",
                    &url,
                ])
                .succeed();
            assert!(
                said.contains("/dav/principals/anna%40example.org/"),
                "{said}"
            );
            assert!(said.contains("\n207 ") && said.ends_with("/dav/"), "{said}");
        }
    }
}

#[test]
fn puts_and_gets_over_tls() {
    let site = Site::start();
    let event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n\
                 DTSTAMP:20260101T000000Z\r\nDTSTART:20260105T090000Z\r\nSUMMARY:Grüße\r\nX-KEPT;X-P=\"a:b\":as it is\r\n\
                 END:VEVENT\r\nEND:VCALENDAR\r\n";
    let file = site.write("1.ics", event);
    let url = format!(
        "https://localhost:{}/dav/calendars/{ANNA}/calendar/1.ics",
        site.https
    );
    let code = curl(&site)
        .args([
            "--write-out",
            "%{http_code}",
            "--header",
            "Content-Type: text/calendar",
        ])
        .args(["--upload-file".as_ref(), file.as_os_str()])
        .args([&url])
        .succeed();
    assert_eq!(code, "201");
    assert_eq!(curl(&site).args([&url]).succeed(), event);
    let wrong = Program::new(&site, "curl")
        .args([
            "--silent",
            "--ipv4",
            "--insecure",
            "--user",
            "anna@example.org:wrong",
        ])
        .args(["--write-out", "%{http_code}", "--output", "/dev/null", &url])
        .succeed();
    assert_eq!(wrong, "401");
}
