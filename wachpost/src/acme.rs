//! ACME: gets the server's certificate from an issuer and renews it, while the server runs (RFC 8555).
//!
//! What goes over the network goes through the process that connects out; keys stay here. The key of the certificate is made once and
//! stays, so that a TLSA record that names it stays true (RFC 7671 8.1).

mod client;

mod proofs;

mod stock;

use std::time::Duration;

use egress::Egress;
use instant_acme::{
    Account, AccountBuilder, AuthorizationStatus, Identifier, NewAccount, NewOrder, OrderStatus,
    RetryPolicy,
};
use listen::TlsConfig;
use model::Clock;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::config::acme::{Acme, Challenge};
use crate::egress::wait_until_up;
use crate::problem::Problem;

pub(crate) use proofs::Tokens;
pub(crate) use stock::ensure;

/// After a failure; issuers limit how often one may fail.
const AFTER_FAILURE: Duration = Duration::from_secs(10 * 60);
/// Also when nothing is due, the time is looked at.
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(60 * 60);
/// Shorter pauses would be a loop.
const LOOK_AGAIN_MIN: Duration = Duration::from_secs(1);
/// How long the issuer may take for one step.
const STEP_TIMEOUT: Duration = Duration::from_secs(120);

/// What renewing needs.
pub(crate) struct Renewal {
    pub(crate) config: Config,
    pub(crate) acme: Acme,
    pub(crate) egress: Egress,
    pub(crate) tls: TlsConfig,
    pub(crate) tokens: Tokens,
    pub(crate) clock: Clock,
}

impl Renewal {
    /// Renews whenever it is time, until the server stops.
    pub(crate) async fn run(self, stopping: CancellationToken) {
        loop {
            let pause = match stock::due_in(&self.acme, &self.clock) {
                Some(due) if !due.is_zero() => due.min(LOOK_AGAIN_MAX),
                _ => {
                    let renewed = stopping.run_until_cancelled(Box::pin(self.renew()));
                    match renewed.await {
                        None => return,
                        Some(Ok(())) => LOOK_AGAIN_MIN,
                        Some(Err(problem)) => {
                            tracing::error!(%problem, "the certificate could not be renewed");
                            AFTER_FAILURE
                        }
                    }
                }
            };
            let pause = pause.max(LOOK_AGAIN_MIN);
            if tokio::time::timeout(pause, stopping.cancelled())
                .await
                .is_ok()
            {
                return;
            }
        }
    }

    /// Gets a certificate and serves it.
    async fn renew(&self) -> Result<(), Problem> {
        // It is started with the server, a moment before.
        wait_until_up(&self.egress).await;
        let names = self.acme.names(&self.config.hostname.0);
        let account = self.account().await?;
        let identifiers: Vec<Identifier> = names.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account
            .new_order(&NewOrder::new(&identifiers))
            .await
            .map_err(failed("the issuer takes no order"))?;
        let mut given = Vec::new();
        let proved = self.prove(&mut order, &mut given).await;
        let issued = match proved {
            Ok(()) => self.finish(&mut order, &names).await,
            Err(problem) => Err(problem),
        };
        for proof in given {
            proof.withdraw(self).await;
        }
        stock::put(&self.acme, &issued?)?;
        self.tls.reload_from(self.config.certificate_files())?;
        tracing::info!(names = names.join(" "), "certificate renewed");
        Ok(())
    }

    /// Our account with the issuer, made the first time.
    async fn account(&self) -> Result<Account, Problem> {
        if let Some(credentials) = stock::account(&self.acme)? {
            let account = self.issuer().from_credentials(credentials).await;
            return account.map_err(failed("the issuer does not know our account"));
        }
        let contact = self
            .acme
            .contact
            .as_ref()
            .map(|address| format!("mailto:{address}"));
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let directory = self.acme.directory.clone();
        let (account, credentials) = self
            .issuer()
            .create(&new, directory, None)
            .await
            .map_err(failed("the issuer gives no account"))?;
        stock::put_account(&self.acme, &credentials)?;
        Ok(account)
    }

    fn issuer(&self) -> AccountBuilder {
        let client = client::Client(self.egress.clone());
        Account::builder_with_http(Box::new(client))
    }

    /// Proves that each name is ours; what was put somewhere for it is in `given`.
    async fn prove(
        &self,
        order: &mut instant_acme::Order,
        given: &mut Vec<proofs::Proof>,
    ) -> Result<(), Problem> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(failed("an order cannot be read"))?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let kind = proofs::kind(self.acme.challenge);
            let Some(mut challenge) = authorization.challenge(kind) else {
                let message = "the issuer does not take this kind of proof: set another `challenge` in `[acme]`";
                return Err(Problem::failed(message));
            };
            let name = challenge.identifier().to_string();
            let proof = proofs::Proof::give(self, &name, &challenge).await?;
            given.push(proof);
            let ready = challenge.set_ready().await;
            ready.map_err(failed("the issuer does not look at the proof"))?;
        }
        Ok(())
    }

    /// The certificate of an order whose names are proved.
    async fn finish(
        &self,
        order: &mut instant_acme::Order,
        names: &[String],
    ) -> Result<String, Problem> {
        let patience = RetryPolicy::new().timeout(STEP_TIMEOUT);
        let status = order
            .poll_ready(&patience)
            .await
            .map_err(failed("the issuer has not looked at the proofs"))?;
        if status != OrderStatus::Ready {
            return Err(Problem::failed(format!(
                "the issuer could not see the proof that {} is ours: is it reached from outside, on port {}?",
                names.join(", "),
                match self.acme.challenge {
                    Challenge::Http => "80",
                    Challenge::TlsAlpn => "443",
                    Challenge::Dns => "53",
                }
            )));
        }
        let request = stock::signing_request(&self.acme, names)?;
        order
            .finalize_csr(&request)
            .await
            .map_err(failed("the issuer refuses the request"))?;
        let chain = order.poll_certificate(&patience).await;
        chain.map_err(failed("the issuer gives no certificate"))
    }
}

fn failed(what: &'static str) -> impl Fn(instant_acme::Error) -> Problem {
    move |error| Problem::failed(format!("{what}: {error}"))
}
