"""What programs ask through the library managesieve, from the greeting to LOGOUT; every answer is checked."""

import os
import ssl

ANNA, PASSWORD = os.environ["ANNA"], os.environ["PASSWORD"]
os.environ["SSL_CERT_FILE"] = os.environ["CERTIFICATE"]

import managesieve  # noqa: E402: it reads the variable when it connects


def is_ok(answer):
    kind = answer[0] if isinstance(answer, tuple) else answer
    assert kind == "OK", answer
    return answer


ssl.create_default_context().load_verify_locations(os.environ["CERTIFICATE"])
client = managesieve.MANAGESIEVE("localhost", int(os.environ["MANAGESIEVE"]), use_tls=True, timeout=30)
assert client.implementation == "Wachpost"
assert "PLAIN" in client.loginmechs and "SCRAM-SHA-256-PLUS" in client.loginmechs, client.loginmechs
for name in ("fileinto", "vacation", "imap4flags", "mailbox", "variables", "duplicate"):
    assert name in client.capabilities, name
assert client.authenticate("PLAIN", ANNA, "wrong") == "NO"
is_ok(client.authenticate("PLAIN", ANNA, PASSWORD))

SCRIPT = 'require "fileinto";\r\nif header :is "subject" "Grüße" { fileinto "Archive"; }\r\n'
is_ok(client.havespace("eins", len(SCRIPT)))
is_ok(client.putscript("eins", SCRIPT))
is_ok(client.putscript("zwei", "keep;"))
assert client.putscript("drei", "frobnicate;") == "NO"
assert "line 1" in client.response_text, client.response_text
assert is_ok(client.listscripts())[1] == [("eins", False), ("zwei", False)]
is_ok(client.setactive("eins"))
assert is_ok(client.listscripts())[1] == [("eins", True), ("zwei", False)]
assert is_ok(client.getscript("eins"))[1] == SCRIPT
assert client.deletescript("eins") == "NO"
assert client.response_code == "ACTIVE", client.response_code
is_ok(client.deletescript("zwei"))
is_ok(client.setactive(""))
is_ok(client.deletescript("eins"))
assert is_ok(client.listscripts())[1] == []
is_ok(client.logout())
print("all is well")
