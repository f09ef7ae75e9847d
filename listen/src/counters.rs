//! Counters of a service, for the metrics: what came, what was refused, how many octets passed.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of one service. Cheap to add to, read without stopping anybody.
#[derive(Debug, Default)]
pub struct Counters {
    accepted: AtomicU64,
    open: AtomicU64,
    refused: AtomicU64,
    accept_failures: AtomicU64,
    tls_handshakes: AtomicU64,
    tls_failures: AtomicU64,
    proxy_failures: AtomicU64,
    panics: AtomicU64,
    octets_in: AtomicU64,
    octets_out: AtomicU64,
}

/// What the counters stood at when they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Connections that the kernel gave us.
    pub accepted: u64,
    /// Connections open now.
    pub open: u64,
    /// Connections closed at once because of a limit.
    pub refused: u64,
    /// Failed accepts, such as for want of file descriptors.
    pub accept_failures: u64,
    /// TLS handshakes that succeeded.
    pub tls_handshakes: u64,
    /// TLS handshakes that failed or took too long.
    pub tls_failures: u64,
    /// Connections from a trusted proxy without a proper PROXY header.
    pub proxy_failures: u64,
    /// Handlers that panicked.
    pub panics: u64,
    /// Octets read from sockets, TLS and compression included.
    pub octets_in: u64,
    /// Octets written to sockets, TLS and compression included.
    pub octets_out: u64,
}

impl Counters {
    /// Reads all counters; each is exact, but they are not read at one instant.
    pub fn read(&self) -> Reading {
        Reading {
            accepted: self.accepted.load(Relaxed),
            open: self.open.load(Relaxed),
            refused: self.refused.load(Relaxed),
            accept_failures: self.accept_failures.load(Relaxed),
            tls_handshakes: self.tls_handshakes.load(Relaxed),
            tls_failures: self.tls_failures.load(Relaxed),
            proxy_failures: self.proxy_failures.load(Relaxed),
            panics: self.panics.load(Relaxed),
            octets_in: self.octets_in.load(Relaxed),
            octets_out: self.octets_out.load(Relaxed),
        }
    }

    pub(crate) fn accepted(&self) {
        self.accepted.fetch_add(1, Relaxed);
    }

    pub(crate) fn opened(&self) {
        self.open.fetch_add(1, Relaxed);
    }

    pub(crate) fn closed(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn accept_failed(&self) {
        self.accept_failures.fetch_add(1, Relaxed);
    }

    pub(crate) fn tls_succeeded(&self) {
        self.tls_handshakes.fetch_add(1, Relaxed);
    }

    pub(crate) fn tls_failed(&self) {
        self.tls_failures.fetch_add(1, Relaxed);
    }

    pub(crate) fn proxy_failed(&self) {
        self.proxy_failures.fetch_add(1, Relaxed);
    }

    pub(crate) fn panicked(&self) {
        self.panics.fetch_add(1, Relaxed);
    }

    pub(crate) fn read_octets(&self, octets: usize) {
        self.octets_in.fetch_add(octets as u64, Relaxed);
    }

    pub(crate) fn wrote_octets(&self, octets: usize) {
        self.octets_out.fetch_add(octets as u64, Relaxed);
    }
}
