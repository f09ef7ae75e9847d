//! `D:principal-property-search` (RFC 3744 9.4), and Apple's search by words: who is who in the organisation.

use std::sync::Arc;

use groupware::Error;
use model::{Principal, PrincipalId, PrincipalKind};
use vcard::MatchType;

use super::{about, listing, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::href::Target;
use crate::codec::report::{
    CalendarServerPrincipalSearch, Combine, PrincipalPropertySearch, PropertySearch,
};
use crate::codec::{Precondition, Property, PropertyName, Status};
use crate::directory_book::principals;
use crate::error::Failure;
use crate::limits::PRINCIPALS_FOUND_MAX;
use crate::listing::Line;
use crate::property::Plan;
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
    let whose = whose(asked, &search.searches).await?;
    let fits = |principal: &Principal| {
        let one_fits = |(one, whose): (&PropertySearch, &Option<PrincipalId>)| {
            *whose == Some(principal.id) || one.fits(principal)
        };
        let mut searches = search.searches.iter().zip(&whose);
        match search.combine {
            Combine::AllOf => searches.all(one_fits),
            Combine::AnyOf => searches.any(one_fits),
        }
    };
    let found = find(asked, search.limit, fits).await?;
    answer(asked, resource, plan, found).await
}

/// For each search, whose address its text is as a whole: an alias is found so.
async fn whose(
    asked: &Asked,
    searches: &[PropertySearch],
) -> Result<Vec<Option<PrincipalId>>, Failure> {
    let mut all = Vec::with_capacity(searches.len());
    for search in searches {
        let mut properties = search.properties.iter();
        let by_address = properties.any(|property| is_address(property.known()));
        let address = without_scheme(&search.text);
        all.push(if by_address && address.contains('@') {
            let found = asked.visit.directory().principal_at(address).await;
            found.map_err(Error::from)?.map(|principal| principal.id)
        } else {
            None
        });
    }
    Ok(all)
}

fn is_address(property: Option<Property>) -> bool {
    matches!(
        property,
        Some(Property::CalendarUserAddressSet | Property::EmailAddressSet)
    )
}

fn without_scheme(text: &str) -> &str {
    match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => text.get(7..).unwrap_or(""),
        _ => text,
    }
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
    answer(asked, resource, plan, found).await
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

/// Those who were found, and whether there are more than are ever shown.
struct Matches {
    found: Vec<Resource>,
    cut: bool,
}

async fn find(
    asked: &Asked,
    limit: Option<u32>,
    fits: impl Fn(&Principal) -> bool,
) -> Result<Matches, Failure> {
    let all = principals(&asked.visit).await?;
    let mut fitting = all.into_iter().filter(|principal| fits(principal));
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let wanted = limit.unwrap_or(usize::MAX);
    let shown = wanted.min(PRINCIPALS_FOUND_MAX);
    let found = fitting.by_ref().take(shown).map(as_resource).collect();
    Ok(Matches {
        found,
        cut: wanted > shown && fitting.next().is_some(),
    })
}

async fn answer(
    asked: &Asked,
    resource: &Resource,
    plan: Plan,
    matches: Matches,
) -> Result<Answer, Failure> {
    let mut lines: Vec<Line> = matches.found.into_iter().map(Line::Resource).collect();
    if matches.cut {
        // RFC 3744 9.4: whoever asks for too many is told; those who are shown are of use all the same (RFC 5323 2.3.1).
        let condition = Some(Precondition::NumberOfMatchesWithinLimits.into());
        let status = Status::INSUFFICIENT_STORAGE;
        lines.push(Line::Status(resource.href(), status, condition));
    }
    listing(asked, resource, plan, lines).await
}

pub(super) fn as_resource(principal: Arc<Principal>) -> Resource {
    Resource::new(principal_place(&principal), What::Principal(principal))
}

impl PropertySearch {
    /// Whether the text is in one of the properties; one that is not searched fits nobody.
    fn fits(&self, principal: &Principal) -> bool {
        let wanted = self.text.to_lowercase();
        let wanted = without_scheme(&wanted);
        self.properties.iter().any(|property| {
            let value = match property {
                PropertyName::Known(Property::DisplayName) => principal.name.to_lowercase(),
                PropertyName::Known(name) if is_address(Some(*name)) => principal.address.clone(),
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
