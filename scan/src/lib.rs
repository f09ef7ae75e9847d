//! Scan: what programs that look into messages say of one: rspamd, clamd, milters.
