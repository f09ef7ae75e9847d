//! States (RFC 8620 1.6.3, 5.1): a text for each type of data in an account, which changes whenever something of it does.

use groupware::RecordKind;
use model::{AccountId, CollectionKind, Rights, Seq};

use crate::call::Call;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::changes::read_seq;
use crate::visit::Visit;
use crate::words::collection_state::{CollectionState, items_state};

/// The state of a type of data, as the caller sees it. None where the type has none in this account.
///
/// # Errors
/// RFC 8620 3.6.2 `accountNotFound` where the caller sees nothing of it.
pub(crate) async fn state(
    visit: &Visit,
    account: AccountId,
    of: DataType,
) -> Result<Option<String>, MethodError> {
    match of {
        DataType::Mailbox => mailboxes(visit, account).await.map(Some),
        DataType::Email | DataType::Thread => emails(visit, account).await.map(Some),
        DataType::EmailDelivery => deliveries(visit, account).await.map(Some),
        DataType::Identity => records(visit, account, RecordKind::Identity).await,
        DataType::EmailSubmission => records(visit, account, RecordKind::Submission).await,
        DataType::PushSubscription => records(visit, account, RecordKind::PushSubscription).await,
        DataType::ParticipantIdentity => {
            records(visit, account, RecordKind::ParticipantIdentity).await
        }
        DataType::CalendarEventNotification => {
            records(visit, account, RecordKind::EventNotification).await
        }
        DataType::TaskNotification => records(visit, account, RecordKind::TaskNotification).await,
        DataType::ShareNotification => records(visit, account, RecordKind::ShareNotification).await,
        DataType::AddressBook => {
            let state = CollectionState::of(visit, account, CollectionKind::AddressBook);
            told(state.await, CollectionState::text)
        }
        DataType::ContactCard => told(
            CollectionState::of_cards(visit, account).await,
            CollectionState::text,
        ),
        DataType::Principal => crate::principal::state(visit, account).await,
        DataType::VacationResponse | DataType::SieveScript => scripts(visit, account).await,
        // A task list is a calendar that takes tasks: both are told of what happens to either.
        DataType::Calendar | DataType::TaskList => {
            let state = CollectionState::of(visit, account, CollectionKind::Calendar);
            told(state.await, CollectionState::text)
        }
        DataType::CalendarEvent | DataType::Task => {
            let kind = CollectionKind::Calendar;
            let state = visit
                .groupware()
                .objects_state(&visit.caller, account, kind);
            told(state.await, items_state)
        }
        DataType::Quota => {
            let quota = visit.groupware().quota(&visit.caller, account).await;
            told(quota, |quota| crate::words::quota::state(&quota))
        }
    }
}

impl Call {
    /// The state of a type of data.
    ///
    /// # Errors
    /// RFC 8620 3.6.2 `accountNotSupportedByMethod` where the type is not there in the account.
    pub(crate) async fn state(
        &self,
        account: AccountId,
        of: DataType,
    ) -> Result<String, MethodError> {
        let state = state(&self.visit, account, of).await?;
        state.ok_or_else(MethodError::account_not_supported)
    }
}

/// A state as text; none where the caller sees nothing.
fn told<S>(
    state: Result<S, groupware::Error>,
    text: impl FnOnce(S) -> String,
) -> Result<Option<String>, MethodError> {
    match state {
        Ok(state) => Ok(Some(text(state))),
        Err(groupware::Error::NotFound | groupware::Error::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A number of an entry, and a check sum of what is seen: what goes away leaves no number behind.
fn with_sight(seq: u64, sight: u32) -> String {
    format!("{seq}-{sight:08x}")
}

/// The entry of the journal that a state of mailboxes, emails or threads stands for; none if it is no state of ours.
pub(crate) fn entry_of(state: &str) -> Option<Seq> {
    let (entry, sight) = state.split_once('-')?;
    let is_sum = sight.len() == 8 && sight.bytes().all(|octet| octet.is_ascii_hexdigit());
    read_seq(entry).filter(|_| is_sum)
}

/// What a state of mailboxes stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MailboxEntries {
    /// The entry of the account's journal.
    pub(crate) mailboxes: Seq,
    /// The entry of the caller's own journal that gave a mailbox a place last; it is said once there is one.
    pub(crate) order: Seq,
}

/// What a state of mailboxes stands for; none if it is no state of ours.
pub(crate) fn entries_of(state: &str) -> Option<MailboxEntries> {
    let (mailboxes, order) = match state.rsplit_once('-') {
        Some((mailboxes, order)) if mailboxes.contains('-') => (mailboxes, read_seq(order)?),
        _ => (state, Seq::START),
    };
    let mailboxes = entry_of(mailboxes)?;
    Some(MailboxEntries { mailboxes, order })
}

/// A state in between, which nobody is told but who asks for changes step by step.
pub(crate) fn at_entry(entry: Seq) -> String {
    with_sight(entry.0, 0)
}

/// The state of mailboxes: their names and rights, their counters, and where the caller wants them to stand.
async fn mailboxes(visit: &Visit, account: AccountId) -> Result<String, MethodError> {
    // The order first: who asks for it is given an account, and its mailboxes are to be in this state.
    let order = visit.groupware().mailbox_order_state(&visit.caller).await?;
    let all = visit.groupware().mailboxes(&visit.caller, account).await?;
    let last = all
        .iter()
        .map(|info| info.mailbox.changed.max(info.mailbox.emails_changed))
        .max();
    let seen = all
        .iter()
        .flat_map(|info| [info.mailbox.id.0, u32::from(info.rights.0)]);
    let state = with_sight(last.map_or(0, |seq| seq.0), check_sum(seen));
    match order {
        Seq::START => Ok(state),
        order => Ok(format!("{state}-{}", order.0)),
    }
}

/// The state of emails: of all mailboxes that may be read.
async fn emails(visit: &Visit, account: AccountId) -> Result<String, MethodError> {
    let all = visit.groupware().mailboxes(&visit.caller, account).await?;
    let read = || {
        all.iter()
            .filter(|info| info.rights.contains(Rights::READ))
            .map(|info| &info.mailbox)
    };
    let last = read().map(|mailbox| mailbox.emails_changed).max();
    let sum = check_sum(read().map(|mailbox| mailbox.id.0));
    Ok(with_sight(last.map_or(0, |seq| seq.0), sum))
}

/// RFC 8621 1.5: the state of what arrives, which stays as it is when keywords change: of all mailboxes that may be read,
/// the numbers that their next emails get.
async fn deliveries(visit: &Visit, account: AccountId) -> Result<String, MethodError> {
    let all = visit.groupware().mailboxes(&visit.caller, account).await?;
    let read = || {
        all.iter()
            .filter(|info| info.rights.contains(Rights::READ))
            .map(|info| &info.mailbox)
    };
    let numbers = read().map(|mailbox| u64::from(mailbox.uid_next.0)).sum();
    let sum = check_sum(read().map(|mailbox| mailbox.id.0));
    Ok(with_sight(numbers, sum))
}

async fn records(
    visit: &Visit,
    account: AccountId,
    kind: RecordKind,
) -> Result<Option<String>, MethodError> {
    let groupware = visit.groupware();
    match groupware.records_state(&visit.caller, account, kind).await {
        Ok(state) => Ok(Some(state.0.to_string())),
        Err(groupware::Error::NotFound | groupware::Error::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The state of scripts and of what is said while somebody is away, which lie beside each other.
async fn scripts(visit: &Visit, account: AccountId) -> Result<Option<String>, MethodError> {
    let groupware = visit.groupware();
    match groupware.scripts_state(&visit.caller, account).await {
        Ok(state) => Ok(Some(state.0.to_string())),
        Err(groupware::Error::NotFound | groupware::Error::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A check sum of numbers (FNV-1a).
fn check_sum(numbers: impl Iterator<Item = u32>) -> u32 {
    let octets = numbers.flat_map(u32::to_le_bytes);
    octets.fold(0x811c_9dc5, |sum, octet| {
        (sum ^ u32::from(octet)).wrapping_mul(0x0100_0193)
    })
}
