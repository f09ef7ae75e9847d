//! Limits: every bound the codec sets on what a peer may send, by name and with its source.

/// Octets of a command line, CRLF included. RFC 5321 4.5.3.1.4 asks for 512 at least; SIZE, BODY, DSN, AUTH= and
/// SMTPUTF8 each add to that, about 2,000 in all.
pub const COMMAND_LINE_OCTETS_MAX: usize = 4_096;

/// Octets of an AUTH command or of a line of its exchange, CRLF included. RFC 4954 4.
pub const AUTH_LINE_OCTETS_MAX: usize = 12_288;

/// Octets of a local part. Departs from RFC 5321 4.5.3.1.1, where 64 is what must be accepted at least: return
/// addresses made by VERP and SRS are often longer, and refusing them loses rightful mail.
pub const LOCAL_PART_OCTETS_MAX: usize = 128;

/// Octets of a domain. RFC 5321 4.5.3.1.2.
pub const DOMAIN_OCTETS_MAX: usize = 255;

/// Octets of one label of a domain. RFC 1035 2.3.4.
pub const LABEL_OCTETS_MAX: usize = 63;

/// Octets of a path with its brackets and its source route. RFC 5321 4.5.3.1.3.
pub const PATH_OCTETS_MAX: usize = 256;

/// Octets of the name a client gives in EHLO, HELO or LHLO. RFC 5321 4.5.3.1.2: it is a domain.
pub const CLIENT_NAME_OCTETS_MAX: usize = 255;

/// Octets of ENVID as it stands on the wire. RFC 3461 4.4.
pub const ENVELOPE_ID_OCTETS_MAX: usize = 100;

/// Octets of ORCPT as it stands on the wire. RFC 3461 4.2.
pub const ORIGINAL_RECIPIENT_OCTETS_MAX: usize = 500;

/// Octets of AUTH= as it stands on the wire. RFC 4954 3 makes the MAIL line longer by 500 for it.
pub const AUTH_PARAMETER_OCTETS_MAX: usize = 500;

/// Parameters of one MAIL or RCPT command. Ours: we know seven, each once.
pub const PARAMETERS_MAX: usize = 16;

/// Octets of a SASL mechanism's name. RFC 4422 3.1.
pub const MECHANISM_OCTETS_MAX: usize = 20;

/// Octets of one reply line, CRLF included. RFC 5321 4.5.3.1.5.
pub const REPLY_LINE_OCTETS_MAX: usize = 512;

/// Lines of one reply. Ours.
pub const REPLY_LINES_MAX: usize = 64;

/// How many times the size limit of a message is read and thrown away before the connection is given up. Ours: a
/// client that is only a little over the limit shall read the 552 instead of a broken connection.
pub const DISCARD_FACTOR: u64 = 2;

/// Octets set aside for a message before its first byte came, at most. Ours: a client's SIZE is a claim.
pub const MESSAGE_RESERVE_OCTETS_MAX: usize = 256 * 1024;

/// Digits of a SIZE value. RFC 1870 5.
pub const SIZE_DIGITS_MAX: usize = 20;
