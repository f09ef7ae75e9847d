//! `REPORT` (RFC 3253 3.6): questions about many resources; each has a file of its own in `report/`.

use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::BodyLimits;
use crate::codec::report::Report;
use crate::error::Failure;
use crate::report;
use crate::resource::{Found, resolve};

pub(super) async fn run(mut asked: Asked) -> Result<Answer, Failure> {
    super::require_xml(&asked)?;
    let body = asked.words(BodyLimits::REPORT).await?;
    let wanted = Report::parse(&body.octets)?;
    drop(body);
    let Found::Here(resource) = resolve(&asked.visit, &asked.head.place).await? else {
        return Err(Failure::not_found());
    };
    report::run(&asked, resource, wanted).await
}

#[cfg(test)]
mod tests;
