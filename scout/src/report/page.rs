//! A page: one HTML file with everything in it, that needs no script and asks nobody for anything.
//!
//! Words of ours stand in it in English and German; a choice at the top shows one of them. It is light or dark as the reader's
//! system is. Its policy forbids scripts and requests, should something slip through.

use super::escape::html;
use super::words::Words;

/// Colours: muted, told apart by those who see no red or green, and enough contrast in both schemes (WCAG 2.2 1.4.3).
const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--box:#f6f8fa;--bad:#b3261e;--warn:#8a5a00;--ok:#1a6b3c;--note:#0a5aa8;--badfill:#d9695f;--warnfill:#e0b04c;--okfill:#5aa877;--notefill:#6ca4dc;--idle:#aab2bb}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e3e7eb;--dim:#a0a9b2;--line:#363d45;--box:#1c2126;--bad:#ff9a8f;--warn:#f0c060;--ok:#7fd6a0;--note:#8cc1f5;--badfill:#b0473e;--warnfill:#9c7420;--okfill:#2f7d50;--notefill:#2f6aa5;--idle:#59626b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:72rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.4rem 0}ul,ol{margin:.4rem 0;padding-left:1.4rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code,.cite{overflow-wrap:anywhere;font:.82rem/1.4 ui-monospace,monospace}.cite{color:var(--dim);display:block}.dim{color:var(--dim)}
.verdict{background:var(--box);border-left:.5rem solid var(--idle);padding:1rem 1.2rem;margin:1rem 0}.verdict strong{font-size:1.5rem;display:block}
.bad{border-color:var(--badfill)}.warn{border-color:var(--warnfill)}.ok{border-color:var(--okfill)}.tbad{color:var(--bad)}.twarn{color:var(--warn)}.tok{color:var(--ok)}.tnote{color:var(--note)}
svg{width:100%;height:auto;display:block;overflow:visible;margin:.6rem 0}svg text{fill:var(--fg);font:12px system-ui,sans-serif}svg .dim{fill:var(--dim)}
svg .bad{fill:var(--badfill)}svg .warn{fill:var(--warnfill)}svg .ok{fill:var(--okfill)}svg .note{fill:var(--notefill)}svg .idle{fill:var(--idle)}svg .grid{stroke:var(--line)}svg .mark{fill:var(--bad)}
svg .c0{fill:var(--notefill)}svg .c1{fill:var(--warnfill)}svg .c2{fill:var(--okfill)}svg .c3{fill:var(--badfill)}svg .c4{fill:#9b7fc4}svg .c5{fill:#5fb3b3}svg .c6{fill:#c98fb0}svg .c7{fill:var(--idle)}
details{margin:.3rem 0}summary{cursor:pointer}
.lang{float:right;font-size:.9rem}.lang label{margin-left:.6rem}
body:has(#lang-de:checked) [lang=en],body:not(:has(#lang-de:checked)) [lang=de]{display:none}
@media print{.lang{display:none}details>*{display:block}}";

/// Both texts, of which the page shows one.
pub(crate) fn both(words: Words) -> String {
    if words.en == words.de {
        return html(words.en);
    }
    format!(
        "<span lang=\"en\">{}</span><span lang=\"de\">{}</span>",
        html(words.en),
        html(words.de)
    )
}

/// The whole file. The title is foreign text; the body is markup that was made with [`both`] and [`html`].
#[must_use]
pub(crate) fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n\
         <div class=\"lang\"><label><input type=\"radio\" name=\"lang\" checked> English</label>\
         <label><input type=\"radio\" name=\"lang\" id=\"lang-de\"> Deutsch</label></div>\n{body}</body>\n</html>\n",
        html(title)
    )
}
