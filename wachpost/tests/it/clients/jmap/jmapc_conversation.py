"""What a script with the library jmapc does: mailboxes, search, drafts, keywords, blobs, sending, push."""

import os
import sys
import time
import uuid

from jmapc import (
    Address,
    Client,
    Comparator,
    Email,
    EmailAddress,
    EmailBodyPart,
    EmailBodyValue,
    EmailHeader,
    EmailQueryFilterCondition,
    EmailSubmission,
    Envelope,
    MailboxQueryFilterCondition,
    Ref,
)
from jmapc.errors import Error
from jmapc.methods import (
    CoreEcho,
    EmailChanges,
    EmailGet,
    EmailQuery,
    EmailSet,
    EmailSubmissionSet,
    IdentityGet,
    MailboxGet,
    MailboxQuery,
    MailboxSet,
    SearchSnippetGet,
    ThreadGet,
)

# The library speaks HTTP with requests, which takes the certificates to trust from here.
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["CERTIFICATE"]
ANNA, BEN, PASSWORD = os.environ["ANNA"], os.environ["BEN"], os.environ["PASSWORD"]
HOST = f"localhost:{os.environ['HTTPS']}"


def explain(kind, error, trace):
    """The library tells in a field of its error what the server answered."""
    sys.__excepthook__(kind, error, trace)
    print(getattr(error, "result", ""), file=sys.stderr)


sys.excepthook = explain


def client(who):
    return Client.create_with_password(host=HOST, user=who, password=PASSWORD)


anna = client(ANNA)
ben = client(BEN)
assert anna.jmap_session.username == ANNA
assert anna.request(CoreEcho(data={"hello": "world"})).data == {"hello": "world"}


def mailbox(who, role):
    """The id of a mailbox by its role: two calls, the second refers to the first."""
    answers = who.request(
        [
            MailboxQuery(filter=MailboxQueryFilterCondition(role=role)),
            MailboxGet(ids=Ref("/ids")),
        ],
        raise_errors=True,
    )
    [found] = answers[1].response.data
    return found.id


drafts, sent, inbox = mailbox(anna, "drafts"), mailbox(anna, "sent"), mailbox(anna, "inbox")
all_mailboxes = anna.request(MailboxGet(ids=None), raise_errors=True).data
assert {"inbox", "drafts", "sent", "trash"} <= {one.role for one in all_mailboxes}

# An attachment is uploaded, a draft made with it, its keywords changed.
with open("notes.txt", "w", encoding="utf-8") as file:
    file.write("Grüße vom Anhang\n")
blob = anna.upload_blob("notes.txt")
assert blob.type.startswith("text/plain"), blob
marker = uuid.uuid4().hex
before = anna.request(EmailGet(ids=[]), raise_errors=True).state
draft = Email(
    mail_from=[EmailAddress(name="Anna", email=ANNA)],
    to=[EmailAddress(name="Ben", email=BEN)],
    subject=f"Über {marker}",
    keywords={"$draft": True},
    mailbox_ids={drafts: True},
    body_values={"body": EmailBodyValue(value=f"Hallo Ben,\n{marker} grüßt.\n")},
    text_body=[EmailBodyPart(part_id="body", type="text/plain")],
    attachments=[EmailBodyPart(blob_id=blob.id, type="text/plain", name="notes.txt", disposition="attachment")],
    headers=[EmailHeader(name="X-Marker", value=marker)],
)
made = anna.request(EmailSet(create={"draft": draft}), raise_errors=True)
assert not made.not_created, made.not_created
draft_id = made.created["draft"].id
answer = anna.request(EmailSet(update={draft_id: {"keywords/$flagged": True}}), raise_errors=True)
assert draft_id in answer.updated, answer
[read] = anna.request(
    EmailGet(ids=[draft_id], fetch_all_body_values=True), raise_errors=True
).data
assert read.subject == f"Über {marker}" and read.keywords == {"$draft": True, "$flagged": True}
assert f"{marker} grüßt." in "".join(value.value for value in read.body_values.values())
assert read.has_attachment and read.mailbox_ids == {drafts: True}
[attachment] = read.attachments
anna.download_attachment(attachment, "back.txt")
assert open("back.txt", encoding="utf-8").read() == "Grüße vom Anhang\n"
changes = anna.request(EmailChanges(since_state=before), raise_errors=True)
assert draft_id in changes.created, changes

# It is sent, moves to the sent ones by that, and Ben finds it.
[identity] = [one for one in anna.request(IdentityGet(ids=None), raise_errors=True).data if one.email == ANNA]
answers = anna.request(
    EmailSubmissionSet(
        create={
            "send": EmailSubmission(
                email_id=draft_id,
                identity_id=identity.id,
                envelope=Envelope(mail_from=Address(email=ANNA), rcpt_to=[Address(email=BEN)]),
            )
        },
        on_success_update_email={
            "#send": {f"mailboxIds/{drafts}": None, f"mailboxIds/{sent}": True, "keywords/$draft": None}
        },
    ),
    raise_errors=True,
)
submission = answers[0] if isinstance(answers, list) else answers
assert not submission.not_created, submission.not_created
[read] = anna.request(EmailGet(ids=[draft_id]), raise_errors=True).data
assert read.mailbox_ids == {sent: True} and "$draft" not in read.keywords, read

for _ in range(100):
    query = EmailQuery(
        filter=EmailQueryFilterCondition(in_mailbox=mailbox(ben, "inbox"), text=marker),
        sort=[Comparator(property="receivedAt", is_ascending=False)],
        limit=50,
        calculate_total=True,
    )
    answers = ben.request(
        [query, EmailGet(ids=Ref("/ids")), ThreadGet(ids=Ref("/list/*/threadId"))],
        raise_errors=True,
    )
    if answers[0].response.ids:
        break
    time.sleep(0.1)
[arrived] = answers[1].response.data
assert answers[0].response.total == 1 and arrived.subject == f"Über {marker}"
[thread] = answers[2].response.data
assert thread.email_ids == [arrived.id]
snippets = ben.request(
    SearchSnippetGet(ids=[arrived.id], filter=EmailQueryFilterCondition(text=marker)), raise_errors=True
)
assert f"<mark>{marker}</mark>" in snippets.data[0].subject, snippets

# A mailbox is made, renamed and destroyed; an error is one that the library knows.
answer = ben.request(MailboxSet(create={"new": {"name": "Projekte"}}), raise_errors=True)
new = answer.created["new"].id
assert ben.request(MailboxSet(update={new: {"name": "Projekt"}}), raise_errors=True).not_updated is None
assert ben.request(MailboxSet(destroy=[new]), raise_errors=True).destroyed == [new]
wrong = ben.request(EmailChanges(since_state="nonsense"))
assert isinstance(wrong, Error) and wrong.type == "cannotCalculateChanges", wrong
answer = ben.request(EmailSet(destroy=[arrived.id]), raise_errors=True)
assert answer.destroyed == [arrived.id]

# Nobody else gets in.
try:
    Client.create_with_password(host=HOST, user=ANNA, password="wrong").jmap_session
    raise SystemExit("a wrong password was taken")
except Exception as error:
    assert "401" in str(error), error

print("all is well")
