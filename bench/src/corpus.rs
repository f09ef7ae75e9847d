//! Mail that nobody wrote: the same number always gives the same message, and no two are alike.
//!
//! Shaped like what servers get: long headers, words as frequent as in a language, half of the messages with an HTML
//! part, one in sixteen with an attachment; about 12 KiB each on average, 5 KiB in the median.

use std::f64::consts::TAU;
use std::io::Write;

/// Words of the vocabulary, the most frequent ones real.
const WORDS: usize = 12_000;

/// Paragraphs that messages are put together from, so that making one costs microseconds.
const PARAGRAPHS: usize = 4_000;

/// Lines of base64 that attachments are cut from.
const ATTACHMENT_LINES: usize = 16_384;

/// Octets of base64 in a line, and with its end.
const BASE64_LINE: usize = 76;
const BASE64_LINE_ENDED: usize = BASE64_LINE + 2;

/// Columns of text; RFC 5322 2.1.1 recommends at most 78.
const COLUMNS: usize = 76;

/// Domains of senders.
pub(crate) const SENDER_DOMAINS: u64 = 60;

/// The sender's domain that searches ask for.
pub(crate) const SEARCHED_SENDER: &str = "sender7.example";

/// The word that searches ask for, and how rare it is.
pub(crate) const SEARCHED_WORD: &str = "quokkafund";
const SEARCHED_WORD_EVERY: u64 = 500;

/// What the most frequent words are, German and English.
const FREQUENT: &str = "the die und of to der and in a is das for you ist we nicht on Sie with wir I mit this für are be \
    your auf have den it von will zu as ein please eine not bitte or auch from dass our es by im all noch can werden if \
    über has sind was Grüße new Termin meeting können report Angebot invoice Rechnung tomorrow morgen project Projekt \
    team nächste week Woche thanks danke attached Anhang question Frage customer Kunden order Bestellung";

const SYLLABLES: [&str; 32] = [
    "be", "rung", "ta", "lich", "mor", "ver", "son", "ent", "gra", "keit", "pel", "ab", "ni",
    "tion", "wer", "aus", "do", "ment", "stra", "ein", "fol", "ge", "ric", "heit", "ba", "ter",
    "un", "los", "mar", "in", "che", "vor",
];

/// A small generator of numbers: splitmix64.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below the limit, which is small.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Box and Muller's normal distribution.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[index(self.below(from.len() as u64))]
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// What messages are made of.
#[derive(Debug)]
pub(crate) struct Corpus {
    words: Vec<String>,
    /// Sums of the words' frequencies.
    frequencies: Vec<f64>,
    names: Vec<String>,
    paragraphs: Vec<String>,
    base64: Vec<u8>,
}

impl Corpus {
    pub(crate) fn new() -> Self {
        let random = &mut Random(42);
        let mut words: Vec<String> = FREQUENT.split_whitespace().map(str::to_owned).collect();
        words.extend((words.len()..WORDS).map(|_| {
            let syllables = 2 + random.below(3);
            (0..syllables).map(|_| *random.pick(&SYLLABLES)).collect()
        }));
        let mut sum = 0.0;
        let frequencies = (0..WORDS)
            .map(|rank| {
                // Zipf and Mandelbrot: the frequency of a word is the reciprocal of its rank, flattened at the top.
                sum += 1.0 / (rank as f64 + 8.0);
                sum
            })
            .collect();
        let names = (0..400)
            .map(|_| {
                let (first, second) = (random.pick(&SYLLABLES), random.pick(&SYLLABLES));
                let mut name = format!("{first}{second}");
                name[..1].make_ascii_uppercase();
                name
            })
            .collect();
        let mut corpus = Self {
            words,
            frequencies,
            names,
            paragraphs: Vec::new(),
            base64: base64(random),
        };
        corpus.paragraphs = (0..PARAGRAPHS).map(|_| corpus.paragraph(random)).collect();
        corpus
    }

    fn word(&self, random: &mut Random) -> &str {
        let at = random.unit() * self.frequencies.last().copied().unwrap_or(0.0);
        &self.words[self
            .frequencies
            .partition_point(|sum| *sum < at)
            .min(WORDS - 1)]
    }

    /// Wrapped lines, with an empty one behind them.
    fn paragraph(&self, random: &mut Random) -> String {
        let (mut text, mut column) = (String::new(), 0);
        for _ in 0..30 + random.below(60) {
            let word = self.word(random);
            if column + word.len() > COLUMNS {
                text.push_str("\r\n");
                column = 0;
            } else if column > 0 {
                text.push(' ');
            }
            text.push_str(word);
            column += word.len() + 1;
        }
        text.push_str(".\r\n\r\n");
        text
    }

    /// RFC 5322 octets with CRLF, no line of which starts with a dot.
    pub(crate) fn message(&self, number: u64, to: &str) -> Vec<u8> {
        let mut random = Random(number.wrapping_mul(0xa076_1d64_78bd_642f) ^ 0x5eed);
        let mut message = Vec::with_capacity(16 * 1024);
        self.write(&mut message, number, to, &mut random)
            .expect("writing to memory does not fail");
        message
    }

    /// The same without its signature, which nobody made.
    pub(crate) fn unsigned(&self, number: u64, to: &str) -> Vec<u8> {
        let mut message = self.message(number, to);
        message.drain(find(&message, b"DKIM-Signature:")..find(&message, b"From: "));
        message
    }

    /// The same as its author hands it over.
    pub(crate) fn outgoing(&self, number: u64, from: &str, to: &str) -> Vec<u8> {
        let mut message = self.message(number, to);
        let from = format!("From: <{from}>\r\n");
        message.splice(..find(&message, b"To: <"), from.into_bytes());
        message
    }

    fn write(
        &self,
        out: &mut Vec<u8>,
        number: u64,
        to: &str,
        random: &mut Random,
    ) -> std::io::Result<()> {
        let (first, last) = (random.pick(&self.names), random.pick(&self.names));
        let domain = format!("sender{}.example", sender_domain(number));
        let from = format!(
            "{}.{}@{domain}",
            first.to_ascii_lowercase(),
            last.to_ascii_lowercase()
        );
        let second = number % 86_400;
        let date = format!(
            "{} Mar 2026 {:02}:{:02}:{:02} +0100",
            1 + number % 28,
            second / 3600,
            second / 60 % 60,
            second % 60
        );
        write!(
            out,
            "Received: from mail.{domain} (mail.{domain} [192.0.2.{}])\r\n\tby mx.example.test with ESMTPS id {:016x}\r\n\
             \tfor <{to}>; {date}\r\n",
            random.below(250),
            random.next()
        )?;
        write!(
            out,
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=key1;\r\n"
        )?;
        out.extend_from_slice(b"\th=from:to:subject:date:message-id; bh=");
        self.cut(out, random, 44);
        for _ in 0..4 {
            out.extend_from_slice(b"\r\n\t");
            self.cut(out, random, 72);
        }
        write!(
            out,
            "\r\nFrom: {first} {last} <{from}>\r\nTo: <{to}>\r\nSubject: "
        )?;
        if random.below(5) < 2 {
            out.extend_from_slice(b"Re:");
        }
        for _ in 0..3 + random.below(7) {
            // RFC 5322 2.2: a header field is ASCII.
            let word = self.word(random);
            if word.is_ascii() {
                write!(out, " {word}")?;
            }
        }
        write!(
            out,
            " {number}\r\nDate: {date}\r\nMessage-ID: <m{number}.{:x}@{domain}>\r\n",
            random.next()
        )?;
        if random.below(5) < 2 {
            let before = random.below(number / 4 + 1);
            write!(
                out,
                "References: <t{before}@{domain}>\r\n <t{}@{domain}>\r\n",
                before + 1
            )?;
            write!(out, "In-Reply-To: <t{before}@{domain}>\r\n")?;
        }
        if random.below(7) == 0 {
            write!(out, "List-Id: <list{}.{domain}>\r\n", random.below(30))?;
        }
        out.extend_from_slice(b"MIME-Version: 1.0\r\nUser-Agent: Benchmark/1\r\n");
        self.write_body(out, number, random)
    }

    fn write_body(
        &self,
        out: &mut Vec<u8>,
        number: u64,
        random: &mut Random,
    ) -> std::io::Result<()> {
        let octets = (7.75 + 0.8 * random.normal()).exp().min(60_000.0);
        let mut text = String::new();
        while (text.len() as f64) < octets {
            text.push_str(random.pick(&self.paragraphs).as_str());
        }
        if has_searched_word(number) {
            text.push_str(SEARCHED_WORD);
        }
        text.push_str(&format!(" {number} {:x}\r\n", random.next()));
        let boundary = format!("=_{:x}", random.next());
        const PLAIN: &str =
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
        match random.below(100) {
            0..6 => {
                write!(
                    out,
                    "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n"
                )?;
                write!(out, "--{boundary}\r\n{PLAIN}{text}\r\n--{boundary}\r\n")?;
                write!(
                    out,
                    "Content-Type: application/pdf; name=\"file{number}.pdf\"\r\n"
                )?;
                out.extend_from_slice(b"Content-Transfer-Encoding: base64\r\n");
                write!(
                    out,
                    "Content-Disposition: attachment; filename=\"file{number}.pdf\"\r\n\r\n"
                )?;
                let lines = 600 + random.below(1_500);
                let start = random.below(ATTACHMENT_LINES as u64 - lines);
                let octets =
                    index(start) * BASE64_LINE_ENDED..index(start + lines) * BASE64_LINE_ENDED;
                out.extend_from_slice(&self.base64[octets]);
                write!(out, "\r\n--{boundary}--\r\n")
            }
            6..45 => {
                write!(
                    out,
                    "Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n"
                )?;
                write!(out, "--{boundary}\r\n{PLAIN}{text}\r\n--{boundary}\r\n")?;
                out.extend_from_slice(b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
                let html = text.replace("\r\n\r\n", "</p>\r\n<p style=\"margin: 0 0 1em\">");
                write!(
                    out,
                    "<html><body><p>{html}</p></body></html>\r\n--{boundary}--\r\n"
                )
            }
            _ => {
                out.extend_from_slice(PLAIN.as_bytes());
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
    }

    /// Appends so many characters of base64.
    fn cut(&self, out: &mut Vec<u8>, random: &mut Random, characters: usize) {
        let start = index(random.below(ATTACHMENT_LINES as u64)) * BASE64_LINE_ENDED;
        out.extend_from_slice(&self.base64[start..start + characters]);
    }
}

fn base64(random: &mut Random) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::with_capacity(ATTACHMENT_LINES * BASE64_LINE_ENDED);
    for _ in 0..ATTACHMENT_LINES {
        text.extend((0..BASE64_LINE).map(|_| *random.pick(ALPHABET)));
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// Where something begins that stands in every message.
fn find(message: &[u8], what: &[u8]) -> usize {
    let at = message
        .windows(what.len())
        .position(|octets| octets == what);
    at.unwrap_or(0)
}

/// The number of the domain that the message of this number is from: `sender7.example` is 7.
pub(crate) fn sender_domain(number: u64) -> u64 {
    Random(number).next() % SENDER_DOMAINS
}

/// Whether the message of this number is from the sender that searches ask for.
pub(crate) fn has_searched_sender(number: u64) -> bool {
    sender_domain(number) == 7
}

/// Whether the message of this number contains the word that searches ask for.
pub(crate) fn has_searched_word(number: u64) -> bool {
    number % SEARCHED_WORD_EVERY == 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_lines_of_about_12_kib() {
        let corpus = Corpus::new();
        let messages: Vec<_> = (0..2_000)
            .map(|number| corpus.message(number, "u1@example.test"))
            .collect();
        let mean = messages.iter().map(Vec::len).sum::<usize>() / messages.len();
        assert!((11_000..14_000).contains(&mean), "{mean}");
        for message in &messages {
            let text = std::str::from_utf8(message).unwrap();
            assert!(text.ends_with("\r\n"));
            assert!(
                text.split("\r\n").all(|line| line.len() <= 998
                    && !line.starts_with('.')
                    && !line.contains('\n'))
            );
        }
    }

    #[test]
    fn the_same_number_gives_the_same_message() {
        let (one, other) = (Corpus::new(), Corpus::new());
        assert_eq!(
            one.message(7, "u1@example.test"),
            other.message(7, "u1@example.test")
        );
        assert_ne!(
            one.message(7, "u1@example.test"),
            one.message(8, "u1@example.test")
        );
    }

    #[test]
    fn messages_can_be_without_signature() {
        let corpus = Corpus::new();
        let whole = corpus.message(7, "u1@example.test");
        let unsigned = String::from_utf8(corpus.unsigned(7, "u1@example.test")).unwrap();
        assert!(unsigned.starts_with("Received: ") && !unsigned.contains("DKIM-Signature"));
        assert!(unsigned.contains("\r\nFrom: ") && whole.ends_with(&unsigned.as_bytes()[300..]));
        let outgoing = corpus.outgoing(7, "u2@example.test", "r@example.net");
        assert!(outgoing.starts_with(b"From: <u2@example.test>\r\nTo: <r@example.net>\r\n"));
    }

    #[test]
    fn what_searches_ask_for_is_there_as_often_as_said() {
        let corpus = Corpus::new();
        for number in 0..1_000 {
            let message = String::from_utf8(corpus.message(number, "u1@example.test")).unwrap();
            let from = message
                .lines()
                .find(|line| line.starts_with("From: "))
                .unwrap();
            assert_eq!(from.contains(SEARCHED_SENDER), has_searched_sender(number));
            assert_eq!(message.contains(SEARCHED_WORD), has_searched_word(number));
        }
    }
}
