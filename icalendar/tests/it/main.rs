//! The door of the crate, from outside.

mod corpus;
mod fuzz;
