//! Binary: Windows event logs as Windows keeps them (EVTX), through the crate `evtx`.

use std::io::{Read, Seek};

use evtx::{EvtxParser, ParserSettings};
use serde_json::Value;

use super::{Event, json};

/// Records of one file that are read; a log of 4 GiB holds fewer.
const RECORDS_MAX: u64 = 50_000_000;
/// Faults in a row after which a file is given up.
const FAULTS_IN_A_ROW_MAX: u32 = 10_000;

/// Why an event log could not be read.
#[derive(Debug, thiserror::Error)]
#[error("not an event log: {0}")]
pub struct EventsError(String);

/// Reads all records of an event log, in the order of the file, and gives each to `each`; says how many could not be read. Goes
/// on after a broken one.
///
/// # Errors
/// If the head of the file is not that of an event log.
pub fn read_evtx<R: Read + Seek>(
    reader: R,
    mut each: impl FnMut(Event),
) -> Result<u64, EventsError> {
    let parser =
        EvtxParser::from_read_seek(reader).map_err(|error| EventsError(error.to_string()))?;
    let settings = ParserSettings::default()
        .num_threads(1)
        .separate_json_attributes(false);
    let mut parser = parser.with_configuration(settings);
    let (mut faults, mut in_a_row, mut count) = (0_u64, 0_u32, 0_u64);
    for record in parser.records_json_value() {
        count += 1;
        match record {
            Ok(record) => {
                in_a_row = 0;
                let mut event = from_value(&record.data);
                event.record = record.event_record_id;
                each(event);
            }
            Err(_) => {
                faults += 1;
                in_a_row += 1;
            }
        }
        if count >= RECORDS_MAX || in_a_row >= FAULTS_IN_A_ROW_MAX {
            break;
        }
    }
    Ok(faults)
}

fn from_value(value: &Value) -> Event {
    let root = value.get("Event").unwrap_or(value);
    let mut event = json::from_system(root.get("System").unwrap_or(&Value::Null));
    for part in ["EventData", "UserData"] {
        if let Some(data) = root.get(part) {
            json::flatten(data, "", 0, &mut event);
        }
    }
    event
}
