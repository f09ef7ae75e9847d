//! The conversation with a milter: what is told in which order, and what is waited for.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::codec::{self, BODY_OCTETS_MAX, Command, Reply};
use super::fields::{Field, Fields};
use super::options::{Options, Step};
use crate::envelope::Envelope;
use crate::error::Error;
use crate::header::HeaderChange;
use crate::verdict::{Action, Source, Verdict};

/// Header fields of a message that a milter is told one by one. Ours: no message that people send has as many, and each may
/// take a round trip.
const FIELDS_MAX: usize = 10_000;
/// Changes of the header that one milter may ask for.
const CHANGES_MAX: usize = 100;
/// Octets that a new body may have beyond twice the old one. Ours: room for a notice, and for an encoding of binary parts.
const BODY_GROWTH_OCTETS_MAX: usize = 1024 * 1024;
/// Replies to one command, at most; a milter may say many times that it takes longer.
const REPLIES_MAX: usize = 10_000;

/// Has a message looked at.
pub(crate) async fn scan<S>(
    stream: S,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Verdict, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut dialogue = Dialogue::begin(stream).await?;
    let mut verdict = Verdict::plain(Source::Milter, Action::Accept);
    match dialogue.tell(envelope, message).await? {
        Some(action) => verdict.action = action,
        None => {
            let body_octets_max = message
                .len()
                .saturating_mul(2)
                .saturating_add(BODY_GROWTH_OCTETS_MAX);
            dialogue
                .end_of_body(envelope, body_octets_max, &mut verdict)
                .await?;
        }
    }
    // The verdict is there; whether the milter hears the farewell changes nothing.
    let _ = dialogue.send(Command::Quit, &[]).await;
    Ok(verdict)
}

/// Finds out whether a milter is there and agrees on the options.
pub(crate) async fn ping<S>(stream: S) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut dialogue = Dialogue::begin(stream).await?;
    dialogue.send(Command::Quit, &[]).await
}

/// An open conversation.
struct Dialogue<S> {
    stream: S,
    options: Options,
}

impl<S> Dialogue<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    async fn begin(mut stream: S) -> Result<Self, Error> {
        send(&mut stream, Command::Options, &Options::offer()).await?;
        match read(&mut stream).await? {
            Reply::Options(data) => Ok(Self {
                options: Options::agreed(&data)?,
                stream,
            }),
            _ => Err(Error::Malformed("no answer to the options")),
        }
    }

    /// Tells everything up to the body's last piece; answers what is to be done, where that is known before the end.
    async fn tell(&mut self, envelope: &Envelope, message: &[u8]) -> Result<Option<Action>, Error> {
        if let Some(action) = self.envelope(envelope).await? {
            return Ok(Some(action));
        }
        let mut fields = Fields::of(message);
        for (count, field) in fields.by_ref().enumerate() {
            if count == FIELDS_MAX {
                let text = "The message has too many header fields.";
                return Ok(Some(Action::reject(554, "5.6.0", text)));
            }
            let data = self.field(&field);
            if let Reply::Final(action) = self.step(Step::Field, Command::Field, &data).await? {
                return Ok(Some(action));
            }
        }
        let end = self.step(Step::EndOfHeader, Command::EndOfHeader, &[]);
        if let Reply::Final(action) = end.await? {
            return Ok(Some(action));
        }
        for piece in fields.body().chunks(BODY_OCTETS_MAX) {
            match self.step(Step::Body, Command::Body, piece).await? {
                Reply::Final(action) => return Ok(Some(action)),
                Reply::Skip => break,
                _ => {}
            }
        }
        Ok(None)
    }

    /// Tells who sends what to whom.
    async fn envelope(&mut self, envelope: &Envelope) -> Result<Option<Action>, Error> {
        self.macros(
            Command::Connect,
            &[
                ("j", Some(&envelope.hostname)),
                ("{daemon_name}", Some("wachpost")),
                ("v", Some("Wachpost")),
            ],
        )
        .await?;
        let data = connect(envelope);
        if let Reply::Final(action) = self.step(Step::Connect, Command::Connect, &data).await? {
            return Ok(Some(action));
        }
        self.macros(
            Command::Helo,
            &[
                ("{tls_version}", envelope.tls_version.as_deref()),
                ("{cipher}", envelope.tls_cipher.as_deref()),
            ],
        )
        .await?;
        let data = texts(&[&envelope.client_name]);
        if let Reply::Final(action) = self.step(Step::Helo, Command::Helo, &data).await? {
            return Ok(Some(action));
        }
        self.macros(
            Command::Mail,
            &[
                ("i", Some(&envelope.id)),
                ("{mail_addr}", Some(&envelope.reverse_path)),
                ("{auth_authen}", envelope.signed_in.as_deref()),
            ],
        )
        .await?;
        let data = texts(&[&format!("<{}>", envelope.reverse_path)]);
        if let Reply::Final(action) = self.step(Step::Mail, Command::Mail, &data).await? {
            return Ok(Some(action));
        }
        if let Some(action) = self.recipients(envelope).await? {
            return Ok(Some(action));
        }
        self.macros(Command::Data, &[("i", Some(&envelope.id))])
            .await?;
        match self.step(Step::Data, Command::Data, &[]).await? {
            Reply::Final(action) => Ok(Some(action)),
            _ => Ok(None),
        }
    }

    /// Tells the recipients. They were accepted before, so that only what is said against all of them counts.
    async fn recipients(&mut self, envelope: &Envelope) -> Result<Option<Action>, Error> {
        let mut refused = None;
        let mut left = envelope.recipients.len();
        for recipient in &envelope.recipients {
            self.macros(Command::Recipient, &[("{rcpt_addr}", Some(recipient))])
                .await?;
            let data = texts(&[&format!("<{recipient}>")]);
            match self
                .step(Step::Recipient, Command::Recipient, &data)
                .await?
            {
                Reply::Final(action @ (Action::Reject { .. } | Action::Defer { .. })) => {
                    left -= 1;
                    refused.get_or_insert(action);
                }
                Reply::Final(action) => return Ok(Some(action)),
                _ => {}
            }
        }
        Ok(refused.filter(|_| left == 0))
    }

    /// Tells that the message is complete, and hears what is to be changed and done.
    async fn end_of_body(
        &mut self,
        envelope: &Envelope,
        body_octets_max: usize,
        verdict: &mut Verdict,
    ) -> Result<(), Error> {
        self.macros(Command::EndOfBody, &[("i", Some(&envelope.id))])
            .await?;
        self.send(Command::EndOfBody, &[]).await?;
        let mut held = false;
        let mut body: Option<Vec<u8>> = None;
        for _ in 0..REPLIES_MAX {
            match read(&mut self.stream).await? {
                Reply::Progress => {}
                Reply::Header(change) => note(&mut verdict.headers, change)?,
                Reply::Quarantine => held = true,
                // `SMFIR_REPLBODY`: the first piece puts the old body away, each further one goes behind it.
                Reply::Body(piece) if self.options.changes_body() => {
                    let body = body.get_or_insert_default();
                    if body.len().saturating_add(piece.len()) > body_octets_max {
                        return Err(Error::TooLong {
                            limit: body_octets_max,
                        });
                    }
                    body.extend_from_slice(&piece);
                }
                Reply::Continue | Reply::Final(Action::Accept) => {
                    if held {
                        verdict.action = Action::Quarantine;
                    }
                    verdict.body = body.map(|body| with_line_ends(&body));
                    return Ok(());
                }
                Reply::Final(action) => {
                    verdict.action = action;
                    return Ok(());
                }
                Reply::Skip | Reply::Options(_) | Reply::Body(_) => {
                    return Err(Error::Malformed("a reply out of order"));
                }
            }
        }
        Err(Error::Malformed("no end to the replies"))
    }

    /// One command and its answer, as far as the milter wants and gives them.
    async fn step(&mut self, step: Step, command: Command, data: &[u8]) -> Result<Reply, Error> {
        if !self.options.wants(step) {
            return Ok(Reply::Continue);
        }
        self.send(command, data).await?;
        if !self.options.answers(step) {
            return Ok(Reply::Continue);
        }
        for _ in 0..REPLIES_MAX {
            match read(&mut self.stream).await? {
                Reply::Progress => {}
                reply @ (Reply::Continue | Reply::Final(_)) => return Ok(reply),
                Reply::Skip if step == Step::Body => return Ok(Reply::Skip),
                Reply::Skip
                | Reply::Header(_)
                | Reply::Body(_)
                | Reply::Quarantine
                | Reply::Options(_) => {
                    return Err(Error::Malformed("a reply out of order"));
                }
            }
        }
        Err(Error::Malformed("no end to the replies"))
    }

    /// Names and values that go before a command.
    async fn macros(&mut self, before: Command, all: &[(&str, Option<&str>)]) -> Result<(), Error> {
        let mut data = vec![before.letter()];
        for (name, value) in all {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                codec::push(&mut data, name);
                codec::push(&mut data, value);
            }
        }
        self.send(Command::Macros, &data).await
    }

    /// A header field as the milter wants it: line ends are LF, and the space behind the colon goes or stays.
    fn field(&self, field: &Field<'_>) -> Vec<u8> {
        let value = match self.options.wants_leading_space() {
            true => field.value,
            false => field.value.strip_prefix(b" ").unwrap_or(field.value),
        };
        let mut data = Vec::with_capacity(field.name.len() + value.len() + 2);
        data.extend(field.name.iter().filter(|octet| **octet != 0));
        data.push(0);
        data.extend(value.iter().filter(|octet| !matches!(octet, 0 | b'\r')));
        data.push(0);
        data
    }

    async fn send(&mut self, command: Command, data: &[u8]) -> Result<(), Error> {
        send(&mut self.stream, command, data).await
    }
}

fn note(changes: &mut Vec<HeaderChange>, change: HeaderChange) -> Result<(), Error> {
    if changes.len() == CHANGES_MAX {
        return Err(Error::Malformed("too many changes of the header"));
    }
    changes.push(change);
    Ok(())
}

/// RFC 5321 2.3.8: lines end with CRLF, and neither CR nor LF stands alone; milters that are written for Unix write LF.
fn with_line_ends(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut octets = body.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' => {
                octets.next_if_eq(&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            _ => out.push(octet),
        }
    }
    out
}

/// Where the client is: a name, the family's letter, and for an address the port and the address.
fn connect(envelope: &Envelope) -> Vec<u8> {
    let mut data = Vec::new();
    let address = envelope.client_ip.map(|address| address.to_canonical());
    let literal = address.map(|address| format!("[{address}]"));
    let name = envelope.client_dns_name.as_deref().or(literal.as_deref());
    codec::push(&mut data, name.unwrap_or("localhost"));
    let Some(address) = address else {
        // `SMFIA_UNKNOWN`.
        data.push(b'U');
        return data;
    };
    data.push(match address {
        IpAddr::V4(_) => b'4',
        IpAddr::V6(_) => b'6',
    });
    // The client's port tells nobody anything.
    data.extend_from_slice(&[0, 0]);
    codec::push(&mut data, &address.to_string());
    data
}

fn texts(texts: &[&str]) -> Vec<u8> {
    let mut data = Vec::new();
    for text in texts {
        codec::push(&mut data, text);
    }
    data
}

async fn send<W>(writer: &mut W, command: Command, data: &[u8]) -> Result<(), Error>
where
    W: AsyncWrite + Unpin,
{
    // One write, so that small packets do not wait for each other on the way.
    let mut packet = Vec::with_capacity(data.len() + 5);
    packet.extend_from_slice(&codec::head(command, data.len()));
    packet.extend_from_slice(data);
    writer.write_all(&packet).await?;
    writer.flush().await?;
    Ok(())
}

async fn read<R>(reader: &mut R) -> Result<Reply, Error>
where
    R: AsyncRead + Unpin,
{
    let mut length = [0; 4];
    exactly(reader, &mut length).await?;
    let mut packet = vec![0; codec::packet_octets(length)?];
    exactly(reader, &mut packet).await?;
    codec::reply(&packet)
}

async fn exactly<R>(reader: &mut R, octets: &mut [u8]) -> Result<(), Error>
where
    R: AsyncRead + Unpin,
{
    match reader.read_exact(octets).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Error::Closed),
        Err(error) => Err(error.into()),
    }
}
