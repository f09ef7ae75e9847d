//! Tests of the embedded engine.

mod conformance;
