//! WebDAV, CalDAV and CardDAV: parse, ask `groupware`, encode.
