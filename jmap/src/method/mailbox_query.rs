//! `Mailbox/query` (RFC 8621 2.3).

use groupware::MailboxOrder;
use model::AccountId;

use crate::call::{Call, Outcome};
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::standard::query::Query;
use crate::words::mailbox_query::{MailboxQuery, Mailboxes, condition};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut asked = Query::read(&mut call, condition).await?;
    let (filter, sort) = (asked.filter.take(), std::mem::take(&mut asked.sort));
    let wanted = MailboxQuery::read(&mut call, filter, sort)?;
    call.finish()?;
    open(&call, asked.account).await?;
    let state = call.state(asked.account, DataType::Mailbox).await?;
    let order = order(&call, asked.account).await?;
    let ids = wanted.answer(&mailboxes(&call, asked.account).await?, &order);
    asked.answer(&call, (state, !wanted.depends_on_others()), &ids)
}

/// Sees to it that one's own account has the mailboxes that every account has.
pub(crate) async fn open(call: &Call, account: AccountId) -> Result<(), MethodError> {
    if account == call.visit.own_account() {
        call.groupware().open_own(call.caller()).await?;
    }
    Ok(())
}

/// All mailboxes that the caller can see.
pub(crate) async fn mailboxes(call: &Call, account: AccountId) -> Result<Mailboxes, MethodError> {
    let all = call.groupware().mailboxes(call.caller(), account).await?;
    Ok(all
        .into_iter()
        .map(|info| (info.mailbox.id, info))
        .collect())
}

/// The places that the caller gave to mailboxes.
pub(crate) async fn order(call: &Call, account: AccountId) -> Result<MailboxOrder, MethodError> {
    let order = call.groupware().mailbox_order(call.caller(), account);
    Ok(order.await?)
}
