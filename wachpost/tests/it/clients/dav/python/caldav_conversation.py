"""What programs ask through the library caldav: calendars, events, tasks, searches, sync, free/busy and invitations."""

import os
from datetime import date, datetime, timedelta, timezone

import caldav
from caldav.elements import cdav, dav
from caldav.lib import error

ANNA, BEN, PASSWORD = (os.environ[name] for name in ("ANNA", "BEN", "PASSWORD"))
URL = f"http://127.0.0.1:{os.environ['HTTP']}/dav/"
UTC = timezone.utc
MARCH, MAY = datetime(2031, 3, 1, tzinfo=UTC), datetime(2031, 5, 1, tzinfo=UTC)

# Mondays at ten; the clocks go forward between the second and the third.
SERIES = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:series
DTSTAMP:20310101T000000Z
DTSTART;TZID=Europe/Berlin:20310317T100000
DTEND;TZID=Europe/Berlin:20310317T110000
RRULE:FREQ=WEEKLY;COUNT=4
SUMMARY:Jour fixe Grüße
CATEGORIES:Rathaus
END:VEVENT
END:VCALENDAR
"""


def sign_in(address):
    return caldav.DAVClient(url=URL, username=address, password=PASSWORD)


def refuses_wrong_passwords():
    try:
        caldav.DAVClient(url=URL, username=ANNA, password="wrong").principal()
        raise AssertionError("a wrong password signs in")
    except error.AuthorizationError:
        pass


def finds_the_principal(client):
    principal = client.principal()
    assert f"mailto:{ANNA}" in principal.calendar_user_address_set(), principal.calendar_user_address_set()
    assert principal.get_display_name() == "anna"
    assert client.supports_dav() and client.supports_caldav() and client.supports_scheduling()
    calendars = {calendar.get_display_name(): calendar for calendar in principal.get_calendars()}
    assert "VEVENT" in calendars["Calendar"].get_supported_components()
    assert calendars["Tasks"].get_supported_components() == ["VTODO"]
    return principal


def finds_others(client):
    # The library's own query puts the properties beside `prop`; this is the form of RFC 3744 9.4.
    body = """<D:principal-property-search xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
        <D:property-search><D:prop><D:displayname/></D:prop><D:match>BEN</D:match></D:property-search>
        <D:prop><D:displayname/><C:calendar-user-address-set/></D:prop>
        <D:apply-to-principal-collection-set/></D:principal-property-search>"""
    answer = client.report(URL, body)
    assert answer.status == 207 and f"mailto:{BEN}" in answer.raw, answer.raw
    assert f"mailto:{ANNA}" not in answer.raw, answer.raw


def makes_calendars(principal):
    calendar = principal.make_calendar(name="Büro & Co", cal_id="buero", supported_calendar_component_set=["VEVENT", "VTODO", "VJOURNAL"])
    assert calendar.get_display_name() == "Büro & Co"
    calendar.set_properties([dav.DisplayName("Büro")])
    assert principal.calendar(name="Büro").url == calendar.url
    assert sorted(calendar.get_supported_components()) == ["VEVENT", "VJOURNAL", "VTODO"]
    try:
        principal.make_calendar(name="again", cal_id="buero")
        raise AssertionError("a calendar is made twice")
    except error.DAVError:
        pass
    return calendar


def keeps_events(calendar):
    calendar.add_event(SERIES)
    single = calendar.add_event(
        dtstart=datetime(2031, 4, 2, 12, tzinfo=UTC), dtend=datetime(2031, 4, 2, 13, tzinfo=UTC), summary="Mittagessen", uid="single"
    )
    calendar.add_event(dtstart=date(2031, 5, 1), dtend=date(2031, 5, 2), summary="Tag der Arbeit", uid="holiday")
    assert len(calendar.get_events()) == 3
    event = calendar.get_event_by_uid("single")
    with event.edit_icalendar_component() as component:
        component["SUMMARY"] = "Mittagspause"
    event.save()
    single.load()
    assert "Mittagspause" in single.data, single.data
    try:
        calendar.add_event(SERIES.replace("Jour fixe", "other"), no_overwrite=True)
        raise AssertionError("an event is added twice")
    except error.DAVError:
        pass


def searches(calendar):
    # Expanded by the server: each in UTC, the third in summer time.
    found = calendar.search(event=True, start=MARCH, end=MAY, expand=False, server_expand=True, split_expanded=True)
    starts = sorted(str(event.icalendar_component["DTSTART"].dt) for event in found)
    assert starts == [
        "2031-03-17 09:00:00+00:00",
        "2031-03-24 09:00:00+00:00",
        "2031-03-31 08:00:00+00:00",
        "2031-04-02 12:00:00+00:00",
        "2031-04-07 08:00:00+00:00",
    ], starts
    # Not expanded: each object once.
    assert len(calendar.search(event=True, start=MARCH, end=MAY)) == 2
    assert len(calendar.search(event=True, start=datetime(2031, 3, 18, tzinfo=UTC), end=datetime(2031, 3, 19, tzinfo=UTC))) == 0
    assert len(calendar.search(event=True, start=datetime(2031, 5, 1, tzinfo=UTC), end=datetime(2031, 5, 2, tzinfo=UTC))) == 1
    for word, count in {"jour FIXE": 1, "grüsse": 0, "MITTAG": 1, "nothing": 0}.items():
        searcher = calendar.searcher(event=True)
        searcher.add_property_filter("SUMMARY", word, case_sensitive=False)
        found = searcher.search()
        assert len(found) == count, (word, found)
    assert len(calendar.search(event=True, category="Rathaus")) == 1
    assert len(calendar.search(event=True, no_category=True)) == 2
    try:
        calendar.get_event_by_uid("absent")
        raise AssertionError("what is not there is found")
    except error.NotFoundError:
        pass
    urls = [event.url for event in calendar.get_events()]
    assert len(list(calendar.multiget(urls))) == 3


def keeps_tasks(calendar):
    todo = calendar.add_todo(summary="Akten ordnen", due=datetime(2031, 4, 1, tzinfo=UTC), uid="task")
    calendar.add_todo(summary="ohne Frist", uid="endless")
    assert len(calendar.get_todos()) == 2
    assert len(calendar.search(todo=True, start=MARCH, end=MAY)) >= 1
    todo.complete()
    assert [task.icalendar_component["SUMMARY"] for task in calendar.get_todos()] == ["ohne Frist"]
    assert len(calendar.get_todos(include_completed=True)) == 2
    calendar.add_journal(summary="Notiz", dtstart=date(2031, 4, 1), uid="note")
    assert len(calendar.get_journals()) == 1


def follows_changes(calendar):
    known = calendar.get_objects_by_sync_token(load_objects=True, disable_fallback=True)
    assert len(list(known)) == 6, list(known)
    token = known.sync_token
    assert not list(calendar.get_objects_by_sync_token(sync_token=token, disable_fallback=True))
    event = calendar.get_event_by_uid("single")
    with event.edit_icalendar_component() as component:
        component["SUMMARY"] = "Pause"
    event.save()
    calendar.get_event_by_uid("holiday").delete()
    updated, deleted = known.sync()
    assert [str(item.url) for item in updated] == [str(event.url)], updated
    assert len(list(deleted)) == 1, deleted
    assert known.sync_token != token
    updated, deleted = known.sync()
    assert not list(updated) and not list(deleted)
    try:
        calendar.get_objects_by_sync_token(sync_token="https://example.net/not-ours", disable_fallback=True)
        raise AssertionError("a strange token is taken")
    except error.DAVError:
        pass


def asks_for_free_busy(calendar, principal):
    busy = calendar.freebusy_request(MARCH, MAY).data.replace("\r\n ", "").replace("\n ", "")
    lines = [line for line in busy.splitlines() if line.startswith("FREEBUSY")]
    assert sum(line.count("/") for line in lines) == 5, busy
    assert "20310331T080000Z/" in busy, busy
    answers = principal.freebusy_request(MARCH, MAY, [f"mailto:{BEN}"])
    assert any(BEN in str(address) for address in answers), answers


def invites(principal, calendar, other):
    meeting = SERIES.replace("UID:series", "UID:meeting").replace("Jour fixe", "Besprechung")
    calendar.save_with_invites(meeting, [principal, other])
    # It stands in the other's calendar, and the message in the inbox.
    messages = [item for item in other.schedule_inbox().get_items() if item.is_invite_request()]
    assert len(messages) == 1, messages
    mine = other.calendar(name="Calendar")
    assert "NEEDS-ACTION" in mine.get_event_by_uid("meeting").data
    messages[0].accept_invite(mine)
    event = calendar.get_event_by_uid("meeting")
    attendees = {str(line).lower(): line.params.get("PARTSTAT") for line in event.icalendar_component["ATTENDEE"]}
    assert attendees[f"mailto:{BEN}"] == "ACCEPTED", attendees
    assert any(item.is_invite_reply() for item in principal.schedule_inbox().get_items())
    event.delete()
    left = [event.data for event in mine.get_events()]
    assert all("STATUS:CANCELLED" in data for data in left), left


def acts_as_a_deputy(client, principal):
    # Apple's clients look for the people whose calendars one keeps, and ask at their principals.
    body = """<D:propfind xmlns:D="DAV:" xmlns:S="http://calendarserver.org/ns/"><D:prop><S:calendar-proxy-write-for/></D:prop></D:propfind>"""
    answer = client.propfind(str(principal.url), props=body, depth=0)
    assert "clara%40example.org" in answer.raw, answer.raw
    clara = caldav.Principal(client=client, url=URL + "principals/clara@example.org/")
    calendar = clara.calendar(name="Calendar")
    calendar.add_event(SERIES)
    assert "ben@example.org" not in calendar.get_event_by_uid("series").data
    calendar.get_event_by_uid("series").delete()


def deletes(calendar, principal):
    calendar.delete()
    assert "Büro" not in [other.get_display_name() for other in principal.get_calendars()]


refuses_wrong_passwords()
with sign_in(ANNA) as anna, sign_in(BEN) as ben:
    me = finds_the_principal(anna)
    finds_others(anna)
    office = makes_calendars(me)
    keeps_events(office)
    searches(office)
    keeps_tasks(office)
    follows_changes(office)
    asks_for_free_busy(office, me)
    invites(me, office, ben.principal())
    acts_as_a_deputy(anna, me)
    deletes(office, me)
print("all is well")
