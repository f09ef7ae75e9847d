//! Words: names on the wire <-> the model's.

pub(crate) mod address_book;

pub(crate) mod bytes;

pub(crate) mod calendar;

pub(crate) mod calendar_event;

pub(crate) mod card;

pub(crate) mod card_id;

pub(crate) mod card_query;

pub(crate) mod collection_state;

pub(crate) mod container;

pub(crate) mod email;

pub(crate) mod email_body;

pub(crate) mod email_header;

pub(crate) mod email_query;

pub(crate) mod history;

pub(crate) mod identity;

pub(crate) mod item;

pub(crate) mod item_condition;

pub(crate) mod item_id;

pub(crate) mod item_notification;

pub(crate) mod item_reader;

pub(crate) mod item_writing;

pub(crate) mod mailbox;

pub(crate) mod mailbox_query;

pub(crate) mod mdn;

pub(crate) mod notification;

pub(crate) mod participant_identity;

pub(crate) mod placing;

pub(crate) mod quota;

pub(crate) mod records;

pub(crate) mod share_notification;

pub(crate) mod share_with;

pub(crate) mod sieve;

pub(crate) mod snippet;

pub(crate) mod submission;

pub(crate) mod task;

pub(crate) mod task_list;

pub(crate) mod vacation;
