//! The one credential that an attempt to sign in is checked against: the right one, or a stand-in.
//!
//! Every attempt has exactly one, so that known and unknown names, and those with many app passwords, cost the same
//! and look the same from outside. This is the only place that tells the kinds of credentials apart.

use std::sync::Arc;

use model::{
    Credential, CredentialId, CredentialKind, PasswordVerifier, Principal, PrincipalId,
    PrincipalKind, Protocols, ScramVerifier, Timestamp,
};
use store::{Engine, Error};

use crate::Directory;
use crate::address::{ADDRESS_OCTETS_MAX, Address};
use crate::app_password;
use crate::password::SALT_OCTETS;
use crate::random::Random;
use crate::settings::{SCRAM_ITERATIONS_MIN, Settings};
use crate::signed_in::SignedIn;

/// Octets of a name to sign in with: an address, a slash and a selector.
const NAME_OCTETS_MAX: usize = ADDRESS_OCTETS_MAX + 8;

/// A name as somebody signs in with it: an address, and behind a `/`, which no address of ours has in its domain, the
/// selector of an app password: `anna@example.org/0007`. The selector is for SCRAM, where the password itself, which
/// has it in front, is never seen; elsewhere it does no harm.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) address: String,
    pub(crate) selected: Option<CredentialId>,
}

impl Name {
    /// None if it is too long or has controls in it, so that nobody can mean it. What is no address is a name that
    /// nobody has.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > NAME_OCTETS_MAX || text.chars().any(char::is_control) {
            return None;
        }
        let (address, selected) = match text.rsplit_once('/') {
            Some((address, selector)) if !selector.contains('@') => {
                (address, app_password::selected(selector))
            }
            _ => (text, None),
        };
        let address = Address::parse(address).map_or_else(|| text.to_lowercase(), |one| one.whole);
        Some(Self { address, selected })
    }
}

/// What a proof is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To let somebody in who will then speak this.
    All(Protocols),
    /// The main password, to ask for a second factor afterwards if there is one.
    First,
}

impl Asked {
    fn is_met_by(self, protocols: Protocols) -> bool {
        match self {
            Self::All(protocol) => protocols.contains(protocol),
            Self::First => true,
        }
    }
}

/// What an attempt is checked against, and what it is worth if it holds.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// What to check.
    pub(crate) verifier: PasswordVerifier,
    /// Whether it is the app password that was selected, not a main password or a stand-in.
    pub(crate) is_selected: bool,
    /// What a right proof is worth; none if it is worth nothing.
    pub(crate) worth: Option<Worth>,
}

#[derive(Clone, Debug)]
pub(crate) struct Worth {
    pub(crate) signed_in: SignedIn,
    pub(crate) expires_at: Option<Timestamp>,
}

/// What makes verifiers for names that have none.
#[derive(Debug)]
pub(crate) struct StandIn {
    key: [u8; 32],
    argon2id: String,
    scram_iterations: u32,
}

impl StandIn {
    pub(crate) fn new(settings: &Settings, random: &Random) -> Self {
        let key = match &settings.stand_in_key {
            Some(key) => *key.expose(),
            None => random.bytes(),
        };
        let cost = settings.argon2;
        let (salt, hash) = (random.bytes::<SALT_OCTETS>(), random.bytes::<32>());
        // A hash that no password is known for; it takes as long to check as a right one.
        let argon2id = format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            cost.memory_kib,
            cost.passes,
            cost.lanes,
            unpadded(&salt),
            unpadded(&hash)
        );
        Self {
            key,
            argon2id,
            scram_iterations: settings.scram_iterations.max(SCRAM_ITERATIONS_MIN),
        }
    }

    /// The verifier for a name: always the same salt, as a known name has, and keys that nobody can meet.
    fn verifier(&self, name: &str) -> PasswordVerifier {
        let mut octets = [0; SALT_OCTETS + 64];
        blake3::Hasher::new_keyed(&self.key)
            .update(name.as_bytes())
            .finalize_xof()
            .fill(&mut octets);
        let (salt, keys) = octets.split_at(SALT_OCTETS);
        let (stored, server) = keys.split_at(32);
        PasswordVerifier {
            argon2id: self.argon2id.clone(),
            scram: ScramVerifier {
                salt: salt.to_vec(),
                iterations: self.scram_iterations,
                stored_key: stored.try_into().expect("32 octets were split off"),
                server_key: server.try_into().expect("32 octets were left"),
            },
        }
    }
}

/// Base64 of RFC 4648 4 without padding, as the PHC string format has it.
fn unpadded(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(octets)
}

impl Directory {
    /// What an attempt under this name is checked against: the selected app password, else the main password, else a
    /// stand-in.
    pub(crate) async fn candidate(&self, name: &Name, asked: Asked) -> Result<Candidate, Error> {
        let address = name.address.clone();
        let read = move |engine: &dyn Engine| {
            let principal = engine.principal_at(&address)?;
            // For a name nobody has, those of nobody: it takes as many reads as for a known one.
            let id = principal.as_ref().map_or(PrincipalId(0), |one| one.id);
            let credentials = engine.credentials(id)?;
            Ok(principal.map(|principal| (principal, credentials)))
        };
        let found = self.inner.store.read(read).await?;
        let now = self.inner.clock.now();
        Ok(found
            .and_then(|(principal, credentials)| {
                let choice = chosen(credentials, name.selected, asked)?;
                Some(candidate(Arc::new(principal), choice, asked, now))
            })
            .unwrap_or_else(|| self.stand_in(name)))
    }

    /// What an attempt under a name is checked against that nobody has.
    fn stand_in(&self, name: &Name) -> Candidate {
        // By the address alone: a known name with a selector it does not have shows the salt of its main password.
        Candidate {
            verifier: self.inner.stand_in.verifier(&name.address),
            is_selected: false,
            worth: None,
        }
    }
}

/// What a person can be checked against with a name and a password.
struct Choice {
    credential: CredentialId,
    verifier: PasswordVerifier,
    /// Whether it is the app password that was selected.
    is_selected: bool,
    protocols: Protocols,
    expires_at: Option<Timestamp>,
}

/// The selected app password if there is such a one, else the main password: somebody's own password may look like an
/// app password. The main password alone is good for nothing if there is a second factor, which has to be asked for.
fn chosen(
    credentials: Vec<Credential>,
    selected: Option<CredentialId>,
    asked: Asked,
) -> Option<Choice> {
    let mut main = None;
    let mut needs_more = false;
    for Credential { id, kind, .. } in credentials {
        match kind {
            CredentialKind::Password(verifier) => main = Some((id, verifier)),
            CredentialKind::AppPassword(app) if Some(id) == selected && asked != Asked::First => {
                return Some(Choice {
                    credential: id,
                    verifier: app.verifier,
                    is_selected: true,
                    protocols: app.protocols,
                    expires_at: app.expires_at,
                });
            }
            CredentialKind::Totp(_) | CredentialKind::Passkey(_) => needs_more = true,
            CredentialKind::AppPassword(_)
            | CredentialKind::RecoveryCodes(_)
            | CredentialKind::Grant(_) => {}
        }
    }
    let protocols = if needs_more && asked != Asked::First {
        Protocols(0)
    } else {
        Protocols::ALL
    };
    main.map(|(credential, verifier)| Choice {
        credential,
        verifier,
        is_selected: false,
        protocols,
        expires_at: None,
    })
}

fn candidate(principal: Arc<Principal>, choice: Choice, asked: Asked, now: Timestamp) -> Candidate {
    let usable = principal.enabled
        && principal.kind == PrincipalKind::Person
        && asked.is_met_by(choice.protocols)
        && choice.expires_at.is_none_or(|expires_at| now < expires_at);
    Candidate {
        verifier: choice.verifier,
        is_selected: choice.is_selected,
        worth: usable.then_some(Worth {
            signed_in: SignedIn {
                principal,
                credential: choice.credential,
            },
            expires_at: choice.expires_at,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_select_an_app_password() {
        let plain = Name::parse("Anna@Example.org").unwrap();
        assert_eq!(
            (plain.address.as_str(), plain.selected),
            ("anna@example.org", None)
        );
        let selecting = Name::parse("anna@example.org/000a").unwrap();
        assert_eq!(selecting.selected, Some(CredentialId(10)));
        assert_eq!(selecting.address, "anna@example.org");
        assert_eq!(Name::parse("anna@example.org/").unwrap().selected, None);
        assert_eq!(
            Name::parse("a/b@example.org").unwrap().address,
            "a/b@example.org"
        );
        assert_eq!(Name::parse("Anna").unwrap().address, "anna");
        assert_eq!(Name::parse("anna\0"), None);
        assert_eq!(Name::parse(&"a".repeat(NAME_OCTETS_MAX + 1)), None);
    }

    #[test]
    fn strangers_get_the_same_salt_again_and_each_another() {
        let settings = Settings {
            stand_in_key: Some(crate::Secret::new([7; 32])),
            ..Settings::default()
        };
        let random = Random::new(|octets| octets.fill(1));
        let (one, two) = (
            StandIn::new(&settings, &random),
            StandIn::new(&settings, &random),
        );
        assert_eq!(one.verifier("a@x").scram, two.verifier("a@x").scram);
        assert_ne!(one.verifier("a@x").scram, one.verifier("b@x").scram);
        assert!(!crate::password::matches("", &one.verifier("a@x").argon2id));
        argon2::password_hash::PasswordHash::new(&one.argon2id).unwrap();
    }
}
