//! Shadowserver's reports: CSV whose first record names the columns.
//!
//! In 2021 the columns of `scan_exchange` were timestamp, ip, port, hostname, tag, asn, geo, region, city, naics, sic, sector,
//! version, servername, url; today severity, protocol and `hostname_source` stand between. Columns are found by name, so both, and
//! reports on other mail servers (`scan_smtp`, `scan_imap`, `scan_pop3`), which have a banner, are read alike.

use std::io::BufRead;

use super::csv::{Next, Record};
use super::pieces::Counts;
use super::{ImportError, Sink, address};
use crate::census::{Day, EXCHANGE, Sighting, recognise};

/// Where each column stands.
struct Columns {
    timestamp: Option<usize>,
    ip: usize,
    port: Option<usize>,
    hostname: Option<usize>,
    tag: Option<usize>,
    asn: Option<usize>,
    geo: Option<usize>,
    naics: Option<usize>,
    sector: Option<usize>,
    version: Option<usize>,
    servername: Option<usize>,
    banner: Option<usize>,
}

pub(super) fn read(
    input: &mut impl BufRead,
    date: Option<Day>,
    sink: &mut Sink<'_>,
) -> Result<Counts, ImportError> {
    let mut record = Record::default();
    let mut counts = Counts::default();
    if record.read(input)? != Next::Record {
        return Err(ImportError::NoColumn("ip"));
    }
    let columns = Columns::of(&record).ok_or(ImportError::NoColumn("ip"))?;
    if columns.timestamp.is_none() && date.is_none() {
        return Err(ImportError::NoDate);
    }
    loop {
        match record.read(input)? {
            Next::End => return Ok(counts),
            Next::TooLong => counts.too_long += 1,
            Next::Unreadable => counts.unreadable += 1,
            Next::Record => match columns.sighting(&record, date) {
                None => counts.unreadable += 1,
                Some(sighting) if sighting.product.is_empty() => counts.other += 1,
                Some(sighting) => {
                    if !sink(sighting) {
                        return Ok(counts);
                    }
                }
            },
        }
    }
}

impl Columns {
    fn of(header: &Record) -> Option<Self> {
        let find = |name: &str| {
            header
                .fields()
                .position(|column| column.trim().eq_ignore_ascii_case(name))
        };
        Some(Self {
            timestamp: find("timestamp"),
            ip: find("ip")?,
            port: find("port"),
            hostname: find("hostname"),
            tag: find("tag"),
            asn: find("asn"),
            geo: find("geo"),
            naics: find("naics"),
            sector: find("sector"),
            version: find("version"),
            servername: find("servername"),
            banner: find("banner"),
        })
    }

    fn sighting<'r>(&self, record: &'r Record, date: Option<Day>) -> Option<Sighting<'r>> {
        let day = date.or_else(|| Day::parse(record.get(self.timestamp)))?;
        let ip = address(record.get(Some(self.ip)))?;
        let port = record.get(self.port).parse().unwrap_or(0);
        let mut sighting = Sighting::at(ip, port, day);
        let banner = record.get(self.banner);
        // The report on Exchange says so in its tag, and has the version by itself.
        if record.get(self.tag).contains("exchange") || self.banner.is_none() {
            sighting.product = EXCHANGE;
            sighting.version = record.get(self.version);
        } else if let Some(seen) = recognise::banner(banner) {
            sighting.product = seen.product;
            sighting.version = seen.version;
        }
        sighting.country = record.get(self.geo);
        sighting.asn = record.get(self.asn).parse().unwrap_or(0);
        sighting.sector = record.get(self.sector);
        if sighting.sector.is_empty() {
            sighting.sector = naics_sector(record.get(self.naics));
        }
        sighting.hostname = record.get(self.hostname);
        sighting.server = record.get(self.servername);
        Some(sighting)
    }
}

/// NAICS 2022: the first two digits tell the sector. In the words of Shadowserver's own column where it has one.
fn naics_sector(code: &str) -> &'static str {
    match code.get(..2).unwrap_or_default() {
        "11" => "Agriculture, Forestry, Fishing and Hunting",
        "21" => "Mining, Quarrying, and Oil and Gas Extraction",
        "22" => "Utilities",
        "23" => "Construction",
        "31" | "32" | "33" => "Manufacturing",
        "42" => "Wholesale Trade",
        "44" | "45" => "Retail Trade",
        "48" | "49" => "Transportation and Warehousing",
        "51" => "Information",
        "52" => "Finance and Insurance",
        "53" => "Real Estate and Rental and Leasing",
        "54" => "Professional, Scientific, and Technical Services",
        "55" => "Management of Companies and Enterprises",
        "56" => "Administrative and Support Services",
        "61" => "Education",
        "62" => "Health Care and Social Assistance",
        "71" => "Arts, Entertainment, and Recreation",
        "72" => "Accommodation and Food Services",
        "81" => "Other Services",
        "92" => "Government",
        _ => "",
    }
}
