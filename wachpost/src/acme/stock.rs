//! What is kept of it: account, key and certificate, files that only their owner can read.

use std::fs;
use std::path::Path;
use std::time::Duration;

use instant_acme::AccountCredentials;
use listen::CertificateFiles;
use model::Clock;
use rcgen::{CertificateParams, KeyPair};

use crate::config::acme::Acme;
use crate::notary::write_secret;
use crate::problem::Problem;

/// A certificate is renewed when this share of its time is left.
const RENEWED_AT_A: u64 = 3;

/// Makes key and folder, and a certificate of our own to begin with, where there is none.
pub(crate) fn ensure(acme: &Acme, hostname: &str) -> Result<(), Problem> {
    use std::os::unix::fs::DirBuilderExt;
    if acme.chain().exists() && acme.key().exists() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&acme.folder)
        .map_err(|error| Problem::file("make the folder", &acme.folder, &error))?;
    if !acme.key().exists() {
        let key = KeyPair::generate().map_err(|error| broken(&error))?;
        let text = directory::Secret::new(key.serialize_pem());
        write(&acme.key(), text.expose().as_bytes())?;
    }
    let parameters =
        CertificateParams::new(acme.names(hostname)).map_err(|error| broken(&error))?;
    let own = parameters
        .self_signed(&key(acme)?)
        .map_err(|error| broken(&error))?;
    put(acme, &own.pem())
}

/// How long until the certificate is to be renewed; zero for at once, none where there is none that an issuer gave.
pub(super) fn due_in(acme: &Acme, clock: &Clock) -> Option<Duration> {
    if !acme.account().exists() {
        return None;
    }
    let files = CertificateFiles {
        chain: acme.chain(),
        key: acme.key(),
    };
    let (from, until) = listen::validity(&files).ok()?;
    let now = clock.now().seconds();
    let left = u64::try_from(until - from).ok()? / RENEWED_AT_A;
    let due = until.checked_sub(i64::try_from(left).ok()?)?;
    Some(Duration::from_secs(u64::try_from(due - now).unwrap_or(0)))
}

/// Our account, if there is one.
pub(super) fn account(acme: &Acme) -> Result<Option<AccountCredentials>, Problem> {
    let path = acme.account();
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| Problem::file("read", &path, &error))?;
    let wrong = |error| Problem::failed(format!("`{}` is no account: {error}", path.display()));
    serde_json::from_str(&text).map(Some).map_err(wrong)
}

/// Keeps a new account.
pub(super) fn put_account(acme: &Acme, credentials: &AccountCredentials) -> Result<(), Problem> {
    let text = serde_json::to_string(credentials)
        .map_err(|error| Problem::failed(format!("the account cannot be written: {error}")))?;
    write(&acme.account(), text.as_bytes())
}

/// The request for a certificate (RFC 2986), with the key that stays.
pub(super) fn signing_request(acme: &Acme, names: &[String]) -> Result<Vec<u8>, Problem> {
    let mut parameters = CertificateParams::new(names.to_vec()).map_err(|error| broken(&error))?;
    // RFC 8555 7.4: the names stand in the extension.
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    let request = parameters.serialize_request(&key(acme)?);
    Ok(request.map_err(|error| broken(&error))?.der().to_vec())
}

/// Keeps a certificate in the place of the last one.
pub(super) fn put(acme: &Acme, chain: &str) -> Result<(), Problem> {
    let (path, new) = (acme.chain(), acme.folder.join("chain.new"));
    fs::write(&new, chain).map_err(|error| Problem::file("write", &new, &error))?;
    fs::rename(&new, &path).map_err(|error| Problem::file("rename", &new, &error))
}

fn key(acme: &Acme) -> Result<KeyPair, Problem> {
    let path = acme.key();
    let text = fs::read_to_string(&path).map_err(|error| Problem::file("read", &path, &error))?;
    let text = directory::Secret::new(text);
    KeyPair::from_pem(text.expose()).map_err(|error| broken(&error))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    write_secret(path, bytes).map_err(|error| Problem::file("write", path, &error))
}

fn broken(error: &rcgen::Error) -> Problem {
    Problem::failed(format!("the certificate cannot be made: {error}"))
}
