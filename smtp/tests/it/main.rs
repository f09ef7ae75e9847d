//! Integration tests of the SMTP face.

mod codec;
