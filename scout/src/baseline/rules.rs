//! Rules of YARA, for those who bring some. They are interpreted (by `boreal`), nothing is translated into machine code.
//!
//! Rules come from the person who asks, the files from whoever was inside: a rule may not read other files, and a file costs bounded
//! time whatever stands in it. Modules that read programs (`pe`, `elf`) and make hashes are not there: web shells are text, and hashes
//! are compared elsewhere.

use std::time::Duration;

use boreal::Compiler;
use boreal::compiler::CompilerParams;
use boreal::scanner::{ScanParams, Scanner};
use thiserror::Error;

/// Octets of all rules together.
pub const RULES_OCTETS_MAX: usize = 32 << 20;

/// Octets of a file that are looked at.
pub const FILE_OCTETS_MAX: usize = 8 << 20;

/// For all rules on one file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Names of rules that are told of one file.
const MATCHES_MAX: usize = 32;

/// Why rules cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RulesError {
    /// They are larger than what is taken.
    #[error("the rules have more than 32 MiB")]
    TooLarge,
    /// A file is not understood.
    #[error("`{file}`: {why}")]
    Wrong {
        /// Its name.
        file: String,
        /// What is wrong, and where.
        why: String,
    },
}

/// Rules, ready to be used by several threads.
#[derive(Clone, Debug)]
pub struct Rules(Scanner);

impl Rules {
    /// Makes rules ready: for each file its name and text. `include` is refused.
    ///
    /// # Errors
    /// They are too large, or not understood.
    pub fn compile(files: &[(String, String)]) -> Result<Self, RulesError> {
        if files.iter().map(|(_, text)| text.len()).sum::<usize>() > RULES_OCTETS_MAX {
            return Err(RulesError::TooLarge);
        }
        let mut compiler = Compiler::new();
        compiler.set_params(CompilerParams::default().disable_includes(true));
        for (file, text) in files {
            compiler
                .add_rules_str_in_namespace(text, file)
                .map_err(|error| RulesError::Wrong {
                    file: file.clone(),
                    why: error.to_string(),
                })?;
        }
        let mut scanner = compiler.finalize();
        scanner.set_scan_params(ScanParams::default().timeout_duration(Some(PATIENCE)));
        Ok(Self(scanner))
    }

    /// The names of the rules that match, and whether all could be tried in time.
    #[must_use]
    pub fn matches(&self, octets: &[u8]) -> Vec<String> {
        let octets = octets.get(..FILE_OCTETS_MAX).unwrap_or(octets);
        // What matched before the time was over still matched.
        let result = match self.0.scan_mem(octets) {
            Ok(result) => result,
            Err((_, result)) => result,
        };
        let matched = result.rules.iter().filter(|rule| rule.matched);
        matched
            .take(MATCHES_MAX)
            .map(|rule| rule.name.to_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: &str = "rule one_line_shell {\n  strings:\n    $a = /eval\\s*\\(\\s*Request/ nocase\n  condition:\n    filesize < 10KB and $a\n}\n";

    fn rules(text: &str) -> Result<Rules, RulesError> {
        Rules::compile(&[("mine.yar".to_owned(), text.to_owned())])
    }

    #[test]
    fn a_rule_that_matches_is_named() {
        let rules = rules(SHELL).unwrap();
        let shell = b"<%@ Page Language=\"Jscript\"%><%eval(Request.Item[\"x\"],\"unsafe\");%>";
        assert_eq!(rules.matches(shell), ["one_line_shell"]);
        assert!(rules.matches(b"<%@ Page %>").is_empty());
    }

    #[test]
    fn rules_that_are_none_and_those_that_read_files_are_refused() {
        for wrong in [
            "rule {",
            "include \"/etc/passwd\"\n",
            "import \"nothing\"\nrule a { condition: nothing.x }",
        ] {
            let error = rules(wrong).unwrap_err();
            assert!(error.to_string().starts_with("`mine.yar`"), "{error}");
        }
    }

    #[test]
    fn a_hostile_file_costs_bounded_time() {
        let slow = rules("rule slow { strings: $a = /(a+a+)+b/ $b = { 61 [0-200] 62 [0-200] 63 } condition: any of them }").unwrap();
        let _ = slow.matches(&b"a".repeat(1 << 20));
    }
}
