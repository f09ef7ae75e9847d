//! What a piece of work cost this process: wall time, CPU time and bytes handed to the device.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use crate::report::median;

/// Clock ticks per second in `/proc`: 100 on every Linux that matters.
pub(crate) const TICKS_PER_SECOND: f64 = 100.0;

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

/// How long the disk takes to make 4 KiB durable, in milliseconds: the median of many times.
pub(crate) fn sync_ms(folder: &Path) -> std::io::Result<f64> {
    const TIMES: usize = 101;
    let folder = tempfile::tempdir_in(folder)?;
    let mut file = File::create(folder.path().join("probe"))?;
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(median(&times).unwrap_or(f64::NAN))
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
