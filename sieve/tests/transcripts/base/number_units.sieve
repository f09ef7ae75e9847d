# RFC 5228 2.4.1: K, M and G are powers of 1,024.
--- true
size :under 1k
size :under 1M
size :under 1G
not size :over 1K
