//! Programs for calendars, contacts and files, and requests as such programs send them.
//!
//! What a program did is looked at through [`http::Http`], which is not the program under test.

mod http;

mod pair;

mod litmus;

mod cadaver;

mod curl;

mod vdirsyncer;

mod khal;

mod khard;

mod calcurse;

mod python;

mod evolution;

mod corpus;

mod scheduling;
