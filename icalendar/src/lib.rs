//! Calendar objects: what a text of RFC 5545 says, when it takes place, and which parts of it are asked for.
