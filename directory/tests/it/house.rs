//! A directory with a few people in it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use directory::{
    Argon2Cost, Attempt, Directory, NewGroup, NewPerson, NewShared, Random, Secret, Settings,
    SignInError, SignedIn,
};
use model::{Actor, ManualClock, PrincipalId, Protocols, Timestamp};
use store::{SearchText, Store};

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct House {
    pub(crate) directory: Directory,
    pub(crate) store: Store,
    pub(crate) hands: ManualClock,
    pub(crate) actor: Actor,
}

pub(crate) fn cheap() -> Settings {
    Settings {
        argon2: Argon2Cost {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        },
        scram_iterations: 4_096,
        ..Settings::default()
    }
}

impl House {
    /// With the domain `example.org` and nobody in it.
    pub(crate) async fn empty() -> Self {
        Self::with(cheap()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let engine = testbed::MemoryEngine::open(Arc::new(|_| SearchText::default()));
        let store = Store::new(engine);
        let hands = ManualClock::new(Timestamp(1_000_000));
        let next = AtomicU32::new(0);
        let random = Random::new(move |octets| {
            octets.fill_with(|| {
                let number = next.fetch_add(1, Ordering::Relaxed);
                number.wrapping_mul(2_654_435_761).to_be_bytes()[0]
            });
        });
        let house = Self {
            directory: Directory::new(store.clone(), hands.clock(), random, settings),
            store,
            hands,
            actor: Actor::system(),
        };
        let added = house.directory.add_domain(&house.actor, "Example.org");
        added.await.unwrap();
        house
    }

    pub(crate) async fn person(&self, local: &str) -> PrincipalId {
        let person = NewPerson {
            address: format!("{local}@example.org"),
            name: local.into(),
            password: Some(Secret::from(PASSWORD)),
            quota_octets: None,
            administrator: false,
        };
        self.directory
            .add_person(&self.actor, person)
            .await
            .unwrap()
    }

    pub(crate) async fn group(&self, local: &str, members: &[PrincipalId]) -> PrincipalId {
        let group = NewGroup {
            address: format!("{local}@example.org"),
            name: local.into(),
            members: members.to_vec(),
        };
        self.directory.add_group(&self.actor, group).await.unwrap()
    }

    pub(crate) async fn shared(&self, local: &str) -> PrincipalId {
        let shared = NewShared {
            address: format!("{local}@example.org"),
            name: local.into(),
            quota_octets: None,
        };
        self.directory
            .add_shared(&self.actor, shared)
            .await
            .unwrap()
    }

    pub(crate) async fn enable(&self, id: PrincipalId, enabled: bool) {
        let done = self.directory.set_enabled(&self.actor, id, enabled);
        done.await.unwrap();
    }

    pub(crate) async fn sign_in(
        &self,
        name: &str,
        password: &str,
    ) -> Result<SignedIn, SignInError> {
        self.sign_in_from(name, password, Protocols::IMAP, None)
            .await
    }

    pub(crate) async fn sign_in_from(
        &self,
        name: &str,
        password: &str,
        protocol: Protocols,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        let attempt = Attempt {
            name,
            password: &Secret::from(password),
            protocol,
            address,
        };
        self.directory.sign_in(attempt).await
    }
}
