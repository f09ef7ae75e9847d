//! A small SMTP server with TLS, for what a transcript cannot show.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio_rustls::TlsAcceptor;

use super::world::Serve;

/// An authority of the tests' own.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its chain and key.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: KeyPair,
}

impl Authority {
    /// A new one.
    pub(super) fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(parameters, key).unwrap())
    }

    /// Its own certificate.
    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A certificate for a name, with that of the authority behind it.
    pub(super) fn identity(&self, name: &str) -> Identity {
        self.dated(name, 2020, 2040)
    }

    /// The same with dates.
    pub(super) fn dated(&self, name: &str, from_year: i32, to_year: i32) -> Identity {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(from_year, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(to_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        Identity {
            chain: vec![certificate.der().clone(), self.certificate()],
            key,
        }
    }
}

/// How a server behaves.
#[derive(Clone)]
pub(super) struct Server {
    /// What it says first.
    pub(super) greeting: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// Its extensions, besides STARTTLS.
    pub(super) offers: &'static [&'static str],
    /// Whether TLS begins with the first octet.
    pub(super) implicit: bool,
    /// Extensions that it has only under TLS.
    pub(super) offers_in_tls: &'static [&'static str],
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// What it has got: the protocol, and the message with its envelope.
    pub(super) got: Arc<Mutex<Vec<String>>>,
    /// The answer to credentials.
    pub(super) welcome: &'static str,
    /// The answer to the end of a message.
    pub(super) end: &'static str,
}

impl Server {
    /// One that takes everything, without TLS.
    pub(super) fn new() -> Self {
        Self {
            greeting: "220 mx.example.org ESMTP",
            name: "mx.example.org",
            offers: &["PIPELINING", "8BITMIME"],
            implicit: false,
            offers_in_tls: &[],
            tls: None,
            got: Arc::default(),
            welcome: "235 2.7.0 welcome",
            end: "250 2.0.0 taken",
        }
    }

    /// The same with STARTTLS.
    pub(super) fn with_tls(mut self, identity: &Identity) -> Self {
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(identity.chain.clone(), key)
            .unwrap();
        self.tls = Some(Arc::new(config));
        self
    }

    /// What it does with connections.
    pub(super) fn serve(&self) -> Serve {
        let server = self.clone();
        Arc::new(move |stream| {
            let server = server.clone();
            async move { server.connection(stream).await }.boxed()
        })
    }

    /// What has come in.
    pub(super) fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }

    /// One connection.
    pub(super) async fn connection<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        if self.implicit {
            let acceptor = TlsAcceptor::from(self.tls.clone().unwrap());
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = self.talk(stream, "tls", self.greeting).await;
            }
            return;
        }
        let Ok(Some(stream)) = self.talk(stream, "plain", self.greeting).await else {
            return;
        };
        let acceptor = TlsAcceptor::from(self.tls.clone().unwrap());
        if let Ok(stream) = acceptor.accept(stream).await {
            let _ = self.talk(stream, "tls", "").await;
        }
    }

    /// Talks until the end, or until TLS is to begin.
    fn talk<'a, S>(
        &'a self,
        stream: S,
        protocol: &'static str,
        greeting: &'static str,
    ) -> BoxFuture<'a, std::io::Result<Option<S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'a,
    {
        async move {
            let mut stream = BufReader::new(stream);
            if !greeting.is_empty() {
                stream
                    .write_all(format!("{greeting}\r\n").as_bytes())
                    .await?;
            }
            let mut letter = String::new();
            loop {
                stream.flush().await?;
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 {
                    return Ok(None);
                }
                let verb = line.get(..4).unwrap_or_default();
                let reply = match verb {
                    "EHLO" => self.hello(protocol),
                    "STAR" => "220 go".to_owned(),
                    "MAIL" => {
                        letter = format!("{protocol} {}", line.trim_end());
                        "250 ok".to_owned()
                    }
                    "RCPT" => {
                        letter.push_str(&format!(" {}", line.trim_end()));
                        "250 ok".to_owned()
                    }
                    "DATA" => {
                        stream.write_all(b"354 go\r\n").await?;
                        stream.flush().await?;
                        let mut line = String::new();
                        while stream.read_line(&mut line).await? > 0 && !line.ends_with("\r\n.\r\n")
                        {
                        }
                        self.got.lock().unwrap().push(std::mem::take(&mut letter));
                        self.end.to_owned()
                    }
                    "AUTH" => {
                        letter = line.trim_end().to_owned();
                        if letter == "AUTH LOGIN" {
                            for prompt in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                                stream.write_all(format!("{prompt}\r\n").as_bytes()).await?;
                                stream.flush().await?;
                                let mut line = String::new();
                                stream.read_line(&mut line).await?;
                                letter.push_str(&format!(" {}", line.trim_end()));
                            }
                        }
                        self.got.lock().unwrap().push(std::mem::take(&mut letter));
                        self.welcome.to_owned()
                    }
                    "QUIT" => {
                        self.got.lock().unwrap().push("QUIT".to_owned());
                        "221 bye".to_owned()
                    }
                    _ => "250 ok".to_owned(),
                };
                stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
                stream.flush().await?;
                if verb == "STAR" {
                    return Ok(Some(stream.into_inner()));
                }
            }
        }
        .boxed()
    }

    fn hello(&self, protocol: &str) -> String {
        let mut lines = vec![self.name];
        lines.extend_from_slice(self.offers);
        if self.tls.is_some() && protocol == "plain" {
            lines.push("STARTTLS");
        }
        if protocol == "tls" {
            lines.extend_from_slice(self.offers_in_tls);
        }
        let last = lines.len() - 1;
        let line = |(place, line): (usize, &&str)| {
            let hyphen = if place == last { ' ' } else { '-' };
            format!("250{hyphen}{line}")
        };
        let lines: Vec<_> = lines.iter().enumerate().map(line).collect();
        lines.join("\r\n")
    }
}
