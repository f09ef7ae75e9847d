//! What a command works with: the configuration, and the way to the data.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use admin::{Reply, Request};
use model::Timestamp;
use serde::Serialize;

use crate::config::Config;
use crate::problem::{Exit, Problem};
use crate::reach::Reach;
use crate::show::{self, Form};

/// Read and opened when it is first needed.
pub(crate) struct Context {
    config_path: PathBuf,
    form: Form,
    config: Option<Config>,
    reach: Option<Reach>,
}

impl Context {
    pub(crate) fn new(config_path: PathBuf, form: Form) -> Self {
        Self {
            config_path,
            form,
            config: None,
            reach: None,
        }
    }

    pub(crate) fn config_path(&self) -> &Path {
        &self.config_path
    }

    pub(crate) fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    pub(crate) fn config(&mut self) -> Result<&Config, Problem> {
        if self.config.is_none() {
            self.config = Some(Config::load(&self.config_path)?);
        }
        self.config
            .as_ref()
            .ok_or_else(|| Problem::failed("there is no configuration"))
    }

    /// Asks the server, or does it itself if none runs.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Reply, Problem> {
        if self.reach.is_none() {
            let reach = Reach::open(self.config()?)?;
            self.reach = Some(reach);
        }
        match &mut self.reach {
            Some(reach) => reach.ask(request),
            None => Err(unexpected()),
        }
    }

    /// Asks for something that is done or not, and says that it was.
    pub(crate) fn ask_done(&mut self, request: Request, done: &str) -> Result<(), Problem> {
        match self.ask(request)? {
            Reply::Done => {
                self.say_done(done);
                Ok(())
            }
            _ => Err(unexpected()),
        }
    }

    pub(crate) fn say_done(&self, done: &str) {
        match self.form {
            Form::Text => show::line(done),
            Form::Json => show::json(&serde_json::json!({ "done": true })),
        }
    }

    /// Shows a value as JSON, or by `text`.
    pub(crate) fn show<T: Serialize>(&self, value: &T, text: impl FnOnce(&T)) {
        match self.form {
            Form::Text => text(value),
            Form::Json => show::json(value),
        }
    }
}

/// A reply that does not belong to the request: client and server are not the same version, which frames rule out.
pub(crate) fn unexpected() -> Problem {
    Problem::failed(
        "the answer is not one to this request: use the same version of `wachpost` for server and command",
    )
}

/// For clap: RFC 3339 text or a date.
pub(crate) fn parse_moment(text: &str) -> Result<Timestamp, String> {
    admin::moment::parse(text).ok_or_else(|| {
        "write a moment such as `2026-11-22` or `2026-11-22T14:30:00+01:00`".to_owned()
    })
}

/// Path of a mailbox, its levels separated by `/`.
#[derive(Clone, Debug)]
pub(crate) struct MailboxPath(pub(crate) Vec<String>);

impl FromStr for MailboxPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let levels: Vec<_> = text.split('/').map(str::to_owned).collect();
        if levels.iter().any(String::is_empty) {
            let advice =
                "write the names from the top with `/` between them, such as `Projects/Wachpost`";
            return Err(advice.to_owned());
        }
        Ok(Self(levels))
    }
}

/// A secret on the first line of standard input.
pub(crate) fn password_from_stdin() -> Result<admin::Password, Problem> {
    let mut line = String::new();
    BufReader::new(io::stdin().take(PASSWORD_LINE_OCTETS_MAX))
        .read_line(&mut line)
        .map_err(|error| {
            Problem::failed(format!(
                "cannot read the password from standard input: {error}"
            ))
        })?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err(Problem::new(
            Exit::Failed,
            "there is no password on standard input: write it as its first line",
        ));
    }
    Ok(password.into())
}

/// Octets of the line that a password is read from.
const PASSWORD_LINE_OCTETS_MAX: u64 = 4_096;
