# RFC 5228 5.9: a message is over or under a size, and neither if it has just this one.
--- message
Subject: a

bcdefghijklmnop
--- true
size :over 30
size :under 32
size :under 1K
not size :over 31
not size :under 31
--- false
size :over 31
size :under 31
size :over 1G
