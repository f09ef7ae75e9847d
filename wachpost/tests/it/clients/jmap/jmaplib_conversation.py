"""What a program with the library jmaplib does: mail, contacts, calendars, sharing, and keeping up with changes."""

import os
import ssl
import time

import httpx
from jmap import CreationRef, MethodError
from jmap.auth import BasicAuth
from jmap.batch import ReadOnlyAccountError
from jmap.client import JMAPClient
from jmap.core.patch import keyword_patch, mailbox_patch
from jmap.sync import ChangeStream

ANNA, BEN, PASSWORD = os.environ["ANNA"], os.environ["BEN"], os.environ["PASSWORD"]
URL = f"https://localhost:{os.environ['HTTPS']}/.well-known/jmap"
TRUST = ssl.create_default_context(cafile=os.environ["CERTIFICATE"])


def connect(who, **more):
    http = httpx.Client(verify=TRUST, follow_redirects=True, timeout=30)
    return JMAPClient.connect(URL, auth=BasicAuth(who, PASSWORD), http=http, experimental=True, **more)


anna, ben = connect(ANNA), connect(BEN)

# One request: mailboxes, identities, quota, address books, calendars, principals.
with anna.batch() as batch:
    mailboxes = batch.mail.mailbox.get(ids=None)
    identities = batch.submission.identity.get(ids=None)
    quotas = batch.quota.quota.get(ids=None)
    books = batch.contacts.address_book.get(ids=None)
    calendars = batch.calendars.calendar.get(ids=None)
    principals = batch.principals.principal.get(ids=None)
by_role = {one.role: one.id for one in mailboxes.result.items}
[identity] = [one for one in identities.result.items if one.email == ANNA]
[book] = [one for one in books.result.items if one.is_default]
assert any(one.my_rights.may_read and not one.my_rights.may_write for one in books.result.items)
[calendar] = [one for one in calendars.result.items if one.is_default]
[ben_there] = [one for one in principals.result.items if one.email == BEN]

# A draft with an attachment is made and sent in one request.
uploaded = anna.upload(b"%PDF-1.4 not really", content_type="application/pdf")
with anna.batch() as batch:
    batch.mail.email.set(
        create={
            "draft": {
                "mailboxIds": {by_role["drafts"]: True},
                "keywords": {"$draft": True},
                "from": [{"email": ANNA, "name": "Anna"}],
                "to": [{"email": BEN}],
                "subject": "Mittagessen?",
                "textBody": [{"partId": "body", "type": "text/plain"}],
                "bodyValues": {"body": {"value": "Um eins?"}},
                "attachments": [{"blobId": uploaded.blob_id, "type": "application/pdf", "name": "karte.pdf"}],
            }
        }
    )
    sent = batch.submission.email_submission.set(
        create={"send": {"identityId": identity.id, "emailId": CreationRef("draft")}},
        onSuccessUpdateEmail={
            "#send": {"keywords/$draft": None, **mailbox_patch(add=[by_role["sent"]], remove=[by_role["drafts"]])}
        },
    )
assert not sent.result.has_errors, sent.result.creation_errors

with ben.batch() as batch:
    boxes = batch.mail.mailbox.get(ids=None)
ben_by_role = {one.role: one.id for one in boxes.result.items}
for _ in range(100):
    with ben.batch() as batch:
        found = batch.mail.email.query(
            filter={"inMailbox": ben_by_role["inbox"], "subject": "Mittagessen"},
            sort=[{"property": "receivedAt", "isAscending": False}],
            limit=10,
        )
        emails = batch.mail.email.get(ids=found.ref_ids(), fetchTextBodyValues=True)
    if emails.result.items:
        break
    time.sleep(0.1)
[email] = emails.result.items
assert email.from_[0].email == ANNA and email.preview.startswith("Um eins?"), email
assert "Um eins?" in email.body_values[email.text_body[0].part_id].value
[attachment] = email.attachments
octets = ben.download(attachment.blob_id, name="karte.pdf", content_type="application/pdf")
assert octets == b"%PDF-1.4 not really", octets

# Changes are followed while keywords and places change.
stream = ChangeStream(ben, "Email")
with ben.batch() as batch:
    got = batch.mail.email.get(ids=[])
stream.seed(got.result.state)
patch = keyword_patch(add=["$seen", "$flagged"])
patch.update(mailbox_patch(add=[ben_by_role["archive"]], remove=[ben_by_role["inbox"]]))
with ben.batch() as batch:
    changed = batch.mail.email.set(update={email.id: patch})
assert not changed.result.has_errors, changed.result.update_errors
changes = stream.catch_up()
assert email.id in changes.updated and not changes.created and not changes.destroyed, changes

# Contacts: a card is made, found, patched, and keeps what the patch does not name.
with anna.batch() as batch:
    made = batch.contacts.contact_card.set(
        create={
            "ben": {
                "@type": "Card",
                "version": "1.0",
                "addressBookIds": {book.id: True},
                "name": {"components": [{"kind": "given", "value": "Ben"}, {"kind": "surname", "value": "Bär"}]},
                "emails": {"e1": {"address": BEN, "contexts": {"work": True}}},
                "phones": {"p1": {"number": "+49 30 123456", "features": {"mobile": True}}},
                "example.org:shoe": {"size": 43},
            }
        }
    )
assert not made.result.has_errors, made.result.creation_errors
card_id = made.result.created_id("ben")
with anna.batch() as batch:
    found = batch.contacts.contact_card.query(filter={"name": "bar", "inAddressBook": book.id})
    cards = batch.contacts.contact_card.get(ids=found.ref_ids())
[card] = cards.result.items
assert card.id == card_id
with anna.batch() as batch:
    patched = batch.contacts.contact_card.set(update={card_id: {"phones/p1/number": "+49 30 654321"}})
    again = batch.contacts.contact_card.get(ids=[card_id])
assert not patched.result.has_errors, patched.result.update_errors
[card] = again.result.items
raw = card.model_dump(by_alias=True, exclude_unset=True)
phone = raw["phones"]["p1"]
assert phone["number"] == "+49 30 654321" and phone["features"] == {"mobile": True}, raw
assert raw["example.org:shoe"] == {"size": 43} and raw["emails"]["e1"]["address"] == BEN, raw

# Sharing: Ben sees the address book, and was told so.
with anna.batch() as batch:
    shared = batch.contacts.address_book.set(update={book.id: {f"shareWith/{ben_there.id}": {"mayRead": True}}})
assert not shared.result.has_errors, shared.result.update_errors
seen = connect(BEN, account_id=anna.session.primary_accounts["urn:ietf:params:jmap:contacts"])
with seen.batch() as batch:
    cards = batch.contacts.contact_card.get(ids=None)
assert [one.id for one in cards.result.items] == [card_id]
with ben.batch() as batch:
    notes = batch.principals.share_notification.get(ids=None)
[note] = notes.result.items
assert note.object_id == book.id, note
try:
    with seen.batch() as batch:
        refused = batch.contacts.contact_card.set(update={card_id: {"kind": "org"}})
    assert refused.result.update_errors[card_id].type == "forbidden", refused.result
except ReadOnlyAccountError:
    # The library knows from the session that nothing can be changed there.
    pass

# A calendar event is made and found by its time.
with anna.batch() as batch:
    event = batch.calendars.calendar_event.set(
        create={
            "lunch": {
                "@type": "Event",
                "calendarIds": {calendar.id: True},
                "title": "Mittagessen",
                "start": "2030-05-02T13:00:00",
                "timeZone": "Europe/Berlin",
                "duration": "PT1H",
                "recurrenceRule": {"@type": "RecurrenceRule", "frequency": "weekly", "count": 3},
            }
        }
    )
assert not event.result.has_errors, event.result.creation_errors
event_id = event.result.created_id("lunch")
with anna.batch() as batch:
    hits = batch.calendars.calendar_event.query(filter={"after": "2030-05-01T00:00:00", "before": "2030-05-03T00:00:00"})
    events = batch.calendars.calendar_event.get(ids=hits.ref_ids())
assert [one.id for one in events.result.items] == [event_id] and events.result.items[0].title == "Mittagessen"

# What fails, fails alone.
with anna.batch() as batch:
    good = batch.mail.mailbox.get(ids=None)
    bad = batch.mail.email.changes(since_state="nonsense")
assert good.result.items
try:
    bad.result
    raise SystemExit("a state that never was is taken")
except MethodError as error:
    assert error.type == "cannotCalculateChanges", error

print("all is well")
