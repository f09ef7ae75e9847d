//! The API (RFC 8620 3.3): a request's calls are done one after the other.

use std::sync::Arc;

use serde_json::Value;

use crate::call::{Answer, Call, Outcome, Shared};
use crate::capability::Capability;
use crate::codec::argument::Arguments;
use crate::codec::json::{self, Object};
use crate::codec::reference::{Allowance, resolve};
use crate::codec::request::{Bounds, Invocation, Request};
use crate::codec::response::Response;
use crate::error::{MethodError, Problem};
use crate::limits::{CALLS_MAX, REFERENCES_OCTETS_MAX, SET_OBJECTS_MAX};
use crate::method;
use crate::session;
use crate::visit::Visit;

/// What a request may have.
pub(crate) const BOUNDS: Bounds = Bounds {
    calls_max: CALLS_MAX,
    created_ids_max: SET_OBJECTS_MAX,
};

/// Reads a request.
///
/// # Errors
/// RFC 8620 3.6.1.
pub(crate) fn read(octets: &[u8]) -> Result<Request, Problem> {
    Ok(Request::read(octets, BOUNDS)?)
}

/// Reads a request that was read as JSON already.
///
/// # Errors
/// RFC 8620 3.6.1.
pub(crate) fn read_value(value: Value) -> Result<Request, Problem> {
    Ok(Request::from_value(value, BOUNDS)?)
}

/// Does what a request asks for.
///
/// # Errors
/// RFC 8620 3.6.1 `unknownCapability`; nothing is done then.
pub(crate) async fn answer(visit: &Arc<Visit>, request: Request) -> Result<Response, Problem> {
    let mut using = Vec::with_capacity(request.using.len());
    for name in &request.using {
        let known = Capability::parse(name).ok_or_else(|| Problem::unknown_capability(name))?;
        using.push(known);
    }
    let tells_created = request.created_ids.is_some();
    let created = request.created_ids.unwrap_or_default();
    let shared = Arc::new(Shared::new(using, created, method::run));
    let mut allowance = Allowance(REFERENCES_OCTETS_MAX);
    let mut answers = Vec::with_capacity(request.calls.len());
    for call in request.calls {
        one(visit, &shared, call, &mut allowance, &mut answers).await;
    }
    Ok(Response {
        answers,
        created_ids: tells_created.then(|| shared.created()),
        session_state: session::state(visit).await,
        request_id: None,
        typed: false,
    })
}

/// Does one call, and puts the answers to it behind those that are there.
async fn one(
    visit: &Arc<Visit>,
    shared: &Arc<Shared>,
    call: Invocation,
    allowance: &mut Allowance,
    answers: &mut Vec<Invocation>,
) {
    let Invocation {
        name,
        mut arguments,
        call_id,
    } = call;
    let outcome = match begin(shared, &name, &mut arguments, allowance, answers) {
        Err(error) => Err(error),
        Ok(name) => {
            let call = Call {
                name,
                visit: Arc::clone(visit),
                arguments: Arguments(arguments),
                shared: Arc::clone(shared),
            };
            method::run(call).await
        }
    };
    let invocation = |name: &str, arguments: Object| Invocation {
        name: name.to_owned(),
        arguments,
        call_id: call_id.clone(),
    };
    match bounded(shared, outcome) {
        Ok(answer) => {
            answers.push(invocation(&name, answer.arguments));
            for (name, outcome) in answer.more {
                answers.push(match outcome {
                    Ok(arguments) => invocation(name, arguments),
                    Err(error) => invocation("error", error.arguments()),
                });
            }
        }
        Err(error) => answers.push(invocation("error", error.arguments())),
    }
}

/// What comes before a method: its name is known, and its references lead somewhere.
fn begin(
    shared: &Shared,
    name: &str,
    arguments: &mut Object,
    allowance: &mut Allowance,
    answers: &[Invocation],
) -> Result<&'static str, MethodError> {
    let name = method::known(name, &shared.using)?;
    resolve(arguments, answers, allowance)?;
    if !shared.has_room() {
        let why = "The answers of this request are too large already.";
        return Err(MethodError::request_too_large().because(why));
    }
    Ok(name)
}

/// An answer that did not look at the room it has is refused, unless it tells of what was done.
fn bounded(shared: &Shared, outcome: Outcome) -> Result<Answer, MethodError> {
    let answer = outcome?;
    // What `/get` takes for each object is taken already; what is left is small.
    if !answer.arguments.contains_key("list") && !answer.arguments.contains_key("newState") {
        shared.take_octets(json::object_weight(&answer.arguments))?;
    }
    Ok(answer)
}
