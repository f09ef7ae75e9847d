//! The handle of the egress process: one method for each thing that can be wanted from the outside.

mod error;
mod link;
mod share;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use listen::Deadline;

pub use error::Error;

use crate::wire::{
    Answer, Arrival, BODY_OCTETS_MAX, DELIVERIES_MAX, Delivered, Delivery, HttpRequest,
    HttpResponse, Probe, Probed, QUESTIONS_MAX, Question, Request, Response, Setup, Status, Update,
};
use link::Link;
use share::Share;

/// The way to the egress process. A handle: its clones are the same.
///
/// It is down until [`Egress::attach`] is given a socket, and again when the process has ended, until it is given
/// another one. Dropping the future of a question ends the work on it in the process.
#[derive(Clone)]
pub struct Egress(Arc<Way>);

/// Where answers come from.
enum Way {
    /// From the process.
    Process {
        link: Link,
        deliveries: Share,
        questions: Share,
    },
    /// From a function.
    Script(Box<dyn Fn(Request, Bytes) -> (Response, Bytes) + Send + Sync>),
}

/// The longest that a delivery may take. RFC 5321 4.5.3.2 grants 5 minutes to a command and 10 to the end of the data;
/// several mail exchangers may be tried.
const DELIVER_TIME_MAX: Duration = Duration::from_secs(45 * 60);

/// The longest that a question to the DNS may take.
const LOOKUP_TIME_MAX: Duration = Duration::from_secs(30);

/// The longest that the checks of a message may take; the client waits for the reply to its `DATA`
/// (RFC 5321 4.5.3.2.6: 10 minutes).
const AUTHENTICATE_TIME_MAX: Duration = Duration::from_secs(60);

/// The longest that scanners may take.
const SCAN_TIME_MAX: Duration = Duration::from_secs(150);

/// The longest that a look at a mail server may take.
const PROBE_TIME_MAX: Duration = Duration::from_secs(70);

/// The longest that a change of a zone may take.
const UPDATE_TIME_MAX: Duration = Duration::from_secs(60);

/// The longest that is waited for another revision of the policies.
const POLICIES_TIME_MAX: Duration = Duration::from_secs(10 * 60);

/// The longest that the process may take to tell how it is.
const STATUS_TIME_MAX: Duration = Duration::from_secs(5);

/// How much longer than the request itself says it may take until a response to it is here.
const FETCH_TIME_MARGIN: Duration = Duration::from_secs(5);

impl Egress {
    /// A handle that is down.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Way::Process {
            link: Link::default(),
            deliveries: Share::new(DELIVERIES_MAX),
            questions: Share::new(QUESTIONS_MAX),
        }))
    }

    /// A handle that a function answers, for tests of what stands on it.
    pub fn scripted(
        answer: impl Fn(Request, Bytes) -> (Response, Bytes) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Way::Script(Box::new(answer))))
    }

    /// Serves the socket to a new process until that has ended. Run beside everything else, and again for the next one.
    /// Dropping it ends the link. `memory` is what [`Egress::policies`] told last of an earlier process, or nothing.
    ///
    /// # Errors
    /// [`Error::Busy`] if there is another link; [`Error::Failed`] if the setup is too large or the process says
    /// something that cannot be understood. That the process closes its end is no error.
    pub async fn attach(
        &self,
        socket: std::os::unix::net::UnixStream,
        setup: &Setup,
        memory: Bytes,
    ) -> Result<(), Error> {
        match &*self.0 {
            Way::Process { link, .. } => link.serve(socket, setup, memory).await,
            Way::Script(_) => Err(Error::Busy),
        }
    }

    /// Whether there is a link to a process.
    #[must_use]
    pub fn is_up(&self) -> bool {
        match &*self.0 {
            Way::Process { link, .. } => link.is_up(),
            Way::Script(_) => true,
        }
    }

    /// Hands a message to its next hop.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Refused`] for no recipients or more than [`Delivery::RECIPIENTS_MAX`]. After [`Error::Lost`] and
    /// [`Error::TimedOut`] the next hop may have taken the message.
    pub async fn deliver(&self, delivery: Delivery, message: Bytes) -> Result<Delivered, Error> {
        let recipients = delivery.recipients.len();
        if !(1..=Delivery::RECIPIENTS_MAX).contains(&recipients) {
            return Err(Error::Refused(format!(
                "a delivery to {recipients} recipients"
            )));
        }
        let request = Request::Deliver(Box::new(delivery));
        match self.ask(request, message, DELIVER_TIME_MAX).await? {
            (Response::Delivered(delivered), _) if delivered.results.len() == recipients => {
                Ok(delivered)
            }
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Asks the DNS.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Failed`] if the DNS did not answer. That there are no records is an answer.
    pub async fn lookup(&self, question: Question) -> Result<Answer, Error> {
        let request = Request::Lookup(question);
        match self.ask(request, Bytes::new(), LOOKUP_TIME_MAX).await? {
            (Response::Answer(answer), _) => Ok(answer),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Checks SPF, DKIM, DMARC and ARC of a message.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn authenticate(
        &self,
        arrival: Arrival,
        message: Bytes,
    ) -> Result<authenticity::Verdict, Error> {
        let request = Request::Authenticate(arrival);
        match self.ask(request, message, AUTHENTICATE_TIME_MAX).await? {
            (Response::Authenticated(verdict), _) => Ok(*verdict),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Lets every scanner look at a message; one verdict from each, those that failed included.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn scan(
        &self,
        envelope: scan::Envelope,
        message: Bytes,
    ) -> Result<Vec<scan::Verdict>, Error> {
        let request = Request::Scan(Box::new(envelope));
        match self.ask(request, message, SCAN_TIME_MAX).await? {
            (
                Response::Scanned {
                    mut verdicts,
                    body_of,
                },
                body,
            ) => {
                let place = body_of.and_then(|place| usize::try_from(place).ok());
                if let Some(verdict) = place.and_then(|place| verdicts.get_mut(place)) {
                    verdict.body = Some(body.into());
                }
                Ok(verdicts)
            }
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Lets the scanners that learn learn from a message.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Failed`] if one of them did not.
    pub async fn learn(&self, lesson: scan::Lesson, message: Bytes) -> Result<(), Error> {
        let request = Request::Learn(lesson);
        match self.ask(request, message, SCAN_TIME_MAX).await? {
            (Response::Learned, _) => Ok(()),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Asks a web server.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Refused`] for an address or a scheme that is not allowed. Any status code is an answer.
    pub async fn fetch(
        &self,
        request: HttpRequest,
        body: Bytes,
    ) -> Result<(HttpResponse, Bytes), Error> {
        let wanted =
            Duration::from_millis(u64::from(request.time_ms_max.min(HttpRequest::TIME_MS_MAX)));
        let time_max = wanted.saturating_add(FETCH_TIME_MARGIN);
        match self.ask(Request::Fetch(request), body, time_max).await? {
            (Response::Fetched(response), body) => Ok((response, body)),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Changes a zone.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Failed`] with the response code if the name server refuses.
    pub async fn dns_update(&self, update: Update) -> Result<(), Error> {
        let request = Request::DnsUpdate(update);
        match self.ask(request, Bytes::new(), UPDATE_TIME_MAX).await? {
            (Response::Updated, _) => Ok(()),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Looks at the TLS of a mail server, at each of its addresses.
    ///
    /// # Errors
    /// [`Error`]; also if the name leads nowhere.
    pub async fn probe(&self, probe: Probe) -> Result<Vec<Probed>, Error> {
        let request = Request::Probe(probe);
        match self.ask(request, Bytes::new(), PROBE_TIME_MAX).await? {
            (Response::Probed(probed), _) => Ok(probed),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// The policies that the process keeps of other domains (RFC 8461), for [`Egress::attach`], and their revision; waits until
    /// that is another than `known`. What the octets mean only the process knows.
    ///
    /// # Errors
    /// [`Error`]; [`Error::TimedOut`] if nothing changed for long. Revisions of one process say nothing of those of the next.
    pub async fn policies(&self, known: Option<u64>) -> Result<(u64, Bytes), Error> {
        let request = Request::Policies(known);
        match self.ask(request, Bytes::new(), POLICIES_TIME_MAX).await? {
            (Response::Policies(revision), octets) => Ok((revision, octets)),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Asks the process how it is.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn status(&self) -> Result<Status, Error> {
        match self
            .ask(Request::Status, Bytes::new(), STATUS_TIME_MAX)
            .await?
        {
            (Response::Status(status), _) => Ok(status),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Asks, and waits for the answer.
    async fn ask(
        &self,
        request: Request,
        body: Bytes,
        time_max: Duration,
    ) -> Result<(Response, Bytes), Error> {
        let (link, deliveries, questions) = match &*self.0 {
            Way::Process {
                link,
                deliveries,
                questions,
            } => (link, deliveries, questions),
            Way::Script(answer) => return Ok(answer(request, body)),
        };
        let octets = u32::try_from(body.len())
            .ok()
            .filter(|octets| *octets <= BODY_OCTETS_MAX)
            .ok_or_else(|| Error::Failed("the message is too large".to_owned()))?;
        let share = match request {
            Request::Deliver(_) => deliveries,
            _ => questions,
        };
        let deadline = Deadline::after(time_max);
        let permit = deadline.bound(share.take(octets)).await;
        // The permit outlives the question, so that the process never holds more than permitted.
        let _permit = permit.map_err(|_| Error::Busy)?;
        let answer = deadline.bound(link.ask(request, body)).await;
        answer.map_err(|_| Error::TimedOut)?
    }
}

impl Default for Egress {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("is_up", &self.is_up())
            .finish_non_exhaustive()
    }
}

/// The error in an answer of another kind than was asked for.
fn unexpected(response: Response) -> Error {
    match response {
        Response::Failed(failed) => failed.into(),
        other => {
            let _ = other;
            Error::Failed("the egress process answered something else".to_owned())
        }
    }
}

#[cfg(test)]
mod tests;
