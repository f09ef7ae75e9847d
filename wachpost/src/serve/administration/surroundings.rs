//! The machine and the world, for administration: certificates, disk, memory, the keys that sign mail, and what others see of
//! our domains, which the process that connects out looks up.

use std::fmt::Display;
use std::path::Path;

use admin::{
    CertificateLine, DiskInfo, Failure, FindingLine, JudgementInfo, KeyLine, Kind, Later,
    RecordLine, SayingLine, ServiceLine, SetUpInfo, SetUpRequest, moment,
};
use authenticity::KeyKind;
use egress::Egress;
use model::{Clock, Timestamp};
use nix::sys::resource::{UsageWho, getrusage};

use crate::config::Config;
use crate::dkim::{self, KeyFile, State};
use crate::doctor::{self, Judgement, Keys, Saying, SetUp};
use crate::problem::{Exit, Problem};

/// Octets of the unit in which the kernel tells how much memory a process has (getrusage(2)).
const MEMORY_UNIT_OCTETS: u64 = 1_024;

/// What the program knows of it.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) config: Config,
    pub(super) egress: Egress,
    pub(super) clock: Clock,
}

impl admin::Surroundings for Machine {
    fn set_up(&self, request: SetUpRequest) -> Later<'_, SetUpInfo> {
        Box::pin(self.do_set_up(request))
    }

    fn certificates(&self) -> Vec<CertificateLine> {
        let line = |files: &listen::CertificateFiles| {
            let (expires_at, problem) = match listen::validity(files) {
                Ok((_, until)) => (Some(Timestamp::from_seconds(until)), None),
                Err(error) => (None, Some(error.to_string())),
            };
            CertificateLine {
                file: files.chain.display().to_string(),
                expires_at: expires_at.map(moment::to_text),
                problem,
            }
        };
        self.config.certificate_files().iter().map(line).collect()
    }

    fn disk(&self) -> Option<DiskInfo> {
        disk(&self.config.data)
    }

    fn memory_octets(&self) -> Option<u64> {
        let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
        let units = u64::try_from(usage.max_rss()).ok()?;
        Some(units.saturating_mul(MEMORY_UNIT_OCTETS))
    }

    fn host(&self) -> String {
        self.config.hostname.0.clone()
    }
}

/// How full the file system is that this is on.
fn disk(path: &Path) -> Option<DiskInfo> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(DiskInfo {
        free_octets: found.f_bavail.saturating_mul(found.f_frsize),
        total_octets: found.f_blocks.saturating_mul(found.f_frsize),
    })
}

impl Machine {
    async fn do_set_up(&self, request: SetUpRequest) -> Result<SetUpInfo, Failure> {
        match request {
            SetUpRequest::Show { domain } => self.info(domain, None).await,
            SetUpRequest::Check { domain } => {
                let (set_up, keys) = self.read(domain.clone()).await?;
                let selectors: Vec<String> =
                    keys.signing.iter().map(|(name, _)| name.clone()).collect();
                let host = &self.config.hostname.0;
                let look = doctor::look(&self.egress, &domain, host, &selectors);
                let seen = Box::pin(look).await;
                let judgement = doctor::judge(&set_up, &self.config, &keys, &seen);
                self.info(domain, Some(judgement)).await
            }
            SetUpRequest::MakeKeys { domain } => self.turn_keys(domain, make).await,
            SetUpRequest::PrepareKeys { domain } => self.turn_keys(domain, prepare).await,
            SetUpRequest::UseKeys { domain } => self.turn_keys(domain, finish).await,
        }
    }

    /// Changes something at the keys, and shows what there is then.
    async fn turn_keys(
        &self,
        domain: String,
        change: fn(&dkim::Keys, &str, &str) -> Result<(), Problem>,
    ) -> Result<SetUpInfo, Failure> {
        let keys = dkim::Keys::of(&self.config);
        let now = moment::to_text(self.clock.now());
        let of = domain.clone();
        blocking(move || change(&keys, &of, now.get(..10).unwrap_or_default())).await?;
        self.info(domain, None).await
    }

    async fn read(&self, domain: String) -> Result<(SetUp, Keys), Failure> {
        let config = self.config.clone();
        blocking(move || {
            let keys = Keys::of(&domain, &config)?;
            Ok((SetUp::new(&domain, &config, &keys), keys))
        })
        .await
    }

    async fn info(
        &self,
        domain: String,
        judgement: Option<Judgement>,
    ) -> Result<SetUpInfo, Failure> {
        let (set_up, _) = self.read(domain.clone()).await?;
        let config = self.config.clone();
        let keys = blocking(move || {
            let files = dkim::Keys::of(&config).list(Some(&domain))?;
            files.iter().map(key).collect::<Result<Vec<_>, _>>()
        });
        Ok(SetUpInfo {
            domain: set_up.domain.clone(),
            host: self.config.hostname.0.clone(),
            keys: keys.await?,
            records: set_up.records.iter().map(record).collect(),
            services: set_up.services.iter().map(service).collect(),
            advice: set_up.advice.iter().map(said).collect(),
            judgement: judgement.map(judged),
        })
    }
}

/// Files are read and keys made on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| failed(&error))?;
    done.map_err(|problem| {
        let kind = match problem.exit {
            Exit::NotFound => Kind::NotFound,
            Exit::AlreadyExists => Kind::AlreadyExists,
            Exit::Unavailable => Kind::Unavailable,
            Exit::Failed | Exit::Findings | Exit::Config => Kind::Refused,
        };
        Failure::new(kind, problem.message)
    })
}

fn failed(error: &dyn Display) -> Failure {
    Failure::new(Kind::Internal, error.to_string())
}

/// The first keys of a domain.
fn make(keys: &dkim::Keys, domain: &str, day: &str) -> Result<(), Problem> {
    if !keys.list(Some(domain))?.is_empty() {
        let message = format!("`{domain}` has keys: prepare new ones, then use them");
        return Err(Problem::new(Exit::AlreadyExists, message));
    }
    let kinds = [KeyKind::Rsa, KeyKind::Ed25519];
    keys.make(domain, &kinds, State::Signing, day).map(drop)
}

/// New keys of the kinds that sign now, which wait for their records.
fn prepare(keys: &dkim::Keys, domain: &str, day: &str) -> Result<(), Problem> {
    let (signing, next) = (
        of(keys, domain, State::Signing)?,
        of(keys, domain, State::Next)?,
    );
    if !next.is_empty() {
        return Ok(());
    }
    let mut kinds = Vec::new();
    for key in &signing {
        let kind = key.load()?.kind();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        let message = format!("`{domain}` has no keys that sign: make its first ones");
        return Err(Problem::new(Exit::NotFound, message));
    }
    keys.make(domain, &kinds, State::Next, day).map(drop)
}

/// The keys that were prepared sign, those before them rest.
fn finish(keys: &dkim::Keys, domain: &str, _: &str) -> Result<(), Problem> {
    let (signing, next) = (
        of(keys, domain, State::Signing)?,
        of(keys, domain, State::Next)?,
    );
    if next.is_empty() {
        let message = format!("no new keys wait for `{domain}`: prepare some first");
        return Err(Problem::new(Exit::NotFound, message));
    }
    // New before old: at no moment does mail leave unsigned.
    for key in &next {
        keys.turn(key, State::Signing)?;
    }
    for key in &signing {
        keys.turn(key, State::Retired)?;
    }
    Ok(())
}

fn of(keys: &dkim::Keys, domain: &str, state: State) -> Result<Vec<KeyFile>, Problem> {
    let mut found = keys.list(Some(domain))?;
    found.retain(|key| key.state == state);
    Ok(found)
}

fn key(file: &KeyFile) -> Result<KeyLine, Problem> {
    let kind = match file.load()?.kind() {
        KeyKind::Rsa => "rsa",
        KeyKind::Ed25519 => "ed25519",
    };
    Ok(KeyLine {
        selector: file.selector.clone(),
        kind: kind.to_owned(),
        state: file.state.as_str().to_owned(),
        dns_name: file.dns_name(),
    })
}

fn record(record: &crate::dns::Record) -> RecordLine {
    RecordLine {
        name: record.name.clone(),
        kind: record.kind.to_owned(),
        value: record.value.clone(),
        purpose: record.purpose.to_owned(),
        line: record.line(),
    }
}

fn service(service: &crate::services::Service) -> ServiceLine {
    ServiceLine {
        service: service.service.to_owned(),
        host: service.host.clone(),
        port: service.port,
        security: service.security.to_owned(),
        url: service.url.clone(),
    }
}

fn said(saying: &Saying) -> SayingLine {
    let values = saying.values.iter();
    SayingLine {
        code: saying.code.word(),
        values: values
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        text: saying.text.clone(),
    }
}

fn judged(judgement: Judgement) -> JudgementInfo {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let findings = judgement.findings.into_iter().map(|finding| FindingLine {
        measure: finding.measure.name().to_owned(),
        state: finding.state.word().to_owned(),
        found: said(&finding.found),
        todo: finding.todo.as_ref().map(said),
    });
    JudgementInfo {
        findings: findings.collect(),
        met: count(judgement.grade.met),
        of: count(judgement.grade.of),
    }
}
