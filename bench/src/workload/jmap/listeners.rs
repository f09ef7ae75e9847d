//! Many clients of an event source, read by one thread that takes as little of the processors as it can, so that what is
//! measured is the server.

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

/// What an event and its chunk end with (RFC 9112 7.1).
const END: &[u8] = b"\n\n\r\n";

/// Octets of an event: less than this.
const EVENT_OCTETS_MAX: usize = 4_096;

/// Whoever found fewer clients with news than this sleeps before looking again: a thread that is woken for each event
/// takes the processor from the server a thousand times. Clients elsewhere would not. What is heard meanwhile counts as
/// heard afterwards.
const AT_ONCE_MIN: usize = 64;
const SLEEP: Duration = Duration::from_micros(200);

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
            // Told once of what arrives: each time all of it is read.
            let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(&poll, &socket, data, flags)?;
            sockets.push(socket);
        }
        Ok(Self { poll, sockets })
    }

    /// When each of them heard of the next change, and the event, which is the same for all.
    pub(super) fn hear(&mut self) -> Result<(Vec<Instant>, Vec<u8>)> {
        let mut heard: Vec<Option<Instant>> = vec![None; self.sockets.len()];
        let (mut missing, began) = (self.sockets.len(), Instant::now());
        let mut events = Vec::with_capacity(1_024);
        let mut octets = [0; EVENT_OCTETS_MAX];
        let mut told = Vec::new();
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
                let event = read(&mut self.sockets[number], &mut octets)?;
                if event.is_empty() {
                    continue;
                }
                if told.is_empty() {
                    told.extend_from_slice(event);
                }
                ensure!(event == told, "not all are told the same");
                let first = heard[number].replace(Instant::now());
                ensure!(first.is_none(), "somebody was told twice");
                missing -= 1;
            }
            if missing > 0 && events.len() < AT_ONCE_MIN {
                std::thread::sleep(SLEEP);
            }
        }
        Ok((heard.into_iter().flatten().collect(), told))
    }
}

/// The event that a client was told of; nothing if there was none to be read.
fn read<'a>(socket: &mut TcpStream, octets: &'a mut [u8]) -> Result<&'a [u8]> {
    match socket.read(octets) {
        Ok(0) => bail!("the server ended a stream of events"),
        // An event is one packet. Less than there was room for is all there was.
        Ok(read) => {
            let event = &octets[..read];
            ensure!(read < octets.len() && event.ends_with(END), "not an event");
            Ok(event)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(&[]),
        Err(error) => Err(error.into()),
    }
}
