//! What `store::decide` asks of the state.

use model::{
    AccountId, Credential, CredentialId, Domain, EmailId, MailboxId, NumberSet, Principal,
    PrincipalId, QueueId, ThreadId, ThreadKeys, Timestamp,
};
use store::{Destroyed, EmailRow, Error, Lookup};

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

    fn is_queued(&self, account: AccountId, id: QueueId) -> Result<bool, Error> {
        Ok(self
            .account(account)
            .is_some_and(|account| account.queue.contains_key(&id)))
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

    fn has_credential(&self, credential: CredentialId) -> Result<bool, Error> {
        Ok(self.directory.credentials.contains_key(&credential))
    }
}
