//! Many clients of an event source, read by one thread, so that what is measured is the server.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::event::epoll;

/// How long all of them may take to hear of one change.
const EVENT_WAIT: Duration = Duration::from_secs(10);

/// What ends an event.
const END: &[u8] = b"\n\n";

#[derive(Debug)]
pub(super) struct Listeners {
    poll: OwnedFd,
    sockets: Vec<TcpStream>,
}

impl Listeners {
    /// Connects all of them.
    pub(super) fn open(
        address: SocketAddr,
        name: &str,
        password: &str,
        count: usize,
    ) -> Result<Self> {
        let authorization = STANDARD.encode(format!("{name}:{password}"));
        let request = format!(
            "GET /jmap/eventsource?types=*&closeafter=no&ping=0 HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Basic {authorization}\r\n\r\n"
        );
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut sockets = Vec::with_capacity(count);
        for number in 0..count {
            let mut socket = TcpStream::connect(address).context("connecting to listen")?;
            socket.write_all(request.as_bytes())?;
            socket.set_read_timeout(Some(EVENT_WAIT))?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut octet = [0; 1];
                socket.read_exact(&mut octet)?;
                head.push(octet[0]);
            }
            ensure!(
                head.starts_with(b"HTTP/1.1 200 "),
                "{}",
                String::from_utf8_lossy(&head)
            );
            socket.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&poll, &socket, data, epoll::EventFlags::IN)?;
            sockets.push(socket);
        }
        Ok(Self { poll, sockets })
    }

    /// When each of them heard of the next change.
    pub(super) fn hear(&mut self) -> Result<Vec<Instant>> {
        let mut heard: Vec<Option<Instant>> = vec![None; self.sockets.len()];
        let (mut missing, began) = (self.sockets.len(), Instant::now());
        let mut events = Vec::with_capacity(1_024);
        let mut octets = [0; 4_096];
        while missing > 0 {
            ensure!(began.elapsed() < EVENT_WAIT, "{missing} heard nothing");
            events.clear();
            let wait = rustix::event::Timespec {
                tv_sec: 1,
                tv_nsec: 0,
            };
            epoll::wait(
                &self.poll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&wait),
            )?;
            for event in &events {
                let number = usize::try_from(event.data.u64())?;
                let read = match self.sockets[number].read(&mut octets) {
                    Ok(0) => bail!("the server ended a stream of events"),
                    Ok(read) => read,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(error) => return Err(error.into()),
                };
                let ends = octets[..read].windows(END.len()).any(|two| two == END);
                if ends && heard[number].is_none() {
                    heard[number] = Some(Instant::now());
                    missing -= 1;
                }
            }
        }
        Ok(heard.into_iter().flatten().collect())
    }
}
