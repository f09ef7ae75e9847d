//! Client data: what the browser says of the page that asked (WebAuthn 5.8.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::settings::Settings;

/// What the browser says.
#[derive(Debug)]
pub(super) struct ClientData {
    kind: String,
    pub(super) challenge: Vec<u8>,
    origin: String,
    cross_origin: bool,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

impl ClientData {
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(octets).ok()?;
        Some(Self {
            kind: wire.kind,
            challenge: URL_SAFE_NO_PAD.decode(wire.challenge).ok()?,
            origin: wire.origin,
            cross_origin: wire.cross_origin,
        })
    }

    /// WebAuthn 7.1 steps 7 to 9, 7.2 steps 11 to 13: made for this, by a page of ours that nobody frames.
    pub(super) fn is_for(&self, kind: &str, settings: &Settings) -> bool {
        self.kind == kind && self.origin == settings.issuer && !self.cross_origin
    }
}
