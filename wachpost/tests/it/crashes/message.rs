//! A test message: all its bytes follow from its number, so that each copy can be proven whole.

use super::seed::Random;

/// Every so many messages one is so large, and so random, that its bytes lie in a file of their own.
const LARGE_EVERY: u64 = 23;
const LARGE_LINES: u64 = 3_000;

/// The message of this number.
pub(super) fn write(number: u64) -> Vec<u8> {
    let mut random = Random::new(number, 7);
    let lines = if number.is_multiple_of(LARGE_EVERY) {
        LARGE_LINES
    } else {
        2 + random.below(60)
    };
    let mut text = format!(
        "From: list@example.net\r\nTo: staff@example.org\r\nDate: Sun, 22 Nov 2026 08:00:00 +0000\r\n\
         Subject: Bericht {number}\r\nMessage-ID: <m{number}@example.net>\r\n\r\n"
    );
    for _ in 0..lines {
        for _ in 0..4 {
            text.push_str(&format!("{:016x}", random.next()));
        }
        text.push_str("\r\n");
    }
    text.push_str(&format!("end of {number}\r\n"));
    text.into_bytes()
}

/// Which message this is, by its Message-ID; only its header is needed.
pub(super) fn number_of(octets: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(octets);
    let (_, rest) = text.split_once("<m")?;
    rest.split_once("@example.net>")?.0.parse().ok()
}

/// Whether these are all bytes of that message. Delivery puts trace fields in front.
pub(super) fn is_whole(number: u64, octets: &[u8]) -> bool {
    let written = write(number);
    let Some(trace) = octets.len().checked_sub(written.len()) else {
        return false;
    };
    octets[trace..] == written
        && (trace == 0 || octets.starts_with(b"Return-Path:") || octets.starts_with(b"Received:"))
}
