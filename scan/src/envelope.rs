//! What a scanner is told of a message besides its bytes.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Where a message came from and who is to get it. Empty where nothing is known.
///
/// Much of it is what a stranger said. Each protocol makes it harmless for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The client's address.
    pub client_ip: Option<IpAddr>,
    /// What the client called itself (HELO, EHLO).
    pub client_name: String,
    /// The name of its address in DNS, confirmed forward.
    pub client_dns_name: Option<String>,
    /// The reverse path without brackets, empty for notifications.
    pub reverse_path: String,
    /// The forward paths without brackets.
    pub recipients: Vec<String>,
    /// As whom the client signed in.
    pub signed_in: Option<String>,
    /// What the operator finds the message by in the log.
    pub id: String,
    /// This server's name.
    pub hostname: String,
    /// The version of TLS the message came over, such as `TLSv1.3`.
    pub tls_version: Option<String>,
    /// The cipher suite of TLS.
    pub tls_cipher: Option<String>,
}
