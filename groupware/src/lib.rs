//! groupware.
