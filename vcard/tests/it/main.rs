//! Whole cards: those of real programs, and made-up ones through every operation.

mod corpus;
mod round_trip;
