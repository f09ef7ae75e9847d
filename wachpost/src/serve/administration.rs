//! The administration in a browser: pages, signing in and requests of those who administer the server, on a listener of its own.
//!
//! Nothing of it is reached at the addresses where people have their mail, and nothing of that here. A session for the one is
//! none for the other.

mod surroundings;

use std::sync::Arc;

use admin::Services;
use admin::http::{API_BODY_OCTETS_MAX, ApiSettings, Router};
use listen::http::HttpLimits;

use super::{Served, sign_in, web};
use crate::open::House;

use surroundings::Machine;

/// What administration needs to know of the machine and of the world.
pub(super) fn surroundings(served: &Served<'_>, house: &House) -> Arc<dyn admin::Surroundings> {
    Arc::new(Machine {
        config: served.config.clone(),
        egress: served.egress.clone(),
        clock: house.groupware.clock().clone(),
    })
}

/// All that is answered there.
pub(super) fn router(served: &Served<'_>, house: &House, services: Services) -> Router {
    let config = served.config;
    let settings = ApiSettings {
        plain_on_loopback: config.allow_plaintext_sign_in_on_loopback,
    };
    let router = admin::http::api(services, settings)
        .merge(sign_in::administration(served, house).administration_router())
        .merge(web::administration());
    let names = vec![config.hostname.0.clone(), config.url_host().to_owned()];
    admin::http::only_as(names, router)
}

/// Requests are small; answers may be long lists.
pub(super) fn limits() -> HttpLimits {
    HttpLimits {
        body_octets: API_BODY_OCTETS_MAX,
        ..HttpLimits::default()
    }
}
