//! Paths of web folders: how lists write them, and what the compile cache of ASP.NET makes of their names.

use crate::builds::Version;

/// Folders of an installation that lists cover, as they begin in lists.
pub(super) const ROOTS: [&str; 2] = ["\\frontend\\", "\\clientaccess\\"];

/// Octets of a path that are looked at; Windows allows 32,767 characters, Exchange uses less than 200.
const PATH_OCTETS_MAX: usize = 4_096;

/// Endings of files that the web server runs, or that say what it runs.
const PAGES: [&str; 14] = [
    "ashx", "asmx", "asp", "aspx", "asax", "ascx", "axd", "cer", "cshtml", "rem", "shtml", "soap",
    "svc", "vbhtml",
];

/// The forms under which lists may have a path, in lower case: as it is, and with the folder of the version called `version`, as
/// Microsoft's lists call it; an installation names it after the build, or `Current`.
pub(super) fn known_forms(path: &str) -> Vec<String> {
    let Some(path) = path.get(..path.len().min(PATH_OCTETS_MAX)) else {
        return Vec::new();
    };
    let mut path = path.replace('/', "\\").to_ascii_lowercase();
    if !path.starts_with('\\') {
        path.insert(0, '\\');
    }
    // The folder of the installation may bear any name, so the first root counts.
    let Some(start) = ROOTS.iter().filter_map(|root| path.find(root)).min() else {
        return Vec::new();
    };
    let path = path.split_off(start);
    let general: Vec<&str> = path.split('\\').map(general_folder).collect();
    let general = general.join("\\");
    if general == path {
        vec![path]
    } else {
        vec![path, general]
    }
}

fn general_folder(folder: &str) -> &str {
    let is_version = folder.starts_with("15.") && Version::parse(folder).is_some();
    if is_version || folder == "current" {
        "version"
    } else {
        folder
    }
}

/// What follows the last separator.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// What follows the last point of the name, in lower case.
pub(super) fn ending(name: &str) -> Option<String> {
    let (_, ending) = file_name(name).rsplit_once('.')?;
    // Windows drops points and blanks at the end of a name, and so do those who hide.
    Some(ending.trim_end().to_ascii_lowercase())
}

/// Whether the web server runs a file of this name.
#[must_use]
pub fn is_page(path: &str) -> bool {
    ending(path.trim_end_matches(['.', ' '])).is_some_and(|ending| PAGES.contains(&&ending[..]))
}

/// Whether setup or an administrator's command writes values of the machine into this file, so that each differs.
#[must_use]
pub fn rewritten_by_setup(path: &str) -> bool {
    ending(path).is_some_and(|ending| ending == "config")
}

/// A page that ASP.NET has compiled, as the name of a file in its cache tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledPage {
    /// The name of the page, in lower case: `error.aspx`.
    pub page: String,
    /// What ASP.NET made of the path of its folder, in hex.
    pub folder_hash: String,
}

/// Reads `error.aspx.cdcab7d2.compiled`, the name of a file below `Temporary ASP.NET Files`. Such a file stays when the page is gone.
#[must_use]
pub fn compiled_page(path: &str) -> Option<CompiledPage> {
    let name = file_name(path).to_ascii_lowercase();
    let (page, folder_hash) = name.strip_suffix(".compiled")?.rsplit_once('.')?;
    let is_hash = (4..=8).contains(&folder_hash.len())
        && folder_hash.bytes().all(|octet| octet.is_ascii_hexdigit());
    (is_hash && is_page(page)).then(|| CompiledPage {
        page: page.to_owned(),
        folder_hash: folder_hash.to_owned(),
    })
}

/// The path on the web server that stands in such a file: `/owa/auth/error.aspx`.
#[must_use]
pub fn virtual_path(compiled: &[u8]) -> Option<String> {
    const START: &[u8] = b"virtualPath=\"";
    let at = memchr::memmem::find(compiled, START)?;
    let rest = compiled.get(at.checked_add(START.len())?..)?;
    let rest = rest.get(..rest.len().min(PATH_OCTETS_MAX))?;
    let end = memchr::memchr(b'"', rest)?;
    Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
}
