//! A client that speaks enough HTTP/1.1 to ask a WebDAV server over one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How long the server may be silent.
const ANSWER_WAIT: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(crate) struct Http {
    address: SocketAddr,
    authorization: String,
    connection: Option<BufReader<TcpStream>>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Http {
    pub(crate) fn new(address: SocketAddr, name: &str, password: &str) -> Self {
        Self {
            address,
            authorization: STANDARD.encode(format!("{name}:{password}")),
            connection: None,
        }
    }

    /// Asks, and makes sure that it was done.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Result<Vec<u8>> {
        let answer = self
            .call(method, path, headers, body)
            .with_context(|| format!("{method} {path}"))?;
        ensure!(
            (200..300).contains(&answer.status),
            "{method} {path}: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        Ok(answer.body)
    }

    pub(crate) fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let socket = TcpStream::connect(self.address)?;
                socket.set_nodelay(true)?;
                socket.set_read_timeout(Some(ANSWER_WAIT))?;
                BufReader::with_capacity(256 * 1024, socket)
            }
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            self.address,
            self.authorization,
            body.len()
        );
        connection.get_mut().write_all(request.as_bytes())?;
        let status = line(&mut connection)?;
        // RFC 9112 9.3: a server of HTTP/1.0 closes the connection after each answer.
        let is_old = status.starts_with("HTTP/1.0");
        let status: u16 = status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .with_context(|| format!("no status: {status}"))?;
        let (mut length, mut chunked, mut close) = (None, false, is_old);
        loop {
            let header = line(&mut connection)?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').context("no header field")?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = Some(value.parse::<usize>()?),
                "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
                "connection" => close = value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        let mut body = Vec::new();
        if chunked {
            read_chunks(&mut connection, &mut body)?;
        } else if let Some(length) = length {
            body.resize(length, 0);
            connection.read_exact(&mut body)?;
        } else if status != 204 && status != 304 {
            connection.read_to_end(&mut body)?;
            close = true;
        }
        if !close {
            self.connection = Some(connection);
        }
        Ok(Answer { status, body })
    }
}

fn line(connection: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    if connection.read_line(&mut line)? == 0 {
        bail!("the server closed the connection");
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}

fn read_chunks(connection: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Result<()> {
    loop {
        let size = usize::from_str_radix(&line(connection)?, 16)?;
        let start = body.len();
        body.resize(start + size, 0);
        connection.read_exact(&mut body[start..])?;
        line(connection)?;
        if size == 0 {
            return Ok(());
        }
    }
}
