//! Lock: the process that reads what strangers wrote, kept by the kernel from everything else: it reads that, writes its report or
//! its store, and can start no program, reach no network, and make no memory executable.

use std::collections::BTreeMap;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use libc::c_long;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::set_no_new_privs;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};

/// The newest rights that are asked for; an older kernel gives what it has.
const RIGHTS: ABI = ABI::V10;

/// What of the lock is in force, in words for the report of progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Files and network: Landlock.
    pub files: Result<String, String>,
    /// System calls: seccomp.
    pub calls: Result<String, String>,
}

impl Locked {
    /// Each part and whether it is in force.
    pub fn layers(&self) -> [(&'static str, &Result<String, String>); 2] {
        [
            ("files and network", &self.files),
            ("system calls", &self.calls),
        ]
    }
}

/// Locks this process in; it must have one thread only. From then on it reads `evidence`, files or whole folders, and writes below
/// `out`, where there is one. What the kernel lacks is told, and the work goes on.
#[must_use]
pub fn lock(evidence: &[&Path], out: Option<&Path>) -> Locked {
    // Nothing that is started later could gain rights; seccomp asks for it.
    let prepared =
        set_no_new_privs(true).and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    let files = match fence(evidence, out) {
        Ok(RulesetStatus::FullyEnforced) => Ok("Landlock".to_owned()),
        Ok(RulesetStatus::PartiallyEnforced) => {
            Ok("Landlock, as far as this kernel has it".to_owned())
        }
        Ok(RulesetStatus::NotEnforced) => Err("this kernel has no Landlock".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let calls = prepared
        .map_err(|error| error.to_string())
        .and_then(|()| refuse());
    Locked { files, calls }
}

fn fence(evidence: &[&Path], out: Option<&Path>) -> Result<RulesetStatus, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = read | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::MakeReg;
    let mut created = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(RIGHTS))?
        .handle_access(AccessNet::from_all(RIGHTS))?
        .scope(Scope::from_all(RIGHTS))?
        .create()?;
    let evidence = evidence.iter().map(|path| (*path, read));
    for (path, rights) in evidence.chain(out.map(|path| (path, write))) {
        let rights = if path.is_dir() {
            rights
        } else {
            rights & AccessFs::from_file(RIGHTS)
        };
        if let Ok(file) = PathFd::new(path) {
            created = created.add_rule(PathBeneath::new(file, rights))?;
        }
    }
    created.restrict_self().map(|status| status.ruleset)
}

/// What reading, computing, threads, writing and SQLite need; any other call ends the process.
const CALLS: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_openat,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_getdents64,
    libc::SYS_fcntl,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    // SQLite looks where its file is, and gives its journal the same owner.
    libc::SYS_getcwd,
    libc::SYS_readlink,
    libc::SYS_access,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_mprotect,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_tgkill,
    libc::SYS_getrandom,
    libc::SYS_prctl,
    libc::SYS_ioctl,
    libc::SYS_restart_syscall,
    libc::SYS_set_tid_address,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_poll,
    libc::SYS_prlimit64,
];

fn refuse() -> Result<String, String> {
    let mut absent = BTreeMap::new();
    // The C library goes back to `clone`, whose arguments can be looked at.
    absent.insert(libc::SYS_clone3, Vec::new());
    let enosys = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    apply(absent, SeccompAction::Allow, enosys)?;
    let mut calls: BTreeMap<i64, Vec<SeccompRule>> =
        CALLS.iter().map(|call| (*call, Vec::new())).collect();
    let may_run = u64::from(libc::PROT_EXEC.unsigned_abs());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        calls.insert(call, vec![when(2, SeccompCmpOp::MaskedEq(may_run), 0)?]);
    }
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    calls.insert(
        libc::SYS_clone,
        vec![when(0, SeccompCmpOp::MaskedEq(thread), thread)?],
    );
    let own = u64::from(std::process::id());
    calls.insert(libc::SYS_tgkill, vec![when(0, SeccompCmpOp::Eq, own)?]);
    // A look at a limit of its own, and at whether standard error is a terminal.
    calls.insert(libc::SYS_prlimit64, vec![when(0, SeccompCmpOp::Eq, 0)?]);
    calls.insert(
        libc::SYS_ioctl,
        vec![
            when(1, SeccompCmpOp::Eq, libc::TCGETS)?,
            when(1, SeccompCmpOp::Eq, libc::TIOCGWINSZ)?,
        ],
    );
    // PR_SET_VMA: the C library names its memory.
    let names = [u64::from(libc::PR_SET_NAME.unsigned_abs()), 0x5356_4d41];
    let names = names.map(|option| when(0, SeccompCmpOp::Eq, option));
    calls.insert(
        libc::SYS_prctl,
        names.into_iter().collect::<Result<_, _>>()?,
    );
    let count = calls.len();
    apply(calls, SeccompAction::KillProcess, SeccompAction::Allow)?;
    Ok(format!("seccomp: {count} calls"))
}

fn apply(
    calls: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<(), String> {
    let architecture = std::env::consts::ARCH
        .try_into()
        .map_err(|_| "no list of system calls for this processor".to_owned())?;
    let filter = SeccompFilter::new(calls, otherwise, listed, architecture)
        .map_err(|error| error.to_string())?;
    let program = BpfProgram::try_from(filter).map_err(|error| error.to_string())?;
    apply_filter_all_threads(&program).map_err(|error| error.to_string())
}

/// A rule about the low half of one argument.
fn when(argument: u8, how: SeccompCmpOp, value: u64) -> Result<SeccompRule, String> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, how, value)
        .map_err(|error| error.to_string())?;
    SeccompRule::new(vec![condition]).map_err(|error| error.to_string())
}
