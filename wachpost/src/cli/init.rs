//! `wachpost init`.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use crate::init::{self, Plan};
use crate::problem::Problem;
use crate::show;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost init --domain example.org\n  \
    wachpost init --config ./try/wachpost.toml --data ./try/data --domain example.org --loopback-port-base 10000\n\n\
    The certificate is signed by itself, which mail programs warn about: replace the files, or name others in the\n\
    configuration, and send SIGHUP to the server.")]
pub(crate) struct Init {
    /// The first domain whose mail is delivered here.
    #[arg(long)]
    domain: String,
    /// Address of the first administrator; `admin@` and the domain by default.
    #[arg(long, value_name = "ADDRESS")]
    administrator: Option<String>,
    /// The server's name; `mail.` and the domain by default.
    #[arg(long, value_name = "NAME")]
    hostname: Option<String>,
    /// The data folder.
    #[arg(long, value_name = "FOLDER", default_value = "/var/lib/wachpost")]
    data: PathBuf,
    /// For trying out: listen on 127.0.0.1 only, each service on its standard port plus this.
    #[arg(long, value_name = "PORT")]
    loopback_port_base: Option<u16>,
}

impl Init {
    pub(crate) fn run(&self, context: &Context) -> Result<(), Problem> {
        let (domain, data) = (&self.domain, &self.data);
        let hostname = self
            .hostname
            .clone()
            .unwrap_or_else(|| format!("mail.{domain}"));
        let administrator = self
            .administrator
            .clone()
            .unwrap_or_else(|| format!("admin@{domain}"));
        let made = init::run(&Plan {
            config: context.config_path(),
            data,
            hostname: &hostname,
            domain,
            administrator: &administrator,
            loopback_port_base: self.loopback_port_base,
            plaintext_on_loopback: false,
        })?;
        context.show(&made, |made| {
            show::line(&format!("configuration   {}", made.config.display()));
            show::line(&format!("data folder     {}", made.data.display()));
            show::line(&format!(
                "certificate     {} (signed by itself, for trying out)",
                made.certificate.display()
            ));
            show::line(&format!(
                "notary's key    {} (keep a copy elsewhere)",
                made.notary_key.display()
            ));
            show::line(&format!("domain          {}", made.domain));
            show::line(&format!("administrator   {}", made.administrator));
            match &made.password {
                Some(password) => show::line(&format!(
                    "password        {} (shown only now)",
                    password.expose()
                )),
                None => show::line("password        unchanged: the account was there already"),
            }
            show::line(&format!(
                "\nNow run `wachpost serve --config {}`.",
                made.config.display()
            ));
        });
        Ok(())
    }
}
