"""What Python's smtplib says to the submission ports and to LMTP, and what imaplib then finds."""

import imaplib
import os
import smtplib
import ssl
from email.message import EmailMessage

ANNA, BEN, PASSWORD = (os.environ[name] for name in ("ANNA", "BEN", "PASSWORD"))
TRUST = ssl.create_default_context(cafile=os.environ["CERTIFICATE"])


def message(subject):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = BEN, ANNA, subject
    mail.set_content("Grüße aus Köln\n.\n..\n")
    mail.add_attachment(os.urandom(100_000), maintype="application", subtype="octet-stream", filename="Büro.bin")
    return mail


def submits():
    with smtplib.SMTP_SSL("localhost", int(os.environ["SUBMISSIONS"]), context=TRUST, timeout=30) as smtp:
        smtp.login(BEN, PASSWORD)
        assert smtp.send_message(message("implicit TLS")) == {}
        # A second one in the same session, in UTF-8 throughout.
        assert smtp.has_extn("smtputf8") and smtp.has_extn("8bitmime")
        text = f"From: {BEN}\r\nSubject: Grüße\r\n\r\n.\r\n".encode()
        assert smtp.sendmail(BEN, [ANNA], text, ["SMTPUTF8", "BODY=8BITMIME"]) == {}
    with smtplib.SMTP("localhost", int(os.environ["SUBMISSION"]), timeout=30) as smtp:
        smtp.starttls(context=TRUST)
        smtp.login(BEN, PASSWORD)
        smtp.send_message(message("STARTTLS"))
        try:
            smtp.sendmail(ANNA, [BEN], f"From: {ANNA}\r\nSubject: not mine\r\n\r\n")
            raise AssertionError("sent in another name")
        except smtplib.SMTPSenderRefused as error:
            assert error.smtp_error.startswith(b"5.7.1"), error


def refuses_wrong_passwords():
    with smtplib.SMTP_SSL("localhost", int(os.environ["SUBMISSIONS"]), context=TRUST, timeout=30) as smtp:
        try:
            smtp.login(BEN, "wrong")
            raise AssertionError("a wrong password signs in")
        except smtplib.SMTPAuthenticationError as error:
            assert error.smtp_code == 535, error


def delivers():
    # smtplib reads one reply after the message, which is all that one recipient gets (RFC 2033 4.2).
    with smtplib.LMTP("127.0.0.1", int(os.environ["LMTP"])) as lmtp:
        lmtp.send_message(message("LMTP"), "list@example.net", [ANNA])


def finds():
    with imaplib.IMAP4_SSL("localhost", int(os.environ["IMAPS"]), ssl_context=TRUST, timeout=30) as imap:
        imap.login(ANNA, PASSWORD)
        assert imap.select("INBOX") == ("OK", [b"4"])
        _, data = imap.fetch("1:*", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
        subjects = [part[1].decode().strip() for part in data if isinstance(part, tuple)]
        assert subjects == ["Subject: implicit TLS", "Subject: Grüße", "Subject: STARTTLS", "Subject: LMTP"], subjects


submits()
delivers()
refuses_wrong_passwords()
finds()
print("all is well")
