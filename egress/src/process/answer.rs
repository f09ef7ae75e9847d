//! Answerer: turns each kind of request into what does it.

use std::sync::Arc;

use bytes::Bytes;

use super::Means;
use super::authenticate::authenticate;
use super::fetch::FetchError;
use super::inspect;
use super::resolve::Unresolved;
use super::smtp::Smtp;
use super::update::{UpdateError, update};
use crate::wire::{Failed, Request, Response};

/// Answers requests.
#[derive(Debug)]
pub(super) struct Answerer {
    means: Arc<Means>,
    smtp: Arc<Smtp>,
}

impl Answerer {
    /// One that stands on `means`.
    pub(super) fn new(means: Arc<Means>) -> Self {
        Self {
            smtp: Arc::new(Smtp::new(Arc::clone(&means))),
            means,
        }
    }

    /// The SMTP client.
    pub(super) fn smtp(&self) -> Arc<Smtp> {
        Arc::clone(&self.smtp)
    }

    /// Does what is asked; the octets belong to the response.
    pub(super) async fn answer(&self, request: Request, body: Bytes) -> (Response, Bytes) {
        let response = match request {
            Request::Deliver(delivery) => {
                Response::Delivered(self.smtp.deliver(*delivery, body).await)
            }
            Request::Lookup(question) => match self.means.resolver.lookup(&question).await {
                Ok(answer) => Response::Answer(answer),
                Err(error) => Response::Failed(error.into()),
            },
            Request::Fetch(request) => match self.means.fetcher.fetch(&request, body).await {
                Ok((response, body)) => return (Response::Fetched(response), body),
                Err(error) => Response::Failed(error.into()),
            },
            Request::Authenticate(arrival) => {
                let verdict = authenticate(&self.means, &arrival, &body).await;
                Response::Authenticated(Box::new(verdict))
            }
            Request::Scan(envelope) => {
                let scanners = &self.means.setup.scanners;
                let mut verdicts = inspect::scan(scanners, &envelope, &body).await;
                let (body_of, body) = inspect::new_body(&mut verdicts);
                return (Response::Scanned { verdicts, body_of }, body);
            }
            Request::Learn(lesson) => {
                match inspect::learn(&self.means.setup.scanners, lesson, &body).await {
                    Ok(()) => Response::Learned,
                    Err(why) => Response::Failed(Failed::Failed(why)),
                }
            }
            Request::DnsUpdate(wanted) => {
                match update(&wanted, &self.means.connector, &self.means.clock).await {
                    Ok(()) => Response::Updated,
                    Err(error) => Response::Failed(error.into()),
                }
            }
            Request::Probe(probe) => match self.smtp.probe(&probe).await {
                Ok(probed) => Response::Probed(probed),
                Err(error) => Response::Failed(error.into()),
            },
            Request::Policies(known) => {
                let (revision, octets) = self.smtp.policies(known).await;
                return (Response::Policies(revision), octets.into());
            }
            Request::Status => Response::Failed(Failed::Failed("asked of the wrong room".into())),
        };
        (response, Bytes::new())
    }
}

impl From<Unresolved> for Failed {
    fn from(error: Unresolved) -> Self {
        match error {
            Unresolved::TimedOut => Self::TimedOut,
            Unresolved::BadName | Unresolved::ServerFailed => Self::Failed(error.to_string()),
        }
    }
}

impl From<FetchError> for Failed {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::TimedOut => Self::TimedOut,
            FetchError::BadRequest(_) | FetchError::Refused => Self::Refused(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}

impl From<UpdateError> for Failed {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::TimedOut => Self::TimedOut,
            UpdateError::BadRequest(_) => Self::Refused(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}
