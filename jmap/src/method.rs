//! Methods: one file for each, named as on the wire, and the table of them all. Those of types that are the same but for
//! their words stand once: `container.rs`, `item.rs`, `notification.rs`.

mod address_book_changes;

mod address_book_get;

mod address_book_set;

mod blob_copy;

mod blob_get;

pub(crate) mod blob_lookup;

mod blob_upload;

mod calendar_event_parse;

mod contact_card_changes;

mod contact_card_copy;

mod contact_card_export;

mod contact_card_get;

mod contact_card_import;

mod contact_card_query;

mod contact_card_query_changes;

mod contact_card_set;

mod container;

mod core_echo;

mod deleted_get;

mod deleted_query;

mod deleted_restore;

mod email_changes;

mod email_copy;

mod email_get;

mod email_import;

mod email_parse;

mod email_query;

mod email_query_changes;

mod email_set;

mod email_submission_changes;

mod email_submission_get;

mod email_submission_query;

mod email_submission_query_changes;

mod email_submission_set;

mod history_entry_get;

mod history_entry_query;

mod history_entry_undo;

mod identity_changes;

mod identity_get;

mod identity_set;

mod item;

mod mailbox_changes;

mod mailbox_get;

mod mailbox_query;

mod mailbox_query_changes;

mod mailbox_set;

mod mdn_parse;

mod mdn_send;

mod notification;

mod participant_identity_changes;

mod participant_identity_get;

mod participant_identity_set;

mod principal_changes;

mod principal_get;

mod principal_get_availability;

mod principal_query;

mod principal_query_changes;

mod principal_set;

mod push_subscription_get;

mod push_subscription_set;

mod quota_changes;

mod quota_get;

mod quota_query;

mod quota_query_changes;

mod search_snippet_get;

mod sieve_script_get;

mod sieve_script_query;

mod sieve_script_set;

mod sieve_script_validate;

mod thread_changes;

mod thread_get;

mod vacation_response_get;

mod vacation_response_set;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::LazyLock;

use crate::call::{Call, Outcome, Running};
use crate::capability::Capability;
use crate::error::MethodError;
use crate::words::calendar::Calendar;
use crate::words::calendar_event::Event;
use crate::words::item_notification::ItemNotification;
use crate::words::share_notification::ShareNotification;
use crate::words::task::Task;
use crate::words::task_list::TaskList;

/// One method.
struct Method {
    name: &'static str,
    /// The capability that a request must use to call it.
    capability: Capability,
    run: Box<dyn Fn(Call) -> Running + Send + Sync>,
}

/// RFC 8620 3.6.2: what a method is called by must be in a capability that the request uses.
static METHODS: LazyLock<HashMap<&'static str, Method>> =
    LazyLock::new(|| table().map(|method| (method.name, method)).collect());

/// Every method. Each helper of a capability adds its lines below its heading.
fn table() -> impl Iterator<Item = Method> {
    use Capability as C;
    [
        // RFC 8620, RFC 9404, RFC 9425: core, blobs, quotas.
        method("Core/echo", C::Core, core_echo::run),
        method("Blob/copy", C::Core, blob_copy::run),
        method("Blob/upload", C::Blob, blob_upload::run),
        method("Blob/get", C::Blob, blob_get::run),
        method("Blob/lookup", C::Blob, blob_lookup::run),
        method("Quota/get", C::Quota, quota_get::run),
        method("Quota/changes", C::Quota, quota_changes::run),
        method("Quota/query", C::Quota, quota_query::run),
        method("Quota/queryChanges", C::Quota, quota_query_changes::run),
        // RFC 8621 2 to 5: mailboxes, threads, emails, snippets.
        method("Mailbox/get", C::Mail, mailbox_get::run),
        method("Mailbox/changes", C::Mail, mailbox_changes::run),
        method("Mailbox/query", C::Mail, mailbox_query::run),
        method("Mailbox/queryChanges", C::Mail, mailbox_query_changes::run),
        method("Mailbox/set", C::Mail, mailbox_set::run),
        method("Thread/get", C::Mail, thread_get::run),
        method("Thread/changes", C::Mail, thread_changes::run),
        method("Email/get", C::Mail, email_get::run),
        method("Email/changes", C::Mail, email_changes::run),
        method("Email/query", C::Mail, email_query::run),
        method("Email/queryChanges", C::Mail, email_query_changes::run),
        method("Email/parse", C::Mail, email_parse::run),
        method("SearchSnippet/get", C::Mail, search_snippet_get::run),
        // RFC 8621 6 to 8, RFC 9007, RFC 9661: identities, submissions, vacation, notifications, scripts.
        method("Email/set", C::Mail, email_set::run),
        method("Email/import", C::Mail, email_import::run),
        method("Email/copy", C::Mail, email_copy::run),
        method("Identity/get", C::Submission, identity_get::run),
        method("Identity/changes", C::Submission, identity_changes::run),
        method("Identity/set", C::Submission, identity_set::run),
        method(
            "EmailSubmission/get",
            C::Submission,
            email_submission_get::run,
        ),
        method(
            "EmailSubmission/changes",
            C::Submission,
            email_submission_changes::run,
        ),
        method(
            "EmailSubmission/query",
            C::Submission,
            email_submission_query::run,
        ),
        method(
            "EmailSubmission/queryChanges",
            C::Submission,
            email_submission_query_changes::run,
        ),
        method(
            "EmailSubmission/set",
            C::Submission,
            email_submission_set::run,
        ),
        method("MDN/send", C::Mdn, mdn_send::run),
        method("MDN/parse", C::Mdn, mdn_parse::run),
        method("SieveScript/get", C::Sieve, sieve_script_get::run),
        method("SieveScript/set", C::Sieve, sieve_script_set::run),
        method("SieveScript/query", C::Sieve, sieve_script_query::run),
        method("SieveScript/validate", C::Sieve, sieve_script_validate::run),
        method(
            "VacationResponse/get",
            C::VacationResponse,
            vacation_response_get::run,
        ),
        method(
            "VacationResponse/set",
            C::VacationResponse,
            vacation_response_set::run,
        ),
        // JMAP Calendars: calendars, events, what is told of them, identities of participants.
        method("Calendar/get", C::Calendars, container::get::<Calendar>),
        method(
            "Calendar/changes",
            C::Calendars,
            container::changes::<Calendar>,
        ),
        method("Calendar/set", C::Calendars, container::set::<Calendar>),
        method("CalendarEvent/get", C::Calendars, item::get::<Event>),
        method(
            "CalendarEvent/changes",
            C::Calendars,
            item::changes::<Event>,
        ),
        method("CalendarEvent/query", C::Calendars, item::query::<Event>),
        method(
            "CalendarEvent/queryChanges",
            C::Calendars,
            item::query_changes::<Event>,
        ),
        method(
            "CalendarEvent/set",
            C::Calendars,
            item::set_and_tell::<Event>,
        ),
        method("CalendarEvent/copy", C::Calendars, item::copy::<Event>),
        method(
            "CalendarEvent/parse",
            C::CalendarsParse,
            calendar_event_parse::run,
        ),
        method(
            "CalendarEventNotification/get",
            C::Calendars,
            notification::get::<ItemNotification<Event>>,
        ),
        method(
            "CalendarEventNotification/changes",
            C::Calendars,
            notification::changes::<ItemNotification<Event>>,
        ),
        method(
            "CalendarEventNotification/query",
            C::Calendars,
            notification::query::<ItemNotification<Event>>,
        ),
        method(
            "CalendarEventNotification/queryChanges",
            C::Calendars,
            notification::query_changes::<ItemNotification<Event>>,
        ),
        method(
            "CalendarEventNotification/set",
            C::Calendars,
            notification::set::<ItemNotification<Event>>,
        ),
        method(
            "ParticipantIdentity/get",
            C::Calendars,
            participant_identity_get::run,
        ),
        method(
            "ParticipantIdentity/changes",
            C::Calendars,
            participant_identity_changes::run,
        ),
        method(
            "ParticipantIdentity/set",
            C::Calendars,
            participant_identity_set::run,
        ),
        method(
            "Principal/getAvailability",
            C::PrincipalsAvailability,
            principal_get_availability::run,
        ),
        // JMAP Tasks: task lists, tasks, what is told of them.
        method("TaskList/get", C::Tasks, container::get::<TaskList>),
        method("TaskList/changes", C::Tasks, container::changes::<TaskList>),
        method("TaskList/set", C::Tasks, container::set::<TaskList>),
        method("Task/get", C::Tasks, item::get::<Task>),
        method("Task/changes", C::Tasks, item::changes::<Task>),
        method("Task/query", C::Tasks, item::query::<Task>),
        method("Task/queryChanges", C::Tasks, item::query_changes::<Task>),
        method("Task/set", C::Tasks, item::set::<Task>),
        method("Task/copy", C::Tasks, item::copy::<Task>),
        method(
            "TaskNotification/get",
            C::Tasks,
            notification::get::<ItemNotification<Task>>,
        ),
        method(
            "TaskNotification/changes",
            C::Tasks,
            notification::changes::<ItemNotification<Task>>,
        ),
        method(
            "TaskNotification/query",
            C::Tasks,
            notification::query::<ItemNotification<Task>>,
        ),
        method(
            "TaskNotification/queryChanges",
            C::Tasks,
            notification::query_changes::<ItemNotification<Task>>,
        ),
        method(
            "TaskNotification/set",
            C::Tasks,
            notification::set::<ItemNotification<Task>>,
        ),
        // RFC 9610, RFC 9670: address books, cards, principals, shares.
        method("AddressBook/get", C::Contacts, address_book_get::run),
        method(
            "AddressBook/changes",
            C::Contacts,
            address_book_changes::run,
        ),
        method("AddressBook/set", C::Contacts, address_book_set::run),
        method("ContactCard/get", C::Contacts, contact_card_get::run),
        method(
            "ContactCard/changes",
            C::Contacts,
            contact_card_changes::run,
        ),
        method("ContactCard/query", C::Contacts, contact_card_query::run),
        method(
            "ContactCard/queryChanges",
            C::Contacts,
            contact_card_query_changes::run,
        ),
        method("ContactCard/set", C::Contacts, contact_card_set::run),
        method("ContactCard/copy", C::Contacts, contact_card_copy::run),
        // Ours: files with contacts.
        method(
            "ContactCard/import",
            C::ContactFiles,
            contact_card_import::run,
        ),
        method(
            "ContactCard/export",
            C::ContactFiles,
            contact_card_export::run,
        ),
        method("Principal/get", C::Principals, principal_get::run),
        method("Principal/changes", C::Principals, principal_changes::run),
        method("Principal/query", C::Principals, principal_query::run),
        method(
            "Principal/queryChanges",
            C::Principals,
            principal_query_changes::run,
        ),
        method("Principal/set", C::Principals, principal_set::run),
        method(
            "ShareNotification/get",
            C::Principals,
            notification::get::<ShareNotification>,
        ),
        method(
            "ShareNotification/changes",
            C::Principals,
            notification::changes::<ShareNotification>,
        ),
        method(
            "ShareNotification/query",
            C::Principals,
            notification::query::<ShareNotification>,
        ),
        method(
            "ShareNotification/queryChanges",
            C::Principals,
            notification::query_changes::<ShareNotification>,
        ),
        method(
            "ShareNotification/set",
            C::Principals,
            notification::set::<ShareNotification>,
        ),
        // Ours: what was done in an account, and what can be brought back.
        method("HistoryEntry/query", C::History, history_entry_query::run),
        method("HistoryEntry/get", C::History, history_entry_get::run),
        method("HistoryEntry/undo", C::History, history_entry_undo::run),
        method("Deleted/query", C::History, deleted_query::run),
        method("Deleted/get", C::History, deleted_get::run),
        method("Deleted/restore", C::History, deleted_restore::run),
        // RFC 8620 7: push.
        method("PushSubscription/get", C::Core, push_subscription_get::run),
        method("PushSubscription/set", C::Core, push_subscription_set::run),
    ]
    .into_iter()
}

fn method<F, R>(name: &'static str, capability: Capability, run: F) -> Method
where
    F: Fn(Call) -> R + Send + Sync + 'static,
    R: Future<Output = Outcome> + Send + 'static,
{
    Method {
        name,
        capability,
        run: Box::new(move |call| Box::pin(run(call))),
    }
}

/// The names of all methods, each with the URI of its capability.
pub fn methods() -> impl Iterator<Item = (&'static str, &'static str)> {
    table().map(|method| (method.name, method.capability.as_str()))
}

/// The name as the table has it, if the request uses the capability that it is in.
///
/// # Errors
/// RFC 8620 3.6.2 `unknownMethod`.
pub(crate) fn known(name: &str, using: &[Capability]) -> Result<&'static str, MethodError> {
    METHODS
        .get(name)
        .filter(|method| using.contains(&method.capability))
        .map(|method| method.name)
        .ok_or_else(MethodError::unknown_method)
}

/// Does what is asked for.
pub(crate) fn run(call: Call) -> Running {
    match METHODS.get(call.name) {
        Some(method) => (method.run)(call),
        None => Box::pin(async { Err(MethodError::unknown_method()) }),
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Method")
            .field("name", &self.name)
            .field("capability", &self.capability)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_stands_there_once_and_has_a_verb() {
        assert_eq!(table().count(), METHODS.len());
        for method in table() {
            assert!(method.name.contains('/'), "{method:?}");
        }
    }
}
