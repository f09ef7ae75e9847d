# RFC 5228 5.5: exists is true if all the fields are there, even if they are empty.
--- message
From: a@example.org
X-Empty:

--- true
exists "from"
exists ["FROM", "x-empty"]
not exists ["from", "x-none"]
--- false
exists "x-none"
exists "body"
