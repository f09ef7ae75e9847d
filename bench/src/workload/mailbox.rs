//! One large mailbox: what clients ask of it over IMAP, one command after the other.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::delivery::Load;
use super::{Place, Workload};
use crate::corpus::{
    Corpus, SEARCHED_SENDER, SEARCHED_WORD, has_searched_sender, has_searched_word,
};
use crate::imap::Imap;
use crate::processes::{Used, memory_kib};
use crate::report::{Figure, Goal, Sample, median};
use crate::server::{Running, Site};

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many messages the mailbox has.
    #[arg(long, default_value_t = 50_000)]
    pub(crate) mailbox: u64,
    /// How many messages are appended one at a time.
    #[arg(long, default_value_t = 500)]
    pub(crate) appends: u64,
}

/// Whose mailbox it is.
const USER: &str = "big";

/// What is appended is numbered from here on.
const APPENDS_FROM: u64 = 10_000_000;

/// Connections that fill the mailbox.
const FILLING_CONNECTIONS: usize = 8;

/// No message is shorter.
const MESSAGE_OCTETS_MIN: u64 = 1_024;

/// A short command is repeated, so that its median counts, but not for longer than this.
const REPEATS: usize = 7;
const REPEAT_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Mailbox {
    size: Size,
    corpus: Corpus,
}

/// A server with the mailbox.
#[derive(Debug)]
pub(crate) struct Filled {
    site: Site,
    /// Whether ENVELOPE was asked for already, which some servers remember.
    asked: bool,
}

impl Mailbox {
    pub(crate) fn new(mut size: Size, quick: bool) -> Self {
        if quick {
            size.mailbox = size.mailbox.min(3_000);
            size.appends = size.appends.min(200);
        }
        Self {
            size,
            corpus: Corpus::new(),
        }
    }

    fn expect_hits(&self, answer: &str, found: impl Fn(u64) -> bool) -> Result<()> {
        let hits = answer
            .lines()
            .filter_map(|line| line.strip_prefix("* SEARCH"))
            .flat_map(str::split_whitespace)
            .count();
        let expected = (0..self.size.mailbox)
            .filter(|number| found(*number))
            .count();
        ensure!(
            hits == expected,
            "found {hits} messages instead of {expected}"
        );
        Ok(())
    }

    /// Everything but the first SELECT, on one connection.
    fn ask_all(&self, client: &mut Imap, watch: &mut Watch<'_>, asked: bool) -> Result<()> {
        watch.repeat("select_again_ms", || client.drain("SELECT INBOX"))?;
        let lines = watch.repeat("flags_ms", || client.lines("FETCH 1:* (FLAGS UID)"))?;
        ensure!(lines == self.size.mailbox, "FLAGS of {lines} messages only");
        if !asked {
            watch.once("envelope_first_ms", || client.drain("FETCH 1:* (ENVELOPE)"))?;
        }
        watch.repeat("envelope_again_ms", || client.drain("FETCH 1:* (ENVELOPE)"))?;
        let bodies = (self.size.mailbox / 5).max(1);
        let octets = watch.once("bodies_ms", || {
            client.drain(&format!("FETCH 1:{bodies} (BODY.PEEK[])"))
        })?;
        ensure!(
            octets > bodies * MESSAGE_OCTETS_MIN,
            "bodies of {octets} octets only"
        );
        let bodies_ms = watch.sample.remove("bodies_ms").unwrap_or(f64::NAN);
        watch.set("bodies_mb_per_s", octets as f64 / 1e6 / (bodies_ms / 1e3));
        watch.set("bodies_cpu_s_per_gb", watch.cpu_s / (octets as f64 / 1e9));
        watch.once("store_ms", || {
            client.drain("UID STORE 1:* +FLAGS.SILENT (\\Flagged)")
        })?;
        watch.set("store_cpu_ms", watch.cpu_s * 1e3);
        client.drain("UID STORE 1:* -FLAGS.SILENT (\\Flagged)")?;
        let answer = watch.repeat("search_from_ms", || {
            client.ask(&format!("SEARCH FROM \"{SEARCHED_SENDER}\""))
        })?;
        self.expect_hits(&answer, has_searched_sender)
            .context("SEARCH FROM")?;
        let answer = watch.repeat("search_text_ms", || {
            client.ask(&format!("SEARCH TEXT \"{SEARCHED_WORD}\""))
        })?;
        self.expect_hits(&answer, has_searched_word)
            .context("SEARCH TEXT")
    }

    fn append(&self, client: &mut Imap, watch: &mut Watch<'_>) -> Result<()> {
        const MAILBOX: &str = "Appended";
        let count = self.size.appends;
        let messages: Vec<Vec<u8>> = (APPENDS_FROM..APPENDS_FROM + count)
            .map(|number| self.corpus.message(number, "big@example.test"))
            .collect();
        client.drain(&format!("CREATE {MAILBOX}"))?;
        watch.once("appends_ms", || {
            messages
                .iter()
                .try_for_each(|message| client.append(MAILBOX, message))
        })?;
        let appends_ms = watch.sample.remove("appends_ms").unwrap_or(f64::NAN);
        watch.set("appends_per_s", count as f64 / (appends_ms / 1e3));
        watch.set("append_cpu_ms", watch.cpu_s * 1e3 / count as f64);
        ensure!(
            client.messages(MAILBOX)? == count,
            "not everything that was appended is there"
        );
        client.drain(&format!("DELETE {MAILBOX}")).map(drop)
    }
}

impl Workload for Mailbox {
    type Prepared = Filled;

    fn title(&self) -> String {
        format!("IMAP with a mailbox of {} messages", self.size.mailbox)
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new(
                "select_first_ms",
                "SELECT, first after start, ms",
                Goal::AtMost(20.0),
            ),
            Figure::new("select_again_ms", "SELECT, again, ms", Goal::AtMost(1.5)),
            Figure::new("flags_ms", "FETCH 1:* (FLAGS UID), ms", Goal::AtMost(25.0)),
            Figure::new(
                "envelope_first_ms",
                "FETCH 1:* (ENVELOPE), first, ms",
                Goal::AtMost(100.0),
            ),
            Figure::new(
                "envelope_again_ms",
                "FETCH 1:* (ENVELOPE), again, ms",
                Goal::AtMost(100.0),
            ),
            Figure::new(
                "bodies_mb_per_s",
                "FETCH of a fifth BODY.PEEK[], MB/s",
                Goal::TimesPeer(3.0),
            ),
            Figure::new(
                "bodies_cpu_s_per_gb",
                "  its server CPU, s per GB",
                Goal::None,
            ),
            Figure::new(
                "store_ms",
                "UID STORE 1:* +FLAGS.SILENT, ms",
                Goal::AtMost(350.0),
            ),
            Figure::new("store_cpu_ms", "  its server CPU, ms", Goal::None),
            Figure::new("search_from_ms", "SEARCH FROM, ms", Goal::AtMost(10.0)),
            Figure::new("search_text_ms", "SEARCH TEXT, ms", Goal::AtMost(10.0)),
            Figure::new(
                "appends_per_s",
                "APPEND one at a time, messages/s",
                Goal::AtLeast(800.0),
            ),
            Figure::new(
                "append_cpu_ms",
                "  server CPU of one, ms",
                Goal::AtMost(0.4),
            ),
            Figure::new("memory_mib", "memory afterwards, MiB", Goal::None),
        ]
    }

    fn users(&self) -> Vec<String> {
        vec![USER.to_owned()]
    }

    fn prepare(&self, place: &Place<'_>) -> Result<Filled> {
        let site = place.set_up()?;
        let running = site.start()?;
        let load = Load {
            corpus: &self.corpus,
            users: &self.users(),
            messages: self.size.mailbox,
            connections: FILLING_CONNECTIONS,
        };
        load.run(&site, &running).context("filling the mailbox")?;
        running.stop()?;
        Ok(Filled { site, asked: false })
    }

    fn round(&self, _: &Place<'_>, filled: &mut Filled) -> Result<Sample> {
        let running = filled.site.start()?;
        running.settle();
        let mut watch = Watch::new(&running);
        let mut client = running.sign_in(USER)?;
        let answer = watch.once("select_first_ms", || client.ask("SELECT INBOX"))?;
        let exists = format!("* {} EXISTS", self.size.mailbox);
        ensure!(answer.contains(&exists), "no `{exists}` in: {answer}");
        client.sign_out()?;
        let mut client = running.sign_in(USER)?;
        self.ask_all(&mut client, &mut watch, filled.asked)?;
        filled.asked = true;
        self.append(&mut client, &mut watch)?;
        client.sign_out()?;
        watch.set("memory_mib", memory_kib(running.process()) as f64 / 1024.0);
        let sample = watch.sample;
        running.stop()?;
        Ok(sample)
    }
}

/// Takes the times.
#[derive(Debug)]
struct Watch<'a> {
    running: &'a Running<'a>,
    sample: Sample,
    /// The server's CPU time for what was timed once last.
    cpu_s: f64,
}

impl<'a> Watch<'a> {
    fn new(running: &'a Running<'a>) -> Self {
        Self {
            running,
            sample: Sample::new(),
            cpu_s: 0.0,
        }
    }

    fn set(&mut self, key: &str, value: f64) {
        self.sample.insert(key.to_owned(), value);
    }

    fn once<T>(&mut self, key: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let (before, start) = (Used::by(self.running.process()), Instant::now());
        let answer = work()?;
        self.set(key, start.elapsed().as_secs_f64() * 1e3);
        self.cpu_s = Used::by(self.running.process()).since(before).cpu_s;
        Ok(answer)
    }

    /// Several times unless it is slow; the median counts.
    fn repeat<T>(&mut self, key: &str, mut work: impl FnMut() -> Result<T>) -> Result<T> {
        let mut times_ms = Vec::new();
        let all = Instant::now();
        loop {
            let start = Instant::now();
            let answer = work()?;
            times_ms.push(start.elapsed().as_secs_f64() * 1e3);
            if times_ms.len() == REPEATS || all.elapsed() > REPEAT_WAIT {
                times_ms.sort_by(f64::total_cmp);
                self.set(key, median(&times_ms).unwrap_or(f64::NAN));
                return Ok(answer);
            }
        }
    }
}
