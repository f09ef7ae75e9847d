//! Answers for which something must be read: in chunks of bounded size, the next of which are read while one is written.

use groupware::{Chunk, Chunks, View};
use model::{EmailId, EmailMeta, Headers};

use super::Target;
use super::plan::{Need, Plan, Read};
use crate::answer::{Answer, Failure};
use crate::codec::Code;
use crate::output::{Apart, Output};
use crate::selected::Selected;
use crate::user::User;

/// Answers about the messages; says how many turned out to be gone.
pub(super) async fn run(
    user: &User,
    selected: &mut Selected,
    out: &mut Output,
    plan: &mut Plan<'_>,
    need: Need,
    targets: &[Target],
) -> Result<u64, Failure> {
    let Some(view) = selected.latest().cloned() else {
        return Ok(0);
    };
    let mut lines = Lines {
        user,
        selected,
        out,
        plan,
        view: &view,
        targets,
        gone: 0,
    };
    match need {
        Need::Rows | Need::Headers | Need::Metas => lines.metas(need).await?,
        Need::Messages => lines.messages().await?,
        Need::Both => lines.both().await?,
    }
    let left = u64::try_from(lines.targets.len()).unwrap_or(u64::MAX);
    Ok(lines.gone.saturating_add(left))
}

struct Lines<'a, 'p> {
    user: &'a User,
    selected: &'a mut Selected,
    out: &'a mut Output,
    plan: &'a mut Plan<'p>,
    view: &'a View,
    /// Those that are still to come.
    targets: &'a [Target],
    gone: u64,
}

impl Lines<'_, '_> {
    async fn metas(&mut self, need: Need) -> Result<(), Failure> {
        let mut chunks = self.read_metas().await?;
        while let Some(chunk) = chunks.next().await? {
            // Nothing of the metadata is long enough for it.
            let mut apart = Apart::default();
            for (email, bytes) in chunk.iter() {
                let Some(target) = self.next(email) else {
                    continue;
                };
                if need == Need::Headers {
                    let headers = Headers::decode(bytes).map_err(damaged)?;
                    let read = Read {
                        headers: Some(&headers),
                        ..Read::default()
                    };
                    self.line(&mut apart, &target, read);
                } else {
                    let meta = EmailMeta::decode(bytes).map_err(damaged)?;
                    let read = Read {
                        meta: Some(&meta),
                        ..Read::default()
                    };
                    self.line(&mut apart, &target, read);
                }
                if self.out.is_full() {
                    self.out.relieve().await?;
                }
            }
        }
        Ok(())
    }

    async fn messages(&mut self) -> Result<(), Failure> {
        let mut chunks = self.read_messages(self.emails()).await?;
        while let Some(chunk) = chunks.next().await? {
            let mut apart = Apart::default();
            for (email, message) in chunk.iter() {
                let Some(target) = self.next(email) else {
                    continue;
                };
                let read = Read {
                    message: Some(message),
                    ..Read::default()
                };
                self.line(&mut apart, &target, read);
                if self.out.is_full_with(&apart) {
                    self.out.write_with(&mut apart).await?;
                }
            }
            self.out.write_with(&mut apart).await?;
        }
        Ok(())
    }

    /// For each chunk of structures, the messages they are of.
    async fn both(&mut self) -> Result<(), Failure> {
        let mut metas = self.read_metas().await?;
        while let Some(chunk) = metas.next().await? {
            self.with_messages(chunk).await?;
        }
        Ok(())
    }

    async fn with_messages(&mut self, metas: &Chunk) -> Result<(), Failure> {
        let emails = metas.iter().map(|(email, _)| email).collect();
        let mut chunks = self.read_messages(emails).await?;
        let mut metas = metas.iter();
        while let Some(chunk) = chunks.next().await? {
            let mut apart = Apart::default();
            for (email, message) in chunk.iter() {
                let Some((_, bytes)) = metas.find(|(of, _)| *of == email) else {
                    continue;
                };
                let Some(target) = self.next(email) else {
                    continue;
                };
                let meta = EmailMeta::decode(bytes).map_err(damaged)?;
                let read = Read {
                    headers: None,
                    meta: Some(&meta),
                    message: Some(message),
                };
                self.line(&mut apart, &target, read);
                if self.out.is_full_with(&apart) {
                    self.out.write_with(&mut apart).await?;
                }
            }
            self.out.write_with(&mut apart).await?;
        }
        Ok(())
    }

    async fn read_metas(&self) -> Result<Chunks, Failure> {
        let (user, place) = (self.user, self.selected.place);
        let chunks =
            user.groupware
                .metas(&user.caller, place.account, place.mailbox, self.emails());
        Ok(chunks.await?)
    }

    async fn read_messages(&self, emails: Vec<EmailId>) -> Result<Chunks, Failure> {
        let (user, place) = (self.user, self.selected.place);
        let chunks = user
            .groupware
            .messages(&user.caller, place.account, place.mailbox, emails);
        Ok(chunks.await?)
    }

    fn emails(&self) -> Vec<EmailId> {
        self.targets.iter().map(|target| target.row.email).collect()
    }

    /// The message with this number; those before it that were not read are gone.
    fn next(&mut self, email: EmailId) -> Option<Target> {
        let at = self
            .targets
            .iter()
            .position(|target| target.row.email == email)?;
        let target = *self.targets.get(at)?;
        self.targets = self.targets.get(at.saturating_add(1)..).unwrap_or_default();
        self.gone = self
            .gone
            .saturating_add(u64::try_from(at).unwrap_or(u64::MAX));
        Some(target)
    }

    fn line<'m>(&mut self, apart: &mut Apart<'m>, target: &Target, read: Read<'_, 'm>) {
        let texts = &mut self.selected.flag_texts;
        self.plan
            .line(self.out, apart, texts, self.view, target, read);
    }
}

/// What was computed at delivery cannot be read.
fn damaged(error: model::DecodeError) -> Failure {
    tracing::error!(%error, "the metadata of an email cannot be read");
    Answer::no(Code::ServerBug, "A message cannot be read").into()
}
