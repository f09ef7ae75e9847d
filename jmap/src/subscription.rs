//! A subscription to push (RFC 8620 7.2), as it is kept: a record of its principal's account.

mod encryption;

mod sender;

mod vapid;

mod wanted;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use model::{CredentialId, Timestamp};
use serde_json::{Value, json};

use crate::codec::date;
use crate::codec::json::Object;
use encryption::{AUTH_OCTETS, PUBLIC_KEY_OCTETS};

pub(crate) use encryption::Keys;
pub use sender::{Push, PushSender, Pushed};
pub use vapid::{NoKey, VapidKey};
pub(crate) use wanted::Wanted;

/// Subscriptions of one principal (RFC 8620 7.2: a server may limit them).
pub(crate) const SUBSCRIPTIONS_MAX: usize = 64;

/// How long a subscription lives at most; clients that are still there make it longer in time (RFC 8620 7.2). Seven
/// days, so that what a lost device or a stolen password left behind does not last.
pub(crate) const EXPIRES_AFTER_MS: i64 = 7 * 86_400_000;

/// Octets of a URL (RFC 9110 4.1 recommends that 8,000 can be taken; push services use some hundred).
pub(crate) const URL_OCTETS_MAX: usize = 2_048;

/// Octets of what a device calls itself (RFC 8620 7.2).
pub(crate) const DEVICE_OCTETS_MAX: usize = 255;

/// A subscription.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// What the device calls itself.
    pub(crate) device: String,
    /// Where to push to.
    pub(crate) url: String,
    /// What it is encrypted with, if the client wants that.
    pub(crate) keys: Option<Keys>,
    /// What the client has to give back, so that it is known to get what is pushed.
    pub(crate) code: String,
    /// Whether it did.
    pub(crate) verified: bool,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// Of which types changes are pushed.
    pub(crate) types: Wanted,
    /// What the client was signed in with: ends with it.
    pub(crate) credential: CredentialId,
}

impl std::fmt::Debug for Subscription {
    /// Without address and code.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("device", &self.device)
            .field("verified", &self.verified)
            .field("expires", &self.expires)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    /// The text of its record.
    pub(crate) fn text(&self) -> String {
        let keys = self.keys.as_ref().map(|keys| {
            json!({"p256dh": URL_SAFE_NO_PAD.encode(keys.p256dh), "auth": URL_SAFE_NO_PAD.encode(keys.auth)})
        });
        json!({
            "deviceClientId": self.device,
            "url": self.url,
            "keys": keys,
            "code": self.code,
            "verified": self.verified,
            "expires": date::write(self.expires),
            "types": self.types.value(),
            "credential": self.credential.0,
        })
        .to_string()
    }

    /// The subscription of a record; none if it was not written by us.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let Ok(Value::Object(mut record)) = serde_json::from_str(text) else {
            return None;
        };
        let text = |name: &str| Some(record.get(name)?.as_str()?.to_owned());
        Some(Self {
            device: text("deviceClientId")?,
            url: text("url")?,
            code: text("code")?,
            expires: date::read(&text("expires")?)?,
            verified: record.get("verified")?.as_bool()?,
            credential: CredentialId(record.get("credential")?.as_u64()?.try_into().ok()?),
            keys: match record.remove("keys") {
                Some(Value::Object(value)) => Some(keys(&value)?),
                _ => None,
            },
            types: Wanted::read(record.remove("types"))?,
        })
    }

    /// RFC 8292 2: the origin that the push service is at, such as `https://push.example.org:8443`.
    pub(crate) fn origin(&self) -> &str {
        origin(&self.url).unwrap_or_default()
    }
}

/// RFC 8620 7.2: `p256dh` and `auth` in base64url; what browsers give has no padding, others add some.
pub(crate) fn keys(value: &Object) -> Option<Keys> {
    let text = |name: &str| value.get(name)?.as_str();
    Some(Keys {
        p256dh: octets::<PUBLIC_KEY_OCTETS>(text("p256dh")?).filter(|key| key[0] == 4)?,
        auth: octets::<AUTH_OCTETS>(text("auth")?)?,
    })
}

fn octets<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.trim_end_matches('=');
    let octets = URL_SAFE_NO_PAD
        .decode(text)
        .or_else(|_| STANDARD_NO_PAD.decode(text))
        .or_else(|_| STANDARD.decode(text));
    octets.ok()?.try_into().ok()
}

/// RFC 6454 4: scheme, host and port of an `https:` URL; none if it is none, or names a user.
pub(crate) fn origin(url: &str) -> Option<&str> {
    const SCHEME: &str = "https://";
    let rest = url.strip_prefix(SCHEME)?;
    let graphic = url.bytes().all(|octet| octet.is_ascii_graphic());
    let length = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..length)?;
    let good =
        graphic && !host.is_empty() && !host.contains(['@', '\\']) && url.len() <= URL_OCTETS_MAX;
    good.then(|| url.get(..SCHEME.len() + length)).flatten()
}

/// Reads any text as a record and as a URL.
///
/// # Panics
/// If a record that is read is written in another way.
pub(crate) fn fuzz(text: &str) {
    let _ = origin(text);
    if let Some(read) = Subscription::read(text) {
        let whole = Timestamp::from_seconds(read.expires.seconds());
        let read = Subscription {
            expires: whole,
            ..read
        };
        // Offsets may lead out of the years that have four digits.
        assert!(date::write(whole).len() != 20 || Subscription::read(&read.text()) == Some(read));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription() -> Subscription {
        Subscription {
            device: "phone".into(),
            url: "https://push.example.org/a/b?c".into(),
            keys: Some(Keys {
                p256dh: [4; PUBLIC_KEY_OCTETS],
                auth: [9; AUTH_OCTETS],
            }),
            code: "secret".into(),
            verified: true,
            expires: Timestamp::from_seconds(86_400),
            types: Wanted::Some(["Email".to_owned()].into()),
            credential: CredentialId(7),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let one = subscription();
        assert_eq!(Subscription::read(&one.text()), Some(one.clone()));
        let plain = Subscription {
            keys: None,
            types: Wanted::All,
            verified: false,
            ..one
        };
        assert_eq!(Subscription::read(&plain.text()), Some(plain));
        assert_eq!(Subscription::read("{}"), None);
    }

    #[test]
    fn nothing_that_is_secret_is_printed() {
        let shown = format!("{:?}", subscription());
        assert!(
            !shown.contains("push.example.org") && !shown.contains("secret"),
            "{shown}"
        );
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(
            origin("https://a.example:1/x@y"),
            Some("https://a.example:1")
        );
        assert_eq!(origin("https://a.example?x"), Some("https://a.example"));
        for wrong in [
            "http://a.example/",
            "https:///x",
            "https://u@a.example/",
            "https://a b/",
            "ftp://a",
        ] {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
    }
}
