//! What went wrong, in the words of JMAP: of a request, of a method, of one object in it.

mod method;

mod problem;

mod set;

pub(crate) use method::MethodError;
pub(crate) use problem::Problem;
pub(crate) use set::SetError;
