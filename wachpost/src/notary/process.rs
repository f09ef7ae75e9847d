//! The notary's process: opens its two files, locks itself in, and answers until its socket closes.

use std::os::unix::net::UnixStream;

use super::keeper::{Keeper, Refusal};
use super::memory::Memory;
use super::wire::{Answer, FRAME_OCTETS_MAX, Question};
use super::{Notary, provide_memory};
use crate::problem::Problem;
use crate::sandbox::{self, Role, Terms};
use crate::starter::frame::{self, FrameError};
use crate::starter::{Hello, Introduction, Opening, Papers};

/// Signs until the serving process is gone.
pub(crate) fn run(socket: &UnixStream, papers: &Papers, terms: &Terms) -> Result<(), Problem> {
    match open(papers, terms) {
        Ok((mut keeper, hello)) => {
            hello.send(socket)?;
            answer(socket, &mut keeper).map_err(|error| Problem::failed(error.to_string()))
        }
        Err(problem) => {
            Hello::failed(&problem).send(socket)?;
            Err(problem)
        }
    }
}

/// What it needs is open when it is locked in: from then on it opens nothing.
fn open(papers: &Papers, terms: &Terms) -> Result<(Keeper, Hello), Problem> {
    let notary = Notary::load(&papers.key)?;
    let memory = Memory::open(
        &provide_memory(&papers.memory)?,
        &papers.memory,
        &notary.key,
    )?;
    let layers = sandbox::lock(Role::Notary, &[], terms)?;
    let stand_in_key = *notary.stand_in_key.expose();
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
    Ok((keeper, Hello::Open(opening)))
}

fn answer(socket: &UnixStream, keeper: &mut Keeper) -> Result<(), FrameError> {
    loop {
        let question: Question = match frame::read(&mut &*socket, FRAME_OCTETS_MAX) {
            Ok(question) => question,
            Err(FrameError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        };
        let answer = decide(&question, keeper);
        frame::write(&mut &*socket, &answer, FRAME_OCTETS_MAX)?;
    }
}

/// The answer to a question.
fn decide(question: &Question, keeper: &mut Keeper) -> Answer {
    let Some(proof) = question.proof() else {
        return Answer::Refused("no proof is as long".to_owned());
    };
    match keeper.sign(question.size, question.root(), &proof) {
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
    use super::super::keeper::tests::{Log, keeper};
    use super::*;

    fn ask(log: &Log, old_size: u64, keeper: &mut Keeper) -> Answer {
        let question = Question::new(log.tree.root(), &log.proof(old_size));
        decide(&question, keeper)
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
        let mut question = Question::new(log.grow(3, 0).tree.root(), &log.proof(0));
        question.path = vec![[0; 32]; 66];
        assert!(matches!(decide(&question, &mut keeper), Answer::Refused(_)));
    }
}
