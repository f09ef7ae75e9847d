"""What Python's imaplib asks a server, from the greeting to LOGOUT; every answer is checked."""

import imaplib
import os
import re
import ssl
import time
import zlib

ANNA, BEN, PASSWORD = (os.environ[name] for name in ("ANNA", "BEN", "PASSWORD"))
TRUST = ssl.create_default_context(cafile=os.environ["CERTIFICATE"])

# imaplib refuses commands that it does not know.
for command in ("ID", "COMPRESS", "ESEARCH", "UNSELECT", "IDLE", "GETMETADATA", "LISTRIGHTS"):
    imaplib.Commands.setdefault(command, ("NONAUTH", "AUTH", "SELECTED"))


def message(number, references="", text="text"):
    return (
        f"From: Ben <{BEN}>\r\nTo: Anna <{ANNA}>\r\nSubject: {'Re: ' if references else ''}Number {number % 2}\r\n"
        f"Date: Mon, {10 + number:02} Mar 2026 09:00:00 +0100\r\nMessage-ID: <{number}@example.org>\r\n"
        f"{references}\r\n{text} {number}\r\n"
    ).encode()


def ok(answer, what=""):
    status, data = answer
    assert status == "OK", (what, status, data)
    return data


def untagged(imap, name):
    """Responses of this name that came since they were last asked for."""
    return imap.response(name)[1]


def sign_in(port):
    imap = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=TRUST, timeout=30)
    ok(imap.login(ANNA, PASSWORD))
    return imap


def signs_in():
    plain = imaplib.IMAP4("localhost", int(os.environ["IMAP"]), timeout=30)
    assert plain.PROTOCOL_VERSION == "IMAP4REV1", plain.PROTOCOL_VERSION
    ok(plain.starttls(TRUST))
    for capability in ("AUTH=PLAIN", "AUTH=SCRAM-SHA-256", "SASL-IR", "IMAP4REV2"):
        assert capability in plain.capabilities, (capability, plain.capabilities)
    assert "AUTH=CRAM-MD5" not in plain.capabilities and "STARTTLS" not in plain.capabilities
    try:
        plain.login(ANNA, "wrong")
        raise AssertionError("a wrong password signs in")
    except imaplib.IMAP4.error as error:
        assert "AUTHENTICATIONFAILED" in str(error), error
    ok(plain.authenticate("PLAIN", lambda _challenge: f"\0{ANNA}\0{PASSWORD}".encode()))
    plain.logout()


def lists_and_creates(imap):
    listed = [line.decode() for line in ok(imap.list())]
    assert any("INBOX" in line for line in listed), listed
    for use in ("\\Sent", "\\Drafts", "\\Trash", "\\Junk", "\\Archive"):
        assert any(use in line for line in listed), (use, listed)
    for name in ("Projekte", "Projekte/Haus", '"B&APw-ro & Co"'.replace(" & ", " &- ")):
        ok(imap.create(name))
    status, data = imap.create("Projekte")
    assert status == "NO" and b"ALREADYEXISTS" in data[0], data
    ok(imap.rename("Projekte/Haus", "Projekte/Hof"))
    ok(imap.subscribe("Projekte/Hof"))
    assert any(b"Projekte/Hof" in line for line in ok(imap.lsub())), "LSUB"
    ok(imap.unsubscribe("Projekte/Hof"))
    ok(imap.delete("Projekte/Hof"))
    status, data = imap.delete("Projekte/Hof")
    assert status == "NO" and b"NONEXISTENT" in data[0], data
    ok(imap.namespace())
    assert b'(("" "/"))' in ok(imap.namespace())[0]


def appends(imap):
    stamp = imaplib.Time2Internaldate(1_770_000_000)
    for number in range(1, 6):
        references = "References: <1@example.org>\r\n" if number in (3, 5) else ""
        data = ok(imap.append("INBOX", r"(\Flagged)" if number == 2 else None, stamp, message(number, references)))
        assert re.match(rb"\[APPENDUID \d+ %d\]" % number, data[0]), data
    status, data = imap.append("Nowhere", None, None, message(9))
    assert status == "NO" and b"TRYCREATE" in data[0], data
    assert ok(imap.select("INBOX")) == [b"5"]
    assert untagged(imap, "UIDVALIDITY")[0].isdigit()
    assert untagged(imap, "UIDNEXT") == [b"6"]
    assert rb"\Seen" in untagged(imap, "FLAGS")[0]
    data = ok(imap.status("INBOX", "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY SIZE)"))
    assert b"MESSAGES 5" in data[0] and b"UNSEEN 5" in data[0] and b"SIZE " in data[0], data


def fetches(imap):
    data = ok(imap.fetch("2", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])"))
    line = data[0][0].decode() + data[1].decode()
    assert data[0][1] == message(2), data
    for part in ("UID 2", r"\Flagged", f"RFC822.SIZE {len(message(2))}", '"Number 0"', '("text" "plain"'):
        assert part.lower() in line.lower(), (part, line)
    assert time.mktime(imaplib.Internaldate2tuple(data[0][0] + data[1])) == 1_770_000_000
    assert rb"\Seen" not in ok(imap.fetch("2", "(FLAGS)"))[0]
    data = ok(imap.fetch("2", "(BODY[HEADER.FIELDS (SUBJECT)])"))
    assert data[0][1] == b"Subject: Number 0\r\n\r\n", data
    assert rb"\Seen" in ok(imap.fetch("2", "(FLAGS)"))[0], "BODY[] marks as seen"
    assert ok(imap.fetch("1", "(BODY.PEEK[TEXT]<2.4>)"))[0][1] == b"xt 1"
    assert len(ok(imap.uid("FETCH", "1:*", "FLAGS"))) == 5


def stores(imap):
    assert rb"\Answered" in ok(imap.store("1", "+FLAGS", r"(\Answered $Important)"))[0]
    assert b"$Important" in ok(imap.fetch("1", "FLAGS"))[0]
    assert rb"\Answered" not in ok(imap.store("1", "-FLAGS", r"\Answered"))[0]
    assert ok(imap.store("1", "FLAGS.SILENT", r"(\Draft)")) == [None]


def searches(imap):
    for criteria, found in {
        ("ALL",): "1 2 3 4 5",
        ("FLAGGED",): "2",
        ("UNSEEN", "SUBJECT", '"number 0"'): "4",
        ("OR", "UID", "1", "TEXT", '"text 5"'): "1 5",
        ("NOT", "DRAFT", "SENTSINCE", "14-Mar-2026"): "4 5",
        ("HEADER", "REFERENCES", '"<1@example.org>"'): "3 5",
        ("LARGER", "1000000"): "",
    }.items():
        assert ok(imap.search(None, *criteria), criteria)[0].decode() == found, criteria
    imap.literal = "NUMBER 1".encode()
    assert ok(imap.uid("SEARCH", "CHARSET", "UTF-8", "SUBJECT")) == [b"1 3 5"]
    assert ok(imap.sort("(REVERSE DATE)", "UTF-8", "ALL")) == [b"5 4 3 2 1"]
    assert ok(imap.sort("(SUBJECT REVERSE DATE)", "UTF-8", "ALL")) == [b"4 2 5 3 1"]
    # 2 and 4 have the same subject and nothing else in common (RFC 5256 3).
    assert ok(imap.thread("REFERENCES", "UTF-8", "ALL")) == [b"(1 (3)(5))((2)(4))"]
    assert ok(imap.thread("ORDEREDSUBJECT", "UTF-8", "ALL")) == [b"(1 (3)(5))(2 4)"]


def files(imap):
    data = ok(imap.copy("1:2", "Projekte"))
    assert re.match(rb"\[COPYUID \d+ 1:2 1:2\]", data[0]), data
    ok(imap.uid("MOVE", "3", "Projekte"))
    assert untagged(imap, "EXPUNGE") == [b"3"]
    assert ok(imap.search(None, "ALL")) == [b"1 2 3 4"]
    ok(imap.store("1", "+FLAGS.SILENT", r"\Deleted"))
    assert ok(imap.expunge()) == [b"1"]
    ok(imap.close())
    assert ok(imap.select("Projekte", readonly=True)) == [b"3"]
    assert imap.is_readonly
    ok(imap.unselect())


def asks_for_rights_and_quota(imap):
    rights = ok(imap.myrights("INBOX"))[0].split()[-1]
    assert set(b"lrswipkxtea") <= set(rights), rights
    ok(imap.setacl("Projekte", BEN, "lrs"))
    acl = ok(imap.getacl("Projekte"))[0].decode()
    assert BEN in acl, acl
    other = imaplib.IMAP4_SSL("localhost", int(os.environ["IMAPS"]), ssl_context=TRUST, timeout=30)
    ok(other.login(BEN, PASSWORD))
    shared = [line.decode() for line in ok(other.list()) if b"Projekte" in line]
    assert len(shared) == 1, shared
    name = shared[0].split(' "/" ')[1]
    assert ok(other.select(name)) == [b"3"], name
    status, data = other.store("1", "+FLAGS", r"\Deleted")
    assert status == "NO" or rb"\Deleted" not in (data[0] or b""), data
    other.logout()
    ok(imap.deleteacl("Projekte", BEN))
    assert BEN not in ok(imap.getacl("Projekte"))[0].decode()
    root, quota = ok(imap.getquotaroot("INBOX"))
    assert root[0].startswith(b"INBOX"), root


def identifies_itself_and_enables(imap):
    ok(imap._simple_command("ID", '("name" "imaplib")'))
    assert b'"name" "Wachpost"' in untagged(imap, "ID")[0]
    ok(imap.enable("CONDSTORE"))
    assert b"CONDSTORE" in untagged(imap, "ENABLED")[0]


def follows_changes(imap):
    ok(imap.select("INBOX"))
    position = int(untagged(imap, "HIGHESTMODSEQ")[0])
    validity = untagged(imap, "UIDVALIDITY")[0].decode()
    ok(imap.store("2", "+FLAGS", r"\Flagged"))
    changed = ok(imap.uid("FETCH", "1:*", f"(FLAGS) (CHANGEDSINCE {position})"))
    assert len(changed) == 1 and b"MODSEQ (" in changed[0], changed
    status = imap._simple_command("STORE", "2", f"(UNCHANGEDSINCE {position})", "+FLAGS", r"(\Seen)")
    assert b"MODIFIED 2" in status[1][0] or status[0] == "NO", status
    untagged(imap, "FETCH")
    ok(imap.unselect())
    ok(imap.enable("QRESYNC"))
    ok(imap.select("INBOX"))
    ok(imap.uid("STORE", "5", "+FLAGS.SILENT", r"\Deleted"))
    ok(imap.uid("EXPUNGE", "5"))
    assert untagged(imap, "VANISHED") == [b"5"]
    ok(imap.unselect())
    imap.untagged_responses.clear()
    ok(imap._simple_command("SELECT", "INBOX", f"(QRESYNC ({validity} {position}))"))
    imap.state = "SELECTED"
    assert untagged(imap, "VANISHED") == [b"(EARLIER) 5"]
    assert len(untagged(imap, "FETCH")) == 1


def waits_for_mail(imap):
    other = sign_in(os.environ["IMAPS"])
    tag = imap._new_tag()
    imap.send(tag + b" IDLE\r\n")
    assert imap.readline().startswith(b"+")
    ok(other.append("INBOX", None, None, message(7)))
    while not re.match(rb"\* 3 EXISTS", line := imap.readline()):
        assert line.startswith(b"*"), line
    ok(other.select("INBOX"))
    ok(other.store("3", "+FLAGS", r"(\Flagged)"))
    while b"FETCH" not in (line := imap.readline()):
        assert line.startswith(b"*"), line
    assert rb"\Flagged" in line
    imap.send(b"DONE\r\n")
    while not (line := imap.readline()).startswith(tag):
        pass
    assert b" OK " in line
    other.logout()


class Deflated:
    """RFC 4978: after COMPRESS both directions are one deflate stream each."""

    def __init__(self, socket):
        self.socket = socket
        self.packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.unpacker = zlib.decompressobj(-15)
        self.held = b""

    def send(self, data):
        self.socket.sendall(self.packer.compress(data) + self.packer.flush(zlib.Z_SYNC_FLUSH))

    def _more(self):
        data = self.socket.recv(65536)
        assert data, "the server closed the connection"
        self.held += self.unpacker.decompress(data)

    def read(self, size):
        while len(self.held) < size:
            self._more()
        data, self.held = self.held[:size], self.held[size:]
        return data

    def readline(self):
        while b"\n" not in self.held:
            self._more()
        line, rest = self.held.split(b"\n", 1)
        self.held = rest
        return line + b"\n"


def compresses():
    imap = sign_in(os.environ["IMAPS"])
    ok(imap._simple_command("COMPRESS", "DEFLATE"))
    stream = Deflated(imap.sock)
    imap.send, imap.read, imap.readline = stream.send, stream.read, stream.readline
    text = "Viele Grüße aus Köln. " * 10_000
    ok(imap.append("Archive", None, None, message(8, text=text)))
    ok(imap.select("Archive"))
    assert ok(imap.fetch("1", "BODY.PEEK[]"))[0][1] == message(8, text=text)
    imap.send(b"z1 LOGOUT\r\n")
    assert imap.readline().startswith(b"* BYE")


signs_in()
session = sign_in(os.environ["IMAPS"])
lists_and_creates(session)
appends(session)
fetches(session)
stores(session)
searches(session)
files(session)
asks_for_rights_and_quota(session)
identifies_itself_and_enables(session)
follows_changes(session)
waits_for_mail(session)
session.logout()
compresses()
print("all is well")
