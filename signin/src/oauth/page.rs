//! Pages: signing in, the second factor, consent. Made here, without a script but for passkeys, and with nothing from
//! elsewhere.

use std::fmt::Write;

use axum::http::StatusCode;
use serde_json::Value;

use super::words::Words;
use crate::answer::{self, Answer};
use crate::asking::{self, AuthorizationRequest};

/// How they look.
const STYLE: &str = include_str!("style.css");
/// What asks the browser for a passkey.
const PASSKEY_SCRIPT: &str = include_str!("passkey.js");

/// `GET /oauth/style.css`.
pub(crate) fn style() -> Answer {
    answer::asset("text/css; charset=utf-8", STYLE)
}

/// `GET /oauth/passkey.js`.
pub(crate) fn passkey_script() -> Answer {
    answer::asset("text/javascript; charset=utf-8", PASSKEY_SCRIPT)
}

/// Text as it stands in HTML, between tags and in quoted attributes.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// What frames the content of every page.
fn whole(words: &Words, title: &str, content: &str) -> String {
    let (language, title) = (words.language, Escaped(title));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"/oauth/style.css\">\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         {content}</main>\n</body>\n</html>\n"
    )
}

fn trouble(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| {
        format!(
            "<p class=\"trouble\" role=\"alert\">{}</p>\n",
            Escaped(text)
        )
    })
}

/// The page that asks for address and password. `query` is the program's request, which comes back with the answer;
/// `other` the name of another service to sign in with.
pub(super) fn password(
    words: &Words,
    status: StatusCode,
    request: &AuthorizationRequest,
    (query, name): (&str, &str),
    wrong: Option<&str>,
    other: Option<&str>,
) -> Answer {
    let mut content = trouble(wrong);
    let _ = write!(
        content,
        "<p><strong>{}</strong> {}.</p>\n<form method=\"post\" action=\"/oauth/authorize\">\n\
         <input type=\"hidden\" name=\"request\" value=\"{}\">\n\
         <label>{}<input name=\"name\" type=\"text\" inputmode=\"email\" autocomplete=\"username\" required value=\"{}\"></label>\n\
         <label>{}<input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>\n\
         <button>{}</button>\n</form>\n",
        Escaped(&request.client.name),
        words.asks,
        Escaped(query),
        words.address,
        Escaped(name),
        words.password,
        words.go_on,
    );
    if let Some(other) = other {
        let mut back = form_urlencoded::Serializer::new(String::new());
        back.append_pair("return", &format!("/oauth/authorize?{query}"));
        let _ = writeln!(
            content,
            "<p><a href=\"/auth/provider?{}\">{} {}</a></p>",
            Escaped(&back.finish()),
            words.other,
            Escaped(other),
        );
    }
    answer::page(status, whole(words, words.sign_in, &content), "")
}

/// The page that asks for a second factor.
pub(super) fn second_factor(
    words: &Words,
    status: StatusCode,
    flow: &str,
    (codes, passkey): (bool, &Value),
    wrong: Option<&str>,
) -> Answer {
    let mut content = trouble(wrong);
    if codes {
        let _ = write!(
            content,
            "<form method=\"post\" action=\"/oauth/second-factor\">\n\
             <input type=\"hidden\" name=\"flow\" value=\"{}\">\n\
             <label>{}<input name=\"code\" autocomplete=\"one-time-code\" autofocus required></label>\n\
             <button>{}</button>\n</form>\n",
            Escaped(flow),
            words.code,
            words.go_on,
        );
    }
    if !passkey.is_null() {
        let _ = write!(
            content,
            "<form method=\"post\" action=\"/oauth/second-factor\" id=\"passkey\" data-options=\"{}\">\n\
             <input type=\"hidden\" name=\"flow\" value=\"{}\">\n<input type=\"hidden\" name=\"passkey\">\n\
             <button type=\"button\">{}</button>\n</form>\n<script src=\"/oauth/passkey.js\" defer></script>\n",
            Escaped(&passkey.to_string()),
            Escaped(flow),
            words.passkey,
        );
    }
    answer::page(status, whole(words, words.code_title, &content), "")
}

/// The page that asks for consent.
pub(super) fn consent(
    words: &Words,
    request: &AuthorizationRequest,
    flow: &str,
    address: &str,
) -> Answer {
    let mut content = format!(
        "<p><strong>{}</strong> {}:</p>\n<ul>\n",
        Escaped(&request.client.name),
        words.asks
    );
    for line in words.of(request.protocols) {
        let _ = writeln!(content, "<li>{line}</li>");
    }
    let _ = write!(
        content,
        "</ul>\n<p>{} <strong>{}</strong>. {} <strong>{}</strong>. {}</p>\n",
        words.signed_in_as,
        Escaped(address),
        words.leads_to,
        Escaped(asking::place(&request.redirect_uri)),
        words.until_revoked,
    );
    if !request.client.is_vouched_for {
        let _ = writeln!(
            content,
            "<p class=\"trouble\">{}</p>",
            words.unknown_program
        );
    }
    let _ = write!(
        content,
        "<form method=\"post\" action=\"/oauth/consent\">\n<input type=\"hidden\" name=\"flow\" value=\"{}\">\n\
         <button name=\"decision\" value=\"allow\">{}</button>\n\
         <button name=\"decision\" value=\"deny\" class=\"second\">{}</button>\n</form>\n",
        Escaped(flow),
        words.allow,
        words.deny,
    );
    let forms_lead_to = asking::source(&request.redirect_uri);
    let html = whole(words, &request.client.name, &content);
    answer::page(StatusCode::OK, html, &forms_lead_to)
}

/// A page that leads nowhere.
pub(crate) fn nowhere(words: &Words, status: StatusCode, text: &str) -> Answer {
    let content = format!("<p>{}</p>\n", Escaped(text));
    answer::page(status, whole(words, words.unsafe_title, &content), "")
}

/// A page that goes on to another one of ours by itself.
pub(crate) fn onward(words: &Words, path: &str) -> Answer {
    let path = Escaped(path);
    let content = format!(
        "<p><a href=\"{path}\">{}</a></p>\n<meta http-equiv=\"refresh\" content=\"0; url={path}\">\n",
        words.go_on
    );
    answer::page(StatusCode::OK, whole(words, words.go_on, &content), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_becomes_part_of_the_page() {
        let text = Escaped("<script>\"'&").to_string();
        assert_eq!(text, "&lt;script&gt;&quot;&#39;&amp;");
    }
}
