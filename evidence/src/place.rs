//! Place: paths of Windows as evidence writes them, and what they tell.

/// A path in the form in which paths are compared: small letters, `/` between, no drive, no `\\?\` or `\\server\c$` before it.
#[must_use]
pub fn normal(path: &str) -> String {
    let path: String = path
        .trim()
        .chars()
        .map(|sign| {
            if sign == '\\' {
                '/'
            } else {
                sign.to_ascii_lowercase()
            }
        })
        .collect();
    let path = path
        .strip_prefix("//?/")
        .or_else(|| path.strip_prefix("//./"))
        .unwrap_or(&path);
    let path = match path.strip_prefix("//") {
        // An administrative share names the drive: \\127.0.0.1\c$\inetpub
        Some(share) => match share.split_once("$/") {
            Some((_, below)) => below,
            None => share,
        },
        None => path,
    };
    let octets = path.as_bytes();
    let path = match octets {
        [drive, b':', ..] if drive.is_ascii_alphabetic() => &path[2..],
        _ => path,
    };
    let mut whole = String::with_capacity(path.len());
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        whole.push('/');
        whole.push_str(part);
    }
    whole
}

/// The name at the end of a path, in small letters.
#[must_use]
pub fn name(path: &str) -> String {
    let end = path.trim().trim_end_matches(['/', '\\']);
    end.rsplit(['/', '\\'])
        .next()
        .unwrap_or(end)
        .to_ascii_lowercase()
}

/// Whether a web server runs what has this name.
#[must_use]
pub fn is_page(path: &str) -> bool {
    // Endings that IIS hands to ASP.NET or ASP when nothing else is set up.
    const ENDINGS: [&str; 9] = [
        ".aspx", ".ashx", ".asmx", ".asax", ".asp", ".ascx", ".cshtml", ".svc", ".soap",
    ];
    let small = path.trim_end_matches(['.', ' ', '/']).to_ascii_lowercase();
    ENDINGS.iter().any(|ending| small.ends_with(ending))
}

/// Whether what lies there is reached through the web server; for a path in its [`normal`] form.
#[must_use]
pub fn is_web_reachable(normal: &str) -> bool {
    [
        "/inetpub/wwwroot/",
        "/frontend/httpproxy/",
        "/clientaccess/",
        "/exchweb/",
    ]
    .iter()
    .any(|folder| normal.contains(folder))
}

/// Whether it lies where ASP.NET keeps what it compiled; for a path in its [`normal`] form.
#[must_use]
pub fn is_compile_cache(normal: &str) -> bool {
    normal.contains("/temporary asp.net files/")
}

/// The page of which `logon.aspx.cdcab7d2.compiled` tells that it was compiled; nothing for another name.
#[must_use]
pub fn compiled_page(name: &str) -> Option<String> {
    let small = name.to_ascii_lowercase();
    let rest = small.strip_suffix(".compiled")?;
    let (page, hash) = rest.rsplit_once('.')?;
    let is_hash =
        (6..=16).contains(&hash.len()) && hash.bytes().all(|octet| octet.is_ascii_hexdigit());
    (is_hash && is_page(page)).then(|| page.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_form() {
        for path in [
            r"C:\inetpub\wwwroot\aspnet_client\Shell.aspx",
            r"\\127.0.0.1\c$\inetpub\wwwroot\aspnet_client\shell.aspx",
            r"\\?\D:\inetpub\.\wwwroot\\aspnet_client/shell.aspx",
            "c:/inetpub/wwwroot/aspnet_client/shell.aspx",
        ] {
            assert_eq!(normal(path), "/inetpub/wwwroot/aspnet_client/shell.aspx");
        }
        assert_eq!(name(r"C:\a\B.aspx"), "b.aspx");
    }

    #[test]
    fn names_in_the_compile_cache_tell_the_page() {
        assert_eq!(
            compiled_page("ohyeah.aspx.f5dba9b9.compiled").as_deref(),
            Some("ohyeah.aspx")
        );
        assert_eq!(compiled_page("App_global.asax.compiled"), None);
        assert_eq!(compiled_page("App_Web_llfrjg0v.dll"), None);
        assert_eq!(compiled_page(".compiled"), None);
    }
}
