//! The server when things go wrong: killed, without room on its disk, with torn files, or among hostile clients.
//!
//! Each test starts the program itself, over a data folder of its own, and speaks LMTP and IMAP to it over sockets.
//! Randomness comes from a seed that a failure names; `WACHPOST_SEED` repeats a run. Nothing sleeps: each wait is for
//! something that happens, and has a deadline.

mod seed;

mod wire;

mod lmtp;

mod imap;

mod message;

mod ledger;

mod work;

mod look;

mod disk;

mod kill;

mod meetings;

mod outgoing;

mod full_disk;

mod read_only;

mod torn;

mod backup;

mod hostile;

mod soak;
