//! Faces: which one attends to the connections of which service.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use admin::http::Router;
use admin::{Metrics, Services};
use listen::http::HttpLimits;
use listen::{Budget, Connection, Listener, Service};

use super::Served;
use super::listeners::Kind;
use crate::open::House;

type Handler = Arc<dyn Fn(Connection) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The faces with what they need.
pub(crate) struct Faces {
    admin: Handler,
    monitoring: Router,
}

impl Faces {
    pub(crate) fn new(
        served: &Served<'_>,
        _house: &House,
        services: Services,
        metrics: Metrics,
    ) -> Self {
        let budget = served.budget.clone();
        Self {
            monitoring: admin::http::router(metrics, services.clone()),
            admin: handler(move |connection| {
                admin::converse(connection, services.clone(), Budget::clone(&budget))
            }),
        }
    }

    /// Starts to serve a listener.
    pub(crate) fn attend(
        &self,
        kind: Kind,
        listener: Listener,
        service: Service,
        served: &Served<'_>,
    ) {
        let (stopping, tracker) = (served.stopping.clone(), served.tracker.clone());
        let face = match kind {
            Kind::Admin => &self.admin,
            Kind::Monitoring => {
                let (router, limits) = (self.monitoring.clone(), HttpLimits::default());
                let serving =
                    listen::http::serve(listener, service, limits, router, stopping, tracker);
                return watch(kind, serving, served);
            }
            _ => return,
        };
        let face = Arc::clone(face);
        let serving = listen::serve(listener, service, stopping, tracker, move |connection| {
            face(connection)
        });
        watch(kind, serving, served);
    }
}

/// Runs a listener as a task of its own.
fn watch(
    kind: Kind,
    serving: impl Future<Output = io::Result<()>> + Send + 'static,
    served: &Served<'_>,
) {
    served.tracker.spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(listener = kind.name(), %error, "a listener ended");
        }
    });
}

fn handler<F>(face: impl Fn(Connection) -> F + Send + Sync + 'static) -> Handler
where
    F: Future<Output = ()> + Send + 'static,
{
    Arc::new(move |connection| Box::pin(face(connection)))
}
