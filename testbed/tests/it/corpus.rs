//! The corpus, where it is there, is read whole.

use testbed::corpus::{corpus, mail, with_crlf};

#[test]
fn mails_are_read_in_order_with_their_bytes() {
    let mails = mail(20);
    assert_eq!(mails.len(), 20);
    for mail in &mails {
        assert!(mail.bytes.len() > 100, "{}", mail.name);
        assert_eq!(with_crlf(&mail.bytes), mail.bytes);
    }
    let Some(hard) = corpus("mail", "hard-ham-1/", 3) else {
        return;
    };
    assert_eq!(hard.len(), 3);
    assert!(hard.iter().all(|mail| mail.name.contains("hard-ham-1/")));
}
