//! `D:principal-property-search` (RFC 3744 9.4), and Apple's search by words: who is who in the organisation.

use std::sync::Arc;

use model::{Principal, PrincipalKind};
use vcard::MatchType;

use super::{about, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::href::Target;
use crate::codec::report::{
    CalendarServerPrincipalSearch, Combine, PrincipalPropertySearch, PropertySearch,
};
use crate::codec::{Property, PropertyName};
use crate::directory_book::principals;
use crate::error::Failure;
use crate::limits::PRINCIPALS_FOUND_MAX;
use crate::resource::{Resource, What};
use crate::visit::principal_place;

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    search: PrincipalPropertySearch,
) -> Result<Answer, Failure> {
    let plan = plan(asked, search.selection)?;
    let everywhere = search.apply_to_principal_collection_set
        || matches!(resource.place, Target::Principals | Target::Root);
    if !everywhere {
        // RFC 3744 9.4: only below the place of the request, where nobody else is.
        return about(asked, resource, plan, Vec::new()).await;
    }
    let fits = |principal: &Principal| {
        let mut searches = search.searches.iter();
        match search.combine {
            Combine::AllOf => searches.all(|one| one.fits(principal)),
            Combine::AnyOf => searches.any(|one| one.fits(principal)),
        }
    };
    let found = find(asked, search.limit, fits).await?;
    about(asked, resource, plan, found).await
}

/// Apple's search: all words occur in name or address.
pub(super) async fn by_words(
    asked: &Asked,
    resource: &Resource,
    search: CalendarServerPrincipalSearch,
) -> Result<Answer, Failure> {
    let plan = plan(asked, search.selection)?;
    let words: Vec<String> = search
        .words
        .iter()
        .map(|word| word.to_lowercase())
        .collect();
    let context = search.context;
    let fits = |principal: &Principal| {
        let name = principal.name.to_lowercase();
        of_context(context.as_deref(), &principal.kind)
            && words
                .iter()
                .all(|word| name.contains(word) || principal.address.contains(word))
    };
    let found = find(asked, search.limit, fits).await?;
    about(asked, resource, plan, found).await
}

fn of_context(context: Option<&str>, kind: &PrincipalKind) -> bool {
    match context {
        Some("user") => matches!(kind, PrincipalKind::Person),
        Some("group") => matches!(kind, PrincipalKind::Group { .. } | PrincipalKind::Shared),
        Some("location") => matches!(kind, PrincipalKind::Room { .. }),
        Some("resource") => matches!(kind, PrincipalKind::Equipment),
        Some(_) | None => true,
    }
}

async fn find(
    asked: &Asked,
    limit: Option<u32>,
    fits: impl Fn(&Principal) -> bool,
) -> Result<Vec<Resource>, Failure> {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(usize::MAX).min(PRINCIPALS_FOUND_MAX);
    let all = principals(&asked.visit).await?;
    let found = all
        .into_iter()
        .filter(|principal| fits(principal))
        .take(limit);
    Ok(found.map(as_resource).collect())
}

pub(super) fn as_resource(principal: Arc<Principal>) -> Resource {
    Resource::new(principal_place(&principal), What::Principal(principal))
}

impl PropertySearch {
    /// Whether the text is in one of the properties; one that is not searched fits nobody.
    fn fits(&self, principal: &Principal) -> bool {
        let wanted = self.text.to_lowercase();
        self.properties.iter().any(|property| {
            let value = match property {
                PropertyName::Known(Property::DisplayName) => principal.name.to_lowercase(),
                PropertyName::Known(
                    Property::CalendarUserAddressSet | Property::EmailAddressSet,
                ) => principal.address.clone(),
                PropertyName::Known(Property::CalendarUserType) => {
                    let word = match principal.kind {
                        PrincipalKind::Person => "individual",
                        PrincipalKind::Group { .. } | PrincipalKind::Shared => "group",
                        PrincipalKind::Room { .. } => "room",
                        PrincipalKind::Equipment => "resource",
                    };
                    word.to_owned()
                }
                _ => return false,
            };
            let wanted = wanted.strip_prefix("mailto:").unwrap_or(&wanted);
            match self.match_type {
                MatchType::Equals => value == wanted,
                MatchType::Contains => value.contains(wanted),
                MatchType::StartsWith => {
                    value.split(' ').any(|word| word.starts_with(wanted))
                        || value.starts_with(wanted)
                }
                MatchType::EndsWith => value.ends_with(wanted),
            }
        })
    }
}
