use super::super::recognise::*;
use crate::census::EXCHANGE;

#[test]
fn greetings_tell_product_and_version() {
    for (text, product, version) in [
        (
            "220 mx.example.org ESMTP Exim 4.94.2 Tue, 09 Mar 2021",
            "Exim",
            "4.94.2",
        ),
        (
            "220 mail.eximbank.example ESMTP Postfix (Debian/GNU)",
            "Postfix",
            "",
        ),
        ("220 exchange.example.org ESMTP Postfix", "Postfix", ""),
        (
            "220 mail.example.org Microsoft ESMTP MAIL Service ready at Tue",
            EXCHANGE,
            "",
        ),
        (
            "* OK The Microsoft Exchange IMAP4 service is ready.",
            EXCHANGE,
            "",
        ),
        (
            "* OK [CAPABILITY IMAP4rev1] Dovecot (Ubuntu) ready.",
            "Dovecot",
            "",
        ),
        (
            "* OK imap Cyrus IMAP 3.2.6-Debian-3.2.6-2 server ready",
            "Cyrus IMAP",
            "3.2.6",
        ),
        (
            "220 a.example ESMTP Sendmail 8.15.2/8.15.2; Tue",
            "Sendmail",
            "8.15.2",
        ),
        (
            "220 a.example Kerio Connect 9.3.1 patch 1 ESMTP ready",
            "Kerio Connect",
            "9.3.1",
        ),
    ] {
        assert_eq!(banner(text), Some(Seen { product, version }), "{text}");
    }
    for other in [
        "",
        "220 ftp.example.org FTP ready",
        "SSH-2.0-OpenSSH_8.4",
        "220 maximal ready",
    ] {
        assert_eq!(banner(other), None, "{other}");
    }
}

#[test]
fn pages_of_exchange_tell_its_version() {
    let themes = "<link href=\"/owa/auth/15.1.2242/themes/resources/favicon.ico\">";
    let seen = |version| {
        Some(Seen {
            product: EXCHANGE,
            version,
        })
    };
    assert_eq!(page("", themes), seen("15.1.2242"));
    assert_eq!(page("15.1.2242.4", themes), seen("15.1.2242.4"));
    assert_eq!(page("nonsense", themes), seen("15.1.2242"));
    assert_eq!(page("", "Location: /owa/auth/logon.aspx"), seen(""));
    let headers = "HTTP/1.1 200 OK\r\nX-OWA-Version: 15.2.1118.40\r\nServer: Microsoft-IIS/10.0";
    assert_eq!(answer(headers, ""), seen("15.2.1118.40"));
    assert_eq!(page("", "<h1>nginx 1.18.0</h1> /ecp/ 1.2.3.4"), None);
}

#[test]
fn of_several_looks_the_one_that_tells_most_counts() {
    let exchange = |version| {
        Some(Seen {
            product: EXCHANGE,
            version,
        })
    };
    let postfix = Some(Seen {
        product: "Postfix",
        version: "3.5.6",
    });
    assert_eq!(best([postfix, exchange("")]), exchange(""));
    assert_eq!(
        best([exchange("15.1.2242"), exchange("15.1.2242.4")]),
        exchange("15.1.2242.4")
    );
    assert_eq!(best([None, None]), None);
}

#[test]
fn names_of_others_are_understood() {
    assert_eq!(
        named("Microsoft Exchange smtpd", "").unwrap().product,
        EXCHANGE
    );
    assert_eq!(named("Exim smtpd", "4.94.2").unwrap().version, "4.94.2");
    assert_eq!(
        named_by("microsoft", "exchange_server", "15.1.2507.6")
            .unwrap()
            .product,
        EXCHANGE
    );
    assert_eq!(named("Microsoft IIS httpd", "10.0"), None);
}
