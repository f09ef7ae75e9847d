//! Authenticity: whether a message comes from whom it names. SPF, DKIM, DMARC, ARC, their reports, and signing.
