//! The notary's process: opens its two files, locks itself in, and answers until its socket closes.

use std::os::unix::net::UnixStream;

use model::Clock;
use seal::Submission;
use tlog::Refusal as Unsuitable;

use super::cosigner::Cosigner;
use super::keeper::{Keeper, Refusal};
use super::memory::Memory;
use super::wire::{Answer, FRAME_OCTETS_MAX, Grown, Question, Unfitness};
use super::witnessed::Witnessed;
use super::{Notary, provide_memory};
use crate::clock::wall_clock;
use crate::problem::Problem;
use crate::sandbox::{self, Role, Terms};
use crate::starter::frame::{self, FrameError};
use crate::starter::{Hello, Introduction, Opening, Papers};

/// Signs until the serving process is gone.
pub(crate) fn run(socket: &UnixStream, papers: &Papers, terms: &Terms) -> Result<(), Problem> {
    match open(papers, terms) {
        Ok((mut desk, hello)) => {
            hello.send(socket)?;
            answer(socket, &mut desk).map_err(|error| Problem::failed(error.to_string()))
        }
        Err(problem) => {
            Hello::failed(&problem).send(socket)?;
            Err(problem)
        }
    }
}

/// Where questions are answered.
struct Desk {
    keeper: Keeper,
    cosigner: Cosigner,
    clock: Clock,
}

/// What it needs is open when it is locked in: from then on it opens nothing.
fn open(papers: &Papers, terms: &Terms) -> Result<(Desk, Hello), Problem> {
    let notary = Notary::load(&papers.key)?;
    let memory = Memory::open(
        &provide_memory(&papers.memory)?,
        &papers.memory,
        &notary.key,
    )?;
    let witnessed = witnessed(&notary, papers);
    let layers = sandbox::lock(Role::Notary, &[], terms)?;
    let stand_in_key = *notary.stand_in_key.expose();
    let cosigner = Cosigner::new(notary.witness, papers.logs.clone(), witnessed);
    let keeper = Keeper::new(notary.key, memory);
    if keeper.last_size() == 0 {
        tracing::info!(
            "the notary has signed nothing so far and begins with the next tree that it is shown"
        );
    }
    let introduction = Introduction {
        stand_in_key,
        last_size: keeper.last_size(),
    };
    let opening = Opening {
        layers,
        introduction: Some(introduction),
    };
    let desk = Desk {
        keeper,
        cosigner,
        clock: wall_clock(),
    };
    Ok((desk, Hello::Open(opening)))
}

/// The memory of other logs. That it cannot be read keeps nothing of ours from being signed: only other logs are not cosigned.
fn witnessed(notary: &Notary, papers: &Papers) -> Result<Witnessed, String> {
    if papers.logs.is_empty() {
        return Err("no log is witnessed here".to_owned());
    }
    let path = &papers.witnessed;
    let key = directory::Secret::new(*notary.witnessed_key.expose());
    let opened = provide_memory(path).and_then(|file| Witnessed::open(&file, path, key));
    opened.map_err(|problem| {
        tracing::error!(%problem, "no other log is cosigned");
        problem.to_string()
    })
}

fn answer(socket: &UnixStream, desk: &mut Desk) -> Result<(), FrameError> {
    loop {
        let question: Question = match frame::read(&mut &*socket, FRAME_OCTETS_MAX) {
            Ok(question) => question,
            Err(FrameError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        };
        let answer = decide(&question, desk);
        frame::write(&mut &*socket, &answer, FRAME_OCTETS_MAX)?;
    }
}

/// The answer to a question.
fn decide(question: &Question, desk: &mut Desk) -> Answer {
    match question {
        Question::Sign(grown) => sign(grown, &mut desk.keeper),
        Question::Cosign(body) => {
            let seconds = u64::try_from(desk.clock.now().0 / 1_000).unwrap_or(0);
            cosign(body, seconds, &mut desk.cosigner)
        }
    }
}

/// Cosigns the checkpoint of another log.
fn cosign(body: &str, seconds: u64, cosigner: &mut Cosigner) -> Answer {
    let Ok(submission) = Submission::parse(body.as_bytes()) else {
        return Answer::Unfit(Unfitness::Malformed);
    };
    match cosigner.cosign(&submission, seconds) {
        Ok(lines) => Answer::Cosigned(lines.iter().map(ToString::to_string).collect()),
        Err(Unsuitable::Unfit(unfit)) => Answer::Unfit(unfit.into()),
        Err(Unsuitable::Unavailable(why)) => Answer::Unavailable(why),
    }
}

/// Signs our own tree.
fn sign(grown: &Grown, keeper: &mut Keeper) -> Answer {
    let Some(proof) = grown.proof() else {
        return Answer::Refused("no proof is as long".to_owned());
    };
    match keeper.sign(grown.size, grown.root(), &proof) {
        Ok(note) => Answer::Signed(note),
        Err(Refusal::OtherProof { signed, .. }) => Answer::ProveFrom(signed),
        Err(Refusal::Unavailable(why)) => {
            tracing::error!(error = why, "the notary cannot sign");
            Answer::Unavailable(why)
        }
        Err(refusal) => {
            tracing::error!(
                error = %refusal,
                "the notary was asked to sign a journal that was changed behind its back, and does not: somebody is to look"
            );
            Answer::Refused(refusal.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cosigner::tests::{cosigner, submission};
    use super::super::keeper::tests::{Log, keeper};
    use super::*;

    fn ask(log: &Log, old_size: u64, keeper: &mut Keeper) -> Answer {
        sign(&Grown::new(log.tree.root(), &log.proof(old_size)), keeper)
    }

    #[test]
    fn a_stolen_serving_process_gets_no_fork_of_another_log_cosigned() {
        let (mut cosigner, mut log) = (cosigner(), Log::default());
        let mut asked =
            |log: &Log, old| cosign(&submission(log, old).to_string(), 1_000, &mut cosigner);
        assert!(matches!(asked(log.grow(7, 0), 0), Answer::Cosigned(lines) if lines.len() == 2));
        let mut fork = Log::default();
        fork.grow(7, 1);
        assert_eq!(asked(&fork, 0), Answer::Unfit(Unfitness::Conflict(7)));
        assert_eq!(asked(&fork, 7), Answer::Unfit(Unfitness::OtherRoot(7)));
        fork.grow(5, 1);
        assert_eq!(asked(&fork, 7), Answer::Unfit(Unfitness::Proof));
        assert!(matches!(asked(log.grow(1, 0), 7), Answer::Cosigned(_)));
        // What the log's own key did not sign, and what is of no log that was named at the start.
        let stranger = submission(&log, 8)
            .to_string()
            .replace("log.example", "other.example");
        assert_eq!(
            cosign(&stranger, 1, &mut cosigner),
            Answer::Unfit(Unfitness::UnknownLog)
        );
        let changed = submission(&log, 8)
            .to_string()
            .replacen("\n8\n", "\n9\n", 1);
        assert_eq!(
            cosign(&changed, 1, &mut cosigner),
            Answer::Unfit(Unfitness::NotSigned)
        );
        assert_eq!(
            cosign("", 1, &mut cosigner),
            Answer::Unfit(Unfitness::Malformed)
        );
    }

    #[test]
    fn answers_fit_into_a_frame() {
        let (mut cosigner, mut log) = (cosigner(), Log::default());
        let answer = cosign(
            &submission(log.grow(300, 0), 0).to_string(),
            1,
            &mut cosigner,
        );
        let mut octets = Vec::new();
        frame::write(&mut octets, &answer, FRAME_OCTETS_MAX).unwrap();
    }

    #[test]
    fn a_stolen_serving_process_gets_no_fork_signed() {
        let (mut keeper, mut log) = (keeper(), Log::default());
        assert!(matches!(
            ask(log.grow(7, 0), 0, &mut keeper),
            Answer::Signed(_)
        ));
        // Its proof begins elsewhere: it is told where to begin, and cannot.
        let mut fork = Log::default();
        fork.grow(12, 1);
        assert_eq!(ask(&fork, 0, &mut keeper), Answer::ProveFrom(7));
        assert!(matches!(ask(&fork, 7, &mut keeper), Answer::Refused(_)));
        // The true one goes on.
        assert!(matches!(
            ask(log.grow(1, 0), 7, &mut keeper),
            Answer::Signed(_)
        ));
    }

    #[test]
    fn proofs_have_a_longest_length() {
        let (mut keeper, mut log) = (keeper(), Log::default());
        let mut grown = Grown::new(log.grow(3, 0).tree.root(), &log.proof(0));
        grown.path = vec![[0; 32]; 66];
        assert!(matches!(sign(&grown, &mut keeper), Answer::Refused(_)));
    }
}
