//! Milters: filters as sendmail and Postfix ask them (libmilter's protocol of version 6, `mfdef.h`).
//!
//! What a milter may ask for here is a refusal, a deferral, to discard or to hold, other header fields, and another body. It is not
//! offered to change the envelope: a milter that needs that says so when the options are agreed.

pub(crate) mod codec;

mod dialogue;

mod fields;

mod options;

pub(crate) use dialogue::{ping, scan};
