//! Tests of the testbed itself.

mod corpus;

mod faulty;

mod memory;
