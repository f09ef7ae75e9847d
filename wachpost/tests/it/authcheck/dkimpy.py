# Checks our signatures with dkimpy, and signs with our keys what we are to check.
import base64
import json
import sys

import dkim

given = json.load(sys.stdin)
records = {key["dns_name"] + ".": key["dns_text"].encode() for key in given["keys"]}


def dns(name, timeout=5):
    return records.get(name.decode() if isinstance(name, bytes) else name)


message = given["message"].encode()
signed = given["signed"].encode()
rsa = next(number for number, key in enumerate(given["keys"]) if key["kind"] == "rsa")
ed25519 = 1 - rsa
ours = [dkim.DKIM(signed, minkey=1024).verify(idx=number, dnsfunc=dns) for number in range(2)]

# dkimpy wants the bare seed of an Ed25519 key: the end of its PKCS #8.
pem = given["pem"][ed25519]
der = base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-")))
private = {rsa: given["pem"][rsa].encode(), ed25519: base64.b64encode(der[-32:])}

theirs = []
for number, algorithm in ((rsa, b"rsa-sha256"), (ed25519, b"ed25519-sha256")):
    selector = given["keys"][number]["selector"].encode()
    for header in (b"simple", b"relaxed"):
        for body in (b"simple", b"relaxed"):
            field = dkim.sign(
                message, selector, b"example.org", private[number],
                canonicalize=(header, body), signature_algorithm=algorithm,
            )
            theirs.append((field + message).decode())

chains = []
link = message
selector = given["keys"][rsa]["selector"].encode()
for host in (b"lists.example.org", b"relay.example.org"):
    if chains:
        results = b"Authentication-Results: " + host + b"; arc=pass; spf=none smtp.mailfrom=anna@example.org\r\n"
    else:
        results = b"Authentication-Results: " + host + b"; arc=none; spf=none smtp.mailfrom=anna@example.org\r\n"
    link = results + link
    fields = dkim.arc_sign(link, selector, b"example.org", private[rsa], host)
    link = b"".join(fields) + link
    chains.append(link.decode())

json.dump({"ours": ours, "theirs": theirs, "chains": chains}, sys.stdout)
