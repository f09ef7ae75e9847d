//! What our own pages ask for in the name of one person: signing in and out, and everything that lets that person in.

pub(crate) mod app_password;

pub(crate) mod credentials;

pub(crate) mod factors;

pub(crate) mod passkeys;

pub(crate) mod password;

pub(crate) mod session;

pub(crate) mod sign_in;
