//! `Task/copy` (JMAP Tasks draft -06 4, RFC 8620 5.4).

use serde_json::Value;

use super::task_set::Writer;
use crate::call::{Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::copy::{Copied, Copy};
use crate::words::task_id::TaskId;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let copy = Copy::read(&mut call).await?;
    call.finish()?;
    let from_state = call.state(copy.from, DataType::Task).await?;
    let old = call.state(copy.account, DataType::Task).await?;
    copy.check_states(&from_state, &old)?;
    let from = Writer::new(&call, copy.from).await?;
    let to = Writer::new(&call, copy.account).await?;
    let mut copied = Copied::new(&copy, old);
    for (creation, different) in &copy.create {
        match Box::pin(copy_one(&from, &to, different.clone())).await {
            Ok((original, id, server_set)) => {
                copied.created(&call, creation, &id.wire(), &original, server_set);
            }
            Err(error) => copied.not_created(creation, error),
        }
    }
    let state = call.state(copy.account, DataType::Task).await?;
    Ok(copied.answer(&call, &copy, state, "Task/set").await)
}

/// Makes a task like the other, with what is said to be different.
async fn copy_one(
    from: &Writer<'_>,
    to: &Writer<'_>,
    mut different: Object,
) -> Result<(String, TaskId, Object), SetError> {
    let fault = || SetError::invalid_property("id", "has to be the id of a task");
    let text = different.remove("id");
    let text = text.as_ref().and_then(Value::as_str).ok_or_else(fault)?;
    let text = text.to_owned();
    let id: TaskId = from.call.id(&text).ok_or_else(SetError::not_found)?;
    if id.0.instance.is_some() {
        // An occurrence is no task of its own.
        return Err(SetError::not_found());
    }
    let (mut json, body) = from.readable(id).await?;
    for name in ["id", "baseTaskId", "taskListId"] {
        json.remove(name);
    }
    json.extend(different);
    let (id, server_set) = to.create_like(json, Some(&body)).await?;
    Ok((text, id, server_set))
}
