//! Properties of the crate as its users see it.

mod hostile;
mod log;
mod text;
