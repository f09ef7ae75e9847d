//! Untagged data about annotations (RFC 5464 4.4).

use super::Encoder;

impl Encoder<'_> {
    /// `METADATA`: entries and their values.
    pub fn metadata(&mut self, mailbox: &str, entries: &[(&str, &[u8])]) {
        self.raw("* METADATA ");
        if mailbox.is_empty() {
            self.raw("\"\"");
        } else {
            self.mailbox(mailbox);
        }
        self.out.push(b' ');
        self.list(entries, |encoder, (name, value)| {
            encoder.astring(name);
            encoder.out.push(b' ');
            if memchr::memchr(0, value).is_some() {
                // RFC 5464 5: a value with NUL is a literal8.
                encoder.out.push(b'~');
                encoder.literal_size(value.len());
                encoder.out.extend_from_slice(value);
            } else {
                encoder.string(value);
            }
        });
        self.line_end();
    }
}
