//! Reception: what becomes of mail that strangers bring, and what our own people may send.
//!
//! Three judges are asked at once: the checks of authenticity (SPF, DKIM, DMARC, ARC), the scanners that are
//! configured, and the DNS lists that are. Of what they say one [`Decision`] is made. Where no rspamd is there, a small
//! score of our own decides what is junk; its reasons stand in the field [`JUNK_FIELD`].
//!
//! Nothing is stored here, and nothing is asked but through the egress process. Whoever gives no answer is passed over or
//! waited for, as the settings say for each.

mod settings;

mod envelope;

mod decision;

mod questions;

mod dmarc;

mod score;

mod list;

mod scanners;

mod field;

mod observer;

mod counters;

use std::sync::{Arc, OnceLock};

use authenticity::{DmarcResult, Verdict};
use bytes::Bytes;
use egress::Egress;
use groupware::Groupware;

pub use counters::{Counters, Reading};
pub use decision::{Decision, Taken};
pub use envelope::{Envelope, Stranger};
pub use field::JUNK_FIELD;
pub use observer::{Judged, Observer, Override};
pub use scan::{Points, Source};
pub use settings::{
    DNS_LIST_POINTS, DmarcHandling, DnsList, JUNK_AT, ScannerRule, Settings, WhenDown,
};

use dmarc::Wish;
use scanners::{Opinion, Way};
use score::Tally;

/// The judge of mail. A handle: clones are the same.
#[derive(Clone, Debug)]
pub struct Reception(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    groupware: Groupware,
    egress: Egress,
    settings: Settings,
    observer: OnceLock<Arc<dyn Observer>>,
    counters: Counters,
}

impl Reception {
    /// A judge by these settings.
    #[must_use]
    pub fn new(groupware: Groupware, egress: Egress, settings: Settings) -> Self {
        Self(Arc::new(Desk {
            groupware,
            egress,
            settings,
            observer: OnceLock::new(),
            counters: Counters::default(),
        }))
    }

    /// Whom to tell of every message whose authenticity was checked; once, at the start.
    pub fn set_observer(&self, observer: Arc<dyn Observer>) {
        if self.0.observer.set(observer).is_err() {
            tracing::warn!("the observer of reception was set already and stays");
        }
    }

    /// What was decided so far, for the metrics.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Decides what becomes of a message that somebody who is not signed in brings.
    pub async fn judge(&self, stranger: Stranger) -> Decision {
        let decision = self.0.judge(stranger).await;
        self.0.counters.arrived(&decision);
        decision
    }

    /// Decides whether a message of one of our own may go out, or be delivered here.
    pub async fn judge_outgoing(&self, envelope: Envelope, content: Bytes) -> Decision {
        let decision = self.0.judge_outgoing(envelope, content).await;
        self.0.counters.sent(&decision);
        decision
    }
}

impl Desk {
    async fn judge(&self, stranger: Stranger) -> Decision {
        let Stranger {
            mut envelope,
            accounts,
            content,
        } = stranger;
        let verdict = match self.authenticate(&envelope, &content).await {
            Ok(verdict) => verdict,
            Err(decision) => return decision,
        };
        let wish = verdict.as_ref().map_or(Wish::Nothing, |verdict| {
            dmarc::wish(&self.settings, &envelope, verdict, &content)
        });
        if let (Wish::Reject, Some(verdict)) = (wish, &verdict) {
            let decision = dmarc::rejection(&verdict.dmarc.domain);
            self.note(&envelope, Some(verdict), wish, &decision);
            return decision;
        }
        // rspamd holds it against a client that nobody tells it the name of.
        envelope.client_dns_name = self.name(&envelope, verdict.as_ref()).await;
        let (opinion, listed) =
            tokio::join!(self.scan(&envelope, &content), self.listed(&envelope));
        let mut tally = score::tally(&self.settings, &envelope, verdict.as_ref(), listed);
        if let Some(verdict) = &verdict
            && self.would_suffer(&tally, &opinion)
            && self.is_known(verdict, &envelope, &accounts).await
        {
            score::known(&mut tally);
        }
        let decision = self.decide(&envelope, verdict.as_ref(), wish, opinion, &tally, content);
        self.note(&envelope, verdict.as_ref(), wish, &decision);
        decision
    }

    /// One decision of all that was said: malware first, then what scanners refuse, then the score.
    fn decide(
        &self,
        envelope: &Envelope,
        verdict: Option<&Verdict>,
        wish: Wish,
        opinion: Opinion,
        tally: &Tally,
        content: Bytes,
    ) -> Decision {
        if let Way::Stop(decision) = opinion.way {
            return decision;
        }
        let judged_by_us = opinion.score.is_none();
        if judged_by_us
            && self
                .settings
                .reject_at
                .is_some_and(|bound| tally.points >= bound)
        {
            return Decision::reject(550, "5.7.1", "The message looks like spam.");
        }
        let junk_by_score = judged_by_us && tally.points >= self.settings.junk_at;
        let junk = junk_by_score || wish == Wish::Junk || opinion.way == Way::Junk;
        let results = verdict.and_then(|verdict| {
            let address = envelope.client_ip?;
            let smtp = authenticity::Smtp {
                ip: address,
                helo: &envelope.client_name,
                reverse_path: &envelope.reverse_path,
            };
            let hostname = &self.settings.hostname;
            Some(authenticity::authentication_results(
                verdict, hostname, &smtp,
            ))
        });
        let mut fields = results.unwrap_or_default();
        fields.push_str(&match &opinion.score {
            Some(theirs) => field::by_scanner(junk, theirs, wish),
            // Mail of our own networks that nobody looked at.
            None if verdict.is_none()
                && self.settings.scanners.is_empty()
                && tally.points == Points(0) =>
            {
                String::new()
            }
            None => field::by_us(junk, tally, self.settings.junk_at, wish, &opinion),
        });
        let content = field::without_forged(content, &self.settings.hostname);
        let (above, content) = field::changed(content, &opinion.changes);
        let content = field::with_body(content, opinion.body.as_ref());
        fields.push_str(&above);
        let percent = match &opinion.score {
            Some(theirs) => theirs.percent(),
            None => tally.percent(self.settings.junk_at),
        };
        let dmarc = verdict.map(|verdict| &verdict.dmarc);
        Decision::Take(Box::new(Taken {
            author_is_proven: dmarc.is_some_and(|dmarc| dmarc.spf_aligned || dmarc.dkim_aligned),
            author_is_forged: dmarc.is_some_and(|dmarc| dmarc.result == DmarcResult::Fail),
            junk,
            // Who calls it junk for another reason than its score is not to be contradicted by the score.
            spam_percent: Some(if junk { percent.max(60) } else { percent }),
            virus: opinion.virus,
            client_dns_name: envelope.client_dns_name.clone(),
            fields,
            content,
        }))
    }

    /// Whether the message would go to Junk or be refused for what a friend is forgiven.
    fn would_suffer(&self, tally: &Tally, opinion: &Opinion) -> bool {
        let is_open = matches!(opinion.way, Way::Go);
        is_open && opinion.score.is_none() && tally.points >= self.settings.junk_at
    }

    /// Whether the message comes, provably, from somebody to whom one of its recipients has written.
    async fn is_known(
        &self,
        verdict: &Verdict,
        envelope: &Envelope,
        accounts: &[model::PrincipalId],
    ) -> bool {
        if !score::is_vouched_for(verdict, &envelope.reverse_path) {
            return false;
        }
        for account in accounts.iter().take(ACCOUNTS_ASKED_MAX) {
            let known = self
                .groupware
                .has_written_to(*account, &envelope.reverse_path);
            match known.await {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(principal = account.0, %error, "whom the account wrote to is not known");
                }
            }
        }
        false
    }

    async fn judge_outgoing(&self, envelope: Envelope, content: Bytes) -> Decision {
        if !self.settings.scan_outgoing {
            return Decision::untouched(content);
        }
        let opinion = self.scan(&envelope, &content).await;
        match opinion.way {
            Way::Stop(decision) => decision.for_our_own(opinion.stopped_by, opinion.virus_name),
            // Only what scanners refuse is kept from going out: to call it junk is the recipient's business.
            Way::Go | Way::Junk => {
                let (fields, content) = field::changed(content, &opinion.changes);
                let content = field::with_body(content, opinion.body.as_ref());
                Decision::Take(Box::new(Taken {
                    author_is_proven: false,
                    author_is_forged: false,
                    junk: false,
                    spam_percent: None,
                    virus: opinion.virus,
                    client_dns_name: None,
                    fields,
                    content,
                }))
            }
        }
    }

    fn note(
        &self,
        envelope: &Envelope,
        verdict: Option<&Verdict>,
        wish: Wish,
        decision: &Decision,
    ) {
        if let (Some(verdict), Some(observer)) = (verdict, self.observer.get()) {
            observer.judged(&Judged::new(envelope, verdict, wish, decision));
        }
    }
}

/// Accounts that are asked whether they know the sender. Ours: a message to more of them at once is no letter.
const ACCOUNTS_ASKED_MAX: usize = 16;
