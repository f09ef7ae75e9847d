//! Scheduling messages: which ones a change of a calendar object asks for, and what a received one changes (RFC 5546).
