//! What a tree of processes used, read from `/proc`: CPU time, memory, octets written to the device.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::meter::TICKS_PER_SECOND;

/// Octets of a block in `st_blocks`, whatever the file system's own blocks are (stat(2)).
const STAT_BLOCK_OCTETS: u64 = 512;

/// What a tree used up to a moment, the children that ended included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub(crate) cpu_s: f64,
    pub(crate) written_octets: u64,
}

impl Used {
    pub(crate) fn by(root: u32) -> Self {
        tree(root)
            .into_iter()
            .fold(Self::default(), |sum, process| Self {
                cpu_s: sum.cpu_s + cpu_s(process),
                written_octets: sum.written_octets + written_octets(process),
            })
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            cpu_s: self.cpu_s - before.cpu_s,
            written_octets: self.written_octets.saturating_sub(before.written_octets),
        }
    }
}

/// The process and all that descend from it and live.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u64, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // proc(5): the parent is the 4th field, the 2nd behind the name.
        if let Some(parent) = stat(process).get(1) {
            children.entry(*parent).or_default().push(process);
        }
    }
    let (mut found, mut open) = (Vec::new(), vec![root]);
    while let Some(process) = open.pop() {
        found.push(process);
        open.extend(children.remove(&u64::from(process)).unwrap_or_default());
    }
    found
}

/// Memory of the tree in KiB, pages that processes share counted once (PSS).
pub(crate) fn memory_kib(root: u32) -> u64 {
    let pss = |process: u32| -> Option<u64> {
        let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.split_whitespace().next()?.parse().ok()
    };
    tree(root).into_iter().filter_map(pss).sum()
}

/// Octets that the files below a folder have on the disk.
pub(crate) fn disk_octets(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let metadata = fs::symlink_metadata(entry.path()).ok()?;
            let below = if metadata.is_dir() {
                disk_octets(&entry.path())
            } else {
                0
            };
            Some(below + metadata.blocks() * STAT_BLOCK_OCTETS)
        })
        .sum()
}

fn cpu_s(process: u32) -> f64 {
    // proc(5): utime, stime, and those of children waited for, are the 14th to 17th fields.
    let ticks: u64 = stat(process).iter().skip(11).take(4).sum();
    ticks as f64 / TICKS_PER_SECOND
}

/// The fields of `/proc/PID/stat` behind the name; what is no number is 0.
fn stat(process: u32) -> Vec<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0))
        .collect()
}

fn written_octets(process: u32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|octets| octets.parse().ok()).unwrap_or(0)
}

/// Waits for a process to be gone, at most so long.
pub(crate) fn ends_within(process: u32, wait: Duration) -> bool {
    let start = Instant::now();
    while Path::new("/proc").join(process.to_string()).exists() {
        if start.elapsed() > wait {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}
