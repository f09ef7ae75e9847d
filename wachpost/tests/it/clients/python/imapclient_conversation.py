"""What programs ask through the library IMAPClient, from the greeting to LOGOUT; every answer is checked."""

import os
import ssl
import threading
from datetime import datetime, timezone

import imapclient
from imapclient import IMAPClient, exceptions
from imapclient.imapclient import ARCHIVE, DRAFTS, JUNK, SENT, TRASH

ANNA, BEN, PASSWORD = (os.environ[name] for name in ("ANNA", "BEN", "PASSWORD"))
TRUST = ssl.create_default_context(cafile=os.environ["CERTIFICATE"])
RECEIVED_AT = datetime(2026, 3, 2, 9, 0, 0, tzinfo=timezone.utc)


def message(number, references="", subject=None):
    return (
        f"From: =?utf-8?q?J=C3=B6rg?= <{BEN}>\r\nTo: Anna <{ANNA}>\r\n"
        f"Subject: {subject or f'Nummer {number}'}\r\n"
        f"Date: Mon, {10 + number:02} Mar 2026 09:00:00 +0100\r\nMessage-ID: <{number}@example.org>\r\n{references}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße {number}\r\n"
    ).encode()


def sign_in(name=ANNA):
    client = IMAPClient("localhost", int(os.environ["IMAPS"]), ssl_context=TRUST, timeout=30)
    client.login(name, PASSWORD)
    return client


def refused(call, *arguments):
    try:
        call(*arguments)
    except exceptions.IMAPClientError as error:
        return str(error)
    raise AssertionError(f"{call} is not refused")


def signs_in():
    client = IMAPClient("localhost", int(os.environ["IMAP"]), ssl=False, timeout=30)
    client.starttls(TRUST)
    assert "AUTHENTICATIONFAILED" in refused(client.login, ANNA, "wrong")
    client.plain_login(ANNA, PASSWORD)
    assert client.has_capability("IDLE") and client.has_capability("UIDPLUS")
    client.logout()


def folders(client):
    assert client.folder_exists("INBOX")
    for use in (SENT, TRASH, DRAFTS, JUNK, ARCHIVE):
        assert client.find_special_folder(use), use
    # Umlauts go over the wire in modified UTF-7.
    client.create_folder("Büro & Räume")
    client.create_folder("Büro & Räume/Köln")
    names = [name for _flags, _separator, name in client.list_folders()]
    assert "Büro & Räume" in names and "Büro & Räume/Köln" in names, names
    assert "ALREADYEXISTS" in refused(client.create_folder, "Büro & Räume")
    client.rename_folder("Büro & Räume/Köln", "Büro & Räume/Bonn")
    client.subscribe_folder("Büro & Räume/Bonn")
    assert "Büro & Räume/Bonn" in [name for _, _, name in client.list_sub_folders()]
    client.unsubscribe_folder("Büro & Räume/Bonn")
    client.delete_folder("Büro & Räume/Bonn")
    assert not client.folder_exists("Büro & Räume/Bonn")
    spaces = client.namespace()
    assert spaces.personal == (("", "/"),), spaces


def appends(client):
    for number in range(1, 7):
        references = "References: <1@example.org>\r\nIn-Reply-To: <1@example.org>\r\n" if number == 4 else ""
        flags = (imapclient.FLAGGED,) if number == 2 else ()
        answer = client.append("INBOX", message(number, references), flags, RECEIVED_AT)
        assert b"APPENDUID" in answer, answer
    selected = client.select_folder("INBOX")
    assert selected[b"EXISTS"] == 6 and selected[b"UIDNEXT"] == 7, selected
    status = client.folder_status("INBOX", ["MESSAGES", "UNSEEN", "UIDNEXT"])
    assert status[b"MESSAGES"] == 6 and status[b"UNSEEN"] == 6, status


def fetches(client):
    answers = client.fetch([1, 2], ["FLAGS", "ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[]"])
    first = answers[1]
    assert first[b"BODY[]"] == message(1) and first[b"RFC822.SIZE"] == len(message(1))
    assert first[b"INTERNALDATE"].astimezone(timezone.utc) == RECEIVED_AT, first
    envelope = first[b"ENVELOPE"]
    assert envelope.subject == b"Nummer 1" and envelope.message_id == b"<1@example.org>", envelope
    assert (envelope.from_[0].mailbox + b"@" + envelope.from_[0].host).decode() == BEN
    assert first[b"BODYSTRUCTURE"][0].lower() == b"text", first
    assert imapclient.FLAGGED in answers[2][b"FLAGS"]
    client.fetch(3, "BODY[TEXT]")
    assert imapclient.SEEN in client.get_flags(3)[3]


def flags(client):
    assert imapclient.ANSWERED in client.add_flags([1, 2], [imapclient.ANSWERED, "Wichtig"])[1]
    # Keywords are the same in every case (RFC 9051 9), and kept in small letters (RFC 8621 4.1.1).
    assert b"wichtig" in client.get_flags(2)[2]
    client.remove_flags(1, "Wichtig", silent=True)
    assert client.set_flags(1, [imapclient.SEEN])[1] == (imapclient.SEEN,) or b"\\Recent" in client.get_flags(1)[1]


def searches(client):
    assert client.search("FLAGGED") == [2]
    assert client.search(["SUBJECT", "nummer 3"]) == [3]
    assert client.search(["TEXT", "grüße"], "UTF-8") == [1, 2, 3, 4, 5, 6]
    assert client.search(["TEXT", "GRUße 3"], "UTF-8") == [3]
    assert client.search(["FROM", "jörg"], "UTF-8") == [1, 2, 3, 4, 5, 6]
    assert client.search(["KEYWORD", "Wichtig"]) == [2]
    assert client.search(["OR", ["SUBJECT", "Nummer 1"], "NOT", ["SENTBEFORE", datetime(2026, 3, 16)]]) == [1, 6]
    assert client.sort("REVERSE DATE") == [6, 5, 4, 3, 2, 1]
    assert client.sort(["SUBJECT"], "UNFLAGGED") == [1, 3, 4, 5, 6]
    threads = client.thread()
    assert (1, 4) in threads and (2,) in threads, threads
    assert client.thread("ORDEREDSUBJECT", ["SUBJECT", "Nummer 5"]) == ((5,),)


def files(client):
    client.copy([1, 2], "Büro & Räume")
    client.move([3], "Büro & Räume")
    client.delete_messages([4])
    client.uid_expunge([4])
    assert client.search() == [1, 2, 5, 6]
    client.delete_messages([5])
    client.expunge()
    client.unselect_folder()
    assert client.select_folder("Büro & Räume", readonly=True)[b"EXISTS"] == 3
    client.close_folder()


def rights_and_quota(client):
    client.setacl("Büro & Räume", BEN, "lr")
    assert any(who == BEN.encode() or who == BEN for who, _ in client.getacl("Büro & Räume"))
    other = sign_in(BEN)
    spaces = other.namespace()
    assert spaces.other or spaces.shared, spaces
    shared = [name for _, _, name in other.list_folders() if name.endswith("Räume")]
    assert len(shared) == 1 and other.select_folder(shared[0], readonly=True)[b"EXISTS"] == 3, shared
    assert "NOPERM" in refused(other.delete_folder, shared[0])
    other.logout()
    # IMAPClient does not quote an empty string.
    client.setacl("Büro & Räume", BEN, '""')
    _roots, quotas = client.get_quota_root("INBOX")
    assert all(quota.usage >= 0 for quota in quotas), quotas


def changes(client):
    assert b"CONDSTORE" in client.enable("CONDSTORE")
    position = client.select_folder("INBOX")[b"HIGHESTMODSEQ"]
    client.add_flags(6, imapclient.FLAGGED)
    changed = client.fetch("1:*", "FLAGS", ["CHANGEDSINCE %d" % position])
    assert list(changed) == [6] and changed[6][b"MODSEQ"][0] > position, changed
    identity = client.id_({"name": "IMAPClient", "version": imapclient.__version__})
    assert b"Wachpost" in identity[0], identity


def idles(client):
    other = sign_in()
    client.idle()
    appender = threading.Thread(target=other.append, args=("INBOX", message(7)))
    appender.start()
    seen = []
    while (3 + 1, b"EXISTS") not in seen:
        answers = client.idle_check(timeout=30)
        assert answers, seen
        seen += answers
    appender.join()
    client.idle_done()
    assert client.search() == [1, 2, 6, 7]
    other.logout()


signs_in()
session = sign_in()
folders(session)
appends(session)
fetches(session)
flags(session)
searches(session)
files(session)
rights_and_quota(session)
changes(session)
idles(session)
session.logout()
print("all is well")
