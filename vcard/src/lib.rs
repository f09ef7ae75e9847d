//! Contact cards: what a text of RFC 6350 or RFC 2426 says, and how the one becomes the other.
