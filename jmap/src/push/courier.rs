//! The courier: writes to the addresses that clients named (RFC 8620 7.2).
//!
//! Each subscription is waited for on its own. What changes while a push is under way, or while the push service asks us
//! to wait, is told once by the next.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use groupware::{Caller, RecordChange, RecordKind};
use model::{AccountId, Actor, Face, ObjectId, Principal, PrincipalId, Seq, SessionId, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::feed::{Ended, Feed};
use super::pause;
use crate::codec::id::{PushSubscriptionId, WireId};
use crate::house::House;
use crate::subscription::{Push, PushSender, Pushed, Subscription};
use crate::visit::Visit;

/// Pushes that are under way at once, for all.
const PUSHES_AT_ONCE_MAX: usize = 64;

/// Time between two pushes to one subscription: what happens in between is told at once (RFC 8620 7.2 lets a server
/// bundle changes).
const PUSH_INTERVAL: Duration = Duration::from_secs(3);

/// First pause after a failure; it doubles with each further failure.
const FAILURE_PAUSE_S_MIN: u64 = 30;

/// Longest pause after failures, also if the push service asks for more.
const FAILURE_PAUSE_S_MAX: u64 = 3_600;

/// Refusals in a row, by a push service that does answer, after which a subscription is taken for dead.
const REFUSALS_MAX: u32 = 10;

/// Attempts to bring a verification code.
const VERIFICATIONS_MAX: u32 = 5;

/// RFC 8030 5.2: how long a push service keeps a message for a device that is off, in seconds. Later, the device asks
/// what changed anyway.
const TTL_S: u32 = 86_400;

/// Accounts in one message, so that it fits after it was encrypted.
const ACCOUNTS_PER_PUSH: usize = 3;

/// Principals that are looked at at once when the server starts.
const PAGE: usize = 1_000;

type Errand = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Pushes until the server stops.
pub(crate) async fn run(
    house: Arc<House>,
    sender: Arc<dyn PushSender>,
    stopping: CancellationToken,
) {
    let mut courier = Courier {
        house,
        sender,
        at_once: Arc::new(Semaphore::new(PUSHES_AT_ONCE_MAX)),
        errands: FuturesUnordered::new(),
        known: HashMap::new(),
    };
    // Nothing that would be lost is under way when the server stops: changes stay, and are told after the next start.
    tokio::select! {
        () = stopping.cancelled() => {}
        () = courier.work() => {}
    }
}

/// What is waited for: the entry that changed the subscription last, and what ends the waiting.
type Known = BTreeMap<ObjectId, (Seq, CancellationToken)>;

struct Courier {
    house: Arc<House>,
    sender: Arc<dyn PushSender>,
    at_once: Arc<Semaphore>,
    errands: FuturesUnordered<Errand>,
    known: HashMap<PrincipalId, Known>,
}

impl Courier {
    async fn work(&mut self) {
        let mut after = PrincipalId(0);
        loop {
            let page = self
                .house
                .groupware
                .directory()
                .principals(after, PAGE)
                .await;
            let Ok(page) = page.inspect_err(|error| {
                tracing::warn!(%error, "cannot look for subscriptions to push");
            }) else {
                break;
            };
            let Some(last) = page.last() else { break };
            after = last.id;
            for principal in &page {
                self.look(principal).await;
            }
        }
        loop {
            let house = Arc::clone(&self.house);
            tokio::select! {
                principal = house.pushes.wakes.next() => self.look_at(principal).await,
                // What is known of it stays, so that it does not begin anew; it goes with the record.
                Some(()) = self.errands.next() => {}
            }
        }
    }

    async fn look_at(&mut self, principal: PrincipalId) {
        let found = self.house.groupware.directory().principal(principal).await;
        match found {
            Ok(Some(principal)) => self.look(&principal).await,
            Ok(None) => drop(self.known.remove(&principal)),
            Err(error) => {
                tracing::warn!(principal = principal.0, %error, "cannot look for subscriptions to push");
            }
        }
    }

    /// Begins to wait for subscriptions that are new or changed, and ends to wait for those that are gone.
    async fn look(&mut self, principal: &Arc<Principal>) {
        let (account, caller) = (AccountId::from(principal.id), server(principal.id));
        let kind = RecordKind::PushSubscription;
        let records = match self.house.groupware.records(&caller, account, kind).await {
            Ok(records) => records.all,
            // Whoever cannot have any.
            Err(groupware::Error::NotFound | groupware::Error::Forbidden) => return,
            Err(error) => {
                tracing::warn!(principal = principal.id.0, %error, "cannot read subscriptions to push");
                return;
            }
        };
        let mut known = self.known.remove(&principal.id).unwrap_or_default();
        known.retain(|id, (_, ending)| {
            let stays = records.iter().any(|record| record.id == *id);
            if !stays {
                ending.cancel();
            }
            stays
        });
        for record in records {
            if let Some((changed, ending)) = known.get(&record.id) {
                if *changed == record.changed {
                    continue;
                }
                ending.cancel();
            }
            let Some(subscription) = Subscription::read(&record.text) else {
                continue;
            };
            let ending = CancellationToken::new();
            known.insert(record.id, (record.changed, ending.clone()));
            let errand = One {
                house: Arc::clone(&self.house),
                sender: Arc::clone(&self.sender),
                at_once: Arc::clone(&self.at_once),
                principal: Arc::clone(principal),
                id: record.id,
                subscription,
            };
            self.errands.push(Box::pin(async move {
                tokio::select! {
                    () = ending.cancelled() => {}
                    () = errand.run() => {}
                }
            }));
        }
        if !known.is_empty() {
            self.known.insert(principal.id, known);
        }
    }
}

/// The server itself, about to do what a principal asked it to.
fn server(principal: PrincipalId) -> Caller {
    Caller::new(Actor {
        principal: Some(principal),
        credential: None,
        session: SessionId(0),
        face: Face::Jmap,
        address: None,
    })
}

/// One subscription.
struct One {
    house: Arc<House>,
    sender: Arc<dyn PushSender>,
    at_once: Arc<Semaphore>,
    principal: Arc<Principal>,
    id: ObjectId,
    subscription: Subscription,
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Taken,
    /// RFC 8030 7.3: there is no such subscription any more.
    Gone,
    /// To be tried again, after as long as the push service wants.
    Later {
        refused: bool,
        wait_s: Option<u32>,
    },
}

impl Fate {
    fn of(pushed: Pushed) -> Self {
        match pushed {
            Pushed::Answered {
                status: 200..=299, ..
            } => Self::Taken,
            Pushed::Answered {
                status: 404 | 410, ..
            } => Self::Gone,
            Pushed::Answered {
                status,
                retry_after_s,
            } => Self::Later {
                // RFC 8030 8.4: 429 says nothing against the subscription.
                refused: (300..500).contains(&status) && status != 429,
                wait_s: retry_after_s,
            },
            Pushed::Unreachable => Self::Later {
                refused: false,
                wait_s: None,
            },
        }
    }
}

/// How long to wait after so many failures in a row.
fn failure_pause(failures: u32, wanted_s: Option<u32>) -> Duration {
    let doubled = FAILURE_PAUSE_S_MIN.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let seconds = doubled.max(wanted_s.map_or(0, u64::from));
    Duration::from_secs(seconds.min(FAILURE_PAUSE_S_MAX))
}

impl One {
    /// Until the subscription ends, or is verified: that makes it another one.
    async fn run(self) {
        let lasts_ms = self.subscription.expires.0.saturating_sub(self.now().0);
        let lasts = Duration::from_millis(u64::try_from(lasts_ms).unwrap_or(0));
        let ends = tokio::select! {
            () = pause(Some(lasts)) => true,
            ends = self.serve() => ends,
        };
        if ends {
            self.destroy().await;
        }
    }

    fn now(&self) -> Timestamp {
        self.house.groupware.clock().now()
    }

    /// Whether the subscription is to be destroyed.
    async fn serve(&self) -> bool {
        if self.subscription.verified {
            self.tell_changes().await
        } else {
            self.verify().await
        }
    }

    /// RFC 8620 7.2.2: brings the code that the client has to give back.
    async fn verify(&self) -> bool {
        let verification = json!({
            "@type": "PushVerification",
            "pushSubscriptionId": PushSubscriptionId(self.id).wire(),
            "verificationCode": self.subscription.code,
        });
        for attempt in 1..=VERIFICATIONS_MAX {
            match self.send(&verification).await {
                Fate::Taken => return false,
                Fate::Gone => return true,
                Fate::Later { wait_s, .. } => pause(Some(failure_pause(attempt, wait_s))).await,
            }
        }
        true
    }

    /// Tells what changes for as long as it is wanted.
    async fn tell_changes(&self) -> bool {
        let visit = Arc::new(Visit {
            house: Arc::clone(&self.house),
            caller: server(self.principal.id),
            principal: Arc::clone(&self.principal),
            credential: self.subscription.credential,
        });
        // What changed while nobody looked is not known, so all of it is told at first: clients see what is new to them.
        let mut feed = match Feed::open(visit, Some("")).await {
            Ok(feed) => feed,
            Err(ended) => return ended == Ended::Unwelcome,
        };
        let (mut failures, mut refusals) = (0_u32, 0_u32);
        loop {
            let change = match feed.next(&self.subscription.types).await {
                Ok(change) => change,
                // RFC 8620 7.2: a subscription ends with what the client was signed in with.
                Err(ended) => return ended == Ended::Unwelcome,
            };
            let mut fate = Fate::Taken;
            for part in change.parts(ACCOUNTS_PER_PUSH) {
                fate = self.send(&part).await;
                if fate != Fate::Taken {
                    break;
                }
            }
            match fate {
                Fate::Taken => {
                    (failures, refusals) = (0, 0);
                    pause(Some(PUSH_INTERVAL)).await;
                }
                Fate::Gone => return true,
                Fate::Later { refused, wait_s } => {
                    failures = failures.saturating_add(1);
                    refusals = if refused { refusals + 1 } else { refusals };
                    if refusals >= REFUSALS_MAX {
                        return true;
                    }
                    feed.repeat();
                    pause(Some(failure_pause(failures, wait_s))).await;
                }
            }
        }
    }

    /// Pushes an object, encrypted if the client wants that.
    async fn send(&self, object: &Value) -> Fate {
        let Some(push) = self.push(object) else {
            return Fate::Gone;
        };
        // The semaphore is never closed.
        let _turn = self.at_once.acquire().await;
        Fate::of(self.sender.send(push).await)
    }

    /// RFC 8030 5, RFC 8620 7.2: the request.
    fn push(&self, object: &Value) -> Option<Push> {
        let plain = object.to_string().into_bytes();
        let settings = &self.house.settings;
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("ttl", TTL_S.to_string()),
        ];
        let body = match &self.subscription.keys {
            Some(keys) => {
                // RFC 8291 2.
                headers.push(("content-encoding", "aes128gcm".to_owned()));
                keys.encrypt(&plain, &settings.random).ok()?
            }
            None => plain,
        };
        if let Some(vapid) = &settings.vapid {
            let origin = self.subscription.origin();
            headers.push(("authorization", vapid.authorization(origin, self.now())?));
        }
        Some(Push {
            url: self.subscription.url.clone(),
            headers,
            body: Bytes::from(body),
        })
    }

    async fn destroy(&self) {
        let (caller, account) = (server(self.principal.id), self.principal.id.into());
        let kind = RecordKind::PushSubscription;
        let change = [RecordChange::Destroy(self.id)];
        let groupware = &self.house.groupware;
        let destroyed = groupware.change_records(&caller, account, kind, None, &change);
        match destroyed.await {
            Ok(_) => tracing::debug!(
                principal = self.principal.id.0,
                "a subscription to push ended"
            ),
            Err(error) => {
                tracing::warn!(principal = self.principal.id.0, %error, "cannot end a subscription to push");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_push_services_are_told_apart() {
        let answered = |status, retry_after_s| {
            Fate::of(Pushed::Answered {
                status,
                retry_after_s,
            })
        };
        assert_eq!(answered(201, None), Fate::Taken);
        assert_eq!(answered(404, None), Fate::Gone);
        assert_eq!(answered(410, Some(5)), Fate::Gone);
        let later = |refused, wait_s| Fate::Later { refused, wait_s };
        assert_eq!(answered(429, Some(5)), later(false, Some(5)));
        assert_eq!(answered(503, None), later(false, None));
        assert_eq!(answered(403, None), later(true, None));
        assert_eq!(answered(302, None), later(true, None));
        assert_eq!(Fate::of(Pushed::Unreachable), later(false, None));
    }

    #[test]
    fn pauses_double_and_have_an_end() {
        let seconds = |failures, wanted| failure_pause(failures, wanted).as_secs();
        assert_eq!(
            (seconds(1, None), seconds(2, None), seconds(99, None)),
            (30, 60, 3_600)
        );
        assert_eq!(
            (seconds(1, Some(90)), seconds(1, Some(u32::MAX))),
            (90, 3_600)
        );
    }
}
