//! What all requests have in common.

use std::sync::Arc;

use groupware::Groupware;
use listen::FaceCounters;

use crate::lock::Locks;
use crate::settings::Settings;

#[derive(Debug)]
pub(crate) struct House {
    pub(crate) groupware: Groupware,
    pub(crate) settings: Settings,
    pub(crate) counters: Arc<FaceCounters>,
    pub(crate) locks: Locks,
}
