//! The locked house: what each process may still do once it is locked in, and the locking.
//!
//! A process that was taken over by whoever it talks to must be of no use to them: it can start no program, make no memory
//! executable, look into no other process, and reach only what its work needs. Each layer is the kernel's, and each is reported
//! as it really is: see [`crate::posture`].
//!
//! | process | files | network | system calls |
//! |---|---|---|---|
//! | `serve` | its data folder; certificates and keys of its own to read | takes connections; makes and binds no socket | a list, no new process |
//! | `egress` | none | connects out, to ports that are known; listens nowhere | a list, no new process |
//! | `notary` | none but the two that are open | none | a short list, no new process |
//! | `starter` | this program and its libraries to run | none | all but what nobody needs |

mod calls;

mod fence;

mod privileges;

use admin::LayerInfo;

use crate::problem::{Exit, Problem};

pub(crate) use fence::{Grant, Reach};

/// Who is locked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Role {
    /// Faces, groupware, store.
    Serve,
    /// Connects out.
    Egress,
    /// Signs.
    Notary,
    /// Starts the two others, and does nothing else.
    Starter,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Egress => "egress",
            Self::Notary => "notary",
            Self::Starter => "starter",
        }
    }
}

/// One thing that the kernel does for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Layer {
    /// Only some files can be reached (Landlock).
    Files,
    /// TCP is refused but where it is needed (Landlock).
    Network,
    /// Signals and abstract sockets end at the process (Landlock).
    Scope,
    /// Only some system calls are made, and no memory becomes executable (seccomp).
    SystemCalls,
    /// No program gives more rights than the one that starts it has.
    NoNewPrivileges,
    /// None of the rights of root are left.
    Capabilities,
    /// Neither a debugger nor a core file shows what is in memory.
    Undumpable,
}

impl Layer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Network => "network",
            Self::Scope => "scope",
            Self::SystemCalls => "system-calls",
            Self::NoNewPrivileges => "no-new-privileges",
            Self::Capabilities => "capabilities",
            Self::Undumpable => "undumpable",
        }
    }

    fn info(self, on: bool, detail: impl Into<String>) -> LayerInfo {
        LayerInfo {
            layer: self.name().to_owned(),
            on,
            detail: detail.into(),
        }
    }
}

/// What is demanded of the kernel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    /// Whether to refuse to run where a layer is missing.
    pub(crate) required: bool,
    /// Layers to do without, as if the kernel had none: for tests.
    pub(crate) missing: Vec<Layer>,
    /// The TCP ports that the process that connects out may connect to; none for all.
    pub(crate) ports: Option<Vec<u16>>,
}

impl Terms {
    fn lacks(&self, layer: Layer) -> bool {
        self.missing.contains(&layer)
    }

    /// Refuses to go on where a layer is missing that is demanded.
    pub(crate) fn accept(&self, role: Role, layers: &[LayerInfo]) -> Result<(), Problem> {
        let missing: Vec<_> = layers
            .iter()
            .filter(|layer| !layer.on)
            .map(|layer| format!("{} ({})", layer.layer, layer.detail))
            .collect();
        if !self.required || missing.is_empty() {
            return Ok(());
        }
        let message = format!(
            "`{}` cannot be locked in as is required: {}; use a newer kernel, or do without `require_sandbox`",
            role.name(),
            missing.join(", ")
        );
        Err(Problem::new(Exit::Config, message))
    }
}

/// Locks the process in, as a whole; it must have one thread only.
pub(crate) fn lock(role: Role, grants: &[Grant], terms: &Terms) -> Result<Vec<LayerInfo>, Problem> {
    let mut layers = shut_in(role, grants, terms);
    layers.push(refuse_calls(role, terms));
    terms.accept(role, &layers)?;
    Ok(layers)
}

/// All but the system calls; for a process of one thread, which passes it on to all that it begins.
pub(crate) fn shut_in(role: Role, grants: &[Grant], terms: &Terms) -> Vec<LayerInfo> {
    let mut layers = privileges::give_up(role, terms);
    layers.splice(0..0, fence::put_up(role, grants, terms));
    layers
}

/// The system calls, in all threads at once.
pub(crate) fn refuse_calls(role: Role, terms: &Terms) -> LayerInfo {
    if terms.lacks(Layer::SystemCalls) {
        return Layer::SystemCalls.info(false, NOT_HERE);
    }
    match calls::refuse(role) {
        Ok(detail) => Layer::SystemCalls.info(true, detail),
        Err(error) => Layer::SystemCalls.info(false, error),
    }
}

/// What is said of a layer that a test takes away.
const NOT_HERE: &str = "taken away for a test";
