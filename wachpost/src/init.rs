//! `wachpost init`: everything a new server needs, made in one go.

use std::fs;
use std::path::{Path, PathBuf};

use admin::{AccountRequest, DomainRequest, Password, Reply, Request};
use directory::{Random, Secret};
use rcgen::CertifiedKey;
use serde::Serialize;

use crate::config::Config;
use crate::config::template::Template;
use crate::notary::{Notary, write_secret};
use crate::problem::{Exit, Problem};
use crate::reach::Reach;

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) config: &'a Path,
    pub(crate) data: &'a Path,
    pub(crate) hostname: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) administrator: &'a str,
    /// For trying out: on 127.0.0.1 only, standard ports plus this.
    pub(crate) loopback_port_base: Option<u16>,
    /// Lets programs on this machine sign in without TLS.
    pub(crate) plaintext_on_loopback: bool,
}

/// What was made.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    pub(crate) config: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) notary_key: PathBuf,
    pub(crate) domain: String,
    pub(crate) administrator: String,
    /// Told only here.
    pub(crate) password: Option<Password>,
}

/// Makes it; nothing that is there already is overwritten.
pub(crate) fn run(plan: &Plan<'_>) -> Result<Made, Problem> {
    if plan.config.exists() {
        let message = format!(
            "`{}` exists already: remove it to begin anew, or name another with `--config`",
            plan.config.display()
        );
        return Err(Problem::new(Exit::AlreadyExists, message));
    }
    let folder = plan.config.parent().unwrap_or(Path::new("."));
    let tls = folder.join("tls");
    let (chain, key) = (tls.join("chain.pem"), tls.join("key.pem"));
    let notary_key = folder.join("notary.key");
    make_folder(&tls)?;
    make_folder(plan.data)?;
    if !key.exists() {
        make_certificate(plan, &chain, &key)?;
    }
    if !notary_key.exists() {
        Notary::create(&notary_key, plan.hostname, &Random::system())?;
    }
    let text = Template {
        data: &absolute(plan.data)?,
        hostname: plan.hostname,
        chain: Path::new("tls/chain.pem"),
        key: Path::new("tls/key.pem"),
        loopback_port_base: plan.loopback_port_base,
        plaintext_on_loopback: plan.plaintext_on_loopback,
    };
    fs::write(plan.config, text.to_string())
        .map_err(|error| Problem::file("write", plan.config, &error))?;
    let password = fill(plan).inspect_err(|_| {
        // So that `init` can be run again once the cause is gone.
        let _ = fs::remove_file(plan.config);
    })?;
    Ok(Made {
        config: plan.config.to_owned(),
        data: plan.data.to_owned(),
        certificate: chain,
        notary_key,
        domain: plan.domain.to_owned(),
        administrator: plan.administrator.to_owned(),
        password,
    })
}

/// Domain and administrator, unless a data folder from before has them.
fn fill(plan: &Plan<'_>) -> Result<Option<Password>, Problem> {
    let mut reach = Reach::open(&Config::load(plan.config)?)?;
    let name = plan.domain.to_owned();
    match reach.ask(Request::Domain(DomainRequest::Add { name })) {
        Ok(_) => {}
        Err(problem) if problem.exit == Exit::AlreadyExists => {}
        Err(problem) => return Err(problem),
    }
    let request = AccountRequest::AddPerson {
        address: plan.administrator.to_owned(),
        name: None,
        password: None,
        quota_octets: None,
        administrator: true,
    };
    match reach.ask(Request::Account(request)) {
        Ok(Reply::Added(added)) => Ok(added.password),
        Ok(_) => Ok(None),
        Err(problem) if problem.exit == Exit::AlreadyExists => Ok(None),
        Err(problem) => Err(problem),
    }
}

fn make_certificate(plan: &Plan<'_>, chain: &Path, key: &Path) -> Result<(), Problem> {
    let mut names = vec![
        plan.hostname.to_owned(),
        plan.domain.to_owned(),
        "localhost".to_owned(),
    ];
    names.dedup();
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)
        .map_err(|error| Problem::failed(format!("cannot make a certificate: {error}")))?;
    fs::write(chain, cert.pem()).map_err(|error| Problem::file("write", chain, &error))?;
    let secret = Secret::new(signing_key.serialize_pem());
    write_secret(key, secret.expose().as_bytes())
        .map_err(|error| Problem::file("write", key, &error))
}

/// A folder that only its owner can look into.
fn make_folder(path: &Path) -> Result<(), Problem> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| Problem::file("make the folder", path, &error))
}

fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(path).map_err(|error| Problem::file("find", path, &error))
}
