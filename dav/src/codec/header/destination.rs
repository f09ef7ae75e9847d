//! `Destination`, and links in general: the path of a URI on this server (RFC 4918 8.3, 10.3).

use crate::codec::fault::Fault;
use crate::codec::href::Target;

/// Where COPY and MOVE lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The place.
    pub target: Target,
    /// Whether the path ended in a slash.
    pub trailing_slash: bool,
}

impl Destination {
    /// Reads `Destination`; `host` is the value of `Host`, with or without a port.
    ///
    /// # Errors
    /// [`Fault::Header`] if it is neither a URI nor a path, [`Fault::OtherServer`] if it leads elsewhere,
    /// and what [`Target::parse`] says.
    pub fn parse(value: &str, host: &str) -> Result<Self, Fault> {
        let path = path_of(value.trim(), host).map_err(|fault| match fault {
            Fault::Href(_) => Fault::Header("Destination"),
            other => other,
        })?;
        Ok(Self {
            target: Target::parse(path)?,
            trailing_slash: path.ends_with('/'),
        })
    }
}

/// The path (percent-encoded as written) of a `Simple-ref`: an `http` or `https` URI on `host`, or an absolute
/// path. A query or fragment is cut off.
///
/// # Errors
/// [`Fault::Href`] if it is neither, [`Fault::OtherServer`] if the URI names another host.
pub fn path_of<'t>(text: &'t str, host: &str) -> Result<&'t str, Fault> {
    let path = if text.starts_with("//") {
        // RFC 3986 4.2: a reference to another authority, which RFC 4918 8.3 does not allow.
        return Err(Fault::Href("neither a URI nor a path"));
    } else if text.starts_with('/') {
        text
    } else {
        absolute(text, host)?
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    Ok(path.get(..end).unwrap_or_default())
}

fn absolute<'t>(text: &'t str, host: &str) -> Result<&'t str, Fault> {
    let (scheme, rest) = text
        .split_once("://")
        .ok_or(Fault::Href("neither a URI nor a path"))?;
    // The scheme is not compared with that of the request: a proxy in front may have taken TLS off.
    let default_port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else if scheme.eq_ignore_ascii_case("http") {
        ":80"
    } else {
        return Err(Fault::OtherServer);
    };
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
    // User information before the host is a way to hide the host; nobody needs it here.
    if authority.contains('@') {
        return Err(Fault::Href("user information in a URI"));
    }
    let plain = |name: &str| {
        let name = name.strip_suffix(default_port).unwrap_or(name);
        name.to_ascii_lowercase()
    };
    if plain(authority) != plain(host.trim()) {
        return Err(Fault::OtherServer);
    }
    Ok(if path.starts_with('/') { path } else { "/" })
}
