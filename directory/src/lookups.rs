//! What was read of the directory and still holds: a bounded memory that is dropped with the directory's next entry.
//!
//! A read of the store takes a change of threads; recipients and sessions ask for the same few principals again and
//! again, and the directory changes seldom.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use model::{Archive, CredentialId, MailSettings, Principal, PrincipalId, SendRight, Seq};

use crate::Directory;
use crate::grant::Held;
use crate::resolve::{ListMembers, Resolved};
use crate::standing::Standing;

/// Answers kept per kind; when there are more, that kind starts anew.
const ANSWERS_MAX: usize = 8_192;

/// Answers of one entry of the directory.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    seq: Seq,
    pub(crate) domains: HashMap<String, bool>,
    pub(crate) resolved: HashMap<String, Resolved>,
    pub(crate) named: HashMap<String, Option<Arc<Principal>>>,
    pub(crate) senders: HashMap<(PrincipalId, String), Option<SendRight>>,
    pub(crate) principals: HashMap<PrincipalId, Option<Arc<Principal>>>,
    pub(crate) groups: HashMap<PrincipalId, Arc<[PrincipalId]>>,
    pub(crate) mail_settings: HashMap<PrincipalId, Arc<MailSettings>>,
    pub(crate) list_members: HashMap<PrincipalId, Arc<ListMembers>>,
    pub(crate) archives: HashMap<(), Arc<[Archive]>>,
    pub(crate) standings: HashMap<(PrincipalId, CredentialId), Option<Standing>>,
    pub(crate) held: HashMap<CredentialId, Option<Arc<Held>>>,
}

/// Which of the maps is meant.
type Kind<K, V> = fn(&mut Answers) -> &mut HashMap<K, V>;

#[derive(Debug, Default)]
pub(crate) struct Lookups {
    answers: Mutex<Answers>,
}

impl Lookups {
    fn get<K: Hash + Eq, V: Clone>(&self, seq: Seq, kind: Kind<K, V>, key: &K) -> Option<V> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.seq != seq {
            *answers = Answers {
                seq,
                ..Answers::default()
            };
        }
        kind(&mut answers).get(key).cloned()
    }

    /// Keeps an answer that was read when `seq` was the last entry, or later.
    fn put<K: Hash + Eq, V>(&self, seq: Seq, kind: Kind<K, V>, key: K, value: V) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.seq != seq {
            return;
        }
        let map = kind(&mut answers);
        if map.len() >= ANSWERS_MAX {
            map.clear();
        }
        map.insert(key, value);
    }
}

impl Directory {
    /// The answer from memory, or else by `read`.
    pub(crate) async fn look_up<K, V, R>(
        &self,
        kind: Kind<K, V>,
        key: K,
        read: R,
    ) -> Result<V, store::Error>
    where
        K: Hash + Eq,
        V: Clone + Send + 'static,
        R: FnOnce(&dyn store::Engine) -> Result<V, store::Error> + Send + 'static,
    {
        let (lookups, seq) = (&self.inner.lookups, self.settled()?);
        if let Some(value) = lookups.get(seq, kind, &key) {
            return Ok(value);
        }
        let value = self.inner.store.read(read).await?;
        lookups.put(seq, kind, key, value.clone());
        Ok(value)
    }

    /// As [`Directory::look_up`], on a thread that may wait for the store.
    pub(crate) fn look_up_blocking<K, V>(
        &self,
        kind: Kind<K, V>,
        key: K,
        read: impl FnOnce(&dyn store::Engine) -> Result<V, store::Error>,
    ) -> Result<V, store::Error>
    where
        K: Hash + Eq,
        V: Clone,
    {
        let (lookups, seq) = (&self.inner.lookups, self.settled()?);
        if let Some(value) = lookups.get(seq, kind, &key) {
            return Ok(value);
        }
        let value = read(&**self.inner.store.engine())?;
        lookups.put(seq, kind, key, value.clone());
        Ok(value)
    }

    /// What a credential was granted, as of the directory's last entry; none if it is no grant, or not there.
    pub(crate) async fn held(
        &self,
        credential: CredentialId,
    ) -> Result<Option<Arc<Held>>, store::Error> {
        let kind: Kind<_, _> = |all| &mut all.held;
        let (lookups, seq) = (&self.inner.renewed, self.seq()?);
        if let Some(held) = lookups.get(seq, kind, &credential) {
            return Ok(held);
        }
        let read = move |engine: &dyn store::Engine| Held::read(engine, credential);
        let held = self.inner.store.read(read).await?.map(Arc::new);
        lookups.put(seq, kind, credential, held.clone());
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AS: Option<SendRight> = Some(SendRight::As);

    #[test]
    fn answers_go_with_the_next_entry_and_stay_few() {
        let lookups = Lookups::default();
        let senders: Kind<(PrincipalId, String), Option<SendRight>> =
            |answers| &mut answers.senders;
        let key = |number| (PrincipalId(number), String::new());
        assert_eq!(lookups.get(Seq(1), senders, &key(0)), None);
        for number in 0..=8_192 {
            lookups.put(Seq(1), senders, key(number), AS);
        }
        assert_eq!(lookups.get(Seq(1), senders, &key(8_192)), Some(AS));
        assert_eq!(lookups.get(Seq(1), senders, &key(1)), None);
        assert_eq!(lookups.get(Seq(2), senders, &key(8_192)), None);
        lookups.put(Seq(1), senders, key(3), AS);
        assert_eq!(
            lookups.get(Seq(2), senders, &key(3)),
            None,
            "read too early"
        );
    }
}
