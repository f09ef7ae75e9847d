//! Evidence: the formats of what an Exchange server and its Windows write: logs, event logs, lists and exports.
//!
//! Bytes go in, rows that borrow from them come out; nothing is judged here, no file is opened, no clock is read. All of it may
//! have been written by an intruder: every reader is bounded, and what cannot be read is told and passed over.
//!
//! | what | module |
//! |---|---|
//! | which format a file has | [`kind`] |
//! | Exchange and IIS logs: encodings, rows, columns, values in one column | [`text`], [`field`], [`columns`], [`pairs`] |
//! | commands of the management shell | [`Cmdlet`] |
//! | Windows events, binary and as JSON | [`event`] |
//! | exports: tables and CLIXML; configuration of IIS; audit records | [`records`], [`iis_config`], [`audit`] |
//! | ZIP archives | [`archive`] |
//! | paths of Windows | [`place`] |

mod moment;

pub mod text;

pub mod field;

pub mod columns;

pub mod pairs;

pub mod place;

pub mod kind;

mod cmdlet;

pub mod event;

pub mod records;

pub mod iis_config;

pub mod audit;

pub mod archive;

mod fuzz;

pub use cmdlet::Cmdlet;
pub use columns::Columns;
pub use field::Field;
pub use fuzz::fuzz;
pub use kind::Kind;
pub use moment::Moment;
