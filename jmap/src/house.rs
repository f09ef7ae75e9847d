//! What all requests have in common.

use groupware::Groupware;

use crate::counters::Counters;
use crate::settings::Settings;

#[derive(Debug)]
pub(crate) struct House {
    pub(crate) groupware: Groupware,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
}
