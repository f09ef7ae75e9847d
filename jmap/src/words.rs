//! Words: names on the wire <-> the model's.

pub(crate) mod address_book;

pub(crate) mod bytes;

pub(crate) mod calendar;

pub(crate) mod calendar_event;

pub(crate) mod calendar_state;

pub(crate) mod card;

pub(crate) mod card_id;

pub(crate) mod card_query;

pub(crate) mod contact_state;

pub(crate) mod email;

pub(crate) mod email_body;

pub(crate) mod email_header;

pub(crate) mod email_query;

pub(crate) mod event_filter;

pub(crate) mod event_id;

pub(crate) mod event_notification;

pub(crate) mod event_writing;

pub(crate) mod history;

pub(crate) mod identity;

pub(crate) mod mailbox;

pub(crate) mod mailbox_query;

pub(crate) mod mdn;

pub(crate) mod participant_identity;

pub(crate) mod placing;

pub(crate) mod quota;

pub(crate) mod records;

pub(crate) mod share_notification;

pub(crate) mod sieve;

pub(crate) mod snippet;

pub(crate) mod submission;

pub(crate) mod task;

pub(crate) mod task_filter;

pub(crate) mod task_id;

pub(crate) mod task_list;

pub(crate) mod task_writing;

pub(crate) mod vacation;
