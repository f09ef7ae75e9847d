//! The posture: which layers keep the processes of the house locked in, as the kernel really enforces them.

use std::sync::{Arc, Mutex, PoisonError};

use admin::{LayerInfo, PostureInfo, ProcessPosture};

use crate::sandbox::{Role, Terms};
use crate::starter::{Starter, posture};

/// Knows how each process is locked in.
#[derive(Debug)]
pub(crate) struct Locks {
    kernel: String,
    required: bool,
    serve: Mutex<Vec<LayerInfo>>,
    starter: Arc<Starter>,
}

impl Locks {
    pub(crate) fn new(terms: &Terms, serve: Vec<LayerInfo>, starter: Arc<Starter>) -> Self {
        Self {
            kernel: kernel(),
            required: terms.required,
            serve: Mutex::new(serve),
            starter,
        }
    }

    /// The serving process has one more.
    pub(crate) fn add(&self, layer: LayerInfo) {
        self.serving().push(layer);
    }

    /// Those of the serving process.
    pub(crate) fn of_serve(&self) -> Vec<LayerInfo> {
        self.serving().clone()
    }

    fn serving(&self) -> std::sync::MutexGuard<'_, Vec<LayerInfo>> {
        self.serve.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One line of the log for each process.
    pub(crate) fn log(&self) {
        let info = admin::Locks::posture(self);
        for ProcessPosture { process, layers } in &info.processes {
            let name = |on: bool| -> String {
                let layers = layers.iter().filter(|layer| layer.on == on);
                let named = layers.map(|layer| match on {
                    true => layer.layer.clone(),
                    false => format!("{} ({})", layer.layer, layer.detail),
                });
                named.collect::<Vec<_>>().join(", ")
            };
            let (on, off) = (name(true), name(false));
            if off.is_empty() {
                tracing::info!(process, layers = on, "locked in");
            } else {
                tracing::warn!(process, layers = on, missing = off, "not wholly locked in");
            }
        }
    }
}

impl admin::Locks for Locks {
    fn posture(&self) -> PostureInfo {
        let mut processes = vec![posture(Role::Serve, self.of_serve())];
        processes.extend(self.starter.postures());
        whole(&self.kernel, self.required, processes)
    }
}

/// All processes together.
pub(crate) fn whole(kernel: &str, required: bool, processes: Vec<ProcessPosture>) -> PostureInfo {
    let layers = processes.iter().flat_map(|process| &process.layers);
    PostureInfo {
        kernel: kernel.to_owned(),
        required,
        complete: layers.into_iter().all(|layer| layer.on),
        processes,
    }
}

/// The kernel's name and release; asked before the process is locked in.
pub(crate) fn kernel() -> String {
    let name = rustix::system::uname();
    format!(
        "{} {}",
        name.sysname().to_string_lossy(),
        name.release().to_string_lossy()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Layer;

    #[test]
    fn one_layer_that_is_missing_anywhere_is_missing() {
        let layer = |on| LayerInfo {
            layer: Layer::Files.name().to_owned(),
            on,
            detail: String::new(),
        };
        let posture = |layers: [bool; 2]| {
            let processes = layers.map(|on| posture(Role::Notary, vec![layer(true), layer(on)]));
            whole("Linux", false, processes.to_vec())
        };
        assert!(posture([true, true]).complete);
        assert!(!posture([true, false]).complete);
        let required = Terms {
            required: true,
            ..Terms::default()
        };
        assert!(required.accept(Role::Notary, &[layer(true)]).is_ok());
        let problem = required.accept(Role::Notary, &[layer(false)]).unwrap_err();
        assert!(problem.message.contains("files"), "{problem}");
        assert!(
            Terms::default()
                .accept(Role::Notary, &[layer(false)])
                .is_ok()
        );
    }
}
