//! `D:principal-search-property-set` (RFC 3744 9.5): by what principals can be searched.

use crate::answer::{self, Answer};
use crate::codec::response::principal_search_properties;
use crate::codec::{Property, Status};

pub(super) fn run() -> Answer {
    let properties = [
        (Property::DisplayName, "Name"),
        (Property::EmailAddressSet, "E-mail address"),
        (Property::CalendarUserAddressSet, "Calendar address"),
        (
            Property::CalendarUserType,
            "Person, group, room or resource",
        ),
    ];
    answer::xml(Status::OK, principal_search_properties(&properties))
}
