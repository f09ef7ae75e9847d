//! What has to be fetched before a script is run.

/// What has to be at hand when a script is run; what stands in scripts that it includes is not in here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for one thing to fetch or not"
)]
pub struct Needs {
    /// Scripts that it includes; their needs come on top.
    pub scripts: Vec<(Place, String)>,
    /// Names of mailboxes that it files into or asks for.
    pub mailboxes: Vec<String>,
    /// Names of lists that it asks for.
    pub lists: Vec<String>,
    /// It makes up names of mailboxes while it runs.
    pub any_mailbox: bool,
    /// It makes up names of lists while it runs.
    pub any_list: bool,
    /// It uses `duplicate`: what was remembered is needed.
    pub duplicates: bool,
    /// It may send a reply.
    pub vacation: bool,
    /// It may send the message on.
    pub redirects: bool,
}

/// Where an included script lies (RFC 6609 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Among the person's own scripts.
    Personal,
    /// Among those of the whole site.
    Global,
}
