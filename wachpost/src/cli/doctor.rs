//! `wachpost doctor`.

use admin::{DomainRequest, Reply, Request};
use clap::Args;

use super::context::{Context, unexpected};
use crate::doctor::SetUp;
use crate::problem::{Exit, Problem};
use crate::show::{self, Table};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost doctor\n  \
    wachpost doctor --domain example.org --json\n  \
    wachpost doctor --domain example.org --autoconfig > config-v1.1.xml\n\n\
    Prints, from the configuration, the settings to type into a program by hand, the DNS records by which programs find them\n\
    alone (RFC 6186, RFC 6764), and the autoconfig file of Thunderbird and others. Nothing is looked up or changed.")]
pub(crate) struct Doctor {
    /// Only this domain; all by default.
    #[arg(long)]
    domain: Option<String>,
    /// Print only the autoconfig file of the domain, for `https://autoconfig.DOMAIN/mail/config-v1.1.xml`.
    #[arg(long, requires = "domain", conflicts_with = "json")]
    autoconfig: bool,
}

impl Doctor {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let Reply::Domains(domains) = context.ask(Request::Domain(DomainRequest::List))? else {
            return Err(unexpected());
        };
        let mut names: Vec<String> = domains.into_iter().map(|domain| domain.name).collect();
        if let Some(wanted) = &self.domain {
            names.retain(|name| name.eq_ignore_ascii_case(wanted));
            if names.is_empty() {
                let message = format!(
                    "the domain `{wanted}` is not there: add it with `wachpost domain add {wanted}`"
                );
                return Err(Problem::new(Exit::NotFound, message));
            }
        }
        let config = context.config()?;
        let set_ups: Vec<SetUp> = names.iter().map(|name| SetUp::new(name, config)).collect();
        if self.autoconfig {
            for set_up in &set_ups {
                show::line(set_up.autoconfig.trim_end());
            }
            return Ok(());
        }
        context.show(&set_ups, |set_ups| set_ups.iter().for_each(show_one));
        Ok(())
    }
}

fn show_one(set_up: &SetUp) {
    show::line(&format!(
        "{}: the user name is the whole e-mail address\n",
        set_up.domain
    ));
    let mut table = Table::new(&["SERVICE", "SERVER", "PORT", "SECURITY", "ADDRESS"]);
    for service in &set_up.services {
        table.row([
            service.service.to_owned(),
            service.host.clone(),
            service.port.to_string(),
            service.security.to_uppercase(),
            service.url.clone().unwrap_or_default(),
        ]);
    }
    table.show("nothing that a program could sign in to is served");
    show::line("\nDNS records by which programs find this alone:\n");
    for record in &set_up.records {
        show::line(&record.line());
    }
    show::line(&format!(
        "\nThunderbird and others ask `{}` too; what they shall find there, `--autoconfig` prints.",
        set_up.autoconfig_url
    ));
    for advice in &set_up.advice {
        show::line(&format!("- {advice}"));
    }
    show::line("");
}
