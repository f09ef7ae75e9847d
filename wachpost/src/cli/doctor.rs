//! `wachpost doctor`.

use admin::{DomainRequest, Reply, Request};
use clap::Args;
use serde::Serialize;

use super::context::{Context, unexpected};
use crate::config::Config;
use crate::doctor::{self, Grade, Judgement, Keys, SetUp, State};
use crate::problem::{Exit, Problem};
use crate::show::{self, Table};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost doctor\n  \
    wachpost doctor --domain example.org --json\n  \
    wachpost doctor --domain example.org --autoconfig > config-v1.1.xml\n\n\
    Prints the settings to type into a program by hand and what programs find by themselves, then looks up what the world sees of\n\
    the domain (SPF, DKIM, DMARC, DNSSEC, DANE, TLS, MTA-STS, TLS-RPT, PTR), says what to do, and counts the measures that the German\n\
    BSI recommends. Nothing is changed.")]
pub(crate) struct Doctor {
    /// Only this domain; all by default.
    #[arg(long)]
    domain: Option<String>,
    /// Print only the autoconfig file of the domain, for `https://autoconfig.DOMAIN/mail/config-v1.1.xml`.
    #[arg(long, requires = "domain", conflicts_with = "json")]
    autoconfig: bool,
    /// Look nothing up: only what the configuration says.
    #[arg(long)]
    offline: bool,
}

/// What is said of a domain.
#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    set_up: SetUp,
    /// None where nothing was looked up.
    #[serde(flatten)]
    judgement: Option<Judgement>,
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
        if self.autoconfig {
            for name in &names {
                show::line(doctor::autoconfig_of(name, config).trim_end());
            }
            return Ok(());
        }
        let mut reports = Vec::new();
        for name in &names {
            let keys = Keys::of(name, config)?;
            let set_up = SetUp::new(name, config, &keys);
            reports.push((
                Report {
                    set_up,
                    judgement: None,
                },
                keys,
            ));
        }
        if !self.offline {
            look(config, &mut reports)?;
        }
        let reports: Vec<Report> = reports.into_iter().map(|(report, _)| report).collect();
        context.show(&reports, |reports| {
            for report in reports {
                show_one(&report.set_up);
                if let Some(judgement) = &report.judgement {
                    show_judgement(judgement);
                }
            }
        });
        Ok(())
    }
}

/// Looks at all domains through a process of our own, so that it works without the server as well.
fn look(config: &Config, reports: &mut [(Report, Keys)]) -> Result<(), Problem> {
    crate::egress::with(config, async |egress| {
        for (report, keys) in reports {
            let selectors: Vec<String> =
                keys.signing.iter().map(|(name, _)| name.clone()).collect();
            let host = &config.hostname.0;
            let seen = Box::pin(doctor::look(
                egress,
                &report.set_up.domain,
                host,
                &selectors,
            ))
            .await;
            report.judgement = Some(doctor::judge(&report.set_up, config, keys, &seen));
        }
    })
}

fn show_judgement(judgement: &Judgement) {
    show::line("What the world sees:\n");
    let mut table = Table::new(&["MEASURE", "", "FOUND"]);
    for finding in &judgement.findings {
        let state = match finding.state {
            State::Good => "good",
            State::Weak => "weak",
            State::Bad => "BAD",
            State::Unknown => "?",
        };
        table.row([
            finding.measure.name().to_owned(),
            state.to_owned(),
            finding.found.text.clone(),
        ]);
    }
    table.show("nothing was looked at");
    let Grade { met, of } = judgement.grade;
    show::line(&format!(
        "\n{met} of {of} measures that the BSI recommends for mail are met."
    ));
    let todo: Vec<_> = judgement
        .findings
        .iter()
        .filter_map(|finding| Some((finding.measure, finding.todo.as_ref()?)))
        .collect();
    if todo.is_empty() {
        show::line("There is nothing to do.\n");
        return;
    }
    show::line(
        "\nTo do, in this order. Records go where the names of the domain are kept (often at its registrar); what was there \
         before may be seen for a while still.\n",
    );
    for (number, (measure, todo)) in (1..).zip(todo) {
        let text = todo.text.replace('\n', "\n     ");
        show::line(&format!("{number}. {}: {text}", measure.name()));
    }
    show::line("");
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
    show::line("\nDNS records of the domain:\n");
    for record in &set_up.records {
        show::line(&record.line());
    }
    show::line(&format!(
        "\nThunderbird and others find the settings at `{}`, once its name leads here.",
        set_up.autoconfig_url
    ));
    for advice in &set_up.advice {
        show::line(&format!("- {}", advice.text));
    }
    show::line("");
}
