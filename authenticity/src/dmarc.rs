//! DMARC: whether a message is from the domain in its `From`, and what that domain wants done if not (RFC 9989).

mod record;

use record::read_record;
pub use record::{DMARC_RECORD_OCTETS_MAX, read_dmarc_record};

use std::collections::HashMap;

use crate::dns::{Dns, DnsFault};
use crate::domain;
use crate::message::Parts;
use crate::verdict::{
    Alignment, Dkim, DkimResult, Dmarc, DmarcRecord, DmarcResult, Policy, ReportAddress, Spf,
    SpfResult,
};

/// RFC 9989 4.10: queries of one walk up the tree.
const WALK_LABELS_MAX: usize = 8;
/// Names of signatures whose organisation is looked for; RFC 9989 leaves the bound to us.
const SIGNERS_MAX: usize = 10;

/// The addresses of a domain's record to which reports may go: those within the domain, and those outside whose domain agrees.
///
/// # Errors
///
/// When the DNS did not answer for one of them; ask again later.
pub async fn report_addresses<D: Dns>(
    dns: &D,
    domain: &str,
    addresses: &[ReportAddress],
) -> Result<Vec<ReportAddress>, DnsFault> {
    let mut tree = Tree::new(dns);
    let walk = tree
        .walk(domain)
        .await
        .map_err(|Unanswered| DnsFault::Unavailable)?;
    let organization = organizational_domain(&walk, domain);
    let mut allowed = Vec::new();
    for address in addresses {
        let Some(host) = domain::of_address(&address.address).and_then(domain::normal) else {
            continue;
        };
        // RFC 9990 4: within the organisation nobody has to agree; elsewhere a record at the other domain says so.
        let is_within = domain::is_within(&host, &organization);
        if is_within || agrees(dns, domain, &host).await? {
            allowed.push(address.clone());
        }
    }
    Ok(allowed)
}

async fn agrees<D: Dns>(dns: &D, domain: &str, host: &str) -> Result<bool, DnsFault> {
    let name = format!("{domain}._report._dmarc.{host}");
    if !domain::is_askable(&name) {
        return Ok(false);
    }
    let records = crate::dns::none_when_missing(dns.txt(&name).await)?;
    Ok(records
        .iter()
        .any(|octets| read_record(octets, host).is_some()))
}

/// Domains of authors that are checked; RFC 7489 6.6.1 leaves the bound to us.
const AUTHORS_MAX: usize = 4;

/// What the other checks found, and what picks the sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    pub(crate) spf: &'a Spf,
    pub(crate) dkim: &'a Dkim,
    /// Where this message falls within 100, for `pct`.
    pub(crate) percentile: u8,
}

/// RFC 9989 5.3: policy, alignment, result.
pub(crate) async fn check<D: Dns>(dns: &D, parts: &Parts<'_>, evidence: Evidence<'_>) -> Dmarc {
    let authors: Option<Vec<String>> = parts.author_domains().into_iter().collect();
    let authors = match authors {
        None => return unclear("an author's address has no domain"),
        Some(authors) if authors.is_empty() => return unclear("the message names no author"),
        Some(authors) if authors.len() > AUTHORS_MAX => {
            return unclear("the message has authors of too many domains");
        }
        Some(authors) => authors,
    };
    let mut tree = Tree::new(dns);
    let mut worst: Option<Dmarc> = None;
    // RFC 7489 6.6.1: with authors of several domains each is checked, and the strictest policy of those that fail holds.
    for author in authors {
        let said = check_author(&mut tree, author, evidence).await;
        if worst
            .as_ref()
            .is_none_or(|worst| severity(&said) > severity(worst))
        {
            worst = Some(said);
        }
    }
    worst.unwrap_or_default()
}

/// What to believe when authors differ: the higher.
fn severity(said: &Dmarc) -> (u8, Policy) {
    let rank = match said.result {
        DmarcResult::Fail => 4,
        DmarcResult::TempError => 3,
        DmarcResult::PermError => 2,
        DmarcResult::None => 1,
        DmarcResult::Pass => 0,
    };
    (rank, said.policy)
}

async fn check_author<D: Dns>(
    tree: &mut Tree<'_, D>,
    author: String,
    evidence: Evidence<'_>,
) -> Dmarc {
    let mut said = Dmarc {
        domain: author.clone(),
        ..Dmarc::default()
    };
    if let Err(Unanswered) = apply(tree, &author, evidence, &mut said).await {
        said.result = DmarcResult::TempError;
        said.disposition = Policy::None;
        said.reason = Some("the DNS did not answer for the policy".into());
    }
    said
}

/// The DNS did not answer.
struct Unanswered;

async fn apply<D: Dns>(
    tree: &mut Tree<'_, D>,
    author: &str,
    evidence: Evidence<'_>,
    said: &mut Dmarc,
) -> Result<(), Unanswered> {
    let walk = tree.walk(author).await?;
    let organization = organizational_domain(&walk, author);
    said.organization.clone_from(&organization);
    // RFC 9989 4.10.1: the author domain's own record, else that of its organisation, else that of the public suffix.
    let own = walk.iter().find(|record| record.domain == author);
    let inherited = || {
        walk.iter()
            .find(|record| record.domain == organization)
            .or_else(|| walk.last())
    };
    let Some(record) = own.or_else(inherited) else {
        return Ok(());
    };
    let published = if own.is_some() {
        record.p
    } else if record.np != record.sp && tree.is_missing(author).await? {
        record.np.or(record.sp).or(record.p)
    } else {
        record.sp.or(record.p)
    };
    said.record = Some(record.clone());
    said.policy = match published {
        Some(policy) => policy,
        // RFC 9989 4.10.1: without a usable `p` the record counts only when it wants reports.
        None if record.rua.is_empty() => {
            said.record = None;
            return Ok(());
        }
        None => Policy::None,
    };
    align(tree, author, &organization, evidence, said).await?;
    said.disposition = match said.result {
        DmarcResult::Fail => disposition(said.policy, record, evidence.percentile),
        _ => Policy::None,
    };
    Ok(())
}

/// RFC 9989 4.4: SPF or DKIM passed for a domain that is aligned.
async fn align<D: Dns>(
    tree: &mut Tree<'_, D>,
    author: &str,
    organization: &str,
    evidence: Evidence<'_>,
    said: &mut Dmarc,
) -> Result<(), Unanswered> {
    let (adkim, aspf) = said
        .record
        .as_ref()
        .map_or_else(Default::default, |record| (record.adkim, record.aspf));
    let author = Author {
        domain: author,
        organization,
    };
    let mut may_change = false;
    match evidence.spf.result {
        SpfResult::Pass => {
            said.spf_aligned = tree.is_aligned(author, &evidence.spf.domain, aspf).await?
        }
        SpfResult::TempError => {
            may_change |= tree.is_aligned(author, &evidence.spf.domain, aspf).await?
        }
        SpfResult::None
        | SpfResult::Neutral
        | SpfResult::Fail
        | SpfResult::SoftFail
        | SpfResult::PermError => {}
    }
    for signature in evidence.dkim.signatures.iter().take(SIGNERS_MAX) {
        match signature.result {
            DkimResult::Pass if !said.dkim_aligned => {
                said.dkim_aligned = tree.is_aligned(author, &signature.domain, adkim).await?;
            }
            DkimResult::TempError => {
                may_change |= tree.is_aligned(author, &signature.domain, adkim).await?
            }
            _ => {}
        }
    }
    said.result = if said.spf_aligned || said.dkim_aligned {
        DmarcResult::Pass
    } else if may_change {
        // RFC 9989 5.3.5: what may yet pass is no failure.
        said.reason = Some("the DNS did not answer for what could be aligned".into());
        DmarcResult::TempError
    } else {
        DmarcResult::Fail
    };
    Ok(())
}

/// What is wanted of this message: RFC 9989 4.7 `t` and RFC 7489 6.6.4 `pct` make the policy one step milder.
fn disposition(policy: Policy, record: &DmarcRecord, percentile: u8) -> Policy {
    if record.testing || percentile >= record.pct {
        policy.milder()
    } else {
        policy
    }
}

/// RFC 9989 4.10.2: which of the records of a walk, the longest name first, names the organisation.
fn organizational_domain(walk: &[DmarcRecord], start: &str) -> String {
    for record in walk {
        match record.psd {
            Some(false) => return record.domain.clone(),
            // One label below the public suffix.
            Some(true) if record.domain != start => {
                let labels = record.domain.split('.').count() + 1;
                return domain::last_labels(start, labels).to_owned();
            }
            _ => {}
        }
    }
    walk.last()
        .map_or_else(|| start.to_owned(), |record| record.domain.clone())
}

fn unclear(reason: &str) -> Dmarc {
    Dmarc {
        result: DmarcResult::PermError,
        reason: Some(reason.to_owned()),
        ..Dmarc::default()
    }
}

/// Whom to be aligned with.
#[derive(Clone, Copy)]
struct Author<'a> {
    domain: &'a str,
    organization: &'a str,
}

/// The policy records of the DNS, each asked once for one message.
struct Tree<'a, D> {
    dns: &'a D,
    known: HashMap<String, Option<DmarcRecord>>,
}

impl<'a, D: Dns> Tree<'a, D> {
    fn new(dns: &'a D) -> Self {
        Self {
            dns,
            known: HashMap::new(),
        }
    }

    /// RFC 9989 4.10: the records from a name up to its top-level domain, at most eight queries.
    async fn walk(&mut self, start: &str) -> Result<Vec<DmarcRecord>, Unanswered> {
        let labels = start.split('.').count();
        let mut found = Vec::new();
        let mut count = labels;
        while count > 0 {
            if let Some(record) = self.record(domain::last_labels(start, count)).await? {
                let is_end = record.psd.is_some();
                found.push(record);
                if is_end {
                    break;
                }
            }
            // A name of eight labels or more goes on with its last seven.
            count = if count >= WALK_LABELS_MAX {
                WALK_LABELS_MAX - 1
            } else {
                count - 1
            };
        }
        Ok(found)
    }

    async fn record(&mut self, name: &str) -> Result<Option<DmarcRecord>, Unanswered> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let found = match self.dns.txt(&format!("_dmarc.{name}")).await {
            Ok(records) => one_record(&records, name),
            Err(DnsFault::NoSuchName) => None,
            Err(DnsFault::Unavailable) => return Err(Unanswered),
        };
        self.known.insert(name.to_owned(), found.clone());
        Ok(found)
    }

    /// RFC 9989 4.10.2: strict wants the same name, relaxed the same organisation.
    async fn is_aligned(
        &mut self,
        author: Author<'_>,
        other: &str,
        alignment: Alignment,
    ) -> Result<bool, Unanswered> {
        if other == author.domain {
            return Ok(true);
        }
        if alignment == Alignment::Strict || other.is_empty() {
            return Ok(false);
        }
        // Names that share no last label but the top one cannot be of one organisation: no need to ask.
        if !domain::is_within(other, author.organization)
            && !domain::is_within(author.organization, other)
        {
            return Ok(false);
        }
        let walk = self.walk(other).await?;
        Ok(organizational_domain(&walk, other) == author.organization)
    }

    /// RFC 8020: whether the name does not exist at all.
    async fn is_missing(&mut self, name: &str) -> Result<bool, Unanswered> {
        match self.dns.a(name).await {
            Ok(_) => Ok(false),
            Err(DnsFault::NoSuchName) => Ok(true),
            Err(DnsFault::Unavailable) => Err(Unanswered),
        }
    }
}

/// RFC 9989 4.10 step 2: what is no policy record is left out; more than one is none.
fn one_record(records: &[Vec<u8>], name: &str) -> Option<DmarcRecord> {
    let mut read = records
        .iter()
        .filter_map(|octets| read_record(octets, name));
    let first = read.next()?;
    read.next().is_none().then_some(first)
}

/// Feeds arbitrary octets to the parser.
pub(crate) fn fuzz(input: &[u8]) {
    let _ = read_record(input, "example.org");
}

#[cfg(test)]
mod tests;
