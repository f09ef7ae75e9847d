//! The server from end to end, with the programs that people use for mail, calendars, contacts and files.
//!
//! Each test starts a server of its own on 127.0.0.1, lets a program do its work, and looks at the outcome through
//! [`imap::Imap`], which is not the program under test. Every program has a deadline and is killed after it.

mod site;

mod program;

mod imap;

mod smtp;

mod maildir;

mod snapshot;

mod corpus;

mod swaks;

mod smtp_source;

mod curl;

mod fetchmail;

mod getmail;

mod mbsync;

mod offlineimap;

mod neomutt;

mod python;

mod managesieve;

mod jmap;

mod browser;

mod thunderbird;

mod dav;

mod peers;

mod scanners;
