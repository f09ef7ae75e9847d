//! Numbers that change with time (RFC 6238), as a second factor.
//!
//! The parameters are those that every authenticator app knows: HMAC-SHA-1, six digits, thirty seconds.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use model::Timestamp;
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// RFC 4226 4 R6: 160 bits are recommended.
pub(crate) const SECRET_OCTETS: usize = 20;
/// RFC 6238 5.2: seconds of a time step.
const STEP_SECONDS: i64 = 30;
/// RFC 6238 5.2: steps before and after the present one that are taken too, for clocks that are not quite right.
const SKEW_STEPS: u64 = 1;
/// RFC 4226 5.3: digits of a number.
const DIGITS: usize = 6;
/// Ten to the power of the digits.
const MODULUS: u32 = 1_000_000;

/// What an authenticator app is set up with.
#[derive(Debug)]
pub struct TotpEnrolment {
    /// The secret, for [`crate::Directory::confirm_totp`] and nothing else.
    pub secret: Secret<Vec<u8>>,
    /// The secret in Base32, to type it in.
    pub text: Secret<String>,
    /// A link that sets it up, to be shown as a QR code.
    pub link: Secret<String>,
}

/// What to set an app up with, for this address. The link has the form that Google Authenticator gave itself and others
/// read: `otpauth://totp/issuer:account?secret=...&issuer=...`.
pub(crate) fn enrolment(secret: [u8; SECRET_OCTETS], issuer: &str, address: &str) -> TotpEnrolment {
    let text = BASE32_NOPAD.encode(&secret);
    let (issuer, address) = (percent_encoded(issuer), percent_encoded(address));
    let link = format!("otpauth://totp/{issuer}:{address}?secret={text}&issuer={issuer}");
    TotpEnrolment {
        secret: Secret::new(secret.to_vec()),
        text: Secret::new(text),
        link: Secret::new(link),
    }
}

/// RFC 3986 2.3: everything but unreserved characters.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            encoded.push_str(&format!("%{octet:02X}"));
        }
    }
    encoded
}

/// The step in which this code is right, if it is later than `last_step`: each is good once (RFC 6238 5.2).
pub(crate) fn step_of(secret: &[u8], typed: &str, now: Timestamp, last_step: u64) -> Option<u64> {
    let typed: Zeroizing<String> =
        Zeroizing::new(typed.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    if typed.len() != DIGITS || !typed.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let present = u64::try_from(now.0 / 1_000 / STEP_SECONDS).ok()?;
    let first = present.saturating_sub(SKEW_STEPS);
    let mut found = None;
    // All of them, so that it takes as long for each.
    for step in first..=present + SKEW_STEPS {
        let is_right = code(secret, step).as_bytes().ct_eq(typed.as_bytes());
        if bool::from(is_right) && step > last_step && found.is_none() {
            found = Some(step);
        }
    }
    found
}

/// RFC 4226 5.3: the number of a step.
fn code(secret: &[u8], step: u64) -> Zeroizing<String> {
    let mut mac =
        Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of every length (RFC 2104 2)");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    // RFC 4226 5.3: the low four bits of the last octet say where the 31 bits begin; SHA-1 has 20 octets.
    let at = usize::from(digest[19] & 0x0f);
    let bits = u32::from_be_bytes([
        digest[at] & 0x7f,
        digest[at + 1],
        digest[at + 2],
        digest[at + 3],
    ]);
    Zeroizing::new(format!("{:0DIGITS$}", bits % MODULUS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000)
    }

    #[test]
    fn examples_of_rfc_6238() {
        // RFC 6238 appendix B, the last six of eight digits.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = u64::try_from(seconds / 30).unwrap();
            assert_eq!(code(SECRET, step).as_str(), expected);
            assert_eq!(step_of(SECRET, expected, at(seconds), 0), Some(step));
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_step_more() {
        let now = at(1_111_111_111);
        let step = step_of(SECRET, " 050 471 ", now, 0).unwrap();
        assert_eq!(step_of(SECRET, "050471", now, step), None);
        assert!(step_of(SECRET, "050471", now.plus_ms(30_000), 0).is_some());
        assert!(step_of(SECRET, "050471", now.plus_ms(-30_000), 0).is_some());
        assert_eq!(step_of(SECRET, "050471", now.plus_ms(60_000), 0), None);
        for wrong in ["", "05047", "0504711", "05047a", "050472", "٠٥٠٤٧١"] {
            assert_eq!(step_of(SECRET, wrong, now, 0), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_link() {
        let enrolment = enrolment([0xff; 20], "Mail & more", "änna@example.org");
        assert_eq!(enrolment.text.expose(), &"7".repeat(32));
        assert_eq!(
            enrolment.link.expose(),
            &format!(
                "otpauth://totp/Mail%20%26%20more:%C3%A4nna%40example.org?secret={}&issuer=Mail%20%26%20more",
                "7".repeat(32)
            )
        );
    }
}
