//! An answer of a witness, as the log sees it that asked for a cosignature.
//!
//! C2SP tlog-witness, "add-checkpoint". Whatever comes is believed only as far as a signature goes.

use seal::{Checkpoint, Signature, WitnessKey};

/// Octets of an answer: sixteen signature lines of the longest kind, and room.
const ANSWER_OCTETS_MAX: usize = 128 * 1024;
/// Lines that are looked at.
const LINES_MAX: usize = 100;
/// Octets of a size with its newline: 2^64 has twenty digits.
const SIZE_OCTETS_MAX: usize = 21;
/// How far a witness's clock may be ahead of ours, or its cosignature older than our question, in seconds.
const CLOCK_SECONDS_MAX: u64 = 300;

/// What a witness answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It cosigned; nobody has looked at the signatures yet.
    Cosigned(Vec<Signature>),
    /// It cosigned a tree of another size last, or another tree of this size.
    Conflict(u64),
    /// The proof does not show to it that the tree grew.
    Unproven,
    /// It does not know this log.
    UnknownLog,
    /// It does not believe our signature.
    NotSigned,
    /// It has no time for us now.
    Unavailable(u16),
    /// Something that this protocol does not have.
    Unintelligible(u16),
}

/// Where a submission is posted to, given the witness's submission prefix.
#[must_use]
pub fn ask(prefix: &str) -> String {
    format!("{}/add-checkpoint", prefix.trim_end_matches('/'))
}

impl Answer {
    /// Octets of an answer that are worth reading.
    pub const OCTETS_MAX: usize = ANSWER_OCTETS_MAX;

    /// Reads an answer: its status, its `Content-Type`, and its body.
    #[must_use]
    pub fn read(status: u16, content_type: Option<&str>, body: &[u8]) -> Self {
        match status {
            200 => match signatures(body) {
                Some(lines) => Self::Cosigned(lines),
                None => Self::Unintelligible(status),
            },
            // tlog-witness: the size that was cosigned last, as its own type of content.
            409 if content_type.is_some_and(is_size) => {
                size(body).map_or(Self::Unintelligible(status), Self::Conflict)
            }
            403 => Self::NotSigned,
            404 => Self::UnknownLog,
            422 => Self::Unproven,
            429 | 500..=599 => Self::Unavailable(status),
            _ => Self::Unintelligible(status),
        }
    }
}

fn is_size(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("text/x.tlog.size")
}

fn size(body: &[u8]) -> Option<u64> {
    let text = str::from_utf8(body.get(..body.len().min(SIZE_OCTETS_MAX))?).ok()?;
    let digits = text.strip_suffix('\n')?;
    let is_plain = digits.bytes().all(|octet| octet.is_ascii_digit());
    let is_short = digits == "0" || !digits.starts_with('0');
    (is_plain && is_short && body.len() <= SIZE_OCTETS_MAX).then(|| digits.parse().ok())?
}

fn signatures(body: &[u8]) -> Option<Vec<Signature>> {
    if body.len() > ANSWER_OCTETS_MAX {
        return None;
    }
    let lines = str::from_utf8(body).ok()?.strip_suffix('\n')?;
    let mut signatures = Vec::new();
    for line in lines.split('\n') {
        if signatures.len() >= LINES_MAX {
            return None;
        }
        signatures.push(Signature::parse(line).ok()?);
    }
    Some(signatures)
}

/// How a witness lies, or is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// Nothing in the answer is by the key that it is known by.
    #[error("none of its signatures is by the key that it is known by")]
    OtherKey,
    /// A signature that says to be by its key is not one over this checkpoint.
    #[error("its signature is not one over the checkpoint that it was asked to cosign")]
    OtherCheckpoint,
    /// It says a time that is not now.
    #[error("its cosignature names a time that is {off_seconds} seconds from ours")]
    Time {
        /// How far off.
        off_seconds: u64,
    },
}

/// Looks for the cosignature over our checkpoint in what a witness answered, at `now`, in seconds since 1970: the signature, and
/// the time that it names. Signatures of other keys are passed over.
///
/// # Errors
/// [`Lie`].
pub fn judge(
    answered: &[Signature],
    checkpoint: &Checkpoint,
    key: &WitnessKey,
    now: u64,
) -> Result<(Signature, u64), Lie> {
    // tlog-witness: signatures of unknown keys are ignored.
    let mut ours = answered
        .iter()
        .filter(|line| line.name == *key.name() && line.id == key.id())
        .peekable();
    if ours.peek().is_none() {
        return Err(Lie::OtherKey);
    }
    let mut best: Option<(Signature, u64)> = None;
    for line in ours {
        let time = key.check(checkpoint, line).ok_or(Lie::OtherCheckpoint)?;
        if best.as_ref().is_none_or(|(_, known)| *known < time) {
            best = Some((line.clone(), time));
        }
    }
    let (line, time) = best.ok_or(Lie::OtherKey)?;
    // tlog-cosignature: as of that time; one from long ago says nothing about now, one from the future nothing at all.
    let off_seconds = time.abs_diff(now);
    if off_seconds > CLOCK_SECONDS_MAX {
        return Err(Lie::Time { off_seconds });
    }
    Ok((line, time))
}

pub(super) fn fuzz(input: &[u8]) {
    for status in [200, 409] {
        if let Answer::Cosigned(lines) = Answer::read(status, Some("text/x.tlog.size"), input) {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            assert_eq!(text.as_bytes(), input, "signature lines have one encoding");
        }
    }
}

#[cfg(test)]
mod tests {
    use seal::{CosignatureKind, Hash, WitnessSigningKey};

    use super::*;

    fn key(seed: u8) -> WitnessSigningKey {
        let name = "w.example".parse().unwrap();
        WitnessSigningKey::from_seed(name, CosignatureKind::Ed25519, &[seed; 32])
    }

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint::new("log.example", size, Hash::of(b"root")).unwrap()
    }

    fn line(seed: u8, size: u64, at: u64) -> Signature {
        key(seed).cosign(&checkpoint(size), at).unwrap()
    }

    #[test]
    fn answers_are_read() {
        let lines = [line(1, 5, 10), line(2, 5, 11)];
        let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let read = |status, kind, body: &str| Answer::read(status, kind, body.as_bytes());
        assert_eq!(read(200, None, &body), Answer::Cosigned(lines.to_vec()));
        let size = Some("text/x.tlog.size; charset=utf-8");
        assert_eq!(read(409, size, "17\n"), Answer::Conflict(17));
        assert_eq!(read(409, size, "0\n"), Answer::Conflict(0));
        for bad in [
            "17",
            "017\n",
            "-1\n",
            "\n",
            "",
            "18446744073709551616\n",
            "1\n2\n",
            &"1".repeat(400),
        ] {
            assert_eq!(read(409, size, bad), Answer::Unintelligible(409), "{bad}");
        }
        assert_eq!(
            read(409, Some("text/plain"), "17\n"),
            Answer::Unintelligible(409)
        );
        assert_eq!(read(409, None, "17\n"), Answer::Unintelligible(409));
        for bad in ["", "\n", "hello\n", body.trim_end(), &format!("\n{body}")] {
            assert_eq!(read(200, None, bad), Answer::Unintelligible(200), "{bad}");
        }
        let many = body.repeat(60);
        assert_eq!(read(200, None, &many), Answer::Unintelligible(200));
        assert_eq!(read(422, None, ""), Answer::Unproven);
        assert_eq!(read(404, None, ""), Answer::UnknownLog);
        assert_eq!(read(403, None, ""), Answer::NotSigned);
        assert_eq!(read(503, None, ""), Answer::Unavailable(503));
        assert_eq!(read(301, None, ""), Answer::Unintelligible(301));
    }

    #[test]
    fn a_witness_is_believed_as_far_as_its_signature_goes() {
        let judged = |lines: &[Signature], now| {
            let judged = judge(lines, &checkpoint(5), key(1).verifier(), now);
            judged.map(|(_, time)| time)
        };
        assert_eq!(judged(&[line(1, 5, 1_000)], 1_010), Ok(1_000));
        // Others may sign along, and the latest of two counts.
        assert_eq!(
            judged(
                &[line(2, 5, 1), line(1, 5, 1_000), line(1, 5, 1_001)],
                1_000
            ),
            Ok(1_001)
        );
        assert_eq!(judged(&[line(2, 5, 1_000)], 1_000), Err(Lie::OtherKey));
        assert_eq!(judged(&[], 1_000), Err(Lie::OtherKey));
        assert_eq!(
            judged(&[line(1, 6, 1_000)], 1_000),
            Err(Lie::OtherCheckpoint)
        );
        assert_eq!(
            judged(&[line(1, 5, 1_000), line(1, 6, 1_000)], 1_000),
            Err(Lie::OtherCheckpoint)
        );
        assert_eq!(
            judged(&[line(1, 5, 1_000)], 1_301),
            Err(Lie::Time { off_seconds: 301 })
        );
        assert_eq!(
            judged(&[line(1, 5, 5_000)], 1_000),
            Err(Lie::Time { off_seconds: 4_000 })
        );
        let mut forged = line(2, 5, 1_000);
        forged.id = key(1).verifier().id();
        assert_eq!(judged(&[forged], 1_000), Err(Lie::OtherCheckpoint));
    }

    #[test]
    fn the_address_is_made_of_the_prefix() {
        assert_eq!(
            ask("https://w.example/a/"),
            "https://w.example/a/add-checkpoint"
        );
        assert_eq!(ask("https://w.example"), "https://w.example/add-checkpoint");
    }
}
