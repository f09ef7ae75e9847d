//! The envelope: who a message comes from and who is to get it (RFC 5321 2.3.1).

use crate::codec::{ForwardPath, MailParameters, RcptParameters, ReversePath};

/// The envelope of the message in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The sender.
    pub reverse_path: ReversePath,
    /// What MAIL said besides.
    pub parameters: MailParameters,
    /// The recipients that were accepted, in the order of their RCPT commands; one may stand there twice.
    pub recipients: Vec<Recipient>,
}

/// One accepted recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The recipient as the client named it.
    pub forward_path: ForwardPath,
    /// What RCPT said besides.
    pub parameters: RcptParameters,
}
