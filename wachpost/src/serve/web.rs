//! The web clients: files that are part of the program, served from memory. Nothing on disk is. One is for people's mail, the
//! other for administrators; neither is served where the other is. A file takes no memory of its own before somebody asks for it.
//!
//! Built by `cargo xtask` from `web/`; a program that was compiled without them says so at `/`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use admin::http::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Built;

#[derive(RustEmbed)]
#[folder = "../web/dist-admin"]
#[allow_missing = true]
struct BuiltForAdministrators;

/// What the page may do: run and load what comes from here, show images, and nothing else. Frames with mail bear a stricter
/// policy of their own; `https:` is for images of other servers that somebody asked for.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob: https:; font-src 'self'; connect-src 'self'; frame-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What the page of the administration may do: the same, without images of others and without frames.
const ADMINISTRATION_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Files whose name has the hash of what is in them.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Everything else is asked for again.
const EACH_TIME: &str = "no-cache";
/// Shorter ones are not worth compressing.
const COMPRESSED_OCTETS_MIN: usize = 512;

/// One file, ready to be sent.
#[derive(Debug)]
struct Asset {
    /// Where it lies in the program.
    plain: Bytes,
    /// Made when it is first wanted; none where it would not be shorter.
    gzip: OnceLock<Option<Bytes>>,
    kind: &'static str,
    tag: String,
}

/// The files of one client by name.
#[derive(Debug)]
struct Site {
    assets: HashMap<String, Arc<Asset>>,
    policy: &'static str,
    /// Its page.
    page: &'static str,
}

type Assets = Arc<Site>;

/// All files.
fn assets() -> Assets {
    static ASSETS: OnceLock<Assets> = OnceLock::new();
    Arc::clone(ASSETS.get_or_init(|| Site::read::<Built>(POLICY, "index.html")))
}

/// Those of the administration.
fn administration_assets() -> Assets {
    static ASSETS: OnceLock<Assets> = OnceLock::new();
    let read = || Site::read::<BuiltForAdministrators>(ADMINISTRATION_POLICY, "admin.html");
    Arc::clone(ASSETS.get_or_init(read))
}

impl Site {
    fn read<E: RustEmbed>(policy: &'static str, page: &'static str) -> Assets {
        let all = E::iter().filter_map(|name| {
            let file = E::get(&name)?;
            let asset = Arc::new(Asset::new(&name, file));
            Some((name.into_owned(), asset))
        });
        Arc::new(Self {
            assets: all.collect(),
            policy,
            page,
        })
    }
}

impl Asset {
    fn new(name: &str, file: rust_embed::EmbeddedFile) -> Self {
        let hash = file.metadata.sha256_hash();
        Self {
            plain: match file.data {
                Cow::Borrowed(octets) => Bytes::from_static(octets),
                Cow::Owned(octets) => Bytes::from(octets),
            },
            gzip: OnceLock::new(),
            kind: kind(name),
            tag: hash[..8]
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect(),
        }
    }

    /// The file compressed, where that is shorter; the first time it takes milliseconds.
    async fn packed(self: &Arc<Self>) -> Option<Bytes> {
        if let Some(known) = self.gzip.get() {
            return known.clone();
        }
        let asset = Arc::clone(self);
        let pack = move || asset.gzip.get_or_init(|| gzip(&asset.plain)).clone();
        tokio::task::spawn_blocking(pack).await.ok()?
    }
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    if plain.len() < COMPRESSED_OCTETS_MIN {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::best());
    encoder.write_all(plain).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < plain.len()).then(|| packed.into())
}

/// The media type of a file by its name.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

/// Where the client is reached. `root` answers at `/` to everything but a browser's question for the page.
pub(crate) fn router(root: MethodRouter) -> Router {
    routes(assets(), root)
}

/// Where the client for administrators is reached.
pub(crate) fn administration() -> Router {
    routes(administration_assets(), MethodRouter::new())
}

fn routes(site: Assets, root: MethodRouter) -> Router {
    let of_page = Arc::clone(&site);
    let root = root.get(move |headers: HeaderMap| async move { page(&of_page, &headers).await });
    Router::new()
        .route("/icon.svg", get(icon))
        .route("/assets/{file}", get(asset))
        .with_state(site)
        .route("/", root)
}

async fn page(site: &Site, headers: &HeaderMap) -> Response {
    match site.assets.get(site.page) {
        Some(page) => send(page, site.policy, headers, EACH_TIME).await,
        None => (
            StatusCode::NOT_FOUND,
            [(CONTENT_TYPE, "text/plain; charset=utf-8")],
            "This program was built without the web client: build it with `cargo xtask web`, and then the program again.\n",
        )
            .into_response(),
    }
}

async fn icon(State(site): State<Assets>, headers: HeaderMap) -> Response {
    found(&site, "icon.svg", &headers, EACH_TIME).await
}

async fn asset(
    State(site): State<Assets>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    // The name is a key among those that were compiled in, never a path.
    found(&site, &format!("assets/{file}"), &headers, FOREVER).await
}

async fn found(site: &Site, name: &str, headers: &HeaderMap, cache: &'static str) -> Response {
    match site.assets.get(name) {
        Some(asset) => send(asset, site.policy, headers, cache).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn send(
    asset: &Arc<Asset>,
    policy: &'static str,
    asked: &HeaderMap,
    cache: &'static str,
) -> Response {
    let tag = format!("\"{}\"", asset.tag);
    let is_known = asked
        .get(IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| tags.contains(&tag));
    let takes_gzip = asked
        .get(ACCEPT_ENCODING)
        .and_then(|names| names.to_str().ok())
        .is_some_and(|names| names.split(',').any(|name| name.trim().starts_with("gzip")));
    let packed = match takes_gzip && !is_known {
        true => asset.packed().await,
        false => None,
    };
    let is_packed = packed.is_some();
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(packed.unwrap_or_else(|| asset.plain.clone())))
    };
    let headers = response.headers_mut();
    if is_packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    for (name, value) in [
        (CONTENT_TYPE, asset.kind),
        (CACHE_CONTROL, cache),
        (VARY, "accept-encoding"),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
        (RESOURCE_POLICY, "same-origin"),
        (
            PERMISSIONS_POLICY,
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
