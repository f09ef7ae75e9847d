//! nmap: XML with one element for each host, its addresses, names, ports, and what scripts found.

use std::io::BufRead;
use std::net::IpAddr;

use evidence::Moment;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::pieces::{self, Counts, Xml};
use super::{ImportError, Sink, address};
use crate::census::recognise;
use crate::census::{Day, Sighting};

/// Octets of one host: 65,535 ports with a word each, and scripts.
const HOST_OCTETS_MAX: usize = 8 << 20;

/// What is known of a port while its element is read.
#[derive(Default)]
struct Port {
    number: u16,
    open: bool,
    product: String,
    version: String,
    scripts: String,
}

/// A host while its element is read.
#[derive(Default)]
struct Host {
    addresses: Vec<IpAddr>,
    name: String,
    seconds: i64,
    ports: Vec<Port>,
}

pub(super) fn read(
    input: &mut impl BufRead,
    date: Option<Day>,
    sink: &mut Sink<'_>,
) -> Result<Counts, ImportError> {
    let (mut counts, mut more) = (Counts::default(), Counts::default());
    let mut run_seconds = 0;
    pieces::hosts(input, HOST_OCTETS_MAX, &mut counts, |piece| match piece {
        Xml::Head(head) => {
            run_seconds = run_start(head);
            true
        }
        Xml::Host(element) => {
            let Some(host) = parse(element) else {
                more.unreadable += 1;
                return true;
            };
            let seconds = if host.seconds == 0 {
                run_seconds
            } else {
                host.seconds
            };
            let own_day = (seconds > 0).then(|| Day::of(Moment(seconds.saturating_mul(1_000))));
            let Some(day) = date.or(own_day) else {
                more.unreadable += 1;
                return true;
            };
            hand_out(&host, day, &mut more, sink)
        }
    })?;
    counts.unreadable += more.unreadable;
    counts.other += more.other;
    Ok(counts)
}

fn hand_out(host: &Host, day: Day, counts: &mut Counts, sink: &mut Sink<'_>) -> bool {
    for port in host.ports.iter().filter(|port| port.open) {
        let seen = recognise::best([
            recognise::named(&port.product, &port.version),
            recognise::page("", &port.scripts),
        ]);
        let Some(seen) = seen else {
            counts.other += 1;
            continue;
        };
        for address in &host.addresses {
            let mut sighting = Sighting::at(*address, port.number, day);
            sighting.product = seen.product;
            sighting.version = seen.version;
            sighting.hostname = &host.name;
            if !sink(sighting) {
                return false;
            }
        }
    }
    true
}

/// `start="1615291200"` of the element `nmaprun`, which is never read as XML.
fn run_start(head: &[u8]) -> i64 {
    let head = String::from_utf8_lossy(head);
    let run = head.split("<nmaprun").nth(1).unwrap_or_default();
    let start = run.split(" start=\"").nth(1).unwrap_or_default();
    start
        .split('"')
        .next()
        .and_then(|start| start.parse().ok())
        .unwrap_or(0)
}

/// Reads one element. Nothing, if it is not well formed or refers to an entity that XML itself does not define.
fn parse(element: &[u8]) -> Option<Host> {
    let mut reader = Reader::from_reader(element);
    let mut host = Host::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => host.start(&start)?,
            // What scripts found stands in attributes; text is not read.
            Event::Eof => return (!host.addresses.is_empty()).then_some(host),
            Event::DocType(_) | Event::PI(_) => return None,
            _ => {}
        }
    }
}

impl Host {
    fn start(&mut self, start: &BytesStart<'_>) -> Option<()> {
        match start.local_name().as_ref() {
            b"host" => {
                let seconds = attribute(start, "endtime").or_else(|| attribute(start, "starttime"));
                self.seconds = seconds
                    .and_then(|seconds| seconds.parse().ok())
                    .unwrap_or(0);
            }
            b"address" => {
                let kind = attribute(start, "addrtype").unwrap_or_default();
                if kind != "mac" {
                    self.addresses.extend(address(&attribute(start, "addr")?));
                }
            }
            b"hostname" if self.name.is_empty() => {
                self.name = attribute(start, "name").unwrap_or_default();
            }
            b"port" => self.ports.push(Port {
                number: attribute(start, "portid")?.parse().ok()?,
                ..Port::default()
            }),
            b"state" => {
                if let Some(port) = self.ports.last_mut() {
                    port.open = attribute(start, "state")? == "open";
                }
            }
            b"service" => {
                if let Some(port) = self.ports.last_mut() {
                    port.product = attribute(start, "product").unwrap_or_default();
                    port.version = attribute(start, "version").unwrap_or_default();
                }
            }
            b"script" => {
                if let Some(port) = self.ports.last_mut() {
                    port.scripts += &attribute(start, "output").unwrap_or_default();
                    port.scripts.push('\n');
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// The value of an attribute; nothing if there is none, or it is not well formed.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    let value = attribute.normalized_value(XmlVersion::Implicit1_0);
    value.ok().map(|value| value.into_owned())
}
