//! Tests of the testbed itself.

mod memory;
