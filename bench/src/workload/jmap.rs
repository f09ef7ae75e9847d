//! JMAP: the newest of a large mailbox for many clients at once, a search, what changed, and how soon those who listen hear of it.

mod listeners;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::delivery::Load;
use super::{Place, Workload};
use crate::corpus::{Corpus, SEARCHED_WORD, has_searched_word};
use crate::http::Http;
use crate::processes::{Used, memory_kib};
use crate::report::{Figure, Goal, Sample, median};
use crate::server::{Kind, PASSWORD, Running, Site, address};
use listeners::Listeners;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many emails the mailbox has.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) emails: u64,
    /// How many clients ask for the newest at once.
    #[arg(long, default_value_t = 16)]
    pub(crate) jmap_clients: usize,
    /// How often they ask, all together.
    #[arg(long, default_value_t = 8_000)]
    pub(crate) jmap_requests: u64,
    /// How many clients listen to an event source.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) push_clients: usize,
}

/// Whose mailbox it is.
const USER: &str = "big";
/// Connections that fill it.
const FILLING_CONNECTIONS: usize = 8;
/// A search is repeated so often, and the median counts.
const SEARCHES: usize = 11;
/// Changes that are made, and asked for, one after the other.
const CHANGES: u64 = 2_000;
/// Changes that those who listen are told of, one after the other.
const TOLD: u64 = 30;
/// Changes while nobody reads what comes.
const UNREAD: u64 = 200;
/// Emails that are asked for.
const NEWEST: u64 = 50;

#[derive(Debug)]
pub(crate) struct Jmap {
    size: Size,
    corpus: Corpus,
}

impl Jmap {
    pub(crate) fn new(mut size: Size, quick: bool) -> Self {
        if quick {
            size.emails = size.emails.min(2_000);
            size.jmap_requests = size.jmap_requests.min(800);
            size.push_clients = size.push_clients.min(200);
        }
        Self {
            size,
            corpus: Corpus::new(),
        }
    }
}

impl Workload for Jmap {
    type Prepared = Site;

    fn title(&self) -> String {
        format!(
            "JMAP with a mailbox of {} emails, {} clients, {} that listen",
            self.size.emails, self.size.jmap_clients, self.size.push_clients
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new(
                "newest_per_s",
                "newest 50 (Email/query, Email/get), requests/s",
                Goal::None,
            ),
            Figure::new("newest_cpu_ms", "  server CPU ms each", Goal::AtMost(0.8)),
            Figure::new("newest_p50_ms", "  median, ms", Goal::None),
            Figure::new("newest_p99_ms", "  99th percentile, ms", Goal::AtMost(25.0)),
            Figure::new("newest_octets", "  octets of an answer", Goal::None),
            Figure::new("text_ms", "Email/query for a word, ms", Goal::AtMost(10.0)),
            Figure::new("text_first_ms", "  the first time, ms", Goal::None),
            Figure::new(
                "changes_cpu_ms",
                "Email/changes after one change, server CPU ms",
                Goal::AtMost(0.3),
            ),
            Figure::new("changes_ms", "  median, ms", Goal::None),
            Figure::new(
                "set_cpu_ms",
                "Email/set of one keyword, server CPU ms",
                Goal::AtMost(0.5),
            ),
            Figure::new("set_ms", "  median, ms", Goal::None),
            Figure::new(
                "push_p50_ms",
                "from the change to the event, median, ms",
                Goal::None,
            ),
            Figure::new("push_p99_ms", "  99th percentile, ms", Goal::None),
            Figure::new(
                "push_from_commit_p99_ms",
                "  the same from the first sign of the commit, ms",
                Goal::AtMost(20.0),
            ),
            Figure::new(
                "push_cpu_ms",
                "  server CPU ms for an event to one client",
                Goal::None,
            ),
            Figure::new(
                "push_client_kib",
                "memory of a client that listens, KiB",
                Goal::None,
            ),
            Figure::new(
                "push_unread_kib",
                "  more if it reads none of 200 events, KiB",
                Goal::None,
            ),
            Figure::new("memory_mib", "memory afterwards, MiB", Goal::None),
        ]
    }

    fn users(&self) -> Vec<String> {
        vec![USER.to_owned()]
    }

    fn peers(&self) -> Vec<Kind> {
        vec![Kind::Wachpost]
    }

    fn prepare(&self, place: &Place<'_>) -> Result<Site> {
        let site = place.set_up()?;
        let running = site.start()?;
        let load = Load {
            corpus: &self.corpus,
            users: &self.users(),
            messages: self.size.emails,
            connections: FILLING_CONNECTIONS,
        };
        load.run(&site, &running).context("filling the mailbox")?;
        running.stop()?;
        Ok(site)
    }

    fn round(&self, _: &Place<'_>, site: &mut Site) -> Result<Sample> {
        let running = site.start()?;
        running.settle();
        let mut sample = Sample::new();
        let mut client = Client::new(site)?;
        self.newest(site, &running, &client.account, &mut sample)?;
        self.search(&mut client, &mut sample)?;
        change(&mut client, &running, &mut sample)?;
        self.push(site, &mut client, &running, &mut sample)?;
        let memory_mib = memory_kib(running.process()) as f64 / 1024.0;
        sample.insert("memory_mib".to_owned(), memory_mib);
        running.stop()?;
        Ok(sample)
    }
}

/// Somebody who asks over one connection.
#[derive(Debug)]
struct Client {
    http: Http,
    account: String,
}

const JSON: &str = "Content-Type: application/json\r\n";

impl Client {
    fn new(site: &Site) -> Result<Self> {
        let mut http = Http::new(site.http, &address(USER), PASSWORD);
        let session = http.ask("GET", "/.well-known/jmap", "", "")?;
        let session: Value = serde_json::from_slice(&session)?;
        let account = session["primaryAccounts"]["urn:ietf:params:jmap:mail"].as_str();
        let account = account.context("no account in the session")?.to_owned();
        Ok(Self { http, account })
    }

    /// The arguments of the answer to the last of the calls.
    fn call(&mut self, calls: &Value) -> Result<Value> {
        let answer = self.http.ask("POST", "/jmap/api", JSON, &request(calls))?;
        let mut answer: Value = serde_json::from_slice(&answer)?;
        let answers = answer["methodResponses"].as_array_mut();
        let mut last = answers.and_then(Vec::pop).context("no answer")?;
        ensure!(last[0] != "error", "{last}");
        Ok(last[1].take())
    }

    /// The newest email.
    fn newest(&mut self) -> Result<String> {
        let calls = json!([["Email/query", {
            "accountId": self.account, "sort": [{"property": "receivedAt", "isAscending": false}], "limit": 1,
        }, "q"]]);
        let found = self.call(&calls)?;
        let id = found["ids"][0].as_str().context("there are no emails")?;
        Ok(id.to_owned())
    }

    /// Sets or takes away a keyword; the state afterwards.
    fn flag(&mut self, email: &str, on: bool) -> Result<String> {
        let value = if on { Value::Bool(true) } else { Value::Null };
        let calls = json!([["Email/set", {
            "accountId": self.account, "update": {email: {"keywords/$flagged": value}},
        }, "s"]]);
        let done = self.call(&calls)?;
        ensure!(done["updated"].get(email).is_some(), "not set: {done}");
        let state = done["newState"].as_str().context("no state")?;
        Ok(state.to_owned())
    }
}

fn request(calls: &Value) -> String {
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    json!({"using": using, "methodCalls": calls}).to_string()
}

impl Jmap {
    /// What a client asks for when it is opened, by many at once.
    fn newest(
        &self,
        site: &Site,
        running: &Running<'_>,
        account: &str,
        sample: &mut Sample,
    ) -> Result<()> {
        let body = request(&json!([
            ["Email/query", {
                "accountId": account, "sort": [{"property": "receivedAt", "isAscending": false}], "limit": NEWEST,
            }, "q"],
            ["Email/get", {
                "accountId": account,
                "#ids": {"resultOf": "q", "name": "Email/query", "path": "/ids"},
                "properties": [
                    "id", "threadId", "mailboxIds", "keywords", "from", "to", "subject", "receivedAt", "size", "preview",
                    "hasAttachment",
                ],
            }, "g"],
        ]));
        let (next, times, octets) = (AtomicU64::new(0), Mutex::new(Vec::new()), AtomicU64::new(0));
        let ask = |count: u64| -> Result<()> {
            let mut http = Http::new(site.http, &address(USER), PASSWORD);
            let mut own = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < count {
                let start = Instant::now();
                let answer = http.ask("POST", "/jmap/api", JSON, &body)?;
                own.push(start.elapsed().as_secs_f64() * 1e3);
                octets.store(answer.len() as u64, Ordering::Relaxed);
                ensure!(answer.len() > 2_000, "{}", String::from_utf8_lossy(&answer));
            }
            if let Ok(mut times) = times.lock() {
                times.append(&mut own);
            }
            Ok(())
        };
        // What is made on first use counts as there already.
        ask(20)?;
        next.store(0, Ordering::Relaxed);
        if let Ok(mut times) = times.lock() {
            times.clear();
        }
        let (before, start) = (Used::by(running.process()), Instant::now());
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.size.jmap_clients)
                .map(|_| scope.spawn(|| ask(self.size.jmap_requests)))
                .collect();
            threads
                .into_iter()
                .try_for_each(|thread| match thread.join() {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
        })?;
        let seconds = start.elapsed().as_secs_f64();
        let used = Used::by(running.process()).since(before);
        let mut times = times.into_inner().unwrap_or_default();
        times.sort_by(f64::total_cmp);
        let count = self.size.jmap_requests as f64;
        sample.insert("newest_per_s".to_owned(), count / seconds);
        sample.insert("newest_cpu_ms".to_owned(), used.cpu_s * 1e3 / count);
        sample.insert("newest_p50_ms".to_owned(), percentile(&times, 50));
        sample.insert("newest_p99_ms".to_owned(), percentile(&times, 99));
        let octets = octets.load(Ordering::Relaxed) as f64;
        sample.insert("newest_octets".to_owned(), octets);
        Ok(())
    }

    fn search(&self, client: &mut Client, sample: &mut Sample) -> Result<()> {
        let calls = json!([["Email/query", {
            "accountId": client.account, "filter": {"text": SEARCHED_WORD}, "calculateTotal": true,
            "sort": [{"property": "receivedAt", "isAscending": false}], "limit": NEWEST,
        }, "q"]]);
        let expected = (0..self.size.emails)
            .filter(|number| has_searched_word(*number))
            .count();
        let mut times = Vec::new();
        for _ in 0..SEARCHES {
            let start = Instant::now();
            let found = client.call(&calls)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            ensure!(
                found["total"] == expected,
                "{} found, not {expected}",
                found["total"]
            );
        }
        sample.insert("text_first_ms".to_owned(), times[0]);
        sample.insert("text_ms".to_owned(), middle(times));
        Ok(())
    }

    /// From a change to the event that all who listen get.
    fn push(
        &self,
        site: &Site,
        client: &mut Client,
        running: &Running<'_>,
        sample: &mut Sample,
    ) -> Result<()> {
        let email = client.newest()?;
        let count = self.size.push_clients;
        let empty = memory_kib(running.process()) as f64;
        let mut listeners = Listeners::open(site.http, &address(USER), PASSWORD, count)?;
        running.settle();
        let full = memory_kib(running.process()) as f64;
        let (mut times, mut from_commit) = (Vec::new(), Vec::new());
        let before = Used::by(running.process());
        for number in 0..TOLD {
            let start = Instant::now();
            let (state, answered, heard, event) = std::thread::scope(|scope| {
                let hearing = scope.spawn(|| listeners.hear());
                let state = client.flag(&email, number % 2 == 0)?;
                let answered = Instant::now();
                match hearing.join() {
                    Ok(heard) => heard.map(|(heard, event)| (state, answered, heard, event)),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            })?;
            let event = String::from_utf8_lossy(&event);
            let told = format!("\"Email\":\"{state}\"");
            ensure!(event.contains(&told), "{event} and not {told}");
            // Whatever is seen first, the change was durable before it.
            let committed = heard
                .iter()
                .copied()
                .min()
                .unwrap_or(answered)
                .min(answered);
            for heard in heard {
                times.push((heard - start).as_secs_f64() * 1e3);
                from_commit.push((heard - committed).as_secs_f64() * 1e3);
            }
        }
        let used = Used::by(running.process()).since(before);
        times.sort_by(f64::total_cmp);
        from_commit.sort_by(f64::total_cmp);
        let each = |value: f64| value / count as f64;
        sample.insert("push_p50_ms".to_owned(), percentile(&times, 50));
        sample.insert("push_p99_ms".to_owned(), percentile(&times, 99));
        sample.insert(
            "push_from_commit_p99_ms".to_owned(),
            percentile(&from_commit, 99),
        );
        sample.insert(
            "push_cpu_ms".to_owned(),
            each(used.cpu_s * 1e3 / TOLD as f64),
        );
        sample.insert("push_client_kib".to_owned(), each(full - empty));
        let full = memory_kib(running.process()) as f64;
        for number in 0..UNREAD {
            client.flag(&email, number % 2 == 0)?;
        }
        running.settle();
        let unread = memory_kib(running.process()) as f64;
        sample.insert("push_unread_kib".to_owned(), each(unread - full));
        Ok(())
    }
}

/// One keyword of one email, and what changed, again and again.
fn change(client: &mut Client, running: &Running<'_>, sample: &mut Sample) -> Result<()> {
    let email = client.newest()?;
    let mut since = client.flag(&email, false)?;
    let mut times = Vec::new();
    let before = Used::by(running.process());
    for number in 0..CHANGES {
        let start = Instant::now();
        let state = client.flag(&email, number % 2 == 0)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        if number + 2 == CHANGES {
            since = state;
        }
    }
    let used = Used::by(running.process()).since(before);
    sample.insert("set_cpu_ms".to_owned(), used.cpu_s * 1e3 / CHANGES as f64);
    sample.insert("set_ms".to_owned(), middle(times));
    let calls = json!([["Email/changes", {"accountId": client.account, "sinceState": since}, "c"]]);
    let mut times = Vec::new();
    running.settle();
    let before = Used::by(running.process());
    for _ in 0..CHANGES {
        let start = Instant::now();
        let changes = client.call(&calls)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(changes["updated"] == json!([email]), "{changes}");
    }
    let used = Used::by(running.process()).since(before);
    let each_ms = used.cpu_s * 1e3 / CHANGES as f64;
    sample.insert("changes_cpu_ms".to_owned(), each_ms);
    sample.insert("changes_ms".to_owned(), middle(times));
    Ok(())
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    median(&times).unwrap_or(f64::NAN)
}

/// Of values in order.
fn percentile(values: &[f64], part: usize) -> f64 {
    let at = values.len() * part / 100;
    values.get(at).copied().unwrap_or(f64::NAN)
}
