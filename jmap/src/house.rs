//! What all requests have in common.

use std::sync::Arc;

use groupware::Groupware;
use listen::FaceCounters;

use crate::limits::{REQUESTS_AT_ONCE_MAX, UPLOADS_AT_ONCE_MAX};
use crate::pushes::Pushes;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::turns::Turns;

#[derive(Debug)]
pub(crate) struct House {
    pub(crate) groupware: Groupware,
    pub(crate) settings: Settings,
    pub(crate) counters: Arc<FaceCounters>,
    pub(crate) sessions: Sessions,
    /// Requests to the API.
    pub(crate) requests: Turns,
    pub(crate) uploads: Turns,
    pub(crate) pushes: Pushes,
}

impl House {
    pub(crate) fn new(groupware: Groupware, settings: Settings) -> Self {
        Self {
            groupware,
            settings,
            counters: Arc::default(),
            sessions: Sessions::default(),
            requests: Turns::new(REQUESTS_AT_ONCE_MAX),
            uploads: Turns::new(UPLOADS_AT_ONCE_MAX),
            pushes: Pushes::default(),
        }
    }
}
