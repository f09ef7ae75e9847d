//! Unix sockets: bound with the right mode from the first moment, stale files replaced, removed at the end.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use super::SocketMode;
use crate::limits::LISTEN_BACKLOG_CONNECTIONS;
use crate::{Address, SetupError};

/// The file of a bound Unix socket; removed on drop if it is still ours.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.identity.is_some() && identity(&self.path) == self.identity {
            // Nothing can be done about a failure, and the next start replaces the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

pub(super) fn bind(
    path: &Path,
    mode: SocketMode,
) -> Result<(UnixListener, SocketFile), SetupError> {
    let failed = |why| SetupError::Bind {
        address: Address::Unix(path.to_owned()),
        why,
    };
    remove_stale(path)?;
    let socket = bind_socket(path, mode).map_err(failed)?;
    Ok((
        socket,
        SocketFile {
            path: path.to_owned(),
            identity: identity(path),
        },
    ))
}

fn bind_socket(path: &Path, mode: SocketMode) -> io::Result<UnixListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let bits = match mode {
        SocketMode::Owner => 0o600,
        SocketMode::Group => 0o660,
    };
    // Before `listen` nobody can connect, so there is no moment with the wrong mode.
    fs::set_permissions(path, Permissions::from_mode(bits))?;
    socket.listen(LISTEN_BACKLOG_CONNECTIONS)?;
    Ok(socket.into())
}

/// Removes a socket file that nobody listens on. Whether somebody does is found out by connecting.
fn remove_stale(path: &Path) -> Result<(), SetupError> {
    let failed = |why| SetupError::Bind {
        address: Address::Unix(path.to_owned()),
        why,
    };
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(SetupError::NotASocket {
            path: path.to_owned(),
        });
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(SetupError::SocketInUse {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path)
        .ok()
        .map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn file_has_its_mode_and_goes_with_the_listener() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let bound = bind(&path, SocketMode::Group).unwrap();
        assert_eq!(mode(&path), 0o660);
        assert!(matches!(
            bind(&path, SocketMode::Owner),
            Err(SetupError::SocketInUse { .. })
        ));
        drop(bound);
        assert!(!path.exists());
    }

    #[test]
    fn stale_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let _bound = bind(&path, SocketMode::Owner).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        fs::write(&path, "precious").unwrap();
        assert!(matches!(
            bind(&path, SocketMode::Owner),
            Err(SetupError::NotASocket { .. })
        ));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn successor_keeps_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let first = bind(&path, SocketMode::Owner).unwrap();
        // Another inode must come to stand here: keep the old one alive under another name.
        fs::rename(&path, folder.path().join("old")).unwrap();
        let _second = bind(&path, SocketMode::Owner).unwrap();
        drop(first);
        assert!(path.exists());
    }
}
