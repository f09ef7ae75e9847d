//! Authenticity: whether a message comes from whom it names. SPF, DKIM, DMARC, ARC, their reports, and signing.
//!
//! | standard | what of it | where |
//! |---|---|---|
//! | RFC 7208 | SPF of HELO and MAIL FROM | `spf` |
//! | RFC 6376, 8301, 8463 | DKIM with RSA and Ed25519, checked and written | `dkim`, `sign` |
//! | RFC 8617 | ARC chains, checked and sealed | `arc`, `sign` |
//! | RFC 9989 (and the `pct` of RFC 7489) | DMARC with the DNS tree walk | `dmarc` |
//! | RFC 8601 | Authentication-Results, written, and forged ones removed | `results` |
//! | RFC 9990, RFC 7489 appendix C, RFC 8460 | aggregate and TLS reports, written and read | `report` |
//!
//! `mail-auth` holds the keys (signing, verifying) and knows the formats of the reports. What decides is ours: who is asked in the DNS and how
//! often, what is a temporary failure, and the canonical forms, so that time is an argument, each bound has a name, and the official
//! vectors hold.
//!
//! It deliberately opens no socket: names are looked up by whoever implements [`Dns`].

mod arc;
mod authenticate;
mod canonical;
mod dkim;
mod dmarc;
mod dns;
mod domain;
mod iprev;
mod message;
pub mod report;
mod results;
mod sign;
mod spf;
mod tags;
mod verdict;

pub use authenticate::{Arrival, authenticate};
pub use dmarc::{DMARC_RECORD_OCTETS_MAX, read_dmarc_record, report_addresses};
pub use dns::{Dns, DnsFault, Mx, resolver_at};
pub use message::author_domain;
pub use results::{Smtp, authentication_results, received_spf, without_forged};
pub use sign::{KeyError, KeyKind, SignError, Signer, SigningKey, txt_strings, zone_line};
pub use verdict::{
    Alignment, ArcChain, ArcResult, ArcSet, Dkim, DkimResult, DkimSignature, Dmarc, DmarcRecord,
    DmarcResult, Iprev, IprevResult, Policy, ReportAddress, Spf, SpfResult, Verdict,
};

/// Feeds arbitrary octets to every parser here: for fuzzing, and for tests that replay finds.
pub fn fuzz(input: &[u8]) {
    spf::fuzz(input);
    tags::fuzz(input);
    message::fuzz(input);
    canonical::fuzz(input);
    dkim::fuzz(input);
    arc::fuzz(input);
    dmarc::fuzz(input);
    results::fuzz(input);
    sign::fuzz(input);
    report::fuzz(input);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fuzz;

    /// The inputs that the fuzzer starts from, whole, cut short and with an octet changed.
    #[test]
    fn no_input_of_the_corpus_stops_a_parser() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/authenticity");
        let mut inputs = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let input = std::fs::read(file.unwrap().path()).unwrap();
            fuzz(&input);
            for at in 0..input.len() {
                fuzz(&input[..at]);
                let mut changed = input.clone();
                changed[at] ^= 0x14;
                fuzz(&changed);
            }
            inputs += 1;
        }
        assert!(inputs > 5);
    }

    proptest! {
        #[test]
        fn no_octets_stop_a_parser(input in proptest::collection::vec(any::<u8>(), 0..400)) {
            fuzz(&input);
        }

        #[test]
        fn no_words_stop_a_parser(input in "(v=spf1 |v=DMARC1;|[a-z]{1,3}=|[:;/%{}\"()@. \r\n\t]|[A-Z]|\\PC){0,60}") {
            fuzz(input.as_bytes());
        }
    }
}
