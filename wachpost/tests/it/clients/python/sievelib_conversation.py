"""What programs ask through the library sievelib, which also writes scripts; every answer is checked."""

import os

ANNA, PASSWORD = os.environ["ANNA"], os.environ["PASSWORD"]
os.environ["SSL_CERT_FILE"] = os.environ["CERTIFICATE"]

from sievelib.factory import FiltersSet  # noqa: E402: it reads the variable when it connects
from sievelib.managesieve import Client  # noqa: E402

filters = FiltersSet("rules")
filters.addfilter("letters", [("Subject", ":contains", "letter")], [("fileinto", "Archive")])
filters.addfilter("large", [("size", ":over", "100M")], [("discard",)])
script = str(filters)

client = Client("localhost", int(os.environ["MANAGESIEVE"]))
assert client.connect(ANNA, PASSWORD, starttls=True, authmech="PLAIN")
assert client.checkscript(script), client.errmsg
assert not client.checkscript("frobnicate;")
assert client.havespace("rules", len(script))
assert client.putscript("rules", script), client.errmsg
assert client.setactive("rules"), client.errmsg
assert client.renamescript("rules", "Regeln"), client.errmsg
assert client.listscripts() == ("Regeln", []), client.listscripts()
assert client.getscript("Regeln").split() == script.split()
client.logout()
print("all is well")
