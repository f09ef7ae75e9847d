//! Reception: what it costs to check SPF, DKIM and DMARC of mail from strangers.
//!
//! Two servers take the same messages from the same stranger, in turns; one of them checks. The messages are of
//! 60 domains, so that most answers of the DNS are remembered, and each has one RSA signature that holds.

use std::sync::Arc;

use anyhow::{Result, anyhow, ensure};
use authenticity::{KeyKind, Signer, SigningKey};

use super::traffic::{cpu_of, hand_over};
use super::{Place, Workload};
use crate::corpus::{Corpus, SENDER_DOMAINS, sender_domain};
use crate::name_server::{HOST, NameServer};
use crate::report::{Figure, Goal, Sample};
use crate::server::{Kind, Running, Transport, address};

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many messages are received, with checks and without.
    #[arg(long, default_value_t = 4_000)]
    pub(crate) received: u64,
}

/// The accounts of the recipients.
const USERS: usize = 20;
/// Connections at once.
const CONNECTIONS: usize = 8;
/// The messages are handed over in so many turns.
const TURNS: u64 = 4;

#[derive(Debug)]
pub(crate) struct Reception {
    size: Size,
    /// Who sends it, to whom, and the message.
    messages: Vec<(String, String, Vec<u8>)>,
    /// The record of the key.
    dkim: String,
}

impl Reception {
    pub(crate) fn new(mut size: Size, quick: bool) -> Result<Self> {
        if quick {
            size.received = size.received.min(800);
        }
        let key = SigningKey::generate(KeyKind::Rsa)?;
        let (dkim, key) = (key.dns_text(), Arc::new(key));
        let signers = (0..SENDER_DOMAINS).map(|number| {
            let keys = vec![("key1".to_owned(), Arc::clone(&key))];
            Signer::new(&format!("sender{number}.example"), keys)
        });
        let signers = signers.collect::<Result<Vec<_>, _>>()?;
        let corpus = Corpus::new();
        let messages = (0..size.received).map(|number| {
            let domain = sender_domain(number);
            let to = address(&format!("u{}", number % USERS as u64 + 1));
            let message = corpus.unsigned(number, &to);
            let signature = signers[usize::try_from(domain)?].sign(&message, SIGNED_AT_S)?;
            let from = format!("bounces@sender{domain}.example");
            Ok((from, to, [signature.as_bytes(), &message].concat()))
        });
        Ok(Self {
            size,
            messages: messages.collect::<Result<_>>()?,
            dkim,
        })
    }

    /// Hands over a part of the messages; gives the CPU seconds of the server.
    fn receive(&self, running: &Running<'_>, turn: u64) -> Result<f64> {
        let connections = (0..CONNECTIONS).map(|_| running.stranger(HOST));
        let connections = connections.collect::<Result<Vec<_>>>()?;
        let part = self.size.received / TURNS;
        cpu_of(running, || {
            let messages = turn * part..(turn + 1) * part;
            hand_over(connections, messages, |sender, number| {
                let (from, to, message) = &self.messages[usize::try_from(number)?];
                sender.send(from, to, message)
            })
            .map(drop)
        })
    }
}

/// When the messages were signed: in March 2026, as they say.
const SIGNED_AT_S: u64 = 1_772_500_000;

impl Workload for Reception {
    type Prepared = ();

    fn title(&self) -> String {
        format!(
            "reception of {} messages of 12 KiB from strangers, with SPF, DKIM and DMARC and without",
            self.size.received
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new(
                "checks_cpu_ms",
                "CPU ms of the checks per message",
                Goal::AtMost(0.5),
            ),
            Figure::new(
                "checked_cpu_ms",
                "  of a message that is checked",
                Goal::None,
            ),
            Figure::new("plain_cpu_ms", "  of a message that is not", Goal::None),
            Figure::new("questions", "questions to the DNS per message", Goal::None),
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
        let names = NameServer::start(self.dkim.clone())?;
        let transport = |checks| Transport {
            name_server: Some(names.address),
            checks,
            ..Transport::default()
        };
        let checking = place.set_up_with(&transport(true))?;
        let plain = place.set_up_with(&transport(false))?;
        let (checking, plain) = (checking.start()?, plain.start()?);
        for running in [&checking, &plain] {
            // Makes the mailboxes, so that this is not part of the work.
            for user in self.users() {
                running.sign_in(&user)?.sign_out()?;
            }
            running.settle();
        }
        let (mut checked_s, mut plain_s) = (0.0, 0.0);
        for turn in 0..TURNS {
            checked_s += self.receive(&checking, turn)?;
            plain_s += self.receive(&plain, turn)?;
        }
        all_passed(&checking)?;
        checking.stop()?;
        plain.stop()?;
        let count = (self.size.received / TURNS * TURNS) as f64;
        let values = [
            ("checks_cpu_ms", (checked_s - plain_s) / count * 1e3),
            ("checked_cpu_ms", checked_s / count * 1e3),
            ("plain_cpu_ms", plain_s / count * 1e3),
            ("questions", names.questions() as f64 / count),
        ];
        Ok(values
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect())
    }
}

/// Looks whether the checks were made, and found what there is.
fn all_passed(running: &Running<'_>) -> Result<()> {
    let mut client = running.sign_in("u1")?;
    client.drain("SELECT INBOX")?;
    let results = client.ask("FETCH * BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]");
    let results = results.map_err(|error| anyhow!("no message of u1 in the inbox: {error}"))?;
    for passed in ["spf=pass", "dkim=pass", "dmarc=pass"] {
        ensure!(results.contains(passed), "not {passed}: {results}");
    }
    client.sign_out()
}
