//! Egress: the only way out. Connections to the outside, made by a process of their own.
