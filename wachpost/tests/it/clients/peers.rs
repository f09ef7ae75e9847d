//! Other mail servers: Wachpost exchanges mail with itself, with Postfix, with OpenSMTPD, and with servers that behave badly.
//!
//! Each test has a network of its own, with a signed root of the DNS in it, so that everything listens where it does in
//! the world outside.

mod network;

mod names;

mod issuer;

mod house;

mod postfix;

mod opensmtpd;

mod exchange;

mod policies;

mod acme;

mod doctor;
