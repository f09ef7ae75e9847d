//! Grants: the files that the serving process may reach once it is locked in, as the configuration has them.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::config::listeners::Address;
use crate::sandbox::{Grant, Reach};
use crate::{dkim, notary};

/// What `serve` may reach in the file system.
pub(crate) fn of(config: &Config) -> Vec<Grant> {
    let mut grants = vec![Grant::new(&config.data, Reach::Own)];
    let memory = notary::memory_of(config);
    let witnessed = notary::witnessed_of(&memory);
    let secrets = [config.notary_key.clone(), memory, witnessed];
    let holds_secrets = |folder: &Path| {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        secrets.iter().any(|secret| {
            let secret = secret.canonicalize().unwrap_or_else(|_| secret.clone());
            secret.starts_with(&folder)
        })
    };
    for certificate in &config.tls.certificates {
        for file in [&certificate.chain, &certificate.key] {
            // Renewed certificates are new files, perhaps behind a link: the folders of both ends are wanted.
            let target = file.canonicalize().unwrap_or_else(|_| file.clone());
            for path in [file, &target] {
                match path.parent() {
                    Some(folder) if !holds_secrets(folder) => {
                        grants.push(Grant::new(folder, Reach::Read));
                    }
                    _ => grants.push(Grant::new(path, Reach::Read)),
                }
            }
        }
    }
    if let Some(acme) = &config.acme {
        if !holds_secrets(&acme.folder) {
            grants.push(Grant::new(&acme.folder, Reach::Own));
        }
        if let Some(dns) = &acme.dns {
            grants.push(Grant::new(&dns.secret_file, Reach::Read));
        }
    }
    // Keys are made by commands, and by administrators in a browser if they have a place for that.
    let keys_are_made = config.listen.has_administration();
    let reach = if keys_are_made {
        Reach::Own
    } else {
        Reach::Read
    };
    grants.push(Grant::new(&dkim::folder_of(config), reach));
    for file in config.outgoing.password_files() {
        grants.push(Grant::new(file, Reach::Read));
    }
    for folder in socket_folders(config) {
        if !holds_secrets(&folder) {
            grants.push(Grant::new(&folder, Reach::Remove));
        }
    }
    // SQLite seeds its random numbers there.
    grants.push(Grant::new(Path::new("/dev/urandom"), Reach::Read));
    grants
}

/// Where sockets lie that are removed at the end.
fn socket_folders(config: &Config) -> Vec<PathBuf> {
    let addresses = config.listen.all();
    addresses
        .filter_map(|address| match address {
            Address::Unix(path) => path.parent().map(Path::to_owned),
            Address::Ip(_) => None,
        })
        .collect()
}
