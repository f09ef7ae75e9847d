//! Dialogues: requests and answers in a file, played one after the other by one browser.
//!
//! ```text
//! # What it fixes, and by which rule.
//! > POST /auth/sign-in             a request; `> Name: value` adds a field, `> Name: -` leaves one out
//! > {"name": "..."}                its body: JSON, or a form
//! < 200                            the status
//! < Set-Cookie: __Host-...         a field that is there; `< Name: -` one that is not
//! < {"signedIn": true}             what is in the JSON of the answer, among other things
//! <~ Continue                      what is in the text of the answer
//! @ 60                             seconds that pass
//! ```
//!
//! `...` stands for any text, `{{name}}` for any that has no quotes, blanks, `&` and `<` in it, and is remembered:
//! `${name}` is what was remembered, `${url:name}` the same as it stands in a form, `${totp:name}` what an authenticator
//! app with that secret shows. A browser sends its cookies and `Sec-Fetch-Site: same-origin` by itself.

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha1::Sha1;

use crate::world::{Answered, World};

/// What one dialogue remembers.
#[derive(Default)]
struct Memory {
    names: BTreeMap<String, String>,
    cookies: BTreeMap<String, String>,
}

/// Plays a dialogue.
pub(crate) fn play(name: &str, text: &str, world: &World) {
    let mut memory = Memory::default();
    let mut request: Vec<String> = Vec::new();
    let mut answer: Option<Answered> = None;
    for (number, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", number + 1);
        if let Some(rest) = line.strip_prefix("> ") {
            if answer.take().is_some() {
                request.clear();
            }
            request.push(memory.filled(rest, world, &place));
        } else if let Some(expected) = line.strip_prefix("<~ ") {
            let answer = answer.get_or_insert_with(|| memory.send(&request, world));
            let expected = memory.filled(expected, world, &place);
            let fits = memory.fits(&format!("...{expected}..."), &answer.body);
            assert!(fits, "{place}: {expected} is not in\n{}", answer.body);
        } else if let Some(expected) = line.strip_prefix("< ") {
            let answer = answer.get_or_insert_with(|| memory.send(&request, world));
            let expected = memory.filled(expected, world, &place);
            memory.check(&expected, answer, &place);
        } else if let Some(seconds) = line.strip_prefix("@ ") {
            world
                .clock
                .advance_ms(seconds.trim().parse::<i64>().unwrap() * 1_000);
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{place}: {line}");
        }
    }
}

impl Memory {
    fn send(&mut self, request: &[String], world: &World) -> Answered {
        let (method, path) = request[0].split_once(' ').unwrap();
        let mut fields = BTreeMap::new();
        let mut body = "";
        for line in &request[1..] {
            match line.split_once(": ") {
                Some((name, value)) if !line.starts_with('{') && !name.contains(['=', ' ']) => {
                    fields.insert(name.to_ascii_lowercase(), value.to_owned());
                }
                _ => body = line,
            }
        }
        let media_type = if body.starts_with('{') {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        for (name, value) in [
            ("content-type", media_type.to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("cookie", cookies.join("; ")),
        ] {
            fields.entry(name.to_owned()).or_insert(value);
        }
        fields.retain(|_, value| value != "-" && !value.is_empty());
        let fields: Vec<_> = fields.into_iter().collect();
        let answer = world.ask(method, path, &fields, body);
        for (name, value) in &answer.fields {
            if name.eq_ignore_ascii_case("set-cookie") {
                let (name, rest) = value.split_once('=').unwrap();
                let value = rest.split(';').next().unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
                if value.is_empty() {
                    self.cookies.remove(name);
                }
            }
        }
        answer
    }

    fn check(&mut self, expected: &str, answer: &Answered, place: &str) {
        if expected.starts_with(['{', '[']) {
            let expected: Value = serde_json::from_str(expected).unwrap();
            let given = answer.json();
            assert!(self.fits_json(&expected, &given), "{place}: {given}");
        } else if let Some((name, expected)) = expected.split_once(": ") {
            let all: Vec<_> = answer
                .fields
                .iter()
                .filter(|(known, _)| known.eq_ignore_ascii_case(name))
                .collect();
            let fits = if expected == "-" {
                all.is_empty()
            } else {
                all.iter().any(|(_, value)| self.fits(expected, value))
            };
            assert!(fits, "{place}: {all:?}");
        } else {
            assert_eq!(answer.status.to_string(), expected, "{place}: {answer:?}");
        }
    }

    /// Whether all that is expected is there.
    fn fits_json(&mut self, expected: &Value, given: &Value) -> bool {
        match (expected, given) {
            (Value::Object(expected), Value::Object(given)) => {
                expected.iter().all(|(name, value)| {
                    self.fits_json(value, given.get(name).unwrap_or(&Value::Null))
                })
            }
            (Value::Array(expected), Value::Array(given)) => {
                expected.len() == given.len()
                    && expected
                        .iter()
                        .zip(given)
                        .all(|(one, other)| self.fits_json(one, other))
            }
            (Value::String(expected), Value::String(given)) => self.fits(expected, given),
            (Value::String(expected), Value::Number(given)) => {
                self.fits(expected, &given.to_string())
            }
            (expected, given) => expected == given,
        }
    }

    /// Whether a text is as the pattern says.
    fn fits(&mut self, pattern: &str, text: &str) -> bool {
        if let Some(rest) = pattern.strip_prefix("...") {
            return (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .any(|at| self.fits(rest, &text[at..]));
        }
        if let Some(rest) = pattern.strip_prefix("{{") {
            let (name, rest) = rest.split_once("}}").unwrap();
            let end = text.find(['"', '\'', ' ', '&', '<']).unwrap_or(text.len());
            for length in (1..=end).rev() {
                if text.is_char_boundary(length) && self.fits(rest, &text[length..]) {
                    self.names
                        .insert(name.to_owned(), text[..length].to_owned());
                    return true;
                }
            }
            return false;
        }
        match (pattern.chars().next(), text.chars().next()) {
            (None, None) => true,
            (Some(one), Some(other)) if one == other => {
                self.fits(&pattern[one.len_utf8()..], &text[one.len_utf8()..])
            }
            _ => false,
        }
    }

    fn filled(&self, text: &str, world: &World, place: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let (name, behind) = behind.split_once('}').unwrap();
            filled.push_str(before);
            let (how, name) = name.split_once(':').unwrap_or(("", name));
            let known = self.names.get(name);
            let known = known.unwrap_or_else(|| panic!("{place}: {name} is not known"));
            match how {
                "" => filled.push_str(known),
                "url" => filled.extend(form_urlencoded::byte_serialize(known.as_bytes())),
                "totp" => filled.push_str(&shown(known, world)),
                _ => panic!("{place}: {how} is not known"),
            }
            rest = behind;
        }
        filled + rest
    }
}

/// What an authenticator app shows now.
fn shown(secret: &str, world: &World) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).unwrap();
    mac.update(&(world.clock.clock().now().0 / 30_000).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let bits = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", bits % 1_000_000)
}
