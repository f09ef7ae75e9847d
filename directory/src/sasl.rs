//! Server side of SASL (RFC 4422): PLAIN, LOGIN, SCRAM-SHA-256 and SCRAM-SHA-256-PLUS.
//!
//! Bytes in, bytes out: whoever carries them adds and removes Base64. SCRAM proves a person's main password; with a
//! name such as `anna@example.org/0007` the app password with that selector.

mod bearer;

mod login;

mod plain;

mod scram;

use std::fmt;
use std::net::IpAddr;

use model::Protocols;

use crate::Directory;
use crate::candidate::{Asked, Candidate, Name};
use crate::secret::Secret;
use crate::sign_in::{Attempt, unavailable};
use crate::signed_in::{SignInError, SignedIn};

use scram::{ClientFinal, ClientFirst};

/// Octets of a message from the client. RFC 4616 2 lets each of the three parts of PLAIN be 255 octets and more; a
/// password of ours has 1,024 at most.
pub const MESSAGE_OCTETS_MAX: usize = 2_048;

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Two questions, name and password; never a standard, but what some old clients know alone.
    Login,
    /// RFC 7677.
    ScramSha256,
    /// RFC 7677, tied to the TLS connection.
    ScramSha256Plus,
    /// RFC 7628: a token.
    OAuthBearer,
}

impl Mechanism {
    /// The best first; last what only those choose who have a token.
    pub const ALL: [Self; 5] = [
        Self::ScramSha256Plus,
        Self::ScramSha256,
        Self::Plain,
        Self::Login,
        Self::OAuthBearer,
    ];

    /// The registered name (IANA "SASL Mechanisms").
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }

    /// The mechanism of that name. RFC 4422 3.1: names are in upper case; clients of protocols whose words know no
    /// case send them in lower case, too.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mechanism| mechanism.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether the password or token itself crosses the connection, which must then be encrypted (RFC 4616 4, RFC 7628 5).
    #[must_use]
    pub fn shows_password(self) -> bool {
        matches!(self, Self::Plain | Self::Login | Self::OAuthBearer)
    }

    /// What to offer, the best first: those that show the password only on an encrypted connection, `-PLUS` only
    /// where there is something to bind to.
    pub fn offered(encrypted: bool, binding: &ChannelBinding) -> impl Iterator<Item = Self> {
        let bound = binding.is_available();
        Self::ALL.into_iter().filter(move |mechanism| {
            (encrypted || !mechanism.shows_password())
                && (bound || *mechanism != Self::ScramSha256Plus)
        })
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What ties an exchange to the TLS connection it runs over (RFC 5056). Empty without TLS.
///
/// If there is any, `SCRAM-SHA-256-PLUS` is taken to have been offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelBinding {
    /// RFC 9266 2 `tls-exporter`: 32 octets exported from the connection.
    pub exporter: Option<Vec<u8>>,
    /// RFC 5929 4 `tls-server-end-point`: the hash of the server's certificate.
    pub server_end_point: Option<Vec<u8>>,
}

impl ChannelBinding {
    /// Whether there is anything to bind to.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.exporter.is_some() || self.server_end_point.is_some()
    }

    /// The data of a type by its registered name (IANA "Channel-Binding Types").
    fn data(&self, name: &str) -> Option<&[u8]> {
        match name {
            "tls-exporter" => self.exporter.as_deref(),
            "tls-server-end-point" => self.server_end_point.as_deref(),
            _ => None,
        }
    }
}

/// What follows on a message of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this, perhaps empty, and hand the answer to [`Exchange::step`].
    Challenge(Vec<u8>),
    /// The client is in. If the bytes are not empty (SCRAM: the server's own proof), they are to reach the client:
    /// in protocols that cannot send them with the success (RFC 4422 3.6) as one more challenge, whose answer is
    /// empty, and only then the success.
    Done(SignedIn, Vec<u8>),
    /// The exchange is over without success.
    Failed(SignInError),
}

/// One exchange with one client.
#[derive(Debug)]
pub struct Exchange {
    directory: Directory,
    mechanism: Mechanism,
    protocol: Protocols,
    address: Option<IpAddr>,
    binding: ChannelBinding,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    Initial,
    LoginPassword {
        name: String,
    },
    Scram(Box<Challenged>),
    /// The client was told why its token was refused, and has to say that it read it.
    Refused(SignInError),
    Over,
}

/// A SCRAM exchange that waits for the client's proof.
#[derive(Debug)]
struct Challenged {
    first: ClientFirst,
    server_first: String,
    nonce: String,
    name: Name,
    candidate: Candidate,
}

impl Exchange {
    pub(crate) fn new(
        directory: Directory,
        mechanism: Mechanism,
        protocol: Protocols,
        address: Option<IpAddr>,
        binding: ChannelBinding,
    ) -> Self {
        Self {
            directory,
            mechanism,
            protocol,
            address,
            binding,
            state: State::Start,
        }
    }

    /// Which mechanism it is.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Takes a message of the client, without Base64. First the initial response, or nothing if there is none: no
    /// mechanism here has an empty one, and the answer is then the first challenge.
    pub async fn step(&mut self, message: &[u8]) -> Step {
        let taken = self.take(message).await;
        if !matches!(taken, Ok(Step::Challenge(_))) {
            self.state = State::Over;
        }
        taken.unwrap_or_else(Step::Failed)
    }

    async fn take(&mut self, message: &[u8]) -> Result<Step, SignInError> {
        if message.len() > MESSAGE_OCTETS_MAX {
            return Err(SignInError::Malformed);
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Start if message.is_empty() => {
                self.state = State::Initial;
                Ok(Step::Challenge(match self.mechanism {
                    Mechanism::Login => login::NAME_CHALLENGE.to_vec(),
                    Mechanism::Plain
                    | Mechanism::ScramSha256
                    | Mechanism::ScramSha256Plus
                    | Mechanism::OAuthBearer => Vec::new(),
                }))
            }
            State::Start | State::Initial => self.initial(message).await,
            State::LoginPassword { name } => {
                let password = login::password(message)?;
                self.sign_in(&name, &password).await
            }
            State::Scram(challenged) => self.scram_final(*challenged, message).await,
            // RFC 7628 3.2.3: whatever the client answers, the exchange has failed.
            State::Refused(error) => Err(error),
            State::Over => Err(SignInError::Malformed),
        }
    }

    async fn initial(&mut self, message: &[u8]) -> Result<Step, SignInError> {
        match self.mechanism {
            Mechanism::Plain => {
                let plain::Message { name, password } = plain::parse(message)?;
                self.sign_in(&name, &password).await
            }
            Mechanism::Login => {
                let name = login::name(message)?;
                self.state = State::LoginPassword { name };
                Ok(Step::Challenge(login::PASSWORD_CHALLENGE.to_vec()))
            }
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => self.scram_first(message).await,
            Mechanism::OAuthBearer => self.bearer(message).await,
        }
    }

    async fn sign_in(&self, name: &str, password: &Secret<String>) -> Result<Step, SignInError> {
        let attempt = Attempt {
            name,
            password,
            protocol: self.protocol,
            address: self.address,
        };
        let signed_in = self.directory.sign_in(attempt).await?;
        Ok(Step::Done(signed_in, Vec::new()))
    }

    async fn bearer(&mut self, message: &[u8]) -> Result<Step, SignInError> {
        let bearer::Message { name, token } = bearer::parse(message)?;
        let (protocol, address) = (self.protocol, self.address);
        let signed_in = self
            .directory
            .sign_in_token(&token, protocol, address)
            .await;
        match signed_in.and_then(|signed_in| bearer::check_name(name.as_deref(), signed_in)) {
            Ok(signed_in) => Ok(Step::Done(signed_in, Vec::new())),
            Err(SignInError::Refused) => {
                self.state = State::Refused(SignInError::Refused);
                Ok(Step::Challenge(bearer::REFUSED.to_vec()))
            }
            Err(error) => Err(error),
        }
    }

    async fn scram_first(&mut self, message: &[u8]) -> Result<Step, SignInError> {
        let first = ClientFirst::parse(message)?;
        first.check_binding(self.mechanism == Mechanism::ScramSha256Plus, &self.binding)?;
        let name = Name::parse(&first.name).ok_or(SignInError::Malformed)?;
        let candidate = self
            .directory
            .candidate(&name, Asked::All(self.protocol))
            .await
            .map_err(unavailable)?;
        let nonce = scram::nonce(&first.nonce, &self.directory.inner.random);
        let server_first = scram::server_first(&nonce, &candidate.verifier.scram);
        let challenge = server_first.clone().into_bytes();
        self.state = State::Scram(Box::new(Challenged {
            first,
            server_first,
            nonce,
            name,
            candidate,
        }));
        Ok(Step::Challenge(challenge))
    }

    async fn scram_final(
        &self,
        challenged: Challenged,
        message: &[u8],
    ) -> Result<Step, SignInError> {
        let Challenged {
            first,
            server_first,
            nonce,
            name,
            candidate,
        } = challenged;
        let last = ClientFinal::parse(message)?;
        if !last.is_bound_as(&first, &self.binding) || last.nonce != nonce {
            return Err(SignInError::Malformed);
        }
        let directory = &self.directory;
        let turn = directory.turn(&name, self.address).await?;
        let proved = scram::prove(&first, &server_first, &last, &candidate.verifier.scram);
        let worth = directory
            .worth_now(&candidate, &name, Asked::All(self.protocol))
            .await;
        let outcome = worth.map(|worth| (proved.is_some(), worth));
        let worth = directory.decide(outcome, turn, self.address)?;
        directory.note_use(&worth.signed_in, self.protocol, self.address);
        let server_final = proved.map(scram::server_final).unwrap_or_default();
        Ok(Step::Done(worth.signed_in, server_final))
    }
}

/// Reads any bytes as each message that a client can send.
pub(crate) fn fuzz(input: &[u8]) {
    drop(plain::parse(input));
    drop(bearer::parse(input));
    drop(login::name(input));
    drop(login::password(input));
    if let Ok(first) = ClientFirst::parse(input) {
        let binding = ChannelBinding::default();
        for bound in [false, true] {
            // Whether it fits is not the question here, only that asking is safe.
            let _fits = first.check_binding(bound, &binding);
        }
        if let Ok(last) = ClientFinal::parse(input) {
            let _bound = last.is_bound_as(&first, &binding);
        }
    }
    drop(ClientFinal::parse(input));
    drop(str::from_utf8(input).map(Name::parse));
}
