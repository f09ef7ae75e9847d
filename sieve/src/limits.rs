//! Bounds of what a script may hold and of what one run may do.

/// Octets of a script's text. RFC 5228 2.10.5 names no figure; the longest scripts that rule editors write have some 100 KiB.
pub const SCRIPT_OCTETS_MAX: usize = 256 * 1024;
/// Blocks within blocks, and tests within tests. RFC 5228 2.10.5: at least 15 of each.
pub const NESTING_MAX: usize = 24;
/// Commands and tests of one script.
pub const COMMANDS_MAX: usize = 10_000;
/// Strings of one script.
pub const STRINGS_MAX: usize = 20_000;
/// Capabilities named by one `require` and its like.
pub const CAPABILITIES_MAX: usize = 100;

/// Variables of one script, and of all that are shared. RFC 5229 6: at least 128.
pub const VARIABLES_MAX: usize = 256;
/// Octets of a variable's name. RFC 5229 6: at least 32 characters.
pub const VARIABLE_NAME_OCTETS_MAX: usize = 64;
/// Octets of a variable's value; more is cut off. RFC 5229 6: at least 4,000 characters.
pub const VARIABLE_OCTETS_MAX: usize = 16 * 1024;
/// Octets of a string with its variables filled in; more is cut off.
pub const STRING_OCTETS_MAX: usize = 256 * 1024;
/// Match variables, `${0}` among them. RFC 5229 3.2: at least up to `${9}`.
pub const CAPTURES_MAX: usize = 33;

/// Steps of one run: one for each statement, test and comparison, and one more for every [`OCTETS_PER_STEP`] that it looks at.
pub const STEPS_MAX: u64 = 500_000;
/// Octets that one step stands for.
pub const OCTETS_PER_STEP: usize = 512;
/// Actions of one run.
pub const ACTIONS_MAX: usize = 64;
/// Addresses that one message is redirected to. RFC 5228 10: many would make a mail bomb.
pub const REDIRECTS_MAX: usize = 16;
/// Notifications of one run. RFC 5435 8: bounded.
pub const NOTIFICATIONS_MAX: usize = 8;
/// Header fields added and deleted in one run.
pub const HEADER_EDITS_MAX: usize = 64;
/// Octets of an added header field. RFC 5293 4 leaves the bound to us; RFC 5322 2.1.1 bounds lines, which we fold.
pub const ADDED_FIELD_OCTETS_MAX: usize = 8 * 1024;
/// Parts replaced and messages enclosed in one run: each makes the message anew.
pub const REPLACEMENTS_MAX: usize = 32;
/// Times that one run opens a script with `include`.
pub const INCLUDES_MAX: usize = 100;
/// Scripts that include each other, the first one counted. RFC 6609 3.1: at least 3.
pub const INCLUDE_DEPTH_MAX: usize = 6;
/// Loops over parts within each other. RFC 5703 3: at least 2.
pub const LOOPS_MAX: usize = 4;
/// Flags of one set.
pub const FLAGS_MAX: usize = 64;
/// Octets of one flag.
pub const FLAG_OCTETS_MAX: usize = 255;
/// Fingerprints that one run asks to remember.
pub const REMEMBERED_MAX: usize = 16;

/// Octets of the edited form of a message above those received.
pub const EDITION_GROWTH_OCTETS_MAX: usize = 8 * 1024 * 1024;
/// Edited forms that one run keeps.
pub const EDITIONS_MAX: usize = 4;
/// Header fields of one header section that tests see.
pub const FIELDS_MAX: usize = 10_000;
/// Octets of one header field that tests see.
pub const FIELD_OCTETS_MAX: usize = 64 * 1024;
/// Addresses of one header field that tests see.
pub const ADDRESSES_MAX: usize = 1_000;
/// Parts of a message that are told apart.
pub const PARTS_MAX: usize = 1_000;
/// Parts within parts that are told apart.
pub const PART_DEPTH_MAX: usize = 20;
/// Octets of a part's text that `body` and `extracttext` look at. RFC 5173 8: restricted so that no message is a burden.
pub const PART_TEXT_OCTETS_MAX: usize = 1024 * 1024;
/// Octets of a body that `body :raw` looks at.
pub const RAW_BODY_OCTETS_MAX: usize = 4 * 1024 * 1024;

/// Days between two replies of `vacation` to one sender, at most. RFC 5230 4.1: above 7, better above 30.
pub const VACATION_DAYS_MAX: u64 = 90;
/// Days if the script names none (RFC 5230 4.1).
pub const VACATION_DAYS_DEFAULT: u64 = 7;
/// Seconds that `duplicate` remembers if the script names none: RFC 7352 3.3 finds 7 days appropriate.
pub const DUPLICATE_SECONDS_DEFAULT: u64 = 7 * 86_400;
/// Seconds that `duplicate` remembers at most.
pub const DUPLICATE_SECONDS_MAX: u64 = 30 * 86_400;

/// The bounds of one run that whoever runs it may lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps, see [`STEPS_MAX`].
    pub steps: u64,
    /// Actions, see [`ACTIONS_MAX`].
    pub actions: usize,
    /// Addresses redirected to, see [`REDIRECTS_MAX`].
    pub redirects: usize,
    /// Notifications, see [`NOTIFICATIONS_MAX`].
    pub notifications: usize,
    /// Header edits, see [`HEADER_EDITS_MAX`].
    pub header_edits: usize,
    /// Scripts included, see [`INCLUDES_MAX`].
    pub includes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: STEPS_MAX,
            actions: ACTIONS_MAX,
            redirects: REDIRECTS_MAX,
            notifications: NOTIFICATIONS_MAX,
            header_edits: HEADER_EDITS_MAX,
            includes: INCLUDES_MAX,
        }
    }
}
