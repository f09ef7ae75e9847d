//! What a real server cosigns and proves, checked by a program that shares no code with it: Python's standard library and the
//! curve's equations as RFC 8032 has them; for ML-DSA-44 Python's `cryptography`, where it is.

use std::process::Command;

use super::{ANNA, is_fixed, mail_goes_on, pair, wait_until, witness_key};

#[test]
fn a_program_of_other_making_checks_cosignature_and_proof() {
    let (one, two) = pair();
    mail_goes_on(&one, "for another program");
    wait_until(&one, "its history is fixed", || is_fixed(&one));
    let proof = one.folder().join("e.tlog-proof");
    one.command_ok(&[
        "proof",
        "--account",
        ANNA,
        "--email",
        "e1",
        "--out",
        proof.to_str().unwrap(),
    ]);
    let script = one.folder().join("check.py");
    std::fs::write(&script, include_str!("check.py")).unwrap();
    let check = |arguments: &[&str]| {
        let output = Command::new("python3")
            .arg(&script)
            .args(arguments)
            .output()
            .unwrap();
        (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let proof = proof.to_str().unwrap();
    let (log, witness) = (super::log_key(&one), witness_key(&two, "Ed25519"));
    let (said, errors) = check(&[proof, &log, &witness]);
    assert_eq!(said, "all is well\n", "{errors}");
    // The other one is cosigned with ML-DSA-44.
    wait_until(&two, "its history is fixed", || is_fixed(&two));
    let proof_two = two.folder().join("e.tlog-proof");
    two.command_ok(&["proof", "1", "--out", proof_two.to_str().unwrap()]);
    let (log, witness) = (super::log_key(&two), witness_key(&one, "ML-DSA-44"));
    let (said, errors) = check(&[proof_two.to_str().unwrap(), &log, &witness]);
    match said.as_str() {
        "no ML-DSA-44 here\n" => eprintln!("SKIPPED: Python has no `cryptography` with ML-DSA-44"),
        said => assert_eq!(said, "all is well\n", "{errors}"),
    }
    // And it would have found something.
    let (said, _) = check(&[proof, &log, &witness_key(&one, "Ed25519")]);
    assert_eq!(said, "");
}
