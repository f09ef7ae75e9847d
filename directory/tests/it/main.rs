//! The directory from outside.
