//! The run of `cargo xtask test` as its reader sees it: one line and one duration per step, then one sum.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::processes;

/// How many tests ran.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Count {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

/// How a step came out.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) count: Count,
    /// A few words for the step's line, such as what it covered.
    pub(crate) note: String,
    /// Shown in full when the step failed.
    pub(crate) output: String,
}

impl Outcome {
    /// A check that gives a list of what is wrong; an empty list is a pass.
    pub(crate) fn of_findings(findings: &[String], note: String) -> Self {
        Self {
            success: findings.is_empty(),
            count: Count::default(),
            note,
            output: findings.join("\n"),
        }
    }
}

/// The steps so far.
#[derive(Debug)]
pub(crate) struct Report {
    started: Instant,
    logs: PathBuf,
    count: Count,
    steps: u32,
    failures: Vec<String>,
    keep_going: bool,
}

impl Report {
    /// A report without steps. Logs go to the folder `logs`.
    pub(crate) fn new(logs: PathBuf, keep_going: bool) -> Self {
        Self {
            started: Instant::now(),
            logs,
            count: Count::default(),
            steps: 0,
            failures: Vec::new(),
            keep_going,
        }
    }

    /// A step that is a program of its own, content when it ends with 0.
    pub(crate) fn program(&mut self, name: &str, command: &mut Command) {
        let log = self.log(name);
        self.step(name, || {
            let finished = processes::logged(command, &log)?;
            Ok(Outcome {
                success: finished.success,
                count: count_tests(&finished.output),
                note: String::new(),
                output: finished.output,
            })
        });
    }

    /// Whether further steps are done.
    pub(crate) fn goes_on(&self) -> bool {
        self.failures.is_empty() || self.keep_going
    }

    /// Does one step, unless an earlier one failed, and prints its line.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) {
        if !self.goes_on() {
            return;
        }
        print!("{name:<44} ");
        let _ = std::io::stdout().flush();
        let begun = Instant::now();
        let outcome = work().unwrap_or_else(|error| Outcome {
            success: false,
            count: Count::default(),
            note: String::new(),
            output: format!("error: {error:#}"),
        });
        self.note_outcome(name, &outcome, begun.elapsed());
    }

    /// The file that keeps the output of the step `name`.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        let plain: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        self.logs.join(format!("{plain}.log"))
    }

    /// Prints the sum of all steps and gives the exit code.
    pub(crate) fn close(self) -> ExitCode {
        println!("{} steps in {}", self.steps, shown(self.started.elapsed()));
        for name in &self.failures {
            println!("failed: {name}");
        }
        println!("{} passed, {} failed", self.count.passed, self.count.failed);
        if self.failures.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn note_outcome(&mut self, name: &str, outcome: &Outcome, took: Duration) {
        let mut note = outcome.note.clone();
        if outcome.count.passed > 0 {
            note = format!("{} tests {note}", outcome.count.passed)
                .trim_end()
                .to_owned();
        }
        let word = if outcome.success { "ok" } else { "FAILED" };
        println!("{word:<6} {:>10}  {note}", shown(took));
        self.steps += 1;
        self.count.passed += outcome.count.passed;
        self.count.failed += outcome.count.failed;
        if !outcome.success {
            println!("{}", outcome.output.trim_end());
            self.failures.push(name.to_owned());
            // A failed check counts as one failed test, so that the sum never says that none failed.
            self.count.failed += u32::from(outcome.count.failed == 0);
        }
    }
}

/// A duration as a reader wants it.
pub(crate) fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!(
            "{} min {:02} s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        )
    }
}

/// Adds up the closing lines of nextest and of cargo's own test runner.
pub(crate) fn count_tests(output: &str) -> Count {
    let mut count = Count::default();
    for line in output.lines().map(str::trim) {
        let numbers = match (
            line.strip_prefix("Summary ["),
            line.strip_prefix("test result: "),
        ) {
            (Some(rest), _) => rest.split_once(" run: ").map(|(_, numbers)| numbers),
            (_, Some(rest)) => rest.split_once(". ").map(|(_, numbers)| numbers),
            _ => None,
        };
        for part in numbers.unwrap_or_default().split([',', ';']) {
            let mut words = part.split_whitespace();
            let number = words
                .next()
                .and_then(|word| word.parse::<u32>().ok())
                .unwrap_or_default();
            match words.next() {
                Some("passed") => count.passed += number,
                Some("failed" | "timed") => count.failed += number,
                _ => {}
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_and_cargo_test_are_both_counted() {
        let output = "     Summary [   2.1s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n\
                      test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(
            count_tests(output),
            Count {
                passed: 12,
                failed: 3
            }
        );
    }

    #[test]
    fn other_output_counts_nothing() {
        assert_eq!(
            count_tests("error: 3 passed, it seems\n5 failed"),
            Count::default()
        );
    }

    #[test]
    fn a_failed_check_shows_in_the_sum() {
        let mut report = Report::new(PathBuf::new(), false);
        report.step("a", || {
            Ok(Outcome::of_findings(&["wrong".to_owned()], String::new()))
        });
        report.step("b", || {
            unreachable!("steps after a failed one are not begun")
        });
        assert_eq!((report.count.failed, report.steps), (1, 1));
        assert_eq!(report.close(), ExitCode::FAILURE);
    }
}
