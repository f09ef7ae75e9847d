"""caldav-server-tester finds every feature that it looks for, but for those below."""

import logging
import os

from caldav import DAVClient
from caldav_server_tester.checker import ServerQuirkChecker

ANNA, BEN, PASSWORD = (os.environ[name] for name in ("ANNA", "BEN", "PASSWORD"))
URL = f"http://127.0.0.1:{os.environ['HTTP']}/dav/"

# What it finds otherwise, and why that is as it should be.
DEPARTURES = {
    # A calendar is made by MKCALENDAR, not by putting an object where none is.
    "create-calendar.auto": "unsupported",
    # The library's query has no `property-search`, which RFC 3744 9.4 requires, and its properties stand beside `prop`.
    "principal-search": "ungraceful",
    "principal-search.by-name.self": "unsupported",
    "principal-search.list-all": "ungraceful",
    # A participant who changes the own copy by PUT gets a new tag; only what the server works in leaves it as it is.
    "scheduling.schedule-tag.stable-partstat": "unsupported",
    # RFC 4791 9.7.1: a filter without a component looks at properties of VCALENDAR itself.
    "search.text.comp-type-optional": "unsupported",
    "search.time-range.comp-type-optional": "unsupported",
    # Both ways of writing `@` lead to the same object.
    "url.encode-at.identity": "unsupported",
    # Not looked for on this machine's own address.
    "well-known": "unknown",
}

# A new version of the program shall not lose sight of these.
ESSENTIAL = """
create-calendar delete-calendar freebusy-query get-current-user-principal propfind save-load.event save-load.journal
save-load.todo save-load.event.recurrences.exception.reschedule save-load.event.timezone save.etag save.if-none-match
save.no-uid-conflict scheduling.auto-schedule scheduling.calendar-user-address-set scheduling.freebusy-query
scheduling.mailbox.inbox-delivery scheduling.schedule-tag search.combined-is-logical-and search.is-not-defined
search.recurrences.expanded.event search.recurrences.expanded.exception search.recurrences.expanded.todo
search.recurrences.includes-implicit.infinite-scope search.text.case-insensitive search.text.substring
search.time-range.alarm search.time-range.event search.time-range.open.end search.time-range.todo sync-token
sync-token.delete sync-token.invalid-token
""".split()


def client(address):
    return DAVClient(url=URL, username=address, password=PASSWORD)


# It says aloud what differs from what it takes for granted; the outcome below is what counts.
logging.disable(logging.CRITICAL)
checker = ServerQuirkChecker(client(ANNA), extra_clients=[client(BEN)])
try:
    checker.check_all()
finally:
    checker.cleanup(force=True)

found = checker.features_checked
support = {name: found.is_supported(name, str) for name in found.dotted_feature_set_list(compact=False)}
missing = [name for name in ESSENTIAL if support.get(name) != "full"]
assert not missing, {name: support.get(name, "not looked for") for name in missing}
wrong = {name: level for name, level in support.items() if DEPARTURES.get(name, "full") != level}
# A feature of another kind than "supported or not".
wrong = {name: level for name, level in wrong.items() if level is not True and level != "True"}
assert not wrong, wrong
print("all is well")
