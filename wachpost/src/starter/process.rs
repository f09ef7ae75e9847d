//! What the starter does in its own process.

use std::fs;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::{Ask, COMMAND, DONE, Hello, Opening, Plan, again, next_ask, own_socket};
use crate::logs;
use crate::problem::Problem;
use crate::sandbox::{self, Grant, Reach, Role};

/// What is said where nothing was started.
const NOT_DONE: u8 = b'-';

/// Starts what is asked for, until there is nobody to ask.
pub(crate) fn run(plan: &Plan) -> Result<(), Problem> {
    logs::begin(&plan.log);
    let asking = own_socket(COMMAND)?;
    match sandbox::lock(Role::Starter, &grants(plan), &plan.terms) {
        Ok(layers) => Hello::Open(Opening {
            layers,
            introduction: None,
        })
        .send(&asking)?,
        Err(problem) => {
            Hello::failed(&problem).send(&asking)?;
            return Err(problem);
        }
    }
    let mut started = Started::default();
    let farewell = started.serve(&asking, plan);
    started.end_all();
    match farewell {
        Ok(true) => {}
        Ok(false) => tracing::error!(
            "the serving process has ended without notice: it was killed, by somebody or by the kernel because of a system \
             call that it never makes; the processes beside it are ended"
        ),
        Err(error) => return Err(Problem::failed(error.to_string())),
    }
    Ok(())
}

/// This program with its libraries, to run, and the two files of the notary.
fn grants(plan: &Plan) -> Vec<Grant> {
    let mut grants: Vec<_> = code()
        .iter()
        .map(|file| Grant::new(file, Reach::Run))
        .collect();
    grants.push(Grant::new(Path::new("/etc/ld.so.cache"), Reach::Read));
    // Where what is started writes to when it has no standard output.
    grants.push(Grant::new(Path::new("/dev/null"), Reach::Write));
    if let Some(papers) = &plan.papers {
        grants.push(Grant::new(&papers.key, Reach::Read));
        grants.push(Grant::new(&papers.memory, Reach::Write));
        if !papers.logs.is_empty() {
            grants.push(Grant::new(&papers.witnessed, Reach::Write));
        }
    }
    grants
}

/// The files that this process is made of: those that are mapped to be run, and itself.
fn code() -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from(super::THIS_PROGRAM)];
    // A line: addresses, rights, offset, device, inode, path.
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let rights = words.nth(1).unwrap_or_default();
        let path = words.nth(3).unwrap_or_default();
        if rights.contains('x') && path.starts_with('/') {
            files.push(PathBuf::from(path));
        }
    }
    // The C library's loader is named by the program, perhaps through a link; the rule is about the file itself.
    files.sort();
    files.dedup();
    files
}

/// What runs.
#[derive(Debug, Default)]
struct Started {
    egress: Option<Child>,
    notary: Option<Child>,
}

impl Started {
    /// Tells whether the end was said.
    fn serve(&mut self, asking: &UnixStream, plan: &Plan) -> io::Result<bool> {
        while let Some(octet) = next_ask(asking)? {
            let (role, place) = match Ask::of(octet) {
                Some(Ask::Egress) => (Role::Egress, &mut self.egress),
                Some(Ask::Notary) => (Role::Notary, &mut self.notary),
                Some(Ask::Farewell) => return Ok(true),
                None => {
                    tracing::error!("the serving process asks for something that there is not");
                    return Ok(false);
                }
            };
            if let Some(before) = place.take() {
                end(before, role);
            }
            match start(role, plan) {
                Ok((child, socket)) => {
                    *place = Some(child);
                    answer(asking, Some(&socket))?;
                }
                Err(error) => {
                    tracing::error!(process = role.name(), %error, "a process does not start");
                    answer(asking, None)?;
                }
            }
        }
        Ok(false)
    }

    fn end_all(&mut self) {
        for (child, role) in [
            (self.egress.take(), Role::Egress),
            (self.notary.take(), Role::Notary),
        ] {
            if let Some(child) = child {
                end(child, role);
            }
        }
    }
}

fn start(role: Role, plan: &Plan) -> io::Result<(Child, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    Ok((again(role.name(), plan, theirs)?, ours))
}

fn answer(asking: &UnixStream, socket: Option<&UnixStream>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let sockets = socket.map(|socket| [socket.as_fd()]);
    if let Some(sockets) = &sockets {
        control.push(SendAncillaryMessage::ScmRights(sockets));
    }
    let octet = [if socket.is_some() { DONE } else { NOT_DONE }];
    sendmsg(
        asking,
        &[IoSlice::new(&octet)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// Ends a process whose socket is closed, or will be; says how it ended if it did so by itself.
fn end(mut child: Child, role: Role) {
    let by_itself = matches!(child.try_wait(), Ok(Some(_)));
    let _ = child.kill();
    match child.wait() {
        Ok(status) if by_itself && !status.success() => tell(role, status),
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(process = role.name(), %error, "a process cannot be waited for")
        }
    }
}

fn tell(role: Role, status: ExitStatus) {
    let process = role.name();
    if status.signal() == Some(libc::SIGSYS) {
        tracing::error!(
            process,
            "the kernel has ended a process because of a system call that it never makes: it was taken over, or Wachpost has a \
             bug; keep the log and have somebody look"
        );
    } else {
        tracing::error!(process, reason = %status, "a process has ended by itself");
    }
}
