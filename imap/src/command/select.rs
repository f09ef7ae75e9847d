//! `SELECT` and `EXAMINE` (RFC 9051 6.3.2) with CONDSTORE and QRESYNC (RFC 7162 3.2.5).

use groupware::{Error, MailboxInfo};
use model::{Keywords, NumberSet, Rights, Seq};

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{Code, Condition, Qresync, Select};
use crate::names::{self, Named};
use crate::numbers::common;
use crate::output::Output;
use crate::selected::{Selected, absent};
use crate::session::Enabled;
use crate::updates::{self, number};
use crate::user::User;
use crate::words;

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    select: Select<'_>,
    examine: bool,
) -> Result<Answer, Failure> {
    if select.qresync.is_some() && !client.enabled.qresync {
        // RFC 7162 3.2.5: only after ENABLE QRESYNC.
        return Err(Answer::bad("Enable QRESYNC first").into());
    }
    if client.selected.take().is_some() {
        // RFC 9051 6.3.2, 7.1: CLOSED says that the mailbox before is no longer selected, even if this fails.
        out.encoder().untagged(
            Condition::Ok,
            Some(Code::Closed),
            "The mailbox before is closed",
        );
    }
    let user = client.user()?;
    let named = names::find(&user, &select.mailbox).await?;
    if !named.info.rights.contains(Rights::READ) {
        return Err(Answer::no(Code::NoPerm, "Not permitted").into());
    }
    let read_only = examine || !may_change(named.info.rights);
    let mut selected = Selected::new(
        named.place(),
        user.ids(named.account),
        &named.info.mailbox,
        named.info.rights,
        read_only,
    );
    tell_state(client, out, &user, &named, &mut selected).await?;
    if let Some(qresync) = &select.qresync {
        resynchronise(
            &user,
            out,
            &named.info,
            &mut selected,
            (qresync, client.enabled),
        )
        .await?;
    }
    client.selected = Some(Box::new(selected));
    let code = if read_only {
        Code::ReadOnly
    } else {
        Code::ReadWrite
    };
    let text = if examine {
        "EXAMINE completed"
    } else {
        "SELECT completed"
    };
    Ok(Answer::ok_with(AnswerCode::Plain(code), text))
}

/// RFC 4314 5.2: READ-ONLY where the client can change nothing.
fn may_change(rights: Rights) -> bool {
    let changing = Rights::SEEN
        .with(Rights::WRITE)
        .with(Rights::INSERT)
        .with(Rights::DELETE_EMAIL)
        .with(Rights::EXPUNGE);
    rights.0 & changing.0 != 0
}

async fn tell_state(
    client: &Client,
    out: &mut Output,
    user: &User,
    named: &Named,
    selected: &mut Selected,
) -> Result<(), Failure> {
    let mailbox = &named.info.mailbox;
    let own = user
        .groupware
        .keywords(&user.caller, named.account, mailbox.id)
        .await?;
    selected.keywords_told = own.len();
    let flags = words::known_flags(&own);
    let (permanent, new_keywords) = if selected.read_only {
        (Vec::new(), false)
    } else {
        words::permanent_flags(&flags, named.info.rights)
    };
    let unseen = if client.enabled.rev2 {
        None
    } else {
        first_unseen(user, named).await?
    };
    let mut encoder = out.encoder();
    encoder.flags(flags);
    encoder.exists(mailbox.totals.emails);
    if !client.enabled.rev2 {
        // RFC 9051 appendix E: IMAP4rev1 wants RECENT; nobody is told that something is.
        encoder.recent(0);
    }
    if let Some(unseen) = unseen {
        encoder.untagged(
            Condition::Ok,
            Some(Code::Unseen(unseen)),
            "The first unseen one",
        );
    }
    let mut say = |code, text| encoder.untagged(Condition::Ok, Some(code), text);
    say(
        Code::PermanentFlags {
            flags: &permanent,
            new_keywords,
        },
        "Flags that can be changed",
    );
    say(Code::UidValidity(mailbox.uid_validity.0), "UIDs are valid");
    say(Code::UidNext(mailbox.uid_next.0), "The next UID");
    let highest = words::mod_seq(mailbox.emails_changed);
    say(Code::HighestModSeq(highest), "The last change");
    let id = user.ids(named.account).mailbox(mailbox.id);
    say(Code::MailboxId(&id), "The mailbox's id");
    if client.enabled.rev2 {
        // RFC 9051 6.3.2: the LIST response with the name as the server has it.
        super::list::tell_one(out, named);
    }
    Ok(())
}

/// RFC 3501 6.3.1, 7.1: the first unseen message, where that is known without reading the mailbox; a client that is not
/// told has to search.
async fn first_unseen(user: &User, named: &Named) -> Result<Option<u32>, Failure> {
    let mailbox = &named.info.mailbox;
    let totals = mailbox.totals;
    if totals.unseen == 0 {
        return Ok(None);
    }
    if totals.unseen == totals.emails {
        return Ok(Some(1));
    }
    let view = user
        .groupware
        .view_at_hand(&user.caller, named.account, mailbox.id)
        .await?;
    // Only of the same state as the counters, or its numbers would mean others.
    let view = view.filter(|view| view.until() == mailbox.emails_changed);
    Ok(view.and_then(|view| {
        let mut rows = view.iter();
        rows.position(|row| !row.keywords.contains(Keywords::SEEN))
            .map(number)
    }))
}

/// RFC 7162 3.2.5: which of the client's messages are gone and which changed.
async fn resynchronise(
    user: &User,
    out: &mut Output,
    info: &MailboxInfo,
    selected: &mut Selected,
    (qresync, enabled): (&Qresync, Enabled),
) -> Result<(), Failure> {
    if qresync.uid_validity != info.mailbox.uid_validity.0 {
        // RFC 7162 3.2.5: of another mailbox; the client must forget what it knows.
        return Ok(());
    }
    // What changed since the counters were read is told first, so that the numbers below mean what the client thinks.
    let news = selected.news(user, true).await?;
    if selected.known().is_none() {
        updates::tell(selected, out, &news, enabled).await?;
        selected.caught_up();
    }
    let Some(view) = selected.latest().cloned() else {
        return Ok(());
    };
    let all = NumberSet::range(1, view.uid_next().0.saturating_sub(1));
    let known = match &qresync.known_uids {
        Some(known) => common(&known.resolve(0), &all),
        None => all,
    };
    let since = Seq(qresync.mod_seq);
    let gone = vanished(user, selected, &known, since).await?;
    out.encoder().vanished(gone.ranges(), true);
    for (position, row) in view.select(&known) {
        if !row.changed.is_after(since) {
            continue;
        }
        let mut encoder = out.encoder();
        let mut line = encoder.fetch(number(position));
        line.uid(row.uid.0);
        line.flag_text(selected.flag_texts.get(row.keywords, &view));
        line.mod_seq(words::mod_seq(row.changed));
        line.finish();
        out.relieve().await?;
    }
    Ok(())
}

/// Those of the known UIDs that are gone since then. RFC 7162 3.2.5.2: where that is not known any more, all that are absent.
pub(super) async fn vanished(
    user: &User,
    selected: &Selected,
    known: &NumberSet,
    since: Seq,
) -> Result<NumberSet, Failure> {
    let (account, mailbox) = (selected.place.account, selected.place.mailbox);
    let vanished = user
        .groupware
        .vanished(&user.caller, account, mailbox, since)
        .await;
    match vanished {
        Ok(vanished) => Ok(common(&vanished, known)),
        Err(Error::CannotCalculate) => Ok(selected
            .latest()
            .map(|view| absent(view, known))
            .unwrap_or_default()),
        Err(error) => Err(error.into()),
    }
}
