//! Requests about rooms and equipment.

use serde::{Deserialize, Serialize};

/// About what can be booked: it answers invitations by itself.
#[derive(Debug, Serialize, Deserialize)]
pub enum ResourceRequest {
    /// Adds a room. Answer: [`crate::Reply::Added`].
    AddRoom {
        /// The address that is invited.
        address: String,
        /// The name people read; none for the local part of the address.
        name: Option<String>,
        /// How many people it holds, if known.
        capacity: Option<u32>,
    },
    /// Adds equipment: a car, a projector. Answer: [`crate::Reply::Added`].
    AddEquipment {
        /// The address that is invited.
        address: String,
        /// The name people read; none for the local part of the address.
        name: Option<String>,
    },
    /// Removes one; its journal stays.
    Remove {
        /// Which.
        address: String,
    },
    /// One page of them. Answer: [`crate::Reply::Principals`].
    List {
        /// After which number; 0 from the beginning.
        after: u32,
    },
}
