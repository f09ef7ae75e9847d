//! Privileges: what a process gives up of what its user, or root, could do.

use admin::LayerInfo;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, no_new_privs,
    set_capabilities, set_no_new_privs,
};

use super::{Layer, NOT_HERE, Role, Terms};

/// Files that the notary has open: its log, its socket, its two files, and room.
const FILES_OPEN_MAX: u64 = 64;

/// Gives up one; tells by what.
type Step = fn(Role) -> rustix::io::Result<&'static str>;

/// Gives them up, for this thread and all that it begins.
pub(super) fn give_up(role: Role, terms: &Terms) -> Vec<LayerInfo> {
    let steps: [(Layer, Step); 3] = [
        (Layer::NoNewPrivileges, |_| no_new()),
        (Layer::Capabilities, |_| no_capabilities()),
        (Layer::Undumpable, undumpable),
    ];
    let steps = steps.into_iter().map(|(layer, step)| {
        if terms.lacks(layer) {
            return layer.info(false, NOT_HERE);
        }
        match step(role) {
            Ok(detail) => layer.info(true, detail),
            Err(error) => layer.info(false, error.to_string()),
        }
    });
    steps.collect()
}

fn no_new() -> rustix::io::Result<&'static str> {
    set_no_new_privs(true)?;
    match no_new_privs()? {
        true => Ok("PR_SET_NO_NEW_PRIVS"),
        false => Err(rustix::io::Errno::PERM),
    }
}

fn no_capabilities() -> rustix::io::Result<&'static str> {
    clear_ambient_capability_set()?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none)?;
    let left = capabilities(None)?;
    match left.effective.is_empty() && left.permitted.is_empty() {
        true => Ok("none effective, permitted, inheritable or ambient"),
        false => Err(rustix::io::Errno::PERM),
    }
}

/// No core file, no debugger of the same user, nothing to see below `/proc`.
fn undumpable(role: Role) -> rustix::io::Result<&'static str> {
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, nothing)?;
    // What the starter has open is few as well, but its children have its limits.
    if role == Role::Notary {
        let few = Rlimit {
            current: Some(FILES_OPEN_MAX),
            maximum: Some(FILES_OPEN_MAX),
        };
        setrlimit(Resource::Nofile, few)?;
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok("PR_SET_DUMPABLE 0, no core files")
}
