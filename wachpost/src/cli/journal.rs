//! `wachpost journal`.

use admin::{Actors, JournalLine, JournalPage, JournalRequest, Reply, Request, Who};
use clap::Args;
use model::{Face, Seq, SessionId, Timestamp};

use super::context::{Context, parse_moment, unexpected};
use crate::problem::Problem;
use crate::show;

/// Entries asked for at a time.
const PAGE_ENTRIES: u32 = 1_000;
/// Steps of one entry that are shown as text; JSON has them all.
const STEPS_SHOWN_MAX: usize = 20;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost journal anna@example.org --since 2026-11-01\n  \
    wachpost journal anna@example.org --actor mallory@example.org --face imap\n  \
    wachpost journal anna@example.org --session 3f2a9c0d11e45b67\n  \
    wachpost journal '#7'               an account that was removed, by its number\n  \
    wachpost journal --directory        who changed accounts, passwords, groups, domains")]
pub(crate) struct Journal {
    /// Whose: an address, or `#` and a number.
    #[arg(required_unless_present = "directory", conflicts_with = "directory")]
    account: Option<String>,
    /// What was done to domains, accounts, groups and credentials.
    #[arg(long)]
    directory: bool,
    /// Only from this moment on.
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    since: Option<Timestamp>,
    /// Only until this moment.
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    until: Option<Timestamp>,
    /// Only what this person did; `nobody` for mail from outside, administration and Wachpost itself.
    #[arg(long, value_name = "ADDRESS")]
    actor: Option<String>,
    /// Only what was done in this session.
    #[arg(long, value_parser = parse_session)]
    session: Option<SessionId>,
    /// Only what came through this door: smtp, submission, lmtp, imap, managesieve, admin, system.
    #[arg(long, value_parser = parse_face)]
    face: Option<Face>,
}

fn parse_session(text: &str) -> Result<SessionId, String> {
    u64::from_str_radix(text, 16)
        .map(SessionId)
        .map_err(|_| "write the sixteen hexadecimal digits that the journal shows".to_owned())
}

fn parse_face(text: &str) -> Result<Face, String> {
    let faces = [
        Face::System,
        Face::Smtp,
        Face::Submission,
        Face::Lmtp,
        Face::Imap,
        Face::ManageSieve,
        Face::Admin,
        Face::SignIn,
    ];
    faces
        .into_iter()
        .find(|face| face.as_str() == text)
        .ok_or_else(|| {
            "write one of smtp, submission, lmtp, imap, managesieve, admin, signin, system"
                .to_owned()
        })
}

impl Journal {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let actor = self.actor.map(|actor| {
            if actor == "nobody" {
                Actors::Nobody
            } else {
                Actors::Address(actor)
            }
        });
        let mut request = JournalRequest {
            account: self.account,
            after: Seq::START,
            limit: PAGE_ENTRIES,
            since: self.since,
            until: self.until,
            actor,
            session: self.session,
            face: self.face,
        };
        let (mut all, mut shown) = (Vec::new(), 0_u64);
        loop {
            let reply = context.ask(Request::Journal(request.clone()))?;
            let Reply::Journal(JournalPage { entries, next }) = reply else {
                return Err(unexpected());
            };
            shown += entries.len() as u64;
            if context.is_json() {
                all.extend(entries);
            } else {
                entries.iter().for_each(show_entry);
            }
            match next {
                Some(next) => request.after = Seq(next),
                None => break,
            }
        }
        context.show(&all, |_| {
            if shown == 0 {
                show::line("no entries match");
            }
        });
        Ok(())
    }
}

fn show_entry(entry: &JournalLine) {
    let who = entry.who.as_ref().map(who_words).unwrap_or_default();
    show::line(&format!("{}  entry {}  {who}", entry.at, entry.seq));
    for step in entry.what.iter().take(STEPS_SHOWN_MAX) {
        show::line(&format!("    {step}"));
    }
    if entry.what.len() > STEPS_SHOWN_MAX {
        let more = entry.what.len() - STEPS_SHOWN_MAX;
        show::line(&format!("    and {more} more steps (--json shows all)"));
    }
}

fn who_words(who: &Who) -> String {
    let mut words = match (&who.address, who.id) {
        (Some(address), _) => address.clone(),
        (None, Some(id)) => format!("#{id}, who was removed"),
        (None, None) => match who.face.as_str() {
            "system" => "Wachpost itself".to_owned(),
            "admin" => "the administration".to_owned(),
            _ => "somebody outside".to_owned(),
        },
    };
    words.push_str(&format!(" over {}", who.face));
    if let Some(from) = &who.from {
        words.push_str(&format!(" from {from}"));
    }
    if let Some(credential) = who.credential {
        words.push_str(&format!(" with credential {credential}"));
    }
    words.push_str(&format!(", session {}", who.session));
    words
}
