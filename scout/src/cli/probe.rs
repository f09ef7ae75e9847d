//! `scout probe`: locks itself in as `scout assess` does, and tries what a taken-over reader would; not for people.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;

use clap::{Args, ValueEnum};
use scout::lock;

use crate::problem::Problem;

#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// What is read.
    evidence: PathBuf,
    /// Where it may write.
    #[arg(long)]
    out: PathBuf,
    /// What is tried.
    what: What,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// What a reader does: read, use threads, write its report.
    Nothing,
    /// Change the evidence.
    WriteEvidence,
    /// Write elsewhere.
    WriteOutside,
    /// Read elsewhere.
    ReadOutside,
    /// Reach the network.
    Connect,
    /// Start a program.
    Run,
}

impl Probe {
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        let locked = lock::lock(&[&self.evidence], Some(&self.out));
        for (what, layer) in locked.layers() {
            if let Err(why) = layer {
                let _ = writeln!(
                    io::stderr(),
                    "scout: the kernel does not lock {what}: {why}"
                );
            }
        }
        self.tries()
            .map_err(|error| Problem::file("do it", Path::new("probe"), &error))?;
        Ok(ExitCode::SUCCESS)
    }

    fn tries(&self) -> io::Result<()> {
        match self.what {
            What::Nothing => {
                fs::read_dir(&self.evidence)?;
                let _ = thread::spawn(|| vec![0_u8; 8 << 20].len()).join();
                fs::write(self.out.join("probe"), b"x")
            }
            What::WriteEvidence => fs::write(self.evidence.join("probe"), b"x"),
            What::WriteOutside => File::create(self.out.join("../probe")).map(|_| ()),
            What::ReadOutside => fs::read("/etc/hostname")
                .or_else(|_| fs::read("/etc/passwd"))
                .map(|_| ()),
            What::Connect => TcpStream::connect(("127.0.0.1", 9)).map(|_| ()),
            What::Run => Command::new("/bin/true").status().map(|_| ()),
        }
    }
}
