//! The calls: which system calls a process makes, by seccomp; for any other the kernel ends it.
//!
//! None of the lists has a call that starts a program, makes a process, looks into another one, mounts, or loads code into the
//! kernel. Memory that could be run is refused by the arguments of `mmap` and `mprotect`: all code is mapped when the list comes
//! into force. The starter, which must start programs, has a list of what it is refused instead.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, apply_filter_all_threads,
};

use super::Role;

/// A list: each call with its conditions, any of which suffices; none for always.
type Calls = BTreeMap<i64, Vec<SeccompRule>>;

/// Puts the list of a process into force, in all of its threads; tells what it is.
pub(super) fn refuse(role: Role) -> Result<String, String> {
    let detail = match role {
        Role::Starter => {
            apply(&refused_of_starter()?)?;
            "seccomp: what nobody needs ends the process".to_owned()
        }
        Role::Serve | Role::Egress | Role::Notary => {
            // The C library makes threads with `clone3` and goes back to `clone` where there is none; only of the latter can the
            // arguments be looked at.
            let mut absent = Calls::new();
            absent.insert(libc::SYS_clone3, Vec::new());
            let enosys = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
            apply(&compile(absent, SeccompAction::Allow, enosys)?)?;
            if role != Role::Serve {
                let looking = LOOKING.iter().map(|call| (*call, Vec::new())).collect();
                let eacces = SeccompAction::Errno(libc::EACCES.unsigned_abs());
                apply(&compile(looking, SeccompAction::Allow, eacces)?)?;
            }
            let calls = allowed(role).map_err(|error| error.to_string())?;
            let count = calls.len();
            let program = compile(calls, SeccompAction::KillProcess, SeccompAction::Allow)?;
            apply(&program)?;
            format!("seccomp: {count} calls, any other ends the process")
        }
    };
    Ok(detail)
}

fn apply(program: &BpfProgram) -> Result<(), String> {
    apply_filter_all_threads(program).map_err(|error| error.to_string())
}

fn compile(
    calls: Calls,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, String> {
    let architecture = std::env::consts::ARCH
        .try_into()
        .map_err(|_| "no list of system calls for this processor".to_owned())?;
    SeccompFilter::new(calls, otherwise, listed, architecture)
        .and_then(BpfProgram::try_from)
        .map_err(|error| error.to_string())
}

fn refused_of_starter() -> Result<BpfProgram, String> {
    let calls = REFUSED_OF_ALL.iter().map(|call| (*call, Vec::new()));
    compile(
        calls.collect(),
        SeccompAction::Allow,
        SeccompAction::KillProcess,
    )
}

fn allowed(role: Role) -> Result<Calls, BackendError> {
    let lists: &[&[c_long]] = match role {
        Role::Serve => &[ALL, THREADS, SOCKETS, ACCEPTING, FILES],
        Role::Egress => &[ALL, THREADS, SOCKETS, CONNECTING, LOOKING],
        Role::Notary | Role::Starter => &[ALL, REMEMBERING, LOOKING],
    };
    let mut calls: Calls = lists
        .iter()
        .flat_map(|list| list.iter())
        .map(|call| (*call, Vec::new()))
        .collect();
    let may_run = u64::from(libc::PROT_EXEC.unsigned_abs());
    let never_runs = SeccompCmpOp::MaskedEq(may_run);
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        calls.insert(call, vec![when(2, never_runs.clone(), 0)?]);
    }
    // A thread names itself, and memory; the rest of `prctl` would change what is locked.
    let names = [libc::PR_SET_NAME, PR_SET_VMA].map(|option| u64::from(option.unsigned_abs()));
    let named = names.map(|option| when(0, SeccompCmpOp::Eq, option));
    calls.insert(
        libc::SYS_prctl,
        named.into_iter().collect::<Result<_, _>>()?,
    );
    // A panic that aborts signals its own process, and nothing else is signalled.
    let own = u64::from(std::process::id());
    calls.insert(libc::SYS_tgkill, vec![when(0, SeccompCmpOp::Eq, own)?]);
    if role == Role::Egress {
        // TCP, UDP and sockets with a path: no raw packets, no talk with the kernel's own services, nothing that is TCP by another
        // name.
        let families = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];
        let protocols = [0, libc::IPPROTO_TCP, libc::IPPROTO_UDP];
        let mut rules = Vec::new();
        for family in families {
            for protocol in protocols {
                rules.push(SeccompRule::new(vec![
                    is(0, family.unsigned_abs())?,
                    is(2, protocol.unsigned_abs())?,
                ])?);
            }
        }
        calls.insert(libc::SYS_socket, rules);
    }
    if role != Role::Notary {
        let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
        let is_thread = when(0, SeccompCmpOp::MaskedEq(thread), thread)?;
        calls.insert(libc::SYS_clone, vec![is_thread]);
        calls.insert(libc::SYS_clone3, Vec::new());
        // Looks at its own limits, and sets none of another process.
        let itself = when(0, SeccompCmpOp::Eq, 0)?;
        calls.insert(libc::SYS_prlimit64, vec![itself]);
        let wanted = [libc::FIONBIO, libc::FIONREAD, libc::FIOCLEX, libc::TCGETS];
        let rules = wanted.map(|request| when(1, SeccompCmpOp::Eq, request));
        calls.insert(
            libc::SYS_ioctl,
            rules.into_iter().collect::<Result<_, _>>()?,
        );
    }
    Ok(calls)
}

/// A rule about the low half of one argument.
fn when(argument: u8, how: SeccompCmpOp, value: u64) -> Result<SeccompRule, BackendError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, how, value)?;
    SeccompRule::new(vec![condition])
}

/// The low half of one argument is this.
fn is(argument: u8, value: u32) -> Result<SeccompCondition, BackendError> {
    let (length, how) = (SeccompCmpArgLen::Dword, SeccompCmpOp::Eq);
    SeccompCondition::new(argument, length, how, u64::from(value))
}

/// Linux: `prctl` that names memory.
const PR_SET_VMA: i32 = 0x5356_4d41;

/// What every process does: reads and writes what is open, has memory and the time, ends.
const ALL: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_setsockopt,
    libc::SYS_close,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_sched_yield,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// The notary remembers what it signed.
const REMEMBERING: &[c_long] = &[
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_fdatasync,
    libc::SYS_fsync,
];

/// The runtime and its threads.
const THREADS: &[c_long] = &[
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_sched_getaffinity,
    libc::SYS_membarrier,
    libc::SYS_get_mempolicy,
    libc::SYS_getcpu,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_eventfd2,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_timerfd_settime,
    libc::SYS_dup,
    libc::SYS_getrusage,
];

/// Connections that come in, at the ports that are bound already.
const ACCEPTING: &[c_long] = &[libc::SYS_accept4];

/// Connections that are there.
const SOCKETS: &[c_long] = &[
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    libc::SYS_shutdown,
    libc::SYS_sendmmsg,
    libc::SYS_recvmmsg,
];

/// Connections that go out: where to is decided by the address policy, and who listens by nobody.
const CONNECTING: &[c_long] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
];

/// Linux, `asm-generic/unistd.h`: the C library renames by it.
#[cfg(target_arch = "aarch64")]
const SYS_RENAMEAT: c_long = 38;
#[cfg(not(target_arch = "aarch64"))]
const SYS_RENAMEAT: c_long = libc::SYS_renameat;

/// The store's files, and those that are read again; which ones there are is Landlock's to say.
const FILES: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_lseek,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_flock,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_utimensat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    SYS_RENAMEAT,
    libc::SYS_renameat2,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_geteuid,
    libc::SYS_getuid,
    // The process that starts others is waited for at the end.
    libc::SYS_wait4,
    libc::SYS_waitid,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
];

/// Files by their name, for processes that open none: libraries look for some, and are told that they may not.
const LOOKING: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
];

/// What not even the starter does.
const REFUSED_OF_ALL: &[c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_personality,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_kcmp,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
];
