//! Transport: sends what is queued, and judges what arrives from strangers.
