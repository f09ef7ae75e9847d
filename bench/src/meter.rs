//! What a piece of work cost this process: wall time, CPU time and bytes handed to the device.

use std::time::Instant;

/// Clock ticks per second in `/proc`: 100 on every Linux that matters.
const TICKS_PER_SECOND: f64 = 100.0;

/// The counters at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    at: Instant,
    cpu_s: f64,
    written_octets: u64,
}

/// What happened between two moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: f64,
    pub(crate) written_octets: u64,
}

impl Meter {
    pub(crate) fn start() -> Self {
        Self {
            at: Instant::now(),
            cpu_s: cpu(),
            written_octets: written(),
        }
    }

    pub(crate) fn stop(self) -> Cost {
        Cost {
            wall_s: self.at.elapsed().as_secs_f64(),
            cpu_s: cpu() - self.cpu_s,
            written_octets: written() - self.written_octets,
        }
    }
}

fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    // proc(5): utime and stime are the 14th and 15th fields, the 12th and 13th behind the name.
    [11, 12]
        .iter()
        .filter_map(|at| fields.get(*at)?.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS_PER_SECOND
}

fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines()
        .find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok())
        .unwrap_or(0)
}
