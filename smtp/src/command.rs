//! Commands that need more than the session: one file each.

pub(crate) mod mail;

pub(crate) mod rcpt;

pub(crate) mod data;

pub(crate) mod bdat;

pub(crate) mod auth;
