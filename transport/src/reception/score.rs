//! Our own score: what speaks against a message where no scanner says it.
//!
//! It adds up what is known without reading the message: the checks of authenticity, the client's name, DNS lists. Who
//! is known to a recipient is forgiven much, if it is provably them.

use authenticity::{DkimResult, DmarcResult, IprevResult, Policy, SpfResult, Verdict};
use scan::Points;

use super::dmarc::{is_known_forwarder, is_sealed};
use super::envelope::Envelope;
use super::settings::Settings;

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// All of it together.
    pub(super) points: Points,
    /// What for, with its points: `spf=fail`.
    pub(super) reasons: Vec<(String, Points)>,
}

impl Tally {
    fn add(&mut self, reason: impl Into<String>, points: Points) {
        if points != Points::default() {
            self.points += points;
            self.reasons.push((reason.into(), points));
        }
    }

    /// How likely it is junk, from 0 to 100, where 50 is the bound.
    pub(super) fn percent(&self, bound: Points) -> u8 {
        percent(self.points, Points(bound.0.saturating_mul(2)))
    }
}

/// The points as a part of so many, from 0 to 100.
pub(super) fn percent(points: Points, all: Points) -> u8 {
    let (points, all) = (i64::from(points.0), i64::from(all.0).max(1));
    u8::try_from((points.max(0) * 100 / all).min(100)).unwrap_or(100)
}

/// Counts everything that is known.
pub(super) fn tally(
    settings: &Settings,
    envelope: &Envelope,
    verdict: Option<&Verdict>,
    listed: Vec<(String, Points)>,
) -> Tally {
    let mut tally = Tally::default();
    if let Some(verdict) = verdict {
        let forwarded = is_known_forwarder(settings, envelope.client_ip);
        let believed = forwarded || is_sealed(settings, verdict);
        if !believed {
            let spf = verdict.spf.result;
            tally.add(format!("spf={}", spf.as_str()), of_spf(spf));
            let dmarc = verdict.dmarc.result;
            tally.add(format!("dmarc={}", dmarc.as_str()), of_dmarc(verdict));
        }
        let dkim = verdict.dkim.result;
        tally.add(format!("dkim={}", dkim.as_str()), of_dkim(dkim));
        let iprev = verdict.iprev.result;
        tally.add(format!("iprev={}", iprev.as_str()), of_iprev(iprev));
    }
    let (reason, points) = of_name(&envelope.client_name, &settings.hostname);
    tally.add(reason, points);
    for (zone, points) in listed {
        tally.add(format!("dnsl={zone}"), points);
    }
    tally
}

/// Whether the domain of the reverse path, and nobody else, answers for the message: by SPF, or by a signature where it is
/// the author's domain, too. Else everybody could name the recipient's friend there.
pub(super) fn is_vouched_for(verdict: &Verdict, reverse_path: &str) -> bool {
    let Some((_, domain)) = reverse_path.rsplit_once('@') else {
        return false;
    };
    let (spf, dmarc) = (&verdict.spf, &verdict.dmarc);
    let by_spf = spf.result == SpfResult::Pass && spf.domain.eq_ignore_ascii_case(domain);
    let by_author = dmarc.dkim_aligned && dmarc.domain.eq_ignore_ascii_case(domain);
    by_spf || by_author
}

/// A recipient has written to the sender before.
pub(super) fn known(tally: &mut Tally) {
    tally.add("known", KNOWN);
}

/// What it is worth to be known. Ours: more than a DNS list counts, less than that and a failure together.
const KNOWN: Points = Points(-4_500);

/// RFC 7208 2.6: what each result means.
fn of_spf(result: SpfResult) -> Points {
    Points(match result {
        SpfResult::Pass | SpfResult::TempError => 0,
        SpfResult::None | SpfResult::Neutral => 500,
        SpfResult::PermError => 1_000,
        SpfResult::SoftFail => 1_500,
        SpfResult::Fail => 3_500,
    })
}

/// RFC 6376 6.3: a signature that does not hold says no more than none; mailing lists break many.
fn of_dkim(result: DkimResult) -> Points {
    Points(match result {
        DkimResult::Pass => -500,
        DkimResult::TempError => 0,
        DkimResult::None => 300,
        DkimResult::Fail | DkimResult::Policy | DkimResult::Neutral | DkimResult::PermError => 500,
    })
}

fn of_dmarc(verdict: &Verdict) -> Points {
    Points(match (verdict.dmarc.result, verdict.dmarc.policy) {
        (DmarcResult::Pass, _) => -1_000,
        (DmarcResult::None | DmarcResult::TempError, _) => 0,
        (DmarcResult::Fail, Policy::None) => 2_000,
        // Whether that is done which the domain wants is another question; the failure counts in any case.
        (DmarcResult::Fail, Policy::Quarantine | Policy::Reject) => 3_000,
        // No author, or several.
        (DmarcResult::PermError, _) => 3_000,
    })
}

/// RFC 8601 3: iprev. Hosts that send mail have a name that leads back to them.
fn of_iprev(result: IprevResult) -> Points {
    Points(match result {
        IprevResult::Pass | IprevResult::TempError => 0,
        IprevResult::Fail => 1_000,
        IprevResult::PermError => 1_500,
    })
}

/// RFC 5321 4.1.1.1: the client says its full name, or its address where it has none.
fn of_name(name: &str, ours: &str) -> (&'static str, Points) {
    if name.eq_ignore_ascii_case(ours) {
        return ("helo=ours", Points(3_000));
    }
    let name = name.trim_end_matches('.');
    match name.starts_with('[') || !name.contains('.') {
        true => ("helo=unnamed", Points(1_000)),
        false => ("helo=named", Points(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::JUNK_AT;
    use super::*;

    fn envelope(name: &str) -> Envelope {
        Envelope {
            client_ip: "192.0.2.1".parse().ok(),
            client_name: name.to_owned(),
            ..Envelope::default()
        }
    }

    fn verdict(
        spf: SpfResult,
        dkim: DkimResult,
        dmarc: DmarcResult,
        iprev: IprevResult,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        verdict.spf.result = spf;
        verdict.dkim.result = dkim;
        verdict.dmarc.result = dmarc;
        verdict.iprev.result = iprev;
        verdict
    }

    fn of(verdict: &Verdict, name: &str) -> Tally {
        let settings = Settings::new("mail.example.org");
        tally(&settings, &envelope(name), Some(verdict), Vec::new())
    }

    #[test]
    fn honest_mail_stays_below_the_bound() {
        use {DkimResult as D, DmarcResult as M, IprevResult as I, SpfResult as S};
        for honest in [
            verdict(S::Pass, D::Pass, M::Pass, I::Pass),
            verdict(S::None, D::None, M::None, I::Pass),
            verdict(S::TempError, D::TempError, M::TempError, I::TempError),
            // A mailing list that breaks the signature, of a domain that wants nothing done.
            verdict(S::Pass, D::Fail, M::Fail, I::Pass),
            // Forwarded by somebody who does not rewrite the reverse path.
            verdict(S::Fail, D::Pass, M::Pass, I::Pass),
            verdict(S::None, D::None, M::None, I::PermError),
        ] {
            let tally = of(&honest, "mx.example.net");
            assert!(tally.points < JUNK_AT, "{tally:?}");
        }
    }

    #[test]
    fn forged_mail_is_above_it() {
        use {DkimResult as D, DmarcResult as M, IprevResult as I, SpfResult as S};
        for forged in [
            verdict(S::Fail, D::None, M::Fail, I::Pass),
            verdict(S::Fail, D::None, M::None, I::PermError),
            verdict(S::SoftFail, D::None, M::Fail, I::PermError),
        ] {
            let tally = of(&forged, "mx.example.net");
            assert!(tally.points >= JUNK_AT, "{tally:?}");
        }
    }

    #[test]
    fn names_and_lists_count_and_friends_are_forgiven() {
        let settings = Settings::new("mail.example.org");
        let listed = vec![("list.example".to_owned(), Points::whole(4))];
        let mut tally = tally(&settings, &envelope("Mail.Example.Org"), None, listed);
        assert_eq!(tally.points, Points::whole(7));
        assert_eq!(tally.reasons[1].0, "dnsl=list.example");
        known(&mut tally);
        assert_eq!(tally.points, Points(2_500));
        assert_eq!(of_name("[192.0.2.1]", "x").0, "helo=unnamed");
        assert_eq!(of_name("localhost.", "x").0, "helo=unnamed");
    }

    #[test]
    fn a_known_forwarder_answers_for_what_it_forwards() {
        let mut settings = Settings::new("mail.example.org");
        settings.known_forwarders.push("192.0.2.1".parse().unwrap());
        let failed = verdict(
            SpfResult::Fail,
            DkimResult::None,
            DmarcResult::Fail,
            IprevResult::Pass,
        );
        let tally = tally(&settings, &envelope("a.b"), Some(&failed), Vec::new());
        assert_eq!(tally.points, Points(300));
    }

    #[test]
    fn a_friend_is_only_who_their_domain_answers_for() {
        let friend = "friend@Example.net";
        let mut verdict = Verdict::default();
        assert!(!is_vouched_for(&verdict, friend));
        // Signed by the author, who is somebody else.
        verdict.dmarc.dkim_aligned = true;
        verdict.dmarc.domain = "evil.example".to_owned();
        assert!(!is_vouched_for(&verdict, friend));
        verdict.dmarc.domain = "example.net".to_owned();
        assert!(is_vouched_for(&verdict, friend) && !is_vouched_for(&verdict, ""));
        verdict.dmarc.dkim_aligned = false;
        verdict.spf.result = SpfResult::Pass;
        // SPF of HELO.
        verdict.spf.domain = "mx.evil.example".to_owned();
        assert!(!is_vouched_for(&verdict, friend));
        verdict.spf.domain = "example.net".to_owned();
        assert!(is_vouched_for(&verdict, friend));
    }

    #[test]
    fn percents() {
        let tally = |points| Tally {
            points,
            reasons: Vec::new(),
        };
        for (points, expected) in [(-1, 0), (0, 0), (5_000, 50), (10_000, 100), (i32::MAX, 100)] {
            assert_eq!(tally(Points(points)).percent(JUNK_AT), expected);
        }
    }
}
