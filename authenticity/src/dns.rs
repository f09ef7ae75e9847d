//! What the checks ask the DNS, and what it may answer.

mod hickory;

pub use hickory::resolver_at;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Records that one answer may hold; the rest is left out.
pub(crate) const RECORDS_MAX: usize = 100;

/// Whoever looks up names.
///
/// A name is given as its labels with dots between them, without a final dot and without escapes; it may hold octets that no host name holds,
/// since SPF makes names from what clients say. A name that exists without the wanted records answers with an empty list.
pub trait Dns: Sync {
    /// TXT: one entry for each record, its strings joined without anything between (RFC 7208 3.3, RFC 6376 3.6.2.2).
    fn txt(&self, name: &str) -> impl Future<Output = Result<Vec<Vec<u8>>, DnsFault>> + Send;
    /// A.
    fn a(&self, name: &str) -> impl Future<Output = Result<Vec<Ipv4Addr>, DnsFault>> + Send;
    /// AAAA.
    fn aaaa(&self, name: &str) -> impl Future<Output = Result<Vec<Ipv6Addr>, DnsFault>> + Send;
    /// MX.
    fn mx(&self, name: &str) -> impl Future<Output = Result<Vec<Mx>, DnsFault>> + Send;
    /// PTR: the names of an address.
    fn ptr(&self, address: IpAddr) -> impl Future<Output = Result<Vec<String>, DnsFault>> + Send;
}

/// Where a domain's mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mx {
    /// The lower, the sooner.
    pub preference: u16,
    /// The host; empty for "no mail" (RFC 7505).
    pub host: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DnsFault {
    /// The name does not exist (NXDOMAIN, RFC 8020).
    #[error("no such name")]
    NoSuchName,
    /// No server answered, or none that can be believed: worth another attempt later.
    #[error("the DNS did not answer")]
    Unavailable,
}

/// No records, whatever the reason: what "void lookup" means (RFC 7208 4.6.4).
pub(crate) fn none_when_missing<T>(answer: Result<Vec<T>, DnsFault>) -> Result<Vec<T>, DnsFault> {
    match answer {
        Err(DnsFault::NoSuchName) => Ok(Vec::new()),
        other => other,
    }
}

#[cfg(test)]
pub(crate) mod zone {
    //! A DNS in memory, for tests.

    use std::collections::{HashMap, HashSet};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Names with their records.
    #[derive(Debug, Default)]
    pub(crate) struct Zone {
        txt: HashMap<String, Vec<Vec<u8>>>,
        a: HashMap<String, Vec<Ipv4Addr>>,
        aaaa: HashMap<String, Vec<Ipv6Addr>>,
        mx: HashMap<String, Vec<Mx>>,
        ptr: HashMap<IpAddr, Vec<String>>,
        names: HashSet<String>,
        silent: HashSet<String>,
        /// How often anything was asked.
        pub(crate) asked: AtomicUsize,
    }

    impl Zone {
        pub(crate) fn txt(mut self, name: &str, text: impl AsRef<[u8]>) -> Self {
            self.names.insert(name.to_ascii_lowercase());
            let records = self.txt.entry(name.to_ascii_lowercase()).or_default();
            records.push(text.as_ref().to_vec());
            self
        }

        pub(crate) fn a(mut self, name: &str, address: [u8; 4]) -> Self {
            self.names.insert(name.to_owned());
            self.a
                .entry(name.to_owned())
                .or_default()
                .push(address.into());
            self
        }

        pub(crate) fn mx(mut self, name: &str, preference: u16, host: &str) -> Self {
            self.names.insert(name.to_owned());
            let host = host.to_owned();
            self.mx
                .entry(name.to_owned())
                .or_default()
                .push(Mx { preference, host });
            self
        }

        pub(crate) fn ptr(mut self, address: &str, name: &str) -> Self {
            let address = address.parse().unwrap();
            self.ptr.entry(address).or_default().push(name.to_owned());
            self
        }

        /// A name whose servers do not answer.
        pub(crate) fn silent(mut self, name: &str) -> Self {
            self.silent.insert(name.to_owned());
            self
        }

        fn find<T: Clone>(
            &self,
            records: &HashMap<String, Vec<T>>,
            name: &str,
        ) -> Result<Vec<T>, DnsFault> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let name = name.to_ascii_lowercase();
            if self.silent.contains(&name) {
                return Err(DnsFault::Unavailable);
            }
            match records.get(&name) {
                Some(found) => Ok(found.clone()),
                None if self.names.contains(&name) => Ok(Vec::new()),
                None => Err(DnsFault::NoSuchName),
            }
        }
    }

    impl Dns for Zone {
        async fn txt(&self, name: &str) -> Result<Vec<Vec<u8>>, DnsFault> {
            self.find(&self.txt, name)
        }
        async fn a(&self, name: &str) -> Result<Vec<Ipv4Addr>, DnsFault> {
            self.find(&self.a, name)
        }
        async fn aaaa(&self, name: &str) -> Result<Vec<Ipv6Addr>, DnsFault> {
            self.find(&self.aaaa, name)
        }
        async fn mx(&self, name: &str) -> Result<Vec<Mx>, DnsFault> {
            self.find(&self.mx, name)
        }
        async fn ptr(&self, address: IpAddr) -> Result<Vec<String>, DnsFault> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.ptr.get(&address).cloned().ok_or(DnsFault::NoSuchName)
        }
    }

    /// Runs what asks a [`Zone`], which never waits.
    pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(future)
    }
}
