//! Words: names on the wire <-> the model's.

pub(crate) mod capability;

pub(crate) mod data_type;
