//! A small disk of its own for a data folder: a tmpfs that can be filled, emptied and made read-only.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Octets that the ballast grows by; the last step fills what is left.
const BALLAST_STEPS: [usize; 4] = [1 << 20, 64 << 10, 4 << 10, 1];

/// A mounted tmpfs; unmounted when the value goes.
#[derive(Debug)]
pub(super) struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Mounts a disk of this size. None if this process may not mount, which is said loudly.
    pub(super) fn mount(mib: u32) -> Option<Self> {
        let folder = TempDir::with_prefix("wachpost-disk-").unwrap();
        let size = format!("size={mib}m,mode=700");
        let output = mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], folder.path());
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            eprintln!("SKIPPED: this test mounts a small disk, which needs root: {why}");
            return None;
        }
        Some(Self { folder })
    }

    /// Where a data folder can be.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    /// Fills the disk to the last octet.
    pub(super) fn fill(&self) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.ballast())
            .unwrap();
        for octets in BALLAST_STEPS {
            let step = vec![0; octets];
            while file.write_all(&step).is_ok() {}
        }
    }

    /// Fills the disk up to so many octets.
    pub(super) fn fill_but(&self, octets: u64) {
        self.fill();
        let size = fs::metadata(self.ballast()).unwrap().len();
        let file = File::options().write(true).open(self.ballast()).unwrap();
        file.set_len(size.saturating_sub(octets)).unwrap();
    }

    /// Makes room again.
    pub(super) fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    /// Nothing can be written any more, or again.
    pub(super) fn set_read_only(&self, read_only: bool) {
        let options = if read_only {
            "remount,ro"
        } else {
            "remount,rw"
        };
        let output = mount(&["-o", options], self.folder.path());
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also with files still open: the server is killed, but its memory may be going.
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.folder.path())
            .status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> Output {
    Command::new("mount")
        .args(arguments)
        .arg(at)
        .output()
        .unwrap()
}

/// All files below a folder with their bytes, to see that nothing changed.
pub(super) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(contents(&entry.path()));
        } else if kind.is_file() {
            found.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
    found.sort();
    found
}

/// Copies a folder with all that is in it, except sockets.
pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
