//! ARC: whether the chain of those who handled a message before holds (RFC 8617).

mod set;

pub(crate) use set::{Chain, Seal, canonical_chain};

use crate::canonical::{add_own_field, add_signed_fields};
use crate::dkim::{Bodies, Failure, HEADER_OCTETS_MAX, Keys};
use crate::dns::Dns;
use crate::message::Parts;
use crate::verdict::{ArcChain, ArcResult, ArcSet, DkimResult};

/// RFC 8617 4.2.1: sets of one chain.
pub(crate) const SETS_MAX: u32 = 50;

/// Octets of all fields of a chain; 50 sets of 5 kilobytes each.
const CHAIN_OCTETS_MAX: usize = 256 << 10;

/// RFC 8617 5.2: checks the chain of a message.
pub(crate) async fn check<D: Dns>(keys: &mut Keys<'_, D>, parts: &Parts<'_>, now: u64) -> ArcChain {
    let chain = match Chain::read(parts) {
        Ok(None) => return ArcChain::default(),
        Ok(Some(chain)) => chain,
        Err(fault) => {
            return ArcChain {
                result: ArcResult::Fail,
                instances: set::highest_instance(parts),
                ended: set::has_ended(parts),
                reason: Some(fault.to_owned()),
                ..ArcChain::default()
            };
        }
    };
    let mut said = ArcChain {
        instances: u32::try_from(chain.sets.len()).unwrap_or(SETS_MAX),
        sets: chain.sets.iter().map(described).collect(),
        ended: chain.has_ended(),
        ..ArcChain::default()
    };
    match evaluate(keys, parts, &chain, now).await {
        Ok(()) => said.result = ArcResult::Pass,
        Err(failure) => {
            said.result = if failure.result == DkimResult::TempError {
                ArcResult::TempError
            } else {
                ArcResult::Fail
            };
            said.reason = Some(failure.reason);
        }
    }
    said
}

fn described(set: &set::Set<'_>) -> ArcSet {
    ArcSet {
        instance: set.instance,
        domain: set.seal.domain.clone(),
        selector: set.seal.selector.clone(),
        results: set.results.clone(),
    }
}

async fn evaluate<D: Dns>(
    keys: &mut Keys<'_, D>,
    parts: &Parts<'_>,
    chain: &Chain<'_>,
    now: u64,
) -> Result<(), Failure> {
    // Each seal covers all that was sealed before: the work grows with the square.
    let octets: usize = chain.sets.iter().map(set::Set::octets).sum();
    if octets > CHAIN_OCTETS_MAX || parts.header_octets > HEADER_OCTETS_MAX {
        return Err(Failure::new(
            DkimResult::PermError,
            "the chain is too large to be checked",
        ));
    }
    // RFC 8617 5.2 step 3: each seal says that the chain held until there.
    chain.check_states()?;
    let Some(newest) = chain.sets.last() else {
        return Ok(());
    };
    // Step 4: the newest signature covers the message as it is.
    check_message(keys, parts, newest, now).await?;
    // Step 6: every seal covers all sets up to its own.
    for (position, set) in chain.sets.iter().enumerate().rev() {
        let sealed = canonical_chain(&chain.sets[..=position]);
        check_seal(keys, &set.seal, &sealed).await?;
    }
    Ok(())
}

async fn check_message<D: Dns>(
    keys: &mut Keys<'_, D>,
    parts: &Parts<'_>,
    set: &set::Set<'_>,
    now: u64,
) -> Result<(), Failure> {
    let signature = &set.signature;
    if signature.expires.is_some_and(|expires| expires <= now) {
        return Err(Failure::new(
            DkimResult::Fail,
            "the newest signature of the chain has expired",
        ));
    }
    let (hash, octets) = Bodies::new(parts.body).hash(signature)?;
    if hash != signature.body_hash {
        return Err(Failure::new(
            DkimResult::Fail,
            "the body was changed after the newest set of the chain",
        ));
    }
    signature.covers(octets)?;
    let mut signed = Vec::with_capacity(2_048);
    let names = signature.fields.iter().map(String::as_str);
    add_signed_fields(&mut signed, signature.field_form, &parts.fields, names);
    add_own_field(&mut signed, signature.field_form, &set.signature_field);
    let candidates = keys.get(&signature.selector, &signature.domain).await?;
    first_success(candidates, |key| {
        key.accepts(signature)?;
        key.verify(&signed, &signature.signature, signature.algorithm)
    })
}

async fn check_seal<D: Dns>(
    keys: &mut Keys<'_, D>,
    seal: &Seal,
    sealed: &[u8],
) -> Result<(), Failure> {
    let candidates = keys.get(&seal.selector, &seal.domain).await?;
    first_success(candidates, |key| {
        key.verify(sealed, &seal.signature, seal.algorithm)
    })
}

fn first_success(
    candidates: &[Result<crate::dkim::PublicKey, Failure>],
    attempt: impl Fn(&crate::dkim::PublicKey) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut last = Failure::new(
        DkimResult::PermError,
        "there is no key for a signature of the chain",
    );
    for key in candidates {
        match key.as_ref().map_err(Failure::clone).and_then(&attempt) {
            Ok(()) => return Ok(()),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

/// Feeds arbitrary octets to the parser.
pub(crate) fn fuzz(input: &[u8]) {
    let parts = Parts::split(input);
    if let Ok(Some(chain)) = Chain::read(&parts) {
        assert!(!chain.sets.is_empty());
        canonical_chain(&chain.sets);
    }
    set::highest_instance(&parts);
}

#[cfg(test)]
mod tests;
