//! A plain LMTP client (RFC 2033).

use super::wire::{Trouble, Wire};

/// A connection that has said hello.
#[derive(Debug)]
pub(super) struct Lmtp(Wire);

impl Lmtp {
    pub(super) fn connect(port: u16) -> Result<Self, Trouble> {
        let mut client = Self(Wire::connect(port)?);
        let greeting = client.reply()?;
        if !greeting.starts_with("220") {
            return Err(Trouble::Wrong(greeting));
        }
        client.0.write(b"LHLO client.example.net\r\n")?;
        let hello = client.reply()?;
        if !hello.starts_with("250") {
            return Err(Trouble::Wrong(hello));
        }
        Ok(client)
    }

    /// Hands a message over, and tells `each` what is said for each recipient, as it comes. A refusal of the whole
    /// message is told for each.
    pub(super) fn deliver(
        &mut self,
        recipients: &[String],
        message: &[u8],
        each: &mut dyn FnMut(usize, &str),
    ) -> Result<(), Trouble> {
        let mut envelope = "MAIL FROM:<list@example.net>\r\n".to_owned();
        for recipient in recipients {
            envelope.push_str(&format!("RCPT TO:<{recipient}>\r\n"));
        }
        self.0.write(envelope.as_bytes())?;
        let mail = self.reply()?;
        let mut accepted = Vec::new();
        for at in 0..recipients.len() {
            let reply = self.reply()?;
            if reply.starts_with("250") {
                accepted.push(at);
            } else {
                each(
                    at,
                    if mail.starts_with("250") {
                        &reply
                    } else {
                        &mail
                    },
                );
            }
        }
        if accepted.is_empty() {
            self.0.write(b"RSET\r\n")?;
            self.reply()?;
            return Ok(());
        }
        self.0.write(b"DATA\r\n")?;
        let go_on = self.reply()?;
        if !go_on.starts_with("354") {
            accepted.iter().for_each(|at| each(*at, &go_on));
            return Ok(());
        }
        // What these tests send has no line that begins with a dot.
        self.0.write(message)?;
        self.0.write(b".\r\n")?;
        // RFC 2033 4.2: one reply for each recipient that was accepted.
        for at in accepted {
            let reply = self.reply()?;
            each(at, &reply);
        }
        Ok(())
    }

    fn reply(&mut self) -> Result<String, Trouble> {
        loop {
            let line = self.0.line()?;
            // RFC 5321 4.2.1: a hyphen behind the code says that another line follows.
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    }
}
