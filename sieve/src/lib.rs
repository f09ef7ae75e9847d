//! Sieve: the language in which people say what happens to their mail (RFC 5228 and its extensions).
