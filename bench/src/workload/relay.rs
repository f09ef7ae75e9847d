//! Relaying: messages in by SMTP, queued durably, signed with DKIM, out to a next server, until all have arrived there.
//!
//! Wachpost is handed them by users who sign in, with a password that costs next to nothing to check; Postfix by a
//! machine that it trusts. Both see a new connection for every user.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::traffic::share_out;
use super::{Place, Workload};
use crate::corpus::Corpus;
use crate::processes::{Used, memory_kib};
use crate::report::{Figure, Goal, Sample};
use crate::server::{Kind, Transport, address};
use crate::sink::Sink;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many messages are relayed.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) relayed: u64,
    /// Over how many connections at once they are handed over.
    #[arg(long, default_value_t = 16)]
    pub(crate) submitters: usize,
}

/// So many messages each user sends; what is far more than usual would be held.
const MESSAGES_OF_A_USER: u64 = 150;

#[derive(Debug)]
pub(crate) struct Relay {
    size: Size,
    corpus: Corpus,
}

impl Relay {
    pub(crate) fn new(mut size: Size, quick: bool) -> Self {
        if quick {
            size.relayed = size.relayed.min(1_000);
        }
        Self {
            size,
            corpus: Corpus::new(),
        }
    }
}

impl Workload for Relay {
    type Prepared = ();

    fn title(&self) -> String {
        format!(
            "relaying of {} messages of 12 KiB over {} connections",
            self.size.relayed, self.size.submitters
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new(
                "messages_per_s",
                "messages/s, in and out",
                Goal::TimesPeer(2.0),
            ),
            Figure::new("cpu_s", "server CPU s, until idle", Goal::ShareOfPeer(0.5)),
            Figure::new("accepted_per_s", "messages/s, accepted", Goal::None),
            Figure::new(
                "last_out_s",
                "last accepted until all arrived, s",
                Goal::None,
            ),
            Figure::new(
                "device_octets_per_message",
                "octets written to the device per message",
                Goal::None,
            ),
            Figure::new("memory_mib", "memory afterwards, MiB", Goal::None),
        ]
    }

    fn users(&self) -> Vec<String> {
        (1..=self.size.relayed.div_ceil(MESSAGES_OF_A_USER))
            .map(|number| format!("u{number}"))
            .collect()
    }

    fn peers(&self) -> Vec<Kind> {
        vec![Kind::Wachpost, Kind::POSTFIX, Kind::POSTFIX_SIGNING]
    }

    fn prepare(&self, _: &Place<'_>) -> Result<()> {
        Ok(())
    }

    fn round(&self, place: &Place<'_>, (): &mut ()) -> Result<Sample> {
        let sink = Sink::start()?;
        let site = place.set_up_with(&Transport {
            next: Some(sink.address),
            retry_s: 1,
            signs: true,
            ..Transport::default()
        })?;
        let running = site.start()?;
        let users = self.users();
        running.settle();

        let (before, start) = (Used::by(running.process()), Instant::now());
        let turns = u64::try_from(users.len())?;
        let workers = std::iter::repeat_n((), self.size.submitters);
        let accepted_s = share_out(workers, 0..turns, |(), turn| {
            let user = &users[usize::try_from(turn)?];
            let mut sender = running.submit(user)?;
            let first = turn * MESSAGES_OF_A_USER;
            for number in first..self.size.relayed.min(first + MESSAGES_OF_A_USER) {
                let (from, to) = (
                    address(user),
                    format!("r{number}@domain{}.example.net", number % 100),
                );
                sender.send(&from, &to, &self.corpus.outgoing(number, &from, &to))?;
            }
            sender.quit()
        })?;
        sink.wait(self.size.relayed)
            .with_context(|| running.said())?;
        let arrived_s = start.elapsed().as_secs_f64();
        running.settle();
        let used = Used::by(running.process()).since(before);
        ensure!(
            sink.count() == self.size.relayed,
            "messages came twice: {} instead of {}",
            sink.count(),
            self.size.relayed
        );
        let memory_mib = memory_kib(running.process()) as f64 / 1024.0;
        running.stop()?;
        let count = self.size.relayed as f64;
        let values = [
            ("messages_per_s", count / arrived_s),
            ("cpu_s", used.cpu_s),
            ("accepted_per_s", count / accepted_s),
            ("last_out_s", arrived_s - accepted_s),
            (
                "device_octets_per_message",
                used.written_octets as f64 / count,
            ),
            ("memory_mib", memory_mib),
        ];
        Ok(values
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect())
    }
}
