//! Contact cards asked, and the organisation's directory as an address book that nobody writes to.

mod people;

mod preference;

mod query;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use people::PeopleChanges;
pub(crate) use people::PeopleState;
pub use preference::BookPreferences;
pub use query::{AddressBook, CardFilter, CardKey, CardOrder, CardSort, CardText};

use model::{AccountId, BlobRef, CollectionId, PathSegment, Principal, PrincipalId, PrincipalKind};
use vcard::{ContactCard, Filter, PrincipalFields, Version};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::object::Object;

/// Principals that are read at once.
const PRINCIPALS_AT_ONCE: usize = 500;

/// One card of the directory.
#[derive(Clone, Debug)]
pub struct DirectoryCard {
    /// Its name in the address book.
    pub name: PathSegment,
    /// Whom it shows.
    pub principal: PrincipalId,
    /// The card, vCard 4.0.
    pub text: String,
}

impl Groupware {
    /// The cards of an address book that match, with their names in order.
    ///
    /// # Errors
    /// `READ` is needed.
    pub async fn query_contacts(
        &self,
        caller: &Caller,
        account: AccountId,
        collection: CollectionId,
        filter: Arc<Filter>,
    ) -> Result<Vec<Arc<Object>>, Error> {
        let view = self.objects(caller, account, collection).await?;
        let candidates: Vec<Arc<Object>> = view
            .iter()
            .filter(|object| {
                object
                    .summary
                    .contact()
                    .is_none_or(|summary| filter.may_match(summary))
            })
            .cloned()
            .collect();
        self.blocking(move |engine| {
            let blobs: Vec<BlobRef> = candidates.iter().map(|object| object.row.blob).collect();
            let mut found = Vec::new();
            engine.bodies(&blobs, &mut |place, body| {
                let card = ContactCard::read(body);
                if card.is_ok_and(|card| filter.matches(&card))
                    && let Some(object) = candidates.get(place)
                {
                    found.push(Arc::clone(object));
                }
                ControlFlow::Continue(())
            })?;
            Ok(found)
        })
        .await
    }

    /// All persons, groups, rooms and shared accounts of the organisation as contact cards, by number: what Exchange calls
    /// the global address list.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in; or the directory cannot be read.
    pub async fn directory_cards(&self, caller: &Caller) -> Result<Vec<DirectoryCard>, Error> {
        caller.principal()?;
        let mut cards = Vec::new();
        let mut after = PrincipalId(0);
        loop {
            let page = self.directory.principals(after, PRINCIPALS_AT_ONCE).await?;
            let Some(last) = page.last() else {
                return Ok(cards);
            };
            after = last.id;
            for principal in page.iter().filter(|principal| principal.enabled) {
                cards.push(self.directory_card(principal).await?);
            }
        }
    }

    async fn directory_card(&self, principal: &Principal) -> Result<DirectoryCard, Error> {
        let mut addresses = vec![principal.address.clone()];
        addresses.extend(self.directory.aliases(principal.id).await?);
        let mut members = Vec::new();
        if let PrincipalKind::Group { members: ids } = &principal.kind {
            for id in ids {
                if let Some(member) = self.directory.principal(*id).await? {
                    members.push(format!("mailto:{}", member.address));
                }
            }
        }
        // A UUID that is always the same for the same principal of this house (RFC 9562 5.8).
        let uid = format!("urn:uuid:00000000-0000-8000-8000-{:012x}", principal.id.0);
        let fields = PrincipalFields {
            uid: &uid,
            kind: match principal.kind {
                PrincipalKind::Person => vcard::PrincipalKind::Person,
                PrincipalKind::Group { .. } | PrincipalKind::Shared => vcard::PrincipalKind::Group,
                PrincipalKind::Room { .. } => vcard::PrincipalKind::Room,
                PrincipalKind::Equipment => vcard::PrincipalKind::Equipment,
            },
            name: &principal.name,
            addresses: &addresses,
            phones: &[],
            organisation: None,
            department: None,
            title: None,
            members: &members,
        };
        let name = format!("{}.vcf", principal.id);
        Ok(DirectoryCard {
            name: PathSegment::try_from(name.as_str()).map_err(|error| Error::internal(&error))?,
            principal: principal.id,
            text: vcard::from_principal(&fields, Version::V4),
        })
    }
}
