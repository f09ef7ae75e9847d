"""Random changes through IMAP, DAV and JMAP at once; whoever follows along by one face ends with what the others have.

Each face has a worker with connections of its own, who changes what it finds and follows what changed by its protocol's
own means: CONDSTORE and QRESYNC, sync-collection, /changes. In the end every follower must hold what a newcomer is
told, and all three must hold the same.
"""

import imaplib
import os
import random
import re
import threading
import traceback
import xml.etree.ElementTree as xml
from collections import Counter
from urllib.parse import unquote

import requests

PASSWORD, CERTIFICATE = os.environ["PASSWORD"], os.environ["CERTIFICATE"]
BASE = f"https://localhost:{os.environ['HTTPS']}"
STEPS = int(os.environ.get("FACES_STEPS", "60"))
SEEDS = [int(seed) for seed in os.environ.get("FACES_SEEDS", "1,2").split(",")]
USING = [f"urn:ietf:params:jmap:{name}" for name in ("core", "mail", "contacts", "calendars")]
# Refusals that come of somebody else being faster.
RACES = {"notFound", "invalidProperties", "stateMismatch", "mailboxHasChild", "mailboxHasEmail", "forbidden", "willDestroy"}


class Http:
    """A signed-in connection."""

    def __init__(self, who):
        self.session = requests.Session()
        self.session.auth, self.session.verify = (who, PASSWORD), CERTIFICATE

    def ask(self, method, path, body=b"", **fields):
        answer = self.session.request(method, BASE + path, data=body, headers=fields, timeout=60)
        assert answer.status_code < 500, (method, path, answer.status_code, answer.text)
        return answer


class Jmap:
    """Follows mailboxes, emails, cards and events by /changes."""

    KINDS = {
        "Mailbox": ["name", "parentId"],
        "Email": ["mailboxIds", "keywords", "messageId"],
        "ContactCard": ["uid", "name", "addressBookIds"],
        "CalendarEvent": ["uid", "title"],
    }

    def __init__(self, who):
        self.http = Http(who)
        session = self.http.ask("GET", "/.well-known/jmap").json()
        self.account = session["primaryAccounts"][USING[1]]
        self.upload = session["uploadUrl"].replace("{accountId}", self.account)
        self.kept, self.states, self.fresh = {}, {}, []
        for kind in self.KINDS:
            self.begin(kind)
        self.book = next(b["id"] for b in self.call("AddressBook/get", ids=None)["list"] if b["isDefault"])
        self.calendar = next(c["id"] for c in self.call("Calendar/get", ids=None)["list"] if c["isDefault"])

    def call(self, method, **arguments):
        request = {"using": USING, "methodCalls": [[method, {"accountId": self.account, **arguments}, "c"]]}
        [answer] = self.http.session.post(BASE + "/jmap/api", json=request, timeout=60).json()["methodResponses"]
        assert answer[1].get("type") not in ("serverFail", "invalidArguments", "unknownMethod"), (request, answer)
        return answer[1]

    def set(self, kind, **arguments):
        answer = self.call(f"{kind}/set", **arguments)
        for refused in ("notCreated", "notUpdated", "notDestroyed"):
            for error in (answer.get(refused) or {}).values():
                assert error["type"] in RACES, (kind, arguments, answer)
        return answer

    def begin(self, kind):
        """What a newcomer is told."""
        state = self.call(f"{kind}/get", ids=[])["state"]
        if kind == "Mailbox":
            ids = None
        else:
            ids = self.call(f"{kind}/query")["ids"]
        self.states[kind], self.kept[kind] = state, {}
        self.look(kind, ids)

    def look(self, kind, ids):
        if ids == []:
            return
        answer = self.call(f"{kind}/get", ids=ids, properties=self.KINDS[kind])
        for found in answer["list"]:
            self.kept[kind][found["id"]] = found
        for gone in answer["notFound"]:
            self.kept[kind].pop(gone, None)

    def follow(self):
        for kind in self.KINDS:
            while True:
                more = {} if kind == "Mailbox" else {"maxChanges": 7}
                answer = self.call(f"{kind}/changes", sinceState=self.states[kind], **more)
                if answer.get("type") == "cannotCalculateChanges":
                    self.fresh.append(kind)
                    self.begin(kind)
                    break
                self.look(kind, answer["created"] + answer["updated"])
                for gone in answer["destroyed"]:
                    self.kept[kind].pop(gone, None)
                self.states[kind] = answer["newState"]
                if not answer["hasMoreChanges"]:
                    break

    def path(self, mailbox):
        found = self.kept["Mailbox"].get(mailbox)
        if found is None:
            return f"?{mailbox}"
        name = found["name"]
        return f"{self.path(found['parentId'])}/{name}" if found["parentId"] else name

    def mail(self):
        emails = self.kept["Email"].values()
        return Counter(
            (named(self.path(next(iter(one["mailboxIds"])))), one["messageId"][0], words(one["keywords"])) for one in emails
        )

    def mailboxes(self):
        return {named(self.path(one)) for one in self.kept["Mailbox"]}

    def cards(self):
        return Counter((one["uid"], one["name"]["full"]) for one in self.kept["ContactCard"].values() if "bd" not in one["addressBookIds"])

    def events(self):
        return Counter((one["uid"], one["title"]) for one in self.kept["CalendarEvent"].values())

    def step(self, rng, number):
        emails, boxes = list(self.kept["Email"]), list(self.kept["Mailbox"])
        cards = [one for one in self.kept["ContactCard"] if not one.startswith("kd")]
        events = list(self.kept["CalendarEvent"])
        what = rng.randrange(12)
        if what <= 2 and emails:
            value = rng.choice([True, None])
            self.set("Email", update={rng.choice(emails): {f"keywords/{rng.choice(KEYWORDS)}": value}})
        elif what == 3 and emails:
            self.set("Email", update={rng.choice(emails): {"mailboxIds": {rng.choice(boxes): True}}})
        elif what == 4 and emails:
            self.set("Email", destroy=[rng.choice(emails)])
        elif what == 5:
            blob = self.http.session.post(self.upload, data=message(number), headers={"Content-Type": "message/rfc822"}).json()
            new = {"x": {"blobId": blob["blobId"], "mailboxIds": {rng.choice(boxes): True}, "keywords": {"$seen": True}}}
            self.call("Email/import", emails=new)
        elif what == 6:
            self.set("Mailbox", create={"x": {"name": f"j{number}", "parentId": rng.choice([None, *boxes])}})
        elif what == 7:
            own = [one for one in boxes if re.match("[ij][0-9]", self.kept["Mailbox"][one]["name"])]
            if own and rng.random() < 0.5:
                self.set("Mailbox", destroy=[rng.choice(own)], onDestroyRemoveEmails=True)
            elif own:
                self.set("Mailbox", update={rng.choice(own): {"name": f"j{number}"}})
        elif what == 8:
            card = {"addressBookIds": {self.book: True}, "uid": f"urn:x:{number}", "name": {"full": f"J {number}"}}
            self.set("ContactCard", create={"x": card})
        elif what == 9 and cards:
            one = rng.choice(cards)
            change = {"update": {one: {"name": {"full": f"J {number}"}}}} if rng.random() < 0.7 else {"destroy": [one]}
            self.set("ContactCard", **change)
        elif what == 10:
            event = {"calendarIds": {self.calendar: True}, "uid": f"e{number}", "title": f"J {number}", "start": "2030-01-01T10:00:00", "timeZone": "Etc/UTC", "duration": "PT1H"}
            self.set("CalendarEvent", create={"x": event})
        elif what == 11 and events:
            one = rng.choice(events)
            change = {"update": {one: {"title": f"J {number}"}}} if rng.random() < 0.7 else {"destroy": [one]}
            self.set("CalendarEvent", **change)


class Dav:
    """Follows an address book and a calendar by sync-collection (RFC 6578)."""

    def __init__(self, who):
        self.http = Http(who)
        self.places = {f"/dav/addressbooks/{who}/contacts/": ".vcf", f"/dav/calendars/{who}/calendar/": ".ics"}
        self.tokens = dict.fromkeys(self.places, "")
        self.kept = {place: {} for place in self.places}
        self.fresh = 0
        self.follow()

    def follow(self):
        for place in self.places:
            body = f'<sync-collection xmlns="DAV:"><sync-token>{self.tokens[place]}</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>'
            answer = self.http.ask("REPORT", place, body, **{"Content-Type": "application/xml"})
            if answer.status_code == 403 and "valid-sync-token" in answer.text:
                self.fresh += 1
                self.tokens[place], self.kept[place] = "", {}
                return self.follow()
            assert answer.status_code == 207, answer.text
            tree = xml.fromstring(answer.content)
            for one in tree.findall("{DAV:}response"):
                href = unquote(one.findtext("{DAV:}href"))
                if not href.endswith(self.places[place]):
                    continue
                status = one.findtext("{DAV:}status")
                got = None if status and "404" in status else self.http.ask("GET", href)
                if got is None or got.status_code == 404:
                    self.kept[place].pop(href, None)
                else:
                    self.kept[place][href] = (got.headers["ETag"], got.content.decode())
            self.tokens[place] = tree.findtext("{DAV:}sync-token")

    def said(self, ending, name):
        pairs = Counter()
        for place, end in self.places.items():
            for _, text in self.kept[place].values() if end == ending else []:
                plain = text.replace("\r\n ", "")
                uid = re.search(r"^UID(?:;[^:\n]*)?:(.*?)\r?$", plain, re.M).group(1)
                pairs[(uid, re.search(rf"^{name}(?:;[^:\n]*)?:(.*?)\r?$", plain, re.M).group(1))] += 1
        return pairs

    def cards(self):
        return self.said(".vcf", "FN")

    def events(self):
        return self.said(".ics", "SUMMARY")

    def step(self, rng, number):
        place = rng.choice(list(self.places))
        ending = self.places[place]
        known = list(self.kept[place].items())
        what = rng.randrange(4)
        if what <= 1 or not known:
            text = card(number) if ending == ".vcf" else event(number)
            put = self.http.ask("PUT", f"{place}d{number}{ending}", text.encode(), **{"If-None-Match": "*", "Content-Type": TYPES[ending]})
            assert put.status_code in (201, 204), put.text
        elif what == 2:
            href, (etag, text) = rng.choice(known)
            changed = re.sub(r"(?m)^(FN|SUMMARY)[^:\r\n]*:.*?(\r?)$", rf"\1:D {number}\2", text)
            put = self.http.ask("PUT", href, changed.encode(), **{"If-Match": etag, "Content-Type": TYPES[ending]})
            assert put.status_code in (200, 201, 204, 404, 412), (put.status_code, put.text, changed)
        else:
            href, (etag, _) = rng.choice(known)
            gone = self.http.ask("DELETE", href, **{"If-Match": etag})
            assert gone.status_code in (200, 204, 404, 412), gone.text


class Again(Exception):
    """The connection is a new one; what was begun begins again."""


class Imap:
    """Follows all mailboxes by CONDSTORE and QRESYNC (RFC 7162)."""

    def __init__(self, who):
        self.who, self.kept = who, {}
        self.connect()
        self.follow()

    def connect(self):
        self.imap = imaplib.IMAP4("localhost", int(os.environ["IMAP"]))
        self.imap.login(self.who, PASSWORD)
        self.imap.enable("QRESYNC")

    def ask(self, command, *arguments):
        """NO is an answer: somebody was faster. BAD is none."""
        try:
            status, data = getattr(self.imap, command)(*arguments)
        except imaplib.IMAP4.abort as farewell:
            # RFC 9051 7.1.5: the server hangs up where the selected mailbox is gone.
            assert "not there any more" in str(farewell), farewell
            self.connect()
            raise Again from farewell
        return data if status == "OK" else None

    def listed(self):
        names = set()
        for line in self.ask("list") or []:
            attributes, name = re.match(rb'\((.*?)\) "/" "?(.*?)"?$', line).groups()
            if b"\\Noselect" not in attributes and b"\\NonExistent" not in attributes:
                names.add(name.decode())
        return names

    def select(self, name):
        self.imap.untagged_responses.clear()
        if self.ask("select", f'"{name}"') is None:
            return None
        number = lambda code: int(self.imap.untagged_responses[code][-1])
        return number("UIDVALIDITY"), number("HIGHESTMODSEQ")

    def follow(self):
        while True:
            try:
                return self.follow_once()
            except Again:
                pass

    def follow_once(self):
        names = self.listed()
        for name in set(self.kept) - names:
            del self.kept[name]
        for name in names:
            now = self.select(name)
            if now is None:
                self.kept.pop(name, None)
                continue
            validity, modseq = now
            known = self.kept.get(name)
            if known is None or known["validity"] != validity:
                known = self.kept[name] = {"validity": validity, "modseq": 0, "messages": {}}
            self.imap.untagged_responses.clear()
            if known["modseq"] == 0:
                data = self.ask("uid", "FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
            else:
                since = f"(CHANGEDSINCE {known['modseq']} VANISHED)"
                data = self.ask("uid", "FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", since)
            for vanished in self.imap.untagged_responses.get("VANISHED", []):
                for span in vanished.decode().split()[-1].split(","):
                    first, _, last = span.partition(":")
                    for uid in list(known["messages"]):
                        if int(first) <= uid <= int(last or first):
                            del known["messages"][uid]
            self.take(known, data or [])
            known["modseq"] = modseq

    def take(self, known, data):
        for item in data:
            if not isinstance(item, tuple):
                continue
            head, header = item[0].decode(), item[1].decode()
            place = data.index(item) + 1
            tail = data[place].decode() if place < len(data) and isinstance(data[place], bytes) else ""
            whole = head + tail
            uid = int(re.search(r"UID (\d+)", whole).group(1))
            flags = re.search(r"FLAGS \((.*?)\)", whole).group(1).split()
            known["messages"][uid] = (re.search(r"<(.*?)>", header).group(1), flags)

    def mail(self):
        return Counter(
            (named(name), identity, words(flag.replace("\\", "$") for flag in flags))
            for name, known in self.kept.items()
            for identity, flags in known["messages"].values()
        )

    def mailboxes(self):
        return {named(name) for name in self.kept}

    def step(self, rng, number):
        names = sorted(self.listed())
        name = rng.choice(names)
        what = rng.randrange(10)
        if what <= 1:
            self.ask("append", f'"{name}"', rng.choice(["()", "(\\Seen)", "(\\Flagged $work)"]), None, message(number))
            return
        if what == 2:
            self.ask("create", f'"{rng.choice(["", name + "/"])}i{number}"')
            return
        if what == 3:
            own = [one for one in names if re.match("[ij][0-9]", one.rpartition("/")[2])]
            if own and rng.random() < 0.5:
                if self.imap.state == "SELECTED":
                    self.ask("unselect")
                self.ask("delete", f'"{rng.choice(own)}"')
            elif own:
                self.ask("rename", f'"{rng.choice(own)}"', f'"i{number}"')
            return
        if self.select(name) is None:
            return
        found = self.ask("uid", "SEARCH", None, "ALL") or [b""]
        uids = (found[0] or b"").decode().split()
        if not uids:
            return
        uid = rng.choice(uids)
        if what <= 6:
            flag = rng.choice(["\\Seen", "\\Flagged", "\\Answered", "$work"])
            self.ask("uid", "STORE", uid, rng.choice(["+FLAGS", "-FLAGS"]), f"({flag})")
        elif what <= 8:
            self.ask("uid", "MOVE", uid, f'"{rng.choice(names)}"')
        else:
            self.ask("uid", "STORE", uid, "+FLAGS", "(\\Deleted)")
            self.ask("uid", "EXPUNGE", uid)


imaplib.Commands.setdefault("MOVE", ("SELECTED",))
KEYWORDS = ["$seen", "$flagged", "$answered", "$work"]
TYPES = {".vcf": "text/vcard; charset=utf-8", ".ics": "text/calendar; charset=utf-8"}


def words(keywords):
    """Keywords that every face has; what is marked for deletion is nobody else's business."""
    return frozenset(word.lower() for word in keywords) - {"$recent", "$deleted"}


def named(path):
    return "Inbox" + path[5:] if path.upper().startswith("INBOX") else path


def message(number):
    return f"From: a@example.net\r\nTo: b@example.net\r\nSubject: {number}\r\nMessage-ID: <{number}@example.net>\r\n\r\nText {number}\r\n".encode()


def card(number):
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:urn:x:{number}\r\nN:D;{number};;;\r\nFN:D {number}\r\nitem1.X-OWN:kept\r\nEND:VCARD\r\n"


def event(number):
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:e{number}\r\nDTSTAMP:20260101T000000Z\r\n"
        f"DTSTART:20300101T100000Z\r\nDTEND:20300101T110000Z\r\nSUMMARY:D {number}\r\nX-OWN:kept\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def work(face, who, seed, offset, failures, done):
    try:
        rng = random.Random(seed * 100 + offset)
        worker = face(who)
        for step in range(STEPS):
            try:
                worker.step(rng, (seed * 10 + offset) * 100_000 + step)
            except Again:
                pass
            if rng.random() < 0.3:
                worker.follow()
        done[face] = worker
    except BaseException:
        failures.append(f"{face.__name__}, seed {seed}:\n{traceback.format_exc()}")


def same(what, one, other):
    if isinstance(one, set):
        one, other = Counter(one), Counter(other)
    assert one == other, f"{what}:\n  only in the first: {one - other}\n  only in the second: {other - one}"


for seed, who in zip(SEEDS, [os.environ["ANNA"], os.environ["BEN"]]):
    failures, done = [], {}
    # The account's standard mailboxes and collections are there before anybody follows.
    Jmap(who)
    workers = [threading.Thread(target=work, args=(face, who, seed, offset, failures, done)) for offset, face in enumerate((Imap, Jmap, Dav))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures, "\n".join(failures)
    for worker in done.values():
        worker.follow()
    jmap, imap, dav = done[Jmap], done[Imap], done[Dav]
    new_jmap, new_imap, new_dav = Jmap(who), Imap(who), Dav(who)
    print(f"seed {seed}: {sum(imap.mail().values())} emails in {len(imap.kept)} mailboxes, {sum(dav.cards().values())} cards, {sum(dav.events().values())} events; began anew: {jmap.fresh}, {dav.fresh}")
    for name in ("mailboxes", "mail"):
        same(f"seed {seed}: {name}, who followed by IMAP and a newcomer", getattr(imap, name)(), getattr(new_imap, name)())
        same(f"seed {seed}: {name}, who followed by JMAP and a newcomer", getattr(jmap, name)(), getattr(new_jmap, name)())
        same(f"seed {seed}: {name}, IMAP and JMAP", getattr(new_imap, name)(), getattr(new_jmap, name)())
    for name in ("cards", "events"):
        same(f"seed {seed}: {name}, who followed by DAV and a newcomer", getattr(dav, name)(), getattr(new_dav, name)())
        same(f"seed {seed}: {name}, who followed by JMAP and a newcomer", getattr(jmap, name)(), getattr(new_jmap, name)())
        same(f"seed {seed}: {name}, DAV and JMAP", getattr(new_dav, name)(), getattr(new_jmap, name)())
    # Whoever looks at everything again now and then proves nothing. But one change of a mailbox may change more emails at once
    # than the follower takes (RFC 8620 5.2).
    assert set(jmap.fresh) <= {"Email"} and len(jmap.fresh) <= 4 and dav.fresh == 0, (jmap.fresh, dav.fresh)

print("all is well")
