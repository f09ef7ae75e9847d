use super::*;

const LEAST: &str = "data = \"/srv/mail\"\nhostname = \"mail.example.org\"\n";

fn fault(text: &str) -> String {
    let fault = Config::parse(text).expect_err("the text is wrong");
    fault.show(Path::new("/etc/wachpost.toml"), text)
}

#[test]
fn the_rest_has_defaults() {
    let text = format!("{LEAST}listen.imaps = []\nlisten.submissions = []\n");
    let config = Config::parse(&text).unwrap();
    assert_eq!(config.retention(), Duration::from_secs(30 * 86_400));
    assert_eq!(config.limits.message_size.0, 50 * 1024 * 1024);
    assert_eq!(config.smtp.recipient_delimiter, Some('+'));
    assert!(!config.allow_plaintext_sign_in_on_loopback);
    assert_eq!(config.listen.mx.0.len(), 2);
}

#[test]
fn what_init_writes_can_be_read() {
    let written = template::Template {
        data: Path::new("/srv/my \"mail\""),
        hostname: "mail.example.org",
        chain: Path::new("/etc/wachpost/tls/chain.pem"),
        key: Path::new("/etc/wachpost/tls/key.pem"),
        loopback_port_base: None,
        plaintext_on_loopback: false,
    };
    for loopback_port_base in [None, Some(10_000)] {
        let text = template::Template {
            loopback_port_base,
            ..written
        }
        .to_string();
        let config = Config::parse(&text)
            .unwrap_or_else(|fault| panic!("{}", fault.show(Path::new("x"), &text)));
        assert_eq!(config.data, Path::new("/srv/my \"mail\""));
        assert_eq!(config.tls.certificates.len(), 1);
    }
}

#[test]
fn faults_name_file_line_and_what_to_do() {
    let unknown = format!("{LEAST}\n[limits]\nmesage_size = 1\n");
    let shown = fault(&unknown);
    assert!(
        shown.starts_with("/etc/wachpost.toml:5:1: unknown field `mesage_size`"),
        "{shown}"
    );

    let wrong = format!("{LEAST}\n[listen]\nimap = [\"127.0.0.1:143\",\n  \"localhost\"]\n");
    let shown = fault(&wrong);
    assert!(
        shown.starts_with("/etc/wachpost.toml:6:3: `localhost` is no address"),
        "{shown}"
    );

    let no_certificate =
        format!("{LEAST}\n[listen]\nimap = []\nsubmissions = []\nimaps = \"127.0.0.1:993\"\n");
    let shown = fault(&no_certificate);
    assert!(
        shown.starts_with("/etc/wachpost.toml:7:1: `listen.imaps` needs a certificate"),
        "{shown}"
    );

    let size = format!("{LEAST}[limits]\nmessage_size = \"50 apples\"\n");
    let shown = fault(&size);
    assert!(
        shown.starts_with("/etc/wachpost.toml:4:16: `50 apples` is no size"),
        "{shown}"
    );

    let broken = "data = \n";
    let shown = fault(broken);
    assert!(shown.starts_with("/etc/wachpost.toml:1:"), "{shown}");

    let shown = fault("data = \"/srv\"\n");
    assert!(shown.contains("hostname"), "{shown}");
}
