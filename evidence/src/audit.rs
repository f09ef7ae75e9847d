//! Audit: records of what administrators and owners of mailboxes did: the unified audit log of Microsoft 365, and the audit log
//! of an Exchange server, which has the same form.

use serde_json::Value;

use crate::{Cmdlet, Moment};

/// One record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRecord {
    /// When it was done.
    pub at: Option<Moment>,
    /// `Set-Mailbox`, `New-InboxRule`, `Consent to application.`
    pub operation: String,
    /// `Exchange`, `AzureActiveDirectory`.
    pub workload: String,
    /// Who did it.
    pub user: String,
    /// From where; without the port.
    pub address: String,
    /// On what.
    pub object: String,
    /// Whether it went well.
    pub succeeded: bool,
    /// The server that wrote it, with its build: `MAIL01 (15.01.2375.007)`.
    pub server: String,
    /// The parameters of a command, the properties that changed.
    pub parameters: Vec<(String, String)>,
}

impl AuditRecord {
    /// It, as a command.
    #[must_use]
    pub fn cmdlet(&self) -> Cmdlet {
        let mut parameters = self.parameters.clone();
        if !self.object.is_empty()
            && !parameters
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("Identity"))
        {
            parameters.push(("Identity".to_owned(), self.object.clone()));
        }
        Cmdlet {
            name: self.operation.clone(),
            parameters,
        }
    }
}

/// Parameters of one record that are read.
const PARAMETERS_MAX: usize = 256;

/// Reads one record: the JSON of the column `AuditData`, a line of an export, or one with `AuditData` in it as text.
// Office 365 Management Activity API schema, common schema and Exchange admin schema.
#[must_use]
pub fn read_audit(text: &str) -> Option<AuditRecord> {
    from_value(&serde_json::from_str(text).ok()?)
}

/// Reads all records of one text: one record a line, or one array of them; `each` gets the number of the line, or in an array that
/// of the record, from 1.
pub fn read_audits(text: &str, mut each: impl FnMut(u64, AuditRecord)) {
    if text.trim_start().starts_with('[') {
        let Ok(Value::Array(all)) = serde_json::from_str(text) else {
            return;
        };
        for (value, number) in all.iter().zip(1..) {
            if let Some(record) = from_value(value) {
                each(number, record);
            }
        }
        return;
    }
    for (line, number) in text.lines().zip(1..) {
        if let Some(record) = read_audit(line) {
            each(number, record);
        }
    }
}

fn from_value(value: &Value) -> Option<AuditRecord> {
    if let Some(Value::String(inner)) = value.get("AuditData") {
        return from_value(&serde_json::from_str(inner).ok()?);
    }
    if let Some(inner @ Value::Object(_)) =
        value.get("auditData").or_else(|| value.get("AuditData"))
    {
        return from_value(inner);
    }
    let text = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let operation = text("Operation");
    if operation.is_empty() {
        return None;
    }
    let mut record = AuditRecord {
        at: Moment::parse(&text("CreationTime")),
        operation,
        workload: text("Workload"),
        user: text("UserId"),
        address: without_port(
            value
                .get("ClientIP")
                .or_else(|| value.get("ClientIPAddress"))
                .and_then(Value::as_str)
                .unwrap_or_default(),
        ),
        object: text("ObjectId"),
        succeeded: !matches!(
            text("ResultStatus").to_ascii_lowercase().as_str(),
            "false" | "failed" | "failure"
        ),
        server: text("OriginatingServer"),
        parameters: Vec::new(),
    };
    for list in [
        "Parameters",
        "ExtendedProperties",
        "OperationProperties",
        "ModifiedProperties",
    ] {
        for part in value
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .take(PARAMETERS_MAX)
        {
            let Some(name) = part.get("Name").and_then(Value::as_str) else {
                continue;
            };
            let value = part.get("Value").or_else(|| part.get("NewValue"));
            let value = match value {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            };
            record.parameters.push((name.to_owned(), value));
        }
    }
    Some(record)
}

/// An address as records have it: `203.0.113.5:4711`, `[2001:db8::1]:4711`, or bare.
fn without_port(address: &str) -> String {
    let address = address.trim();
    if let Some(inner) = address.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner).to_owned();
    }
    match address.split_once(':') {
        Some((host, port)) if !port.contains(':') => host.to_owned(),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_lie_bare_in_text_or_in_an_array() {
        let bare = r#"{"CreationTime":"2021-03-05T01:02:03","Operation":"New-InboxRule","Workload":"Exchange","UserId":"a@b",
            "ClientIP":"203.0.113.5:4711","ResultStatus":"True","Parameters":[{"Name":"ForwardTo","Value":"x@y"}]}"#.replace('\n', " ");
        let record = read_audit(&bare).unwrap();
        assert_eq!(
            (record.address.as_str(), record.cmdlet().value("forwardto")),
            ("203.0.113.5", Some("x@y"))
        );
        let inside = serde_json::json!({ "AuditData": bare }).to_string();
        assert_eq!(read_audit(&inside).as_ref(), Some(&record));
        let mut found = Vec::new();
        read_audits(&format!("[{bare},{bare}]"), |number, _| found.push(number));
        read_audits(&format!("{bare}\nbroken\n{inside}"), |number, _| {
            found.push(number)
        });
        assert_eq!(found, [1, 2, 1, 3]);
        assert_eq!(without_port("[2001:db8::1]:5"), "2001:db8::1");
    }
}
