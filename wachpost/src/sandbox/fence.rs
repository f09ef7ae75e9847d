//! The fence: Landlock, by which the kernel keeps a process from all files, ports and processes that are not named.

use std::path::{Path, PathBuf};

use admin::LayerInfo;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, NetPort,
    PathBeneath, PathFd, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, Scope,
};

use super::{Layer, NOT_HERE, Role, Terms};

/// The newest rights that are asked for; an older kernel gives what it has.
const RIGHTS: ABI = ABI::V10;
/// Without the right to reach Unix sockets, which a process is refused by newer kernels only.
const RIGHTS_WITH_SOCKETS: ABI = ABI::V8;
/// The first kernel interface with rules for TCP, as Landlock counts.
const NETWORK_SINCE: i32 = 4;
/// The first with rules for signals and abstract sockets.
const SCOPE_SINCE: i32 = 6;

/// What may be done below a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Read.
    Read,
    /// Read, write, make and remove; never run.
    Own,
    /// Read and write what is there.
    Write,
    /// Remove.
    Remove,
    /// Read and run.
    Run,
}

/// A path with what may be done there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    path: PathBuf,
    reach: Reach,
}

impl Grant {
    pub(crate) fn new(path: &Path, reach: Reach) -> Self {
        Self {
            path: path.to_owned(),
            reach,
        }
    }

    fn rights(&self) -> BitFlags<AccessFs> {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let rights = match self.reach {
            Reach::Read => read,
            Reach::Own => {
                read | AccessFs::WriteFile
                    | AccessFs::Truncate
                    | AccessFs::MakeReg
                    | AccessFs::MakeDir
                    | AccessFs::RemoveFile
                    | AccessFs::RemoveDir
                    | AccessFs::Refer
            }
            Reach::Write => AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate,
            Reach::Remove => AccessFs::RemoveFile.into(),
            Reach::Run => AccessFs::ReadFile | AccessFs::Execute,
        };
        match self.path.is_dir() {
            true => rights,
            false => rights & AccessFs::from_file(RIGHTS),
        }
    }
}

/// What of the network is left to a process.
enum Network {
    /// Whatever its own children may need: it is they who give it up.
    Unchanged,
    /// It connects, from any free port, and listens nowhere; to these ports, or to any.
    Connects(Option<Vec<u16>>),
    /// Nothing: what it listens on is bound already.
    None,
}

/// Puts the fence up around this thread and all that it begins.
pub(super) fn put_up(role: Role, grants: &[Grant], terms: &Terms) -> Vec<LayerInfo> {
    let network = match role {
        Role::Serve | Role::Notary => Network::None,
        Role::Egress => Network::Connects(terms.ports.clone()),
        Role::Starter => Network::Unchanged,
    };
    let raised = raise(role, &network, grants, terms);
    let (number, failure) = match &raised {
        Ok(status) => (interface(status), "this kernel has no Landlock".to_owned()),
        Err(error) => (0, error.to_string()),
    };
    let layer = |layer: Layer, since: i32| {
        if terms.lacks(layer) {
            layer.info(false, NOT_HERE)
        } else if number == 0 {
            layer.info(false, failure.clone())
        } else if number < since {
            let detail = format!("Landlock {number}, and {since} is wanted");
            layer.info(false, detail)
        } else {
            let ports = match (layer, &network) {
                (Layer::Network, Network::Connects(Some(ports))) => {
                    format!(", connects to {} ports", ports.len())
                }
                (Layer::Network, Network::Connects(None)) => {
                    ", connects to any port: name one with each network in `allowed`".to_owned()
                }
                _ => String::new(),
            };
            layer.info(true, format!("Landlock {number}{ports}"))
        }
    };
    let mut layers = vec![layer(Layer::Files, 1)];
    if !matches!(network, Network::Unchanged) {
        layers.push(layer(Layer::Network, NETWORK_SINCE));
    }
    layers.push(layer(Layer::Scope, SCOPE_SINCE));
    layers
}

/// The kernel's number of its Landlock; 0 if it has none.
fn interface(status: &RestrictionStatus) -> i32 {
    match status.landlock {
        LandlockStatus::Available {
            effective_abi,
            kernel_abi,
        } => kernel_abi.unwrap_or(effective_abi as i32),
        _ => 0,
    }
}

fn raise(
    role: Role,
    network: &Network,
    grants: &[Grant],
    terms: &Terms,
) -> Result<RestrictionStatus, RulesetError> {
    let mut rules = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let mut is_empty = true;
    if !terms.lacks(Layer::Files) {
        let rights = match role {
            Role::Serve | Role::Notary => RIGHTS,
            // Scanners listen on Unix sockets whose paths come with the setup.
            Role::Egress | Role::Starter => RIGHTS_WITH_SOCKETS,
        };
        rules = rules.handle_access(AccessFs::from_all(rights))?;
        is_empty = false;
    }
    if !terms.lacks(Layer::Network) {
        match network {
            Network::Unchanged => {}
            Network::Connects(ports) => {
                rules = rules.handle_access(AccessNet::BindTcp)?;
                if ports.is_some() {
                    rules = rules.handle_access(AccessNet::ConnectTcp)?;
                }
                is_empty = false;
            }
            Network::None => {
                rules = rules.handle_access(AccessNet::from_all(RIGHTS))?;
                is_empty = false;
            }
        }
    }
    // The starter ends its children, which are inside of its own fence.
    if !terms.lacks(Layer::Scope) {
        rules = rules.scope(Scope::from_all(RIGHTS))?;
        is_empty = false;
    }
    if is_empty {
        // Landlock takes no empty set of rules; one that allows all of one right says the same.
        rules = rules.handle_access(AccessFs::MakeBlock)?;
    }
    let mut created = rules.create()?;
    if !terms.lacks(Layer::Files) {
        for grant in grants {
            created = add(created, grant)?;
        }
    }
    if let Network::Connects(ports) = network
        && !terms.lacks(Layer::Network)
    {
        // Port 0: the address to connect from may be configured, its port is any free one.
        created = created.add_rule(NetPort::new(0, AccessNet::BindTcp))?;
        for port in ports.iter().flatten() {
            created = created.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
        }
    }
    created.restrict_self()
}

fn add(created: RulesetCreated, grant: &Grant) -> Result<RulesetCreated, RulesetError> {
    match PathFd::new(&grant.path) {
        Ok(path) => created.add_rule(PathBeneath::new(path, grant.rights())),
        // What is not there cannot be reached, and need not be named.
        Err(_) => Ok(created),
    }
}
