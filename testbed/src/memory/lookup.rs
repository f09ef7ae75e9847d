//! What `store::decide` asks of the state.

use std::collections::BTreeSet;

use model::{
    AccountId, CollectionId, Credential, CredentialId, Domain, EmailId, MailSettings, MailboxId,
    NumberSet, ObjectId, PathSegment, Principal, PrincipalId, QueueId, Queued, Seq, ThreadId,
    ThreadKeys, Timestamp,
};
use store::{Destroyed, EmailRow, Error, Lookup, ObjectRow};

use super::objects::Noted;
use super::state::State;

impl Lookup for State {
    fn rows(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: &NumberSet,
    ) -> Result<Vec<EmailRow>, Error> {
        let rows = self
            .account(account)
            .map(|account| &account.rows)
            .into_iter()
            .flatten();
        Ok(rows
            .filter(|((place, uid), _)| *place == mailbox && uids.contains(*uid))
            .map(|(_, row)| *row)
            .collect())
    }

    fn thread(&self, account: AccountId, keys: &ThreadKeys) -> Result<Option<ThreadId>, Error> {
        let threads = self.account(account).map(|account| &account.threads);
        Ok(threads.and_then(|threads| {
            keys.message_ids
                .iter()
                .find_map(|id| threads.get(&(*id, keys.subject)))
                .copied()
        }))
    }

    fn destroyed(&self, account: AccountId, email: EmailId) -> Result<Option<Destroyed>, Error> {
        Ok(self
            .account(account)
            .and_then(|account| account.destroyed.get(&email))
            .copied())
    }

    fn destroyed_before(
        &self,
        account: AccountId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<EmailId>, Error> {
        let destroyed = self.destroyed(account);
        Ok(destroyed
            .iter()
            .filter(|gone| gone.destroyed_at < before)
            .map(|gone| gone.email)
            .take(limit as usize)
            .collect())
    }

    fn object(
        &self,
        account: AccountId,
        collection: CollectionId,
        name: &PathSegment,
    ) -> Result<Option<ObjectRow>, Error> {
        let place = (collection, name.clone());
        Ok(self
            .account(account)
            .and_then(|account| account.objects.rows.get(&place))
            .map(|noted| noted.row.clone()))
    }

    fn objects_with_uid(&self, account: AccountId, uid: &str) -> Result<Vec<ObjectRow>, Error> {
        let rows = self.object_rows(account);
        let mut found: Vec<_> = rows
            .map(|noted| &noted.row)
            .filter(|row| !uid.is_empty() && row.uid == uid)
            .cloned()
            .collect();
        found.sort_by_key(|row| (row.collection, row.object));
        Ok(found)
    }

    fn object_numbers(
        &self,
        account: AccountId,
        collection: CollectionId,
    ) -> Result<NumberSet, Error> {
        let rows = self.object_rows(account).map(|noted| &noted.row);
        let inside = rows.filter(|row| row.collection == collection);
        let numbers: BTreeSet<u32> = inside.map(|row| row.object.0).collect();
        Ok(numbers.into_iter().collect())
    }

    fn versions_before(
        &self,
        account: AccountId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ObjectId, Seq)>, Error> {
        let versions = self
            .account(account)
            .map(|account| &account.objects.versions);
        let mut found: Vec<_> = versions
            .into_iter()
            .flatten()
            .filter(|(_, noted)| noted.row.at < before)
            .map(|((object, until), noted)| (noted.row.at, *object, *until))
            .collect();
        found.sort_unstable();
        found.truncate(limit as usize);
        let names = found.into_iter();
        Ok(names.map(|(_, object, until)| (object, until)).collect())
    }

    fn has_version(&self, account: AccountId, object: ObjectId, until: Seq) -> Result<bool, Error> {
        let account = self.account(account);
        Ok(account.is_some_and(|account| account.objects.versions.contains_key(&(object, until))))
    }

    fn queued(&self, account: AccountId, id: QueueId) -> Result<Option<Queued>, Error> {
        Ok(self
            .account(account)
            .and_then(|account| account.queue.get(&id))
            .cloned())
    }

    fn domain(&self, name: &str) -> Result<Option<Domain>, Error> {
        Ok(self.directory.domains.get(name).cloned())
    }

    fn is_domain_used(&self, name: &str) -> Result<bool, Error> {
        let inside = |address: &str| {
            address
                .rsplit_once('@')
                .is_some_and(|(_, domain)| domain == name)
        };
        let directory = &self.directory;
        Ok(directory.aliases.keys().any(|alias| inside(alias))
            || directory
                .principals
                .values()
                .any(|principal| inside(&principal.address)))
    }

    fn principal(&self, id: PrincipalId) -> Result<Option<Principal>, Error> {
        Ok(self.directory.principals.get(&id).cloned())
    }

    fn principal_at(&self, address: &str) -> Result<Option<PrincipalId>, Error> {
        let main = self
            .directory
            .principals
            .values()
            .find(|principal| principal.address == address)
            .map(|principal| principal.id);
        Ok(main.or_else(|| self.directory.aliases.get(address).copied()))
    }

    fn credentials(&self, principal: PrincipalId) -> Result<Vec<Credential>, Error> {
        let credentials = self.directory.credentials.values();
        Ok(credentials
            .filter(|known| known.principal == principal)
            .cloned()
            .collect())
    }

    fn mail_settings(&self, principal: PrincipalId) -> Result<MailSettings, Error> {
        let known = self.directory.mail_settings.get(&principal);
        Ok(known.cloned().unwrap_or_default())
    }

    fn archive(&self, domain: Option<&str>) -> Result<Option<String>, Error> {
        let domain = domain.map(str::to_owned);
        Ok(self.directory.archives.get(&domain).cloned())
    }

    fn credential(&self, id: CredentialId) -> Result<Option<Credential>, Error> {
        Ok(self.directory.credentials.get(&id).cloned())
    }
}

impl State {
    /// The objects of an account in all its collections.
    pub(super) fn object_rows(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = &Noted<ObjectRow>> + '_ {
        let account = self.account(account);
        account
            .into_iter()
            .flat_map(|account| account.objects.rows.values())
    }
}
