//! What all scanners together say of a message.

use bytes::Bytes;
use scan::{Action, HeaderChange, Points, Reason, Source, Verdict};

use super::decision::Decision;
use super::score;
use super::settings::{Settings, WhenDown};

/// What scanners make of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Opinion {
    /// What is to be done.
    pub(super) way: Way,
    /// Who stopped it.
    pub(super) stopped_by: Option<Source>,
    /// The score of a scanner that counts, which takes the place of our own.
    pub(super) score: Option<Score>,
    /// Who would hold or keep it apart without a score.
    pub(super) junk_by: Option<Source>,
    /// What is to change in the header.
    pub(super) changes: Vec<HeaderChange>,
    /// The body in the place of the one that came.
    pub(super) body: Option<Bytes>,
    /// From 1 for clean to 5 for malware (RFC 5235 3.4).
    pub(super) virus: Option<u8>,
    /// The malware's name.
    pub(super) virus_name: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// Nothing speaks against it.
    #[default]
    Go,
    /// It goes to Junk.
    Junk,
    /// It is not taken.
    Stop(Decision),
}

/// A scanner's score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) points: Points,
    pub(super) required: Option<Points>,
    pub(super) reasons: Vec<Reason>,
}

impl Score {
    /// How likely it is junk, from 0 to 100.
    pub(super) fn percent(&self) -> u8 {
        score::percent(self.points, self.required.unwrap_or(Points::whole(15)))
    }
}

/// Makes one opinion of all verdicts.
pub(super) fn opinion(
    settings: &Settings,
    verdicts: Result<Vec<Verdict>, egress::Error>,
) -> Opinion {
    let mut verdicts = verdicts.unwrap_or_else(|error| {
        let failed = |rule: &super::ScannerRule| Verdict::failed(rule.source, error.to_string());
        settings.scanners.iter().map(failed).collect()
    });
    let mut opinion = Opinion::default();
    // Who stops the message is heard before those who gave no verdict: nothing is put off that is refused anyway.
    verdicts.sort_by_key(|verdict| (verdict.is_failed(), verdict.virus.is_none()));
    for verdict in verdicts {
        add(&mut opinion, settings, verdict);
    }
    opinion
}

fn add(opinion: &mut Opinion, settings: &Settings, verdict: Verdict) {
    let answered = !verdict.is_failed();
    let Verdict {
        source,
        action,
        score,
        required,
        reasons,
        headers,
        virus,
        body,
    } = verdict;
    let stop = match action {
        Action::Accept => None,
        Action::Junk | Action::Quarantine => {
            if opinion.way == Way::Go {
                opinion.way = Way::Junk;
            }
            opinion.junk_by.get_or_insert(source);
            None
        }
        Action::Reject {
            code,
            enhanced,
            text,
        } => Some(Decision::reject(code, &enhanced, &text)),
        Action::Defer { text } => Some(Decision::defer(&text)),
        Action::Discard => Some(Decision::Discard),
        Action::TooLarge => {
            let scanner = source.name();
            tracing::info!(scanner, reason = "too large", "a scanner gave no verdict");
            match settings.when_down(source) {
                WhenDown::Accept => return,
                // To come again would not make it smaller. RFC 3463 3.4: 5.3.4.
                WhenDown::Defer => Some(Decision::reject(
                    552,
                    "5.3.4",
                    "The message is too large to be checked.",
                )),
            }
        }
        Action::Failed { why } => {
            let scanner = source.name();
            tracing::warn!(scanner, reason = %why, "a scanner gave no verdict");
            match settings.when_down(source) {
                WhenDown::Accept => return,
                WhenDown::Defer => Some(Decision::not_now()),
            }
        }
    };
    if let Some(decision) = stop
        && !matches!(opinion.way, Way::Stop(_))
    {
        opinion.way = Way::Stop(decision);
        opinion.stopped_by = Some(source);
    }
    if source == Source::Clamd && answered {
        // RFC 5235 3.4: 1 for clean, 5 for malware that is there for certain.
        let value = if virus.is_some() { 5 } else { 1 };
        opinion.virus = Some(opinion.virus.map_or(value, |before| before.max(value)));
    }
    if opinion.virus_name.is_none() {
        opinion.virus_name = virus;
    }
    if let Some(points) = score
        && opinion.score.is_none()
    {
        opinion.score = Some(Score {
            points,
            required,
            reasons,
        });
    }
    opinion.changes.extend(headers);
    if let Some(body) = body {
        opinion.body = Some(body.into());
    }
}

#[cfg(test)]
mod tests {
    use super::super::ScannerRule;
    use super::*;

    fn settings(when_down: WhenDown) -> Settings {
        let rule = |source| ScannerRule { source, when_down };
        Settings {
            scanners: vec![rule(Source::Rspamd), rule(Source::Clamd)],
            ..Settings::new("mail.example.org")
        }
    }

    #[test]
    fn malware_is_named_before_anything_else() {
        let spam = Verdict {
            score: Some(Points::whole(20)),
            ..Verdict::plain(Source::Rspamd, Action::reject(550, "5.7.1", "spam"))
        };
        let malware = Verdict {
            virus: Some("Eicar".to_owned()),
            ..Verdict::plain(Source::Clamd, Action::reject(550, "5.7.1", "malware"))
        };
        let opinion = opinion(&settings(WhenDown::Defer), Ok(vec![spam, malware]));
        let malware = Decision::reject(550, "5.7.1", "malware");
        assert_eq!(opinion.way, Way::Stop(malware));
        assert_eq!(opinion.stopped_by, Some(Source::Clamd));
        assert_eq!(
            (opinion.virus, opinion.virus_name.as_deref()),
            (Some(5), Some("Eicar"))
        );
    }

    #[test]
    fn without_a_verdict_the_settings_decide() {
        let clean = Verdict::plain(Source::Clamd, Action::Accept);
        let failed = Verdict::failed(Source::Rspamd, "gone");
        for (when_down, way) in [
            (WhenDown::Accept, Way::Go),
            (WhenDown::Defer, Way::Stop(Decision::not_now())),
        ] {
            let settings = settings(when_down);
            let one = opinion(&settings, Ok(vec![failed.clone(), clean.clone()]));
            assert_eq!(one.way, way);
            assert_eq!(one.score, None);
            let all = opinion(&settings, Err(egress::Error::Down));
            assert_eq!((all.way, all.virus), (way, None));
        }
        // What is too large now is too large later.
        let large = Verdict::plain(Source::Clamd, Action::TooLarge);
        for (when_down, goes) in [(WhenDown::Accept, true), (WhenDown::Defer, false)] {
            let opinion = opinion(&settings(when_down), Ok(vec![large.clone()]));
            assert_eq!(opinion.way == Way::Go, goes);
            assert_eq!(opinion.virus, None);
            let is_final = matches!(opinion.way, Way::Stop(Decision::Reject { code: 552, .. }));
            assert_eq!(is_final, !goes);
        }
        // What is refused anyway is not put off.
        let refused = Verdict::plain(Source::Clamd, Action::reject(550, "5.7.1", "no"));
        let both = opinion(&settings(WhenDown::Defer), Ok(vec![failed, refused]));
        assert_eq!(both.way, Way::Stop(Decision::reject(550, "5.7.1", "no")));
    }

    #[test]
    fn junk_and_quarantine_go_to_junk() {
        for action in [Action::Junk, Action::Quarantine] {
            let verdict = Verdict {
                score: Some(Points(7_500)),
                required: Some(Points::whole(15)),
                ..Verdict::plain(Source::Rspamd, action)
            };
            let opinion = opinion(&settings(WhenDown::Accept), Ok(vec![verdict]));
            assert_eq!(opinion.way, Way::Junk);
            assert_eq!(opinion.score.unwrap().percent(), 50);
        }
    }
}
