//! Filters: what a Sieve script of many rules costs, on its own and when mail is delivered.

use ::sieve::{Action, Input, Limits, Nowhere, Script};
use anyhow::{Result, anyhow, ensure};

use super::delivery::SENDER;
use super::traffic::{cpu_of, hand_over};
use super::{Place, Workload};
use crate::corpus::Corpus;
use crate::meter::Meter;
use crate::report::{Figure, Goal, Sample};
use crate::server::{Kind, Running, address};

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many messages are delivered, with the script and without.
    #[arg(long, default_value_t = 4_000)]
    pub(crate) filtered: u64,
    /// How many rules the script has.
    #[arg(long, default_value_t = 50)]
    pub(crate) rules: u64,
}

/// The accounts, of which the second half has the script.
const USERS: usize = 20;
/// Connections at once.
const CONNECTIONS: usize = 8;
/// The messages are handed over in so many turns.
const TURNS: u64 = 4;
/// Messages that the script is tried on alone, and how often each.
const ALONE: u64 = 2_000;
const ALONE_TIMES: u64 = 5;
/// Where the script files what it finds.
const FOLDERS: [&str; 3] = ["Lists", "Bills", "Orders"];

#[derive(Debug)]
pub(crate) struct Sieve {
    size: Size,
    corpus: Corpus,
    script: String,
}

impl Sieve {
    pub(crate) fn new(mut size: Size, quick: bool) -> Self {
        if quick {
            size.filtered = size.filtered.min(800);
        }
        Self {
            script: script(size.rules),
            size,
            corpus: Corpus::new(),
        }
    }

    /// CPU milliseconds per message, without a server; and the share of messages that are filed.
    fn alone(&self) -> Result<(f64, f64)> {
        let script = Script::parse(self.script.as_bytes()).map_err(|error| anyhow!("{error}"))?;
        let limits = Limits::default();
        let messages: Vec<Vec<u8>> = (0..ALONE)
            .map(|number| self.corpus.message(number, "u1@example.test"))
            .collect();
        let mut filed = 0_u64;
        let meter = Meter::start();
        for _ in 0..ALONE_TIMES {
            for message in &messages {
                let input = Input {
                    reverse_path: SENDER,
                    recipient: "u1@example.test",
                    ..Input::new(message)
                };
                let outcome = ::sieve::run(&script, &input, &Nowhere, &limits);
                ensure!(outcome.fault.is_none(), "{:?}", outcome.fault);
                let into = |action: &Action| matches!(action, Action::FileInto(_));
                filed += u64::from(outcome.actions.iter().any(into));
            }
        }
        let runs = (ALONE * ALONE_TIMES) as f64;
        Ok((meter.stop().cpu_s / runs * 1e3, filed as f64 / runs))
    }

    /// Delivers a part of the messages to these users; gives the CPU seconds of the server.
    fn deliver(&self, running: &Running<'_>, users: &[String], turn: u64) -> Result<f64> {
        let connections = (0..CONNECTIONS).map(|_| running.lmtp());
        let connections = connections.collect::<Result<Vec<_>>>()?;
        let part = self.size.filtered / TURNS;
        cpu_of(running, || {
            let messages = turn * part..(turn + 1) * part;
            hand_over(connections, messages, |sender, number| {
                let to = address(&users[usize::try_from(number)? % users.len()]);
                sender.send(SENDER, &to, &self.corpus.message(number, &to))
            })
            .map(drop)
        })
    }
}

impl Workload for Sieve {
    type Prepared = ();

    fn title(&self) -> String {
        format!(
            "a Sieve script of {} rules, {} messages of 12 KiB by LMTP",
            self.size.rules, self.size.filtered
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new(
                "script_cpu_ms",
                "CPU ms of the script per message, alone",
                Goal::AtMost(0.1),
            ),
            Figure::new(
                "filter_cpu_ms",
                "CPU ms of the filter per delivery",
                Goal::AtMost(0.1),
            ),
            Figure::new("filtered_cpu_ms", "  of a delivery with it", Goal::None),
            Figure::new("plain_cpu_ms", "  of a delivery without", Goal::None),
            Figure::new("filed", "share of messages that it files", Goal::None),
        ]
    }

    fn users(&self) -> Vec<String> {
        (1..=USERS).map(|number| format!("u{number}")).collect()
    }

    fn peers(&self) -> Vec<Kind> {
        vec![Kind::Wachpost]
    }

    fn prepare(&self, _: &Place<'_>) -> Result<()> {
        Ok(())
    }

    fn round(&self, place: &Place<'_>, (): &mut ()) -> Result<Sample> {
        let (script_cpu_ms, filed) = self.alone()?;
        ensure!(filed > 0.0, "the script files nothing");
        let site = place.set_up()?;
        let users = self.users();
        let (plain, filtered) = users.split_at(USERS / 2);
        let running = site.start()?;
        for user in &users {
            // Makes the mailboxes, so that this is not part of the work.
            running.sign_in(user)?.sign_out()?;
        }
        for user in filtered {
            site.filter(user, &self.script)?;
        }
        running.settle();
        let (mut plain_s, mut filtered_s) = (0.0, 0.0);
        for turn in 0..TURNS {
            plain_s += self.deliver(&running, plain, turn)?;
            filtered_s += self.deliver(&running, filtered, turn)?;
        }
        let part = self.size.filtered / TURNS * TURNS;
        all_there(&running, filtered, part)?;
        running.stop()?;
        let count = part as f64;
        let values = [
            ("script_cpu_ms", script_cpu_ms),
            ("filter_cpu_ms", (filtered_s - plain_s) / count * 1e3),
            ("filtered_cpu_ms", filtered_s / count * 1e3),
            ("plain_cpu_ms", plain_s / count * 1e3),
            ("filed", filed),
        ];
        Ok(values
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect())
    }
}

/// Looks whether each message is in one of the folders, and not all of them in the inbox.
fn all_there(running: &Running<'_>, users: &[String], messages: u64) -> Result<()> {
    let (mut inbox, mut filed) = (0, 0);
    for user in users {
        let mut client = running.sign_in(user)?;
        inbox += client.messages("INBOX")?;
        for folder in FOLDERS {
            // A folder is made for the first message that belongs there.
            filed += client.messages(folder).unwrap_or(0);
        }
        client.sign_out()?;
    }
    ensure!(
        inbox + filed == messages && filed > 0,
        "of {messages} messages {inbox} are in the inbox and {filed} are filed"
    );
    Ok(())
}

/// A script as people have it: lists, senders, subjects; most rules do not match most messages.
fn script(rules: u64) -> String {
    let mut text =
        "require [\"fileinto\", \"mailbox\", \"imap4flags\", \"envelope\"];\n".to_owned();
    for number in 0..rules {
        text.push_str(&match number % 5 {
            0 => format!(
                "if header :contains \"list-id\" \"<list{number}.sender\" {{ fileinto :create \"Lists\"; stop; }}\n"
            ),
            1 => format!(
                "if address :is :domain [\"from\", \"sender\"] [\"sender{number}.example\", \"shop{number}.example\"] \
                 {{ addflag \"$label{}\"; }}\n",
                number % 4
            ),
            2 => format!(
                "if header :contains \"subject\" [\"Rechnung {number}\", \"invoice {number}\", \"bill {number}\"] \
                 {{ fileinto :create \"Bills\"; stop; }}\n"
            ),
            3 => format!(
                "if allof (address :contains :localpart \"from\" \"person{number}\", \
                 not header :matches \"subject\" \"Re: *\", exists \"references\") {{ addflag \"\\\\Flagged\"; }}\n"
            ),
            _ => format!(
                "if anyof (envelope :all :is \"from\" \"orders@shop{number}.example\", \
                 header :matches \"subject\" \"*order number {number}*\") {{ fileinto :create \"Orders\"; stop; }}\n"
            ),
        });
    }
    text
}
