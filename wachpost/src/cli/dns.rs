//! `wachpost dns`.

use clap::Args;

use super::context::Context;
use crate::dns;
use crate::doctor::{Keys, SetUp};
use crate::problem::Problem;
use crate::show;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost dns example.org >> example.org.zone\n  \
    wachpost dns old-name.example --unused\n\n\
    Prints the records as lines of a zone file, from the configuration, the certificates and the keys that sign. Nothing is\n\
    looked up or changed; `wachpost doctor` compares them with what is published.")]
pub(crate) struct Dns {
    /// The domain.
    domain: String,
    /// The domain neither receives nor sends mail: the records that keep others from using its name.
    #[arg(long)]
    unused: bool,
}

impl Dns {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let domain = self.domain.to_ascii_lowercase();
        let records = if self.unused {
            dns::unused(&domain)
        } else {
            let config = context.config()?;
            SetUp::new(&domain, config, &Keys::of(&domain, config)?).records
        };
        context.show(&records, |records| {
            for record in records {
                show::line(&record.line());
            }
        });
        Ok(())
    }
}
