//! Delivery: one message into the inboxes of its recipients, with one durable write.

use std::collections::HashMap;

use model::{Actor, PrincipalId, Role};
use store::Request;

use crate::Groupware;
use crate::email::Prepared;
use crate::error::Error;

/// A message that arrived, with its envelope.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The reverse path, empty for notifications; the message's `Return-Path` says it already.
    pub reverse_path: String,
    /// Persons and shared accounts, as the directory resolved the forward paths.
    pub recipients: Vec<PrincipalId>,
    /// The message with its trace fields.
    pub message: Prepared,
}

impl Groupware {
    /// Delivers a message; answers for each recipient, in their order. When this returns, what succeeded is durable.
    ///
    /// Each recipient succeeds or fails alone: [`Error::OverQuota`], or [`Error::NotFound`] if there is no such principal.
    pub async fn deliver(&self, actor: &Actor, delivery: &Delivery) -> Vec<Result<(), Error>> {
        let mut requests = Vec::with_capacity(delivery.recipients.len());
        let mut places = HashMap::new();
        let mut answers: HashMap<PrincipalId, Error> = HashMap::new();
        for recipient in &delivery.recipients {
            if places.contains_key(recipient) || answers.contains_key(recipient) {
                continue;
            }
            match self
                .inbox_request(actor, *recipient, &delivery.message)
                .await
            {
                Ok(request) => {
                    places.insert(*recipient, requests.len());
                    requests.push(request);
                }
                Err(error) => {
                    answers.insert(*recipient, error);
                }
            }
        }
        let done = self.store.commit_all(requests).await;
        let answer = |recipient: &PrincipalId| match places.get(recipient) {
            Some(place) => match done.get(*place) {
                Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(error.clone().into()),
                None => Err(Error::internal(&"the store gave too few answers")),
            },
            None => Err(answers.get(recipient).cloned().unwrap_or(Error::NotFound)),
        };
        let answers: Vec<Result<(), Error>> = delivery.recipients.iter().map(answer).collect();
        if let Some(invitation) = &delivery.message.invitation {
            for (recipient, place) in &places {
                if matches!(done.get(*place), Some(Ok(_))) {
                    self.invitation_arrived(actor, *recipient, invitation).await;
                }
            }
        }
        answers
    }

    /// The request that puts the message into the principal's inbox.
    pub(crate) async fn inbox_request(
        &self,
        actor: &Actor,
        recipient: PrincipalId,
        message: &Prepared,
    ) -> Result<Request, Error> {
        let head = self.ensure_account(recipient).await?;
        let inbox = head.with_role(Role::Inbox).ok_or(Error::NotFound)?.id;
        let now = self.clock.now();
        Ok(Request {
            account: recipient.into(),
            actor: actor.clone(),
            at: now,
            if_seq: None,
            changes: vec![message.email(inbox, Vec::new(), now)],
        })
    }
}
