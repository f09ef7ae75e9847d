//! Authentication-Results: the field that tells readers what the checks found (RFC 8601), written, and forged ones removed.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::message::{Field, Parts, next_field};
use crate::verdict::{Dkim, DkimSignature, Spf, SpfResult, Verdict};

/// Octets of a line before it is folded; RFC 5322 2.1.1 wants at most 78.
const LINE_OCTETS_MAX: usize = 76;
/// Octets of one value from outside.
const VALUE_OCTETS_MAX: usize = 320;
/// Comments within comments in a field that we read (RFC 5322 3.2.2 has no bound).
const COMMENT_DEPTH_MAX: usize = 32;

/// The conversation a message came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Smtp<'a> {
    /// The client's address.
    pub ip: IpAddr,
    /// The name it gave.
    pub helo: &'a str,
    /// MAIL FROM without its angle brackets; empty for a notification.
    pub reverse_path: &'a str,
}

/// The whole field with its line end, to be put on top of the message.
#[must_use]
pub fn authentication_results(verdict: &Verdict, authserv_id: &str, smtp: &Smtp<'_>) -> String {
    fold(
        "Authentication-Results:",
        &clauses(verdict, authserv_id, smtp),
    )
}

/// What follows the name of the field, on one line: ARC repeats it (RFC 8617 4.1.1).
pub(crate) fn payload(verdict: &Verdict, authserv_id: &str, smtp: &Smtp<'_>) -> Vec<String> {
    clauses(verdict, authserv_id, smtp)
}

/// RFC 8601 2.2: the authserv-id, then one clause for each method.
fn clauses(verdict: &Verdict, authserv_id: &str, smtp: &Smtp<'_>) -> Vec<String> {
    let mut clauses = vec![value(authserv_id)];
    // RFC 8601 2.7.2: both identities of SPF, each with what it was.
    let mail_from = if smtp.reverse_path.is_empty() {
        None
    } else {
        Some(smtp.reverse_path)
    };
    if let Some(reverse_path) = mail_from {
        clauses.push(format!(
            "spf={}{} smtp.mailfrom={}",
            verdict.spf.result.as_str(),
            reason(verdict.spf.reason.as_deref()),
            value(reverse_path)
        ));
    }
    let helo = &verdict.spf_helo;
    clauses.push(format!(
        "spf={}{} smtp.helo={}",
        helo.result.as_str(),
        reason(helo.reason.as_deref()),
        value(smtp.helo)
    ));
    clauses.extend(dkim_clauses(&verdict.dkim));
    clauses.push(dmarc_clause(verdict));
    clauses.push(arc_clause(verdict));
    let name = verdict
        .iprev
        .name
        .as_deref()
        .map(|name| format!(" ({})", comment(name)));
    clauses.push(format!(
        "iprev={}{} policy.iprev={}",
        verdict.iprev.result.as_str(),
        name.unwrap_or_default(),
        value(&smtp.ip.to_canonical().to_string())
    ));
    clauses
}

fn dkim_clauses(dkim: &Dkim) -> Vec<String> {
    if dkim.signatures.is_empty() {
        return vec!["dkim=none".to_owned()];
    }
    dkim.signatures.iter().map(dkim_clause).collect()
}

fn dkim_clause(signature: &DkimSignature) -> String {
    let mut clause = format!("dkim={}", signature.result.as_str());
    if signature.key_bits > 0 {
        clause.push_str(&format!(
            " ({}-bit key{})",
            signature.key_bits,
            if signature.testing { ", testing" } else { "" }
        ));
    }
    clause.push_str(&reason(signature.reason.as_deref()));
    // RFC 8601 2.7.1, RFC 6008: whose, with which key, and which of several.
    for (property, text) in [
        ("header.d", &signature.domain),
        ("header.i", &signature.identity),
        ("header.s", &signature.selector),
        ("header.a", &signature.algorithm),
        ("header.b", &signature.start),
    ] {
        if !text.is_empty() {
            clause.push_str(&format!(" {property}={}", value(text)));
        }
    }
    clause
}

fn dmarc_clause(verdict: &Verdict) -> String {
    let dmarc = &verdict.dmarc;
    let mut clause = format!("dmarc={}", dmarc.result.as_str());
    if dmarc.record.is_some() {
        clause.push_str(&format!(
            " (p={} dis={})",
            dmarc.policy.as_str(),
            dmarc.disposition.as_str()
        ));
    }
    clause.push_str(&reason(dmarc.reason.as_deref()));
    if !dmarc.domain.is_empty() {
        clause.push_str(&format!(" header.from={}", value(&dmarc.domain)));
    }
    clause
}

/// RFC 8617 4.4 and 10.2: the chain, with its oldest signer.
fn arc_clause(verdict: &Verdict) -> String {
    let arc = &verdict.arc;
    let mut clause = format!("arc={}", arc.result.as_str());
    if arc.instances > 0 {
        clause.push_str(&format!(" (i={})", arc.instances));
    }
    clause.push_str(&reason(arc.reason.as_deref()));
    if let Some(newest) = arc.sets.last() {
        clause.push_str(&format!(" header.d={}", value(&newest.domain)));
    }
    clause
}

/// `Received-SPF` (RFC 7208 9.1), whole, with its line end.
#[must_use]
pub fn received_spf(verdict: &Verdict, receiver: &str, smtp: &Smtp<'_>) -> String {
    let (spf, identity): (&Spf, &str) = if smtp.reverse_path.is_empty() {
        (&verdict.spf_helo, "helo")
    } else {
        (&verdict.spf, "mailfrom")
    };
    let says = match spf.result {
        SpfResult::Pass => "designates the client as permitted sender",
        SpfResult::Fail => "does not designate the client as permitted sender",
        SpfResult::SoftFail => "probably does not designate the client as permitted sender",
        SpfResult::Neutral => "says nothing about the client",
        SpfResult::None => "publishes no policy",
        SpfResult::TempError => "could not be asked",
        SpfResult::PermError => "publishes a policy that cannot be understood",
    };
    let mut clauses = vec![format!(
        "{} ({}: domain of {} {says})",
        spf.result.as_str(),
        comment(receiver),
        comment(&spf.domain)
    )];
    let ip = smtp.ip.to_canonical().to_string();
    let mut last = format!("client-ip={}", value(&ip));
    for (key, text) in [
        ("envelope-from", smtp.reverse_path),
        ("helo", smtp.helo),
        ("receiver", receiver),
        ("identity", identity),
        ("mechanism", spf.mechanism.as_deref().unwrap_or("default")),
    ] {
        clauses.push(std::mem::replace(
            &mut last,
            format!("{key}={}", quoted_or_plain(text)),
        ));
    }
    clauses.push(last);
    let head = clauses.remove(0);
    let pairs = clauses.join("; ");
    fold("Received-SPF:", &[format!("{head} {pairs}")])
}

/// `reason="..."` of RFC 8601 2.2.
fn reason(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!(" reason={}", quoted(text)))
}

/// `pvalue` of RFC 8601 2.2: a token, an address with a plain domain, or else a quoted string.
fn value(text: &str) -> String {
    let is_plain =
        |octet: u8| octet.is_ascii_alphanumeric() || b"!#$&'*+-.^_`{|}~".contains(&octet);
    let (local, domain) = text.split_once('@').unwrap_or(("", text));
    let fits = text.len() <= VALUE_OCTETS_MAX
        && local.bytes().all(is_plain)
        && !domain.is_empty()
        && domain.bytes().all(is_plain);
    if fits { text.to_owned() } else { quoted(text) }
}

fn quoted_or_plain(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.len() <= VALUE_OCTETS_MAX
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-._".contains(&octet));
    if is_plain {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// `quoted-string` of RFC 5322 3.2.4; what is not printable ASCII becomes `?`.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars().take(VALUE_OCTETS_MAX) {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='~' => out.push(character),
            _ => out.push('?'),
        }
    }
    out.push('"');
    out
}

/// Within a comment of RFC 5322 3.2.2.
fn comment(text: &str) -> String {
    let plain = |character: char| {
        if matches!(character, '!'..='~') && !"()\\".contains(character) {
            character
        } else {
            '?'
        }
    };
    text.chars().take(VALUE_OCTETS_MAX).map(plain).collect()
}

/// The field with its clauses, folded where there is a space outside quotation marks (RFC 5322 2.2.3).
pub(crate) fn fold(name: &str, clauses: &[String]) -> String {
    let mut out = String::from(name);
    let mut line = name.len();
    for (number, clause) in clauses.iter().enumerate() {
        let ends = number + 1 == clauses.len();
        for (position, word) in words(clause).into_iter().enumerate() {
            let begins_clause = number > 0 && position == 0;
            if begins_clause || line + word.len() + 2 > LINE_OCTETS_MAX && line > 1 {
                out.push_str("\r\n\t");
                line = 1;
            } else {
                out.push(' ');
                line += 1;
            }
            out.push_str(word);
            line += word.len();
        }
        if !ends {
            out.push(';');
            line += 1;
        }
    }
    out.push_str("\r\n");
    out
}

/// Split at spaces outside quoted strings.
fn words(clause: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut within, mut escaped) = (0, false, false);
    for (at, character) in clause.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if within => escaped = true,
            '"' => within = !within,
            ' ' if !within => {
                words.push(&clause[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&clause[start..]);
    words
}

/// What the topmost Authentication-Results field with our name says, authserv-id included, on one line.
pub(crate) fn own_results(parts: &Parts<'_>, id: &str) -> Option<String> {
    let is_ours =
        |field: &&Field<'_>| authserv_id(field.value).is_some_and(|found| same_id(&found, id));
    let field = parts.named("Authentication-Results").find(is_ours)?;
    let words: Vec<&str> = field.text()?.split_ascii_whitespace().collect();
    Some(words.join(" "))
}

/// The result of the first clause about a method, whatever stands in comments and quoted strings.
pub(crate) fn method_result(results: &str, method: &str) -> Option<String> {
    let mut bare = String::with_capacity(results.len());
    let (mut depth, mut quoted) = (0_usize, false);
    let mut letters = results.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            letter if depth == 0 && !quoted => bare.push(letter),
            _ => {}
        }
    }
    let result = bare.split(';').find_map(|clause| {
        let (name, rest) = clause.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case(method);
        is_it.then(|| rest.split_ascii_whitespace().next())?
    })?;
    Some(result.to_ascii_lowercase())
}

/// RFC 8601 5: the message without Authentication-Results fields that pretend to be ours.
///
/// A field that cannot be read goes, too, when one of our names stands anywhere in it: a reader might understand it otherwise.
#[must_use]
pub fn without_forged<'a>(message: &'a [u8], authserv_ids: &[&str]) -> Cow<'a, [u8]> {
    let mut kept: Option<Vec<u8>> = None;
    let mut rest = message;
    while let Some((field, after)) = next_field(rest) {
        let at = message.len() - rest.len();
        let end = message.len() - after.len();
        if field.is_some_and(|field| is_forged(&field, authserv_ids)) {
            kept.get_or_insert_with(|| message[..at].to_vec());
        } else if let Some(kept) = &mut kept {
            kept.extend_from_slice(&message[at..end]);
        }
        rest = after;
    }
    match kept {
        None => Cow::Borrowed(message),
        Some(mut kept) => {
            kept.extend_from_slice(rest);
            Cow::Owned(kept)
        }
    }
}

fn is_forged(field: &Field<'_>, authserv_ids: &[&str]) -> bool {
    if !field.is("Authentication-Results") {
        return false;
    }
    let ours = |found: &str| authserv_ids.iter().any(|id| same_id(found, id));
    match authserv_id(field.value) {
        Some(found) => ours(&found),
        None => {
            let text = String::from_utf8_lossy(field.value).to_ascii_lowercase();
            let text: String = text
                .chars()
                .filter(|character| !character.is_whitespace() && *character != '\\')
                .collect();
            authserv_ids
                .iter()
                .any(|id| text.contains(&id.to_ascii_lowercase()))
        }
    }
}

/// RFC 8601 2.5: compared as domain names are, without regard to case.
fn same_id(found: &str, id: &str) -> bool {
    let normal =
        |name: &str| crate::domain::normal(name).unwrap_or_else(|| name.to_ascii_lowercase());
    normal(found) == normal(id)
}

/// `authserv-id` of RFC 8601 2.2: `value` of RFC 2045 5.1 after any comments; nothing when it cannot be read.
fn authserv_id(value: &[u8]) -> Option<String> {
    let rest = skip_comments(value)?;
    match rest.split_first()? {
        (b'"', quoted) => {
            let mut id = Vec::new();
            let mut octets = quoted.iter();
            loop {
                match octets.next()? {
                    b'"' => break,
                    b'\\' => id.push(*octets.next()?),
                    // RFC 5322 3.2.4: folds are not part of the string.
                    b'\r' | b'\n' => {}
                    octet => id.push(*octet),
                }
            }
            String::from_utf8(id).ok()
        }
        _ => {
            let end = rest
                .iter()
                .position(|octet| is_special(*octet))
                .unwrap_or(rest.len());
            let id = std::str::from_utf8(&rest[..end]).ok()?;
            // What follows must be a version, the results, or nothing.
            let after = skip_comments(&rest[end..])?;
            let reads_on = after
                .first()
                .is_none_or(|octet| *octet == b';' || octet.is_ascii_digit());
            (!id.is_empty() && reads_on).then(|| id.to_owned())
        }
    }
}

/// White space and `tspecials` of RFC 2045 5.1, and control characters.
fn is_special(octet: u8) -> bool {
    octet <= b' ' || octet == 0x7f || b"()<>@,;:\\\"/[]?=".contains(&octet)
}

/// What follows white space and comments (RFC 5322 3.2.2 CFWS); nothing when a comment does not end.
fn skip_comments(value: &[u8]) -> Option<&[u8]> {
    let mut rest = value;
    let mut depth = 0_usize;
    while let Some((first, after)) = rest.split_first() {
        match first {
            b'(' if depth < COMMENT_DEPTH_MAX => depth += 1,
            b'(' => return None,
            b')' if depth > 0 => depth -= 1,
            b'\\' if depth > 0 => {
                rest = after.get(1..)?;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if depth > 0 => {}
            _ => return Some(rest),
        }
        rest = after;
    }
    (depth == 0).then_some(rest)
}

/// Feeds arbitrary octets to the removal: what it leaves has nothing more to remove.
pub(crate) fn fuzz(input: &[u8]) {
    let ids = ["mx.example.org"];
    let once = without_forged(input, &ids);
    assert!(once.len() <= input.len());
    assert_eq!(without_forged(&once, &ids), once);
    let text = String::from_utf8_lossy(input);
    let smtp = Smtp {
        ip: IpAddr::from([192, 0, 2, 1]),
        helo: &text,
        reverse_path: &text,
    };
    let field = authentication_results(&Verdict::default(), "mx.example.org", &smtp);
    assert!(field.is_ascii() && field.ends_with("\r\n") && !field.trim_end().contains("\r\n\r\n"));
}

#[cfg(test)]
mod tests;
