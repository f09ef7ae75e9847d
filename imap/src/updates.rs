//! Untagged data about what others did to the selected mailbox, and when it may be sent (RFC 9051 7.5.1).

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{Code, collapse};
use crate::output::Output;
use crate::selected::{News, Selected};
use crate::session::{Enabled, Expunges};
use crate::words;

/// Before a command that looks at messages: loads the view, and tells what may be told.
pub(crate) async fn before(
    client: &mut Client,
    out: &mut Output,
    expunges: Expunges,
) -> Result<(), Failure> {
    let is_current = look(client, out, expunges, true).await?;
    if !is_current && client.selected()?.known().is_none() {
        // Messages went between SELECT and this command, which must not be told during it (RFC 9051 7.1: EXPUNGEISSUED).
        return Err(Answer::no(
            Code::ExpungeIssued,
            "Some messages are gone, ask again after NOOP",
        )
        .into());
    }
    Ok(())
}

/// After any command: tells what may be told.
pub(crate) async fn after(
    client: &mut Client,
    out: &mut Output,
    expunges: Expunges,
) -> Result<(), Failure> {
    if client.selected.is_some() {
        look(client, out, expunges, false).await?;
    }
    Ok(())
}

/// Says whether the client knows everything now.
async fn look(
    client: &mut Client,
    out: &mut Output,
    expunges: Expunges,
    load: bool,
) -> Result<bool, Failure> {
    let user = client.user()?;
    let enabled = client.enabled;
    let selected = client.selected()?;
    let news = selected.news(&user, load).await?;
    if expunges == Expunges::Held && !news.removed.is_empty() {
        return Ok(false);
    }
    tell(selected, out, &news, enabled).await?;
    selected.caught_up();
    Ok(true)
}

/// Tells all news.
pub(crate) async fn tell(
    selected: &mut Selected,
    out: &mut Output,
    news: &News,
    enabled: Enabled,
) -> Result<(), Failure> {
    if enabled.qresync {
        // RFC 7162 3.2.10: with QRESYNC, VANISHED takes the place of EXPUNGE.
        let uids = news.removed_uids.ranges();
        out.encoder().vanished(uids, false);
    } else {
        // From the last to the first, so that the other numbers stay what they are.
        for position in news.removed.iter().rev() {
            out.encoder().expunge(number(*position));
            out.relieve().await?;
        }
    }
    if let Some(exists) = news.exists {
        out.encoder().exists(count(exists));
    }
    let Some(view) = selected.latest().cloned() else {
        return Ok(());
    };
    tell_keywords(selected, out);
    for position in &news.changed {
        let Some(row) = view.row_at(*position).filter(|row| !selected.is_told(row)) else {
            continue;
        };
        let mut encoder = out.encoder();
        let mut line = encoder.fetch(number(*position));
        line.uid(row.uid.0);
        line.flag_text(selected.flag_texts.get(row.keywords, &view));
        // RFC 7162 3.1.4.2: MODSEQ for those who can make use of it.
        if enabled.condstore {
            line.mod_seq(words::mod_seq(row.changed));
        }
        line.finish();
        out.relieve().await?;
    }
    Ok(())
}

/// RFC 9051 7.3.5: FLAGS again, when there are new keywords; before a message that has one of them.
pub(crate) fn tell_keywords(selected: &mut Selected, out: &mut Output) {
    let Some(view) = selected.latest().cloned() else {
        return;
    };
    if view.keywords().len() > selected.keywords_told {
        selected.keywords_told = view.keywords().len();
        out.encoder().flags(words::known_flags(view.keywords()));
    }
}

/// The sequence number of a position.
pub(crate) fn number(position: usize) -> u32 {
    count(position.saturating_add(1))
}

/// A number of messages: UIDs have 32 bits, so there are never more.
pub(crate) fn count(messages: usize) -> u32 {
    u32::try_from(messages).unwrap_or(u32::MAX)
}

/// Ranges of the sequence numbers of positions.
pub(crate) fn numbers(positions: impl IntoIterator<Item = usize>) -> Vec<(u32, u32)> {
    collapse(positions.into_iter().map(number))
}
