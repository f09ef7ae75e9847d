//! Hostile scripts and messages: every bound holds, and a run that meets one keeps the message.

use sieve::limits::{
    ACTIONS_MAX, HEADER_EDITS_MAX, INCLUDE_DEPTH_MAX, NESTING_MAX, SCRIPT_OCTETS_MAX,
};
use sieve::{Action, Input, Limits, Nowhere, Outcome, Script, run};

fn outcome(script: &str, message: &[u8]) -> Outcome {
    let script = Script::parse(script.as_bytes()).unwrap();
    run(&script, &Input::new(message), &Nowhere, &Limits::default())
}

fn fault(script: &str, message: &[u8]) -> String {
    let outcome = outcome(script, message);
    assert!(
        matches!(&*outcome.actions, [Action::Keep { .. }]),
        "a fault keeps the message"
    );
    outcome.fault.unwrap().to_string()
}

#[test]
fn a_script_has_a_bound() {
    let long = format!("#{}\n", "x".repeat(SCRIPT_OCTETS_MAX));
    assert!(
        Script::parse(long.as_bytes())
            .unwrap_err()
            .what
            .contains("octets")
    );
    let many = "stop;".repeat(20_000);
    assert!(
        Script::parse(many.as_bytes())
            .unwrap_err()
            .what
            .contains("commands")
    );
    let strings = format!("redirect [{}];", vec!["\"\""; 30_000].join(","));
    assert!(
        Script::parse(strings.as_bytes())
            .unwrap_err()
            .what
            .contains("strings")
    );
}

#[test]
fn nesting_to_the_bound_runs() {
    let tests = format!("if {}true {{ discard; }}", "not ".repeat(NESTING_MAX - 1));
    assert!(outcome(&tests, b"").fault.is_none());
    let blocks = "if true {".repeat(NESTING_MAX) + "discard;" + &"}".repeat(NESTING_MAX);
    assert_eq!(outcome(&blocks, b"").actions, [Action::Discard]);
}

#[test]
fn a_script_that_multiplies_text_runs_out() {
    let mut script = "require [\"variables\"]; set \"a\" \"aaaaaaaaaaaaaaaa\";".to_owned();
    for _ in 0..200 {
        script.push_str("set \"a\" \"${a}${a}${a}${a}\";");
    }
    let outcome = outcome(&script, b"");
    assert!(outcome.fault.is_none());
    let tests = format!(
        "{script} {}",
        "if string :matches \"${a}\" \"*a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b*\" { stop; }".repeat(500)
    );
    assert!(fault(&tests, b"").contains("too long"));
}

#[test]
fn a_body_looked_at_too_often_runs_out() {
    let body = "a".repeat(1_000_000);
    let message = format!("Subject: a\r\n\r\n{body}");
    let script = format!(
        "require \"body\"; {}",
        "if body :raw :contains \"b\" { stop; }".repeat(500)
    );
    assert!(fault(&script, message.as_bytes()).contains("too long"));
}

#[test]
fn actions_are_counted() {
    let many: String = (0..=ACTIONS_MAX)
        .map(|n| format!("fileinto \"{n}\";"))
        .collect();
    assert!(fault(&format!("require \"fileinto\"; {many}"), b"").contains("too many actions"));
    let many: String = (0..40)
        .map(|n| format!("redirect \"a{n}@example.org\";"))
        .collect();
    assert!(fault(&many, b"").contains("redirected"));
    let many = "addheader \"X\" \"1\";".repeat(HEADER_EDITS_MAX + 1);
    assert!(fault(&format!("require \"editheader\"; {many}"), b"").contains("header fields"));
    let many = "notify \"mailto:a@example.org\";".repeat(20);
    assert!(fault(&format!("require \"enotify\"; {many}"), b"").contains("notifications"));
}

#[test]
fn a_message_does_not_grow_without_bound() {
    let message = vec![b'a'; 2_000_000];
    let many = "enclose \"x\";".repeat(100);
    assert!(fault(&format!("require \"enclose\"; {many}"), &message).contains("too much"));
    let loops = "require [\"foreverypart\", \"replace\"]; foreverypart { replace :mime \"Content-Type: multipart/mixed; boundary=a\n\n--a\n\n--a\n\n--a--\n\"; }";
    let outcome = outcome(loops, b"Subject: a\r\n\r\n");
    assert!(outcome.fault.is_none(), "{:?}", outcome.fault);
}

#[test]
fn scripts_that_include_each_other_end() {
    struct Chain;
    impl sieve::Surroundings for Chain {
        fn script(&self, _: sieve::Place, name: &str) -> Option<std::sync::Arc<Script>> {
            let number: usize = name.parse().ok()?;
            let script = format!(
                "require \"include\"; include \"{}\"; include \"{0}\";",
                number + 1
            );
            Some(std::sync::Arc::new(Script::parse(script.as_bytes()).ok()?))
        }
    }
    let script = Script::parse(b"require \"include\"; include \"1\";").unwrap();
    let outcome = run(&script, &Input::new(b""), &Chain, &Limits::default());
    let fault = outcome.fault.unwrap();
    assert!(fault.what.contains("include each other"), "{fault}");
    assert_eq!(fault.script, Some((INCLUDE_DEPTH_MAX - 1).to_string()));
}

#[test]
fn a_thousand_parts_in_nested_loops_run_out_or_end() {
    let parts = "--b\r\n\r\nx\r\n".repeat(2_000);
    let message = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n");
    let script = "require [\"foreverypart\", \"mime\"]; foreverypart { foreverypart { if header :mime :anychild :contains \"subject\" \"x\" { stop; } } }";
    let outcome = outcome(script, message.as_bytes());
    assert_eq!(outcome.actions.len(), 1);
}

/// The deepest that a run can go fits on a small stack.
#[test]
fn the_deepest_run_fits_on_a_small_stack() {
    struct Deep;
    impl sieve::Surroundings for Deep {
        fn script(&self, _: sieve::Place, name: &str) -> Option<std::sync::Arc<Script>> {
            let number: usize = name.parse().ok()?;
            let text = deep(&format!("include :optional \"{}\";", number + 1));
            Some(std::sync::Arc::new(Script::parse(text.as_bytes()).ok()?))
        }
    }
    fn deep(inner: &str) -> String {
        let test = format!("{}true", "not not ".repeat(NESTING_MAX / 2 - 1));
        let blocks = format!("if {test} {{").repeat(NESTING_MAX);
        format!(
            "require \"include\"; {blocks}{inner}{}",
            "}".repeat(NESTING_MAX)
        )
    }
    let deepest = (INCLUDE_DEPTH_MAX - 1).to_string();
    let run_deep = move || {
        let script = Script::parse(deep("include \"1\";").as_bytes()).unwrap();
        let outcome = run(&script, &Input::new(b""), &Deep, &Limits::default());
        assert_eq!(outcome.fault.unwrap().script, Some(deepest));
    };
    let thread = std::thread::Builder::new().stack_size(1024 * 1024);
    thread.spawn(run_deep).unwrap().join().unwrap();
}
