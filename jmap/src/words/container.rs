//! Containers: calendars and task lists, as far as JMAP has them alike. A task list is a calendar that takes tasks.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use groupware::{CalendarPreference, CollectionInfo};
use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, Components, PrincipalId, Properties,
};
use serde_json::{Value, json};

use super::share_with::{Grants, read_share_with, share_with};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::{MethodError, SetError};
use crate::visit::Visit;

/// Octets of a name (JMAP Calendars draft -26 4, JMAP Tasks draft -06 3).
const NAME_OCTETS_MAX: usize = 255;

/// Octets of a description and of a color: ours.
const DESCRIPTION_OCTETS_MAX: usize = 16 * 1024;
const COLOR_OCTETS_MAX: usize = 64;

/// A kind of containers.
pub(crate) trait Container: Sized + Send + Sync + 'static {
    /// What names one of them.
    type Id: WireId + Send + Sync;

    const TYPE: DataType;
    const PROPERTIES: &'static [&'static str];
    /// What a collection takes that is one of them; a new one takes nothing else.
    const COMPONENTS: Components;
    const GRANTS: &'static Grants;
    /// What a new one is called in paths whose name has no letters.
    const OTHERWISE_CALLED: &'static str;
    /// The argument of `/set` by which all that is in one goes with it.
    const REMOVES: &'static str;
    /// The error of who wants one destroyed that has something in it.
    const NOT_EMPTY: &'static str;

    /// Whether something else would go with it if it were destroyed.
    fn is_more(_info: &CollectionInfo) -> bool {
        false
    }

    /// Whether whoever may share one can destroy it as well.
    fn may_go(info: &CollectionInfo) -> bool;

    /// Rights in its words.
    fn rights(rights: CollectionRights, may_go: bool) -> Value;

    /// Says what only this kind has.
    fn add(object: &mut Object, info: &CollectionInfo, all: &Containers<Self>);

    /// Sets what only this kind has; none if it has no such property that can be set.
    ///
    /// # Errors
    /// `invalidProperties`.
    fn set(_said: &mut Said, _name: &str, _value: &Value) -> Option<Result<(), SetError>> {
        None
    }
}

/// The containers of an account, as the caller sees them.
#[derive(Debug)]
pub(crate) struct Containers<T> {
    pub(crate) account: AccountId,
    pub(crate) all: Vec<CollectionInfo>,
    preferences: BTreeMap<(AccountId, CollectionId), CalendarPreference>,
    /// Whether it is the caller's own account.
    pub(crate) own: bool,
    kind: PhantomData<T>,
}

/// What a client says of a container.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// What is the owner's is the container's own.
    pub(crate) properties: Properties,
    /// What others set is theirs.
    pub(crate) preference: CalendarPreference,
    /// Whom it is to be shared with, if that is said.
    pub(crate) shares: Option<Vec<(PrincipalId, CollectionRights)>>,
    /// Whether it is the caller's own account.
    pub(crate) own: bool,
}

/// Whether a collection is such a container, and may be read. JMAP Calendars draft -26 4.1: who may only see when somebody is
/// busy sees no calendar.
pub(crate) fn is_one<T: Container>(info: &CollectionInfo) -> bool {
    info.collection.kind == CollectionKind::Calendar
        && info
            .collection
            .properties
            .components
            .contains(T::COMPONENTS)
        && info.rights.contains(CollectionRights::READ)
}

/// The id of a collection.
pub(crate) fn id_of<T: Container>(collection: CollectionId) -> T::Id {
    T::Id::from_number(collection.0)
}

impl<T: Container> Containers<T> {
    /// Reads them.
    ///
    /// # Errors
    /// `accountNotFound` where the caller sees nothing of the account.
    pub(crate) async fn read(visit: &Visit, account: AccountId) -> Result<Self, MethodError> {
        let groupware = visit.groupware();
        let all = groupware.collections(&visit.caller, account).await?;
        Ok(Self {
            account,
            all: all.into_iter().filter(is_one::<T>).collect(),
            preferences: groupware.calendar_preferences(&visit.caller).await?,
            own: account == visit.own_account(),
            kind: PhantomData,
        })
    }

    pub(crate) fn find(&self, id: T::Id) -> Option<&CollectionInfo> {
        let mut all = self.all.iter();
        all.find(|info| info.collection.id.0 == id.number())
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = T::Id> + '_ {
        self.all.iter().map(|info| id_of::<T>(info.collection.id))
    }

    /// What the caller prefers of one of them.
    pub(crate) fn preference(&self, id: CollectionId) -> CalendarPreference {
        let known = self.preferences.get(&(self.account, id));
        known.cloned().unwrap_or_default()
    }

    /// What is said of one of them so far.
    pub(crate) fn said(&self, info: &CollectionInfo) -> Said {
        Said {
            properties: (*info.collection.properties).clone(),
            preference: self.preference(info.collection.id),
            shares: None,
            own: self.own,
        }
    }

    /// One of them on the wire.
    pub(crate) fn object(&self, info: &CollectionInfo) -> Object {
        let id = info.collection.id;
        let preference = self.preference(id);
        let properties = &info.collection.properties;
        let name = properties.display_name.as_deref();
        let name = name.unwrap_or(info.collection.name.as_str());
        let zone = properties.time_zone.as_ref();
        let zone = zone.and_then(|_| groupware::calendar_zone(properties).name());
        let value = json!({
            "id": id_of::<T>(id).wire(),
            "name": preference.name.as_deref().unwrap_or(name),
            "description": properties.description,
            "color": preference.color.as_ref().or(properties.color.as_ref()),
            "sortOrder": preference.sort_order.or(properties.sort_order).unwrap_or(0),
            "isSubscribed": preference.subscribed.unwrap_or(self.own),
            "timeZone": preference.time_zone.or(zone),
            "shareWith": share_with(info, |granted| T::rights(granted, true)),
            "myRights": T::rights(info.rights, T::may_go(info)),
        });
        let mut object = match value {
            Value::Object(object) => object,
            _ => Object::new(),
        };
        T::add(&mut object, info, self);
        object
    }
}

impl Said {
    /// What is said of a new one.
    pub(crate) fn nothing<T: Container>(own: bool) -> Self {
        Self {
            properties: Properties {
                components: T::COMPONENTS,
                ..Properties::default()
            },
            preference: CalendarPreference::default(),
            shares: None,
            own,
        }
    }

    /// Sets one property.
    ///
    /// # Errors
    /// `invalidProperties`: it cannot be set, or not to that.
    pub(crate) fn set<T: Container>(&mut self, name: &str, value: &Value) -> Result<(), SetError> {
        let fault = |why: &'static str| SetError::invalid_property(name, why);
        let (own, properties, preference) = (self.own, &mut self.properties, &mut self.preference);
        match name {
            "name" => {
                let text = text(name, value, NAME_OCTETS_MAX)?;
                let text = text.filter(|text| !text.trim().is_empty());
                let text = text.ok_or_else(|| fault("has to be a text of 1 to 255 octets"))?;
                match own {
                    true => properties.display_name = Some(text),
                    false => preference.name = Some(text),
                }
            }
            "description" => {
                properties.description = text(name, value, DESCRIPTION_OCTETS_MAX)?;
            }
            "color" => {
                let color = text(name, value, COLOR_OCTETS_MAX)?;
                if color.as_deref().is_some_and(|color| !is_color(color)) {
                    return Err(fault("has to be a name of a color or #rrggbb"));
                }
                match own {
                    true => properties.color = color,
                    false => preference.color = color,
                }
            }
            "sortOrder" => {
                let order = read_order(name, value)?;
                match own {
                    true => properties.sort_order = order,
                    false => preference.sort_order = order,
                }
            }
            "isSubscribed" => preference.subscribed = flag(name, value)?,
            "timeZone" => {
                let zone = text(name, value, NAME_OCTETS_MAX)?;
                let is_known = |zone: &str| icalendar::Zone::named(zone).is_some();
                if zone.as_deref().is_some_and(|zone| !is_known(zone)) {
                    return Err(fault("no time zone has this name"));
                }
                match own {
                    true => properties.time_zone = zone,
                    false => preference.time_zone = zone,
                }
            }
            "shareWith" => self.shares = Some(read_share_with(value, T::GRANTS)?),
            name => {
                return T::set(self, name, value).unwrap_or_else(|| {
                    Err(match T::PROPERTIES.contains(&name) {
                        true => fault("is set by the server"),
                        false => fault("is not known"),
                    })
                });
            }
        }
        Ok(())
    }
}

/// A text, or nothing.
fn text(name: &str, value: &Value, octets_max: usize) -> Result<Option<String>, SetError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.len() <= octets_max => Ok(Some(text.clone())),
        Value::String(_) => Err(SetError::invalid_property(name, "is too long")),
        _ => Err(SetError::invalid_property(name, "has to be a text")),
    }
}

/// Yes, no, or nothing.
pub(super) fn flag(name: &str, value: &Value) -> Result<Option<bool>, SetError> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        _ => Err(SetError::invalid_property(name, "has to be true or false")),
    }
}

/// A place among others (RFC 8621 2 `sortOrder`), or nothing.
///
/// # Errors
/// `invalidProperties`: it is no whole number below 2^31.
pub(crate) fn read_order(name: &str, value: &Value) -> Result<Option<u32>, SetError> {
    if value.is_null() {
        return Ok(None);
    }
    let order = value.as_u64().and_then(|order| u32::try_from(order).ok());
    let order = order.filter(|order| *order < 1 << 31);
    let fault = || SetError::invalid_property(name, "has to be a number below 2^31");
    order.map(Some).ok_or_else(fault)
}

/// JMAP Calendars draft -26 4: a name of CSS Color Module Level 3, or hexadecimal digits.
fn is_color(color: &str) -> bool {
    let is_name = color.len() >= 3 && color.bytes().all(|octet| octet.is_ascii_alphabetic());
    let digits = color.strip_prefix('#').unwrap_or_default();
    let is_number =
        matches!(digits.len(), 3 | 6 | 8) && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_name || is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_names_or_numbers() {
        assert!(is_color("teal") && is_color("#a0b1c2") && is_color("#abc"));
        assert!(!is_color("#abcd") && !is_color("red; x") && !is_color(""));
    }

    #[test]
    fn places_are_whole_numbers_below_2_to_the_31() {
        assert_eq!(read_order("x", &json!(7)), Ok(Some(7)));
        assert_eq!(read_order("x", &Value::Null), Ok(None));
        for wrong in [json!(1_u64 << 31), json!(-1), json!(0.5), json!("7")] {
            assert!(read_order("x", &wrong).is_err(), "{wrong}");
        }
    }
}
