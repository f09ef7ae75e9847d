# Checks an offline proof (C2SP tlog-proof) against the key of a log and the key of a witness (vkeys of C2SP signed-note):
# key ids, both signatures, and the Merkle path. Nothing of it comes from Wachpost.

import base64
import hashlib
import sys

# RFC 8032 5.1: the curve.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    A, B = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    C, E = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = B - A, E - C, E + C, B + A
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, a):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, a)
        a, n = add(a, a), n >> 1
    return q


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point(octets):
    y = int.from_bytes(octets, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - x2) % P == 0, "not on the curve"
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point(bytes.fromhex("58" + "66" * 31))


def verify(public, message, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    assert len(signature) == 64 and s < L, "malformed"
    h = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % L
    assert same(times(s, BASE), add(point(r), times(h, point(public)))), "wrong signature"


def vkey(text, kinds):
    name, key_id, key = text.split("+", 2)
    octets = base64.b64decode(key, validate=True)
    assert octets[0] in kinds, "another kind of key"
    assert hashlib.sha256(name.encode() + b"\n" + octets).digest()[:4].hex() == key_id, "key id"
    return octets[0], name, bytes.fromhex(key_id), octets[1:]


def signature_of(lines, name, key_id):
    for line in lines:
        mark, by, content = line.split(" ")
        content = base64.b64decode(content, validate=True)
        if mark == "\u2014" and by == name and content[:4] == key_id:
            return content[4:]
    raise AssertionError(f"no signature by {name}")


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


text = open(sys.argv[1], encoding="utf-8", newline="").read()
head, body, signatures, *rest = text.split("\n\n")
assert not rest
head = head.split("\n")
assert head[0] == "c2sp.org/tlog-proof@v1" and head[1].startswith("extra ") and head[2].startswith("index ")
index, path = int(head[2][6:]), [base64.b64decode(line, validate=True) for line in head[3:]]
origin, size, root = body.split("\n")
size, root = int(size), base64.b64decode(root, validate=True)
body, lines = (body + "\n").encode(), signatures.rstrip("\n").split("\n")

_, name, key_id, public = vkey(sys.argv[2], [1])
assert name == origin, "another log"
verify(public, body, signature_of(lines, name, key_id))

kind, name, key_id, public = vkey(sys.argv[3], [4, 6])
content = signature_of(lines, name, key_id)
time, content = content[:8], content[8:]
if kind == 4:
    verify(public, b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big") + body, content)
else:
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    except ImportError:
        print("no ML-DSA-44 here")
        sys.exit()
    short = lambda text: bytes([len(text.encode())]) + text.encode()
    number = lambda n: n.to_bytes(8, "big")
    message = b"subtree/v1\n\0" + short(name) + time + short(origin) + number(0) + number(size) + root
    MLDSA44PublicKey.from_public_bytes(public).verify(content, message)

# RFC 9162 2.1.3.2, and the leaf of the entry's sealed head (RFC 6962 2.1).
node, last, value = index, size - 1, sha(b"\0", base64.b64decode(head[1][6:], validate=True))
for sibling in path:
    assert last > 0
    if node & 1 or node == last:
        value = sha(b"\1", sibling, value)
        while node and not node & 1:
            node, last = node >> 1, last >> 1
    else:
        value = sha(b"\1", value, sibling)
    node, last = node >> 1, last >> 1
assert last == 0 and value == root, "the path does not lead to the root"
print("all is well")
