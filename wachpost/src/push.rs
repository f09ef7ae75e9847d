//! Push to the addresses that clients name: the server's key for push services, and the way out to them.
//!
//! The key is a file beside the notary's, since clients keep what was made with it: with another key, each would have to
//! ask to be told anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::Secret;
use egress::Egress;
use egress::wire::{HttpRequest, Method, Redirects};
use jmap::{Push, PushSender, Pushed, VapidKey};

use crate::config::Config;
use crate::notary::write_secret;
use crate::problem::{Exit, Problem};

/// Octets of the key file.
const KEY_FILE_OCTETS_MAX: u64 = 4_096;
/// What a push service may answer beside the status, in octets.
const ANSWER_OCTETS_MAX: u32 = 64 * 1024;
/// Time for one push, in milliseconds.
const PUSH_MS_MAX: u32 = 30_000;
/// What the key stands between in its file (RFC 7468 10).
const FRAME: (&str, &str) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
/// Characters of a line between them (RFC 7468 2).
const LINE_CHARACTERS: usize = 64;

/// Where the key lies.
pub(crate) fn key_file_of(config: &Config) -> PathBuf {
    config.notary_key.with_file_name("push.key")
}

/// The key, made if there is none yet; none where none can be written, and then push services are not told who sends.
pub(crate) fn key(config: &Config) -> Result<Option<VapidKey>, Problem> {
    let path = key_file_of(config);
    if !path.exists()
        && let Err(why) = make(&path)
    {
        let path = path.display();
        tracing::warn!(%path, error = why, "no key for push services; some do not take what is sent without one");
        return Ok(None);
    }
    load(&path, &format!("mailto:postmaster@{}", config.hostname.0)).map(Some)
}

fn make(path: &Path) -> Result<(), String> {
    let key = Secret::new(VapidKey::generate().map_err(|error| error.to_string())?);
    let text = STANDARD.encode(key.expose());
    let mut pem = format!("{}\n", FRAME.0);
    for line in text.as_bytes().chunks(LINE_CHARACTERS) {
        pem.extend(line.iter().map(|octet| char::from(*octet)));
        pem.push('\n');
    }
    pem.push_str(FRAME.1);
    pem.push('\n');
    let pem = Secret::new(pem);
    write_secret(path, pem.expose().as_bytes()).map_err(|error| error.to_string())
}

fn load(path: &Path, contact: &str) -> Result<VapidKey, Problem> {
    let wrong = |error: &dyn std::fmt::Display| {
        let message = format!(
            "cannot read the key for push services `{}`: {error}; restore it from your copy, or remove it so that another is made",
            path.display()
        );
        Problem::new(Exit::Config, message)
    };
    let size = fs::metadata(path).map_err(|error| wrong(&error))?.len();
    if size > KEY_FILE_OCTETS_MAX {
        return Err(wrong(&"it is no key"));
    }
    let text = Secret::new(fs::read_to_string(path).map_err(|error| wrong(&error))?);
    let body = text.expose().trim();
    let body = body
        .strip_prefix(FRAME.0)
        .and_then(|body| body.strip_suffix(FRAME.1));
    let body: String = body
        .ok_or_else(|| wrong(&"it is no key"))?
        .split_whitespace()
        .collect();
    let octets = Secret::new(STANDARD.decode(body).map_err(|error| wrong(&error))?);
    VapidKey::from_pkcs8(octets.expose(), contact).map_err(|error| wrong(&error))
}

/// Sends what is pushed through the process that connects out, which refuses all addresses that are not the world's.
#[derive(Debug)]
pub(crate) struct WayOut(pub(crate) Egress);

impl PushSender for WayOut {
    fn send(&self, push: Push) -> Pin<Box<dyn Future<Output = Pushed> + Send + '_>> {
        let request = HttpRequest {
            method: Method::Post,
            url: push.url,
            headers: push
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            redirects: Redirects::None,
            body_octets_max: ANSWER_OCTETS_MAX,
            time_ms_max: PUSH_MS_MAX,
        };
        Box::pin(async move {
            match self.0.fetch(request, push.body).await {
                Ok((response, _)) => Pushed::Answered {
                    status: response.status,
                    // RFC 9110 10.2.3: a date is passed over, and our own pause kept.
                    retry_after_s: response
                        .header("retry-after")
                        .and_then(|seconds| seconds.trim().parse().ok()),
                },
                Err(error) => {
                    tracing::debug!(%error, "a push was not sent");
                    Pushed::Unreachable
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("push.key");
        make(&path).unwrap();
        assert!(make(&path).is_err(), "it is not overwritten");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        load(&path, "mailto:postmaster@example.org").unwrap();
        fs::write(&path, "no key").unwrap();
        assert!(load(&path, "mailto:postmaster@example.org").is_err());
    }
}
