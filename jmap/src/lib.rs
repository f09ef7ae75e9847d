//! JMAP (RFC 8620): mail, calendars, contacts and sharing as one API over HTTP.
