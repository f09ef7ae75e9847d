//! A method call: what a method gets, and what it gives back.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directory::Directory;
use groupware::{Caller, Groupware};
use model::{AccountId, Timestamp};
use serde_json::Value;

use crate::capability::Capability;
use crate::codec::argument::Arguments;
use crate::codec::id::WireId;
use crate::codec::json::{Object, object_weight, weight};
use crate::codec::request::ID_OCTETS_MAX;
use crate::error::MethodError;
use crate::limits::{ANSWERS_OCTETS_MAX, CREATED_IDS_MAX};
use crate::visit::Visit;

/// What a method gives back.
pub(crate) type Outcome = Result<Answer, MethodError>;

/// One call of a method. Owns what it needs, so that it can be worked on anywhere.
#[derive(Debug)]
pub(crate) struct Call {
    /// The name of the method.
    pub(crate) name: &'static str,
    /// Who asks.
    pub(crate) visit: Arc<Visit>,
    /// What is left to be read of its arguments.
    pub(crate) arguments: Arguments,
    /// What all calls of the request have in common.
    pub(crate) shared: Arc<Shared>,
}

/// A method at work.
pub(crate) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What all calls of one request have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Does a call; a method calls others through it.
    run: fn(Call) -> Running,
    /// The capabilities that the request uses.
    pub(crate) using: Vec<Capability>,
    created: Mutex<BTreeMap<String, String>>,
    room: Mutex<Room>,
}

/// What all answers of a request may still have.
#[derive(Debug)]
struct Room {
    octets: usize,
    /// How often there was not enough.
    overruns: u32,
}

/// Answers that may become too large in one request: each was worked on for nothing.
const OVERRUNS_MAX: u32 = 4;

/// The answers to one call: that of the method itself, and of those that it called by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// The arguments of the method's own answer.
    pub(crate) arguments: Object,
    /// RFC 8621 7.5: answers to further calls, with their names, after the method's own.
    pub(crate) more: Vec<(&'static str, Result<Object, MethodError>)>,
}

impl Call {
    pub(crate) fn groupware(&self) -> &Groupware {
        self.visit.groupware()
    }

    pub(crate) fn directory(&self) -> &Directory {
        self.visit.directory()
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.visit.caller
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.visit.now()
    }

    /// Whether the request uses that capability.
    pub(crate) fn uses(&self, capability: Capability) -> bool {
        self.shared.using.contains(&capability)
    }

    /// The argument `accountId`. Rights on what is in the account are asked for by each operation.
    ///
    /// # Errors
    /// RFC 8620 3.6.2: `accountNotFound` where the caller sees nothing of it.
    pub(crate) async fn account(&mut self) -> Result<AccountId, MethodError> {
        self.account_named("accountId").await
    }

    /// The argument of that name, which is an account (RFC 8620 5.4 `fromAccountId`).
    pub(crate) async fn account_named(&mut self, name: &str) -> Result<AccountId, MethodError> {
        let text = self.arguments.required_text(name)?;
        let not_found = MethodError::account_not_found;
        let account = AccountId::parse(&text).ok_or_else(not_found)?;
        if account != self.visit.own_account() {
            let visible = self
                .groupware()
                .sees_account(self.caller(), account)
                .await?;
            visible.then_some(()).ok_or_else(not_found)?;
        }
        Ok(account)
    }

    /// The id that is written so, be it that of something created in the same request (`#x`, RFC 8620 5.3).
    pub(crate) fn id<I: WireId>(&self, text: &str) -> Option<I> {
        I::parse(&self.shared.resolve(text)?)
    }

    /// Succeeds once all arguments were read.
    ///
    /// # Errors
    /// RFC 8620 3.6.2 `invalidArguments`: something is left that nobody knows.
    pub(crate) fn finish(&self) -> Result<(), MethodError> {
        Ok(self.arguments.finish()?)
    }

    /// Another call in the same request, by the method itself.
    pub(crate) async fn further(&self, name: &'static str, arguments: Object) -> Outcome {
        let call = Self {
            name,
            visit: Arc::clone(&self.visit),
            arguments: Arguments(arguments),
            shared: Arc::clone(&self.shared),
        };
        (self.shared.run)(call).await
    }
}

impl Shared {
    /// What the calls of a request have in common that brings these ids.
    pub(crate) fn new(
        using: Vec<Capability>,
        created: BTreeMap<String, String>,
        run: fn(Call) -> Running,
    ) -> Self {
        Self {
            run,
            using,
            created: Mutex::new(created),
            room: Mutex::new(Room {
                octets: ANSWERS_OCTETS_MAX,
                overruns: 0,
            }),
        }
    }

    /// The id that stands for the text: itself, or after `#` what was created under that name.
    pub(crate) fn resolve(&self, text: &str) -> Option<String> {
        match text.strip_prefix('#') {
            None => Some(text.to_owned()),
            Some(creation) => lock(&self.created).get(creation).cloned(),
        }
    }

    /// Notes what was created under that name; the last one counts (RFC 8620 3.3).
    pub(crate) fn note_created(&self, creation: &str, id: &str) {
        let mut created = lock(&self.created);
        let known = created.contains_key(creation);
        if creation.len() <= ID_OCTETS_MAX && (known || created.len() < CREATED_IDS_MAX) {
            created.insert(creation.to_owned(), id.to_owned());
        }
    }

    /// All that was created, and what the client brought.
    pub(crate) fn created(&self) -> BTreeMap<String, String> {
        lock(&self.created).clone()
    }

    /// Takes from the room that all answers of the request have together. Take for each object as it is made, so that
    /// an answer that becomes too large is given up before it is.
    ///
    /// # Errors
    /// RFC 8620 5.1 `requestTooLarge`.
    pub(crate) fn take_room(&self, object: &Object) -> Result<(), MethodError> {
        self.take_octets(object_weight(object))
    }

    /// As [`Shared::take_room`], for a value.
    pub(crate) fn take_room_for(&self, value: &Value) -> Result<(), MethodError> {
        self.take_octets(weight(value))
    }

    /// As [`Shared::take_room`], for so many octets.
    pub(crate) fn take_octets(&self, octets: usize) -> Result<(), MethodError> {
        let mut room = lock(&self.room);
        if let Some(left) = room.octets.checked_sub(octets) {
            room.octets = left;
            return Ok(());
        }
        room.overruns += 1;
        let why = "The answers would be too large; ask for less at once.";
        Err(MethodError::request_too_large().because(why))
    }

    /// Whether there is any room left.
    pub(crate) fn has_room(&self) -> bool {
        let room = lock(&self.room);
        room.octets > 0 && room.overruns < OVERRUNS_MAX
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<Object> for Answer {
    fn from(arguments: Object) -> Self {
        Self {
            arguments,
            more: Vec::new(),
        }
    }
}

impl Answer {
    /// The same with the answer to a further call after it.
    pub(crate) fn and(mut self, name: &'static str, outcome: Outcome) -> Self {
        match outcome {
            Ok(answer) => {
                self.more.push((name, Ok(answer.arguments)));
                self.more.extend(answer.more);
            }
            Err(error) => self.more.push((name, Err(error))),
        }
        self
    }
}
