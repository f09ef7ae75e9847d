//! `Principal` (RFC 9670 2): people, groups, rooms and other things on the wire; what is asked of them.

use std::sync::Arc;

use groupware::Groupware;
use model::{AccountId, Principal, PrincipalId, PrincipalKind};
use serde_json::{Value, json};

use crate::call::Call;
use crate::capability::Capability;
use crate::codec::argument::Arguments;
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::session;
use crate::visit::Visit;

/// RFC 9670 2.
pub(crate) const PROPERTIES: [&str; 8] = [
    "id",
    "type",
    "name",
    "description",
    "email",
    "timeZone",
    "capabilities",
    "accounts",
];

/// The state of principals; none in the account of somebody else.
// RFC 9670 1.5.1: everybody sees them in their own account.
pub(crate) async fn state(
    visit: &Visit,
    account: AccountId,
) -> Result<Option<String>, MethodError> {
    if account != visit.own_account() {
        return Ok(None);
    }
    let seq = visit.groupware().people_state(&visit.caller).await?;
    Ok(Some(seq.0.to_string()))
}

/// RFC 9670 2 `type`.
pub(crate) fn kind(principal: &Principal) -> &'static str {
    match principal.kind {
        PrincipalKind::Person => "individual",
        PrincipalKind::Group { .. } => "group",
        PrincipalKind::Room { .. } => "location",
        PrincipalKind::Equipment => "resource",
        PrincipalKind::Shared => "other",
    }
}

/// What the caller sees of accounts, read once for many principals.
#[derive(Debug)]
pub(crate) struct Sight {
    accounts: Object,
}

impl Sight {
    /// Reads it.
    ///
    /// # Errors
    /// The accounts are not known at the moment.
    pub(crate) async fn read(call: &Call) -> Result<Self, MethodError> {
        let accounts = session::account_objects(&call.visit).await?;
        Ok(Self { accounts })
    }

    /// One principal on the wire.
    pub(crate) fn object(&self, principal: &Principal) -> Object {
        let account = AccountId::from(principal.id).wire();
        let known = self.accounts.get(&account);
        let accounts = known.map(|value| json!({account.clone(): value}));
        let description = match principal.kind {
            PrincipalKind::Room {
                capacity: Some(people),
            } => Some(format!("{people}")),
            _ => None,
        };
        let value = json!({
            "id": principal.id.wire(),
            "type": kind(principal),
            "name": principal.name,
            "description": description,
            "email": principal.address,
            "timeZone": null,
            "capabilities": self.capabilities(principal, known.is_some()),
            "accounts": accounts,
        });
        match value {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }

    /// RFC 9670 2 `capabilities`: what can be done with the principal.
    fn capabilities(&self, principal: &Principal, visible: bool) -> Value {
        // A group has members and no account of its own.
        if matches!(principal.kind, PrincipalKind::Group { .. }) {
            return json!({});
        }
        let account = AccountId::from(principal.id).wire();
        // JMAP Calendars draft -26 2: when everybody is busy is known to all colleagues.
        json!({
            Capability::Calendars.as_str(): {
                "accountId": visible.then_some(account),
                "mayGetAvailability": true,
                "mayShareWith": principal.kind == PrincipalKind::Person,
                "calendarAddress": format!("mailto:{}", principal.address),
            },
        })
    }
}

/// A condition (RFC 9670 2.4); all that it says must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    accounts: Option<Vec<String>>,
    email: Option<String>,
    name: Option<String>,
    text: Option<String>,
    kind: Option<String>,
    zone: Option<String>,
}

impl Condition {
    /// Reads it.
    pub(crate) fn read(arguments: &mut Arguments) -> Result<Self, FilterFault> {
        Ok(Self {
            accounts: arguments.ids("accountIds")?,
            email: arguments.text("email")?,
            name: arguments.text("name")?,
            text: arguments.text("text")?,
            kind: arguments.text("type")?,
            zone: arguments.text("timeZone")?,
        })
    }

    fn holds(&self, principal: &Principal) -> bool {
        let account = AccountId::from(principal.id).wire();
        let has = |wanted: &Option<String>, said: &[&str]| {
            let wanted = wanted.as_deref().map(Groupware::searchable);
            wanted.is_none_or(|wanted| {
                let said: String = said
                    .iter()
                    .map(|text| Groupware::searchable(text))
                    .collect();
                wanted
                    .split(' ')
                    .filter(|word| !word.is_empty())
                    .all(|word| said.contains(&format!(" {word}")))
            })
        };
        let (name, email) = (principal.name.as_str(), principal.address.as_str());
        self.accounts.as_ref().is_none_or(|all| all.contains(&account))
            && has(&self.email, &[email])
            && has(&self.name, &[name])
            && has(&self.text, &[name, email])
            && self.kind.as_deref().is_none_or(|wanted| wanted == kind(principal))
            // Nobody's time zone is known.
            && self.zone.is_none()
    }
}

/// Those that meet the filter, in that order.
///
/// # Errors
/// `unsupportedSort`.
pub(crate) fn select(
    people: Vec<Arc<Principal>>,
    filter: Option<&Filter<Condition>>,
    sort: &[Comparator],
) -> Result<Vec<PrincipalId>, MethodError> {
    let mut found: Vec<(Vec<String>, Arc<Principal>)> = Vec::new();
    for principal in people {
        let met = filter.is_none_or(|filter| filter.holds(&mut |one| one.holds(&principal)));
        if met {
            let keys = sort.iter().map(|by| key(&principal, by));
            found.push((keys.collect::<Result<_, _>>()?, principal));
        }
    }
    // An order that nobody knows is refused, also where nobody is found.
    for by in sort {
        if !SORTED_BY.contains(&by.property.as_str()) {
            return Err(unsupported(by));
        }
    }
    found.sort_by(|(mine, a), (others, b)| {
        let keys = sort.iter().zip(mine.iter().zip(others));
        let mut orders = keys.map(|(by, (mine, others))| match by.ascending {
            true => mine.cmp(others),
            false => others.cmp(mine),
        });
        let order = orders.find(|order| order.is_ne());
        order.unwrap_or_else(|| a.id.cmp(&b.id))
    });
    Ok(found
        .into_iter()
        .map(|(_, principal)| principal.id)
        .collect())
}

fn key(principal: &Principal, by: &Comparator) -> Result<String, MethodError> {
    match by.property.as_str() {
        "name" => Ok(Groupware::searchable(&principal.name)),
        "email" => Ok(principal.address.clone()),
        "type" => Ok(kind(principal).to_owned()),
        _ => Err(unsupported(by)),
    }
}

fn unsupported(by: &Comparator) -> MethodError {
    MethodError::unsupported_sort(format!("principals are not sorted by `{}`", by.property))
}

/// RFC 9670 2.4 leaves open what they are sorted by.
const SORTED_BY: [&str; 3] = ["name", "email", "type"];
