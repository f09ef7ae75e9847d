//! wachpost.
fn main() {}
