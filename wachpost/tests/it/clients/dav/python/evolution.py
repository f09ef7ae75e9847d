"""Drives Evolution's data server as its windows do: calendars, tasks and contacts, offline copies, both ways.

It runs inside `dbus-run-session`; the sources lie in the configuration folder already.
"""

import os
import time
import urllib.request
from base64 import b64encode

import gi

for library, version in {"EDataServer": "1.2", "ECal": "2.0", "EBook": "1.2", "EBookContacts": "1.2", "ICalGLib": "3.0"}.items():
    gi.require_version(library, version)
from gi.repository import EBook, EBookContacts, ECal, EDataServer, Gio, GLib, ICalGLib  # noqa: E402

ANNA, BEN, PASSWORD = (os.environ[name] for name in ("ANNA", "BEN", "PASSWORD"))
SERVER = f"http://127.0.0.1:{os.environ['HTTP']}"
PATIENCE = 30
AGAIN = 2
CONNECTED = EDataServer.SourceConnectionStatus.CONNECTED
EVENTS, TASKS = ECal.ClientSourceType.EVENTS, ECal.ClientSourceType.TASKS
NONE, ALL = ECal.OperationFlags.NONE, ECal.ObjModType.ALL


def credentials():
    parameters = EDataServer.NamedParameters.new()
    parameters.set(EDataServer.SOURCE_CREDENTIAL_USERNAME, ANNA)
    parameters.set(EDataServer.SOURCE_CREDENTIAL_PASSWORD, PASSWORD)
    return parameters


def until(what, holds):
    """Waits for what a process of Evolution does on its own."""
    end = time.monotonic() + PATIENCE
    while True:
        while GLib.MainContext.default().iteration(False):
            pass
        result = holds()
        if result:
            return result
        assert time.monotonic() < end, f"{what} does not come to pass"
        time.sleep(0.02)


def request(method, path, body=None):
    """What is on the server, without Evolution."""
    authorization = "Basic " + b64encode(f"{ANNA}:{PASSWORD}".encode()).decode()
    asked = urllib.request.Request(SERVER + path, method=method, data=body and body.encode(), headers={"Authorization": authorization, "Depth": "1"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.read().decode()


def sign_in(source):
    # No keyring here: the password is given by hand, as in the window that asks for it. Given again while the first is
    # still looked at, it would cancel what goes on.
    given = 0

    def connected():
        nonlocal given
        waits = source.get_connection_status() == EDataServer.SourceConnectionStatus.AWAITING_CREDENTIALS
        if given == 0 or waits and time.monotonic() - given > AGAIN:
            given = time.monotonic()
            source.invoke_authenticate_sync(credentials(), None)
        return source.get_connection_status() == CONNECTED

    until(f"{source.get_uid()} connects", connected)


def calendar(registry, uid, kind):
    source = registry.ref_source(uid)
    client = ECal.Client.connect_sync(source, kind, 1, None)
    sign_in(source)
    until(f"{uid} is online and may be written", lambda: client.is_online() and not client.is_readonly())
    return client


def summaries(client):
    _, found = client.get_object_list_sync("#t", None)
    return sorted(component.get_summary() for component in found)


def refreshed(client):
    # Evolution itself looks now and then, and cancels what is under way.
    try:
        return client.refresh_sync(None)
    except GLib.Error as error:
        if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
            return False
        raise


def seen(client, wanted):
    until("a look at the server", lambda: refreshed(client))
    until(f"{wanted}, not {summaries(client)}", lambda: summaries(client) == sorted(wanted))


def discovers(registry):
    source = registry.ref_source("wp-calendar")
    kinds = EDataServer.WebDAVDiscoverSupports
    wanted = kinds.EVENTS | kinds.TASKS
    done, _, _, found, addresses = EDataServer.webdav_discover_sources_sync(source, f"{SERVER}/", wanted, credentials(), None)
    assert done
    names = sorted(one.display_name for one in found)
    assert "Calendar" in names and "Tasks" in names, names
    assert any(ANNA in address for address in addresses), addresses


def event(uid, summary, lines=""):
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20310101T000000Z\r\nDTSTART:20310401T100000Z\r\nDTEND:20310401T110000Z\r\n"
        f"SUMMARY:{summary}\r\n{lines}END:VEVENT\r\n"
    )


def keeps_events(registry):
    client = calendar(registry, "wp-calendar", EVENTS)
    home = f"/dav/calendars/{ANNA}/calendar/"
    # Made here.
    made, uid = client.create_object_sync(ICalGLib.Component.new_from_string(event("made-here", "Grüße")), NONE, None)
    assert made and uid == "made-here"
    assert "SUMMARY:Grüße" in request("GET", f"{home}made-here.ics")
    # Made there.
    body = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{event('made-there', 'von dort', 'RRULE:FREQ=WEEKLY;COUNT=3' + chr(13) + chr(10))}END:VCALENDAR\r\n"
    request("PUT", f"{home}made-there.ics", body)
    seen(client, ["Grüße", "von dort"])
    # Changed on both sides, one after the other.
    request("PUT", f"{home}made-there.ics", body.replace("von dort", "geändert"))
    seen(client, ["Grüße", "geändert"])
    _, component = client.get_object_sync("made-here", None, None)
    component.set_summary("hier geändert")
    assert client.modify_object_sync(component, ALL, NONE, None)
    assert "hier geändert" in request("GET", f"{home}made-here.ics")
    # Of one changed on both sides at once neither is lost without a word.
    text = request("GET", f"{home}made-here.ics")
    request("PUT", f"{home}made-here.ics", text.replace("hier geändert", "dort geändert"))
    component.set_summary("verspätet")
    try:
        client.modify_object_sync(component, ALL, NONE, None)
        conflict = False
    except GLib.Error:
        conflict = True
    stands = request("GET", f"{home}made-here.ics")
    assert ("dort geändert" in stands) == conflict, (conflict, stands)
    # Gone here, gone there.
    assert client.remove_object_sync("made-here", None, ALL, NONE, None)
    request("DELETE", f"{home}made-there.ics")
    seen(client, [])


def invites(registry):
    client = calendar(registry, "wp-calendar", EVENTS)
    lines = f"ORGANIZER:mailto:{ANNA}\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{ANNA}\r\nATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{BEN}\r\n"
    client.create_object_sync(ICalGLib.Component.new_from_string(event("meeting", "Besprechung", lines)), NONE, None)
    text = request("GET", f"/dav/calendars/{ANNA}/calendar/meeting.ics").replace("\r\n ", "")
    assert "SCHEDULE-STATUS=1.2" in text, text
    _, busy = client.get_free_busy_sync(1932681600, 1932768000, [BEN], None)
    assert busy, "nothing is known of Ben"


def keeps_tasks(registry):
    client = calendar(registry, "wp-tasks", TASKS)
    task = "BEGIN:VTODO\r\nUID:task\r\nDTSTAMP:20310101T000000Z\r\nSUMMARY:Akten ordnen\r\nEND:VTODO\r\n"
    client.create_object_sync(ICalGLib.Component.new_from_string(task), NONE, None)
    path = f"/dav/calendars/{ANNA}/tasks/task.ics"
    assert "SUMMARY:Akten ordnen" in request("GET", path)
    _, component = client.get_object_sync("task", None, None)
    component.set_status(ICalGLib.PropertyStatus.COMPLETED)
    client.modify_object_sync(component, ALL, NONE, None)
    assert "STATUS:COMPLETED" in request("GET", path)


def keeps_contacts(registry):
    source = registry.ref_source("wp-contacts")
    client = EBook.BookClient.connect_sync(source, 1, None)
    sign_in(source)
    until("the address book may be written", lambda: client.is_online() and not client.is_readonly())
    home = f"/dav/addressbooks/{ANNA}/contacts/"
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nEMAIL:{uid}@example.net\r\nEND:VCARD\r\n"
    contact = EBookContacts.Contact.new_from_vcard(card.format(uid="erika", name="Erika Mustermännin"))
    client.add_contact_sync(contact, EBookContacts.BookOperationFlags.NONE, None)
    everybody = EBookContacts.BookQuery.any_field_contains("").to_string()

    def names():
        _, found = client.get_contacts_sync(everybody, None)
        return sorted(one.get_property("full-name") for one in found)

    assert names() == ["Erika Mustermännin"], names()
    request("PUT", f"{home}max.vcf", card.format(uid="max", name="Max"))
    until("a look at the server", lambda: refreshed(client))
    until("Max is seen", lambda: names() == ["Erika Mustermännin", "Max"])
    _, found = client.get_contact_sync("max", None)
    client.remove_contact_sync(found, EBookContacts.BookOperationFlags.NONE, None)
    left = request("PROPFIND", home)
    assert "max.vcf" not in left and left.count("<D:response>") == 2, left


sources = EDataServer.SourceRegistry.new_sync(None)
discovers(sources)
keeps_events(sources)
invites(sources)
keeps_tasks(sources)
keeps_contacts(sources)
print("all is well", flush=True)
