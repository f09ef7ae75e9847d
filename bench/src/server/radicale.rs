//! Radicale, the calendar server written in Python: `RADICALE_PYTHON` names the Python that has it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{PASSWORD, Ports, address};

pub(super) fn set_up(
    folder: &Path,
    ports: &Ports,
    users: &[String],
) -> Result<(Vec<OsString>, PathBuf)> {
    let (config, names, data) = (
        folder.join("radicale.conf"),
        folder.join("users"),
        folder.join("data"),
    );
    fs::create_dir(&data)?;
    let lines: Vec<String> = users
        .iter()
        .map(|user| format!("{}:{PASSWORD}\n", address(user)))
        .collect();
    fs::write(&names, lines.concat())?;
    fs::write(
        &config,
        format!(
            "[server]\nhosts = {}\nmax_connections = 100\n[auth]\ntype = htpasswd\nhtpasswd_filename = {}\n\
             htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {}\n[logging]\nlevel = warning\n",
            ports.http,
            names.display(),
            data.display()
        ),
    )?;
    let command = vec![
        python().into(),
        "-m".into(),
        "radicale".into(),
        "--config".into(),
        config.into(),
    ];
    Ok((command, data))
}

pub(super) fn missing() -> Option<String> {
    let found = Command::new(python())
        .args(["-c", "import radicale"])
        .output();
    match found {
        Ok(output) if output.status.success() => None,
        _ => Some(
            "no Python has it: `pip install radicale` into an environment and name its Python in RADICALE_PYTHON"
                .to_owned(),
        ),
    }
}

fn python() -> String {
    std::env::var("RADICALE_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}
