//! Filters: what is to be done with mail that arrives at an account.

mod letter;

mod plan;

mod policy;

pub(crate) use letter::Letter;
pub(crate) use plan::Plan;
pub use policy::FilterPolicy;
