//! Export: an account's mail, calendars and contacts in files that other programs read.

mod file;

pub(crate) mod objects;

use std::fs;
use std::path::{Path, PathBuf};

use admin::{ExportedMessages, MailboxLine, Progress};

use crate::import::mutf7_encode;
use crate::layout::Layout;
use crate::problem::{Exit, Problem};
use crate::progress::ProgressLine;
use file::{MaildirFile, MboxFile};

/// Gives the messages of the mailbox with this number after this UID.
pub(crate) type Fetch<'a> = dyn FnMut(u32, u32) -> Result<ExportedMessages, Problem> + 'a;

/// Writes all mailboxes below `to`; says how many messages.
pub(crate) fn run(
    layout: Layout,
    to: &Path,
    mailboxes: &[MailboxLine],
    fetch: &mut Fetch<'_>,
) -> Result<u64, Problem> {
    take_folder(to)?;
    let total = mailboxes
        .iter()
        .map(|mailbox| u64::from(mailbox.emails))
        .sum();
    let mut line = ProgressLine::new();
    let mut exported = 0;
    for mailbox in mailboxes {
        let mut target = Target::open(layout, to, mailbox)?;
        let mut after = 0;
        loop {
            let ExportedMessages { messages, next } = fetch(mailbox.id, after)?;
            for message in &messages {
                target.write(message)?;
                exported += 1;
            }
            line.show(&Progress {
                what: "messages exported".to_owned(),
                done: exported,
                total,
            });
            match next {
                Some(next) => after = next,
                None => break,
            }
        }
        target.finish()?;
    }
    Ok(exported)
}

/// Makes the folder; what lies in one already is never written over.
fn take_folder(to: &Path) -> Result<(), Problem> {
    let is_used = fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some());
    if is_used {
        let message = format!("`{}` is not empty: name a new folder", to.display());
        return Err(Problem::new(Exit::AlreadyExists, message));
    }
    fs::create_dir_all(to).map_err(|error| Problem::file("make the folder", to, &error))
}

/// Where a mailbox is written to.
enum Target {
    Maildir(MaildirFile),
    Mbox(MboxFile),
    Eml(PathBuf),
}

impl Target {
    fn open(layout: Layout, to: &Path, mailbox: &MailboxLine) -> Result<Self, Problem> {
        let is_inbox = mailbox.role.as_deref() == Some("inbox");
        let levels = || mailbox.path.iter().map(|name| safe(name));
        match layout {
            Layout::Maildir if is_inbox => MaildirFile::open(to.to_owned()).map(Self::Maildir),
            Layout::Maildir => {
                // Maildir++: one folder per mailbox, a dot before each level.
                let name: String = mailbox
                    .path
                    .iter()
                    .map(|name| format!(".{}", mutf7_encode(name)))
                    .collect();
                MaildirFile::open(to.join(safe_cut(&name))).map(Self::Maildir)
            }
            Layout::Mbox => {
                let mut path = to.to_owned();
                path.extend(levels());
                let name = format!(
                    "{}.mbox",
                    path.file_name().unwrap_or_default().to_string_lossy()
                );
                path.set_file_name(name);
                MboxFile::open(path).map(Self::Mbox)
            }
            Layout::Eml => {
                let mut path = to.to_owned();
                path.extend(levels());
                fs::create_dir_all(&path)
                    .map_err(|error| Problem::file("make the folder", &path, &error))?;
                Ok(Self::Eml(path))
            }
        }
    }

    fn write(&mut self, message: &admin::ExportedMessage) -> Result<(), Problem> {
        match self {
            Self::Maildir(maildir) => maildir.write(message),
            Self::Mbox(mbox) => mbox.write(message),
            Self::Eml(folder) => {
                let path = folder.join(format!("{:08}.eml", message.uid));
                fs::write(&path, &message.message.0)
                    .map_err(|error| Problem::file("write", &path, &error))?;
                file::set_time(&path, message.received_at)
            }
        }
    }

    fn finish(self) -> Result<(), Problem> {
        match self {
            Self::Maildir(maildir) => maildir.finish(),
            Self::Mbox(mbox) => mbox.finish(),
            Self::Eml(_) => Ok(()),
        }
    }
}

/// A name as a file's name: never one that means another folder, and never hidden.
fn safe(name: &str) -> String {
    let name = name.replace(['/', '\0'], "_");
    let name = if name.starts_with('.') {
        format!("_{name}")
    } else {
        name
    };
    safe_cut(&name)
}

/// Linux: 255 octets; some room for a suffix.
fn safe_cut(name: &str) -> String {
    name[..name.floor_char_boundary(240)].to_owned()
}
