//! The protocol's syntax (RFC 5804 4): octets to commands, answers to octets. Pure: reads and writes nothing.

mod command;

mod framer;

mod lexer;

mod response;

pub(crate) use command::parse_response;
pub use command::{Command, Fault, parse};
pub use framer::{Frame, FrameError, FrameLimits, Framer};
pub use response::{Code, Condition, Encoder};

/// Feeds the input to every parser of this crate.
///
/// # Panics
/// Where a parser breaks its promise: that is what the fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    let (&first, input) = input.split_first().unwrap_or((&0, &[]));
    let (left, right) = input
        .split_at_checked(usize::from(first))
        .unwrap_or((input, &[]));
    assert_eq!(
        frames(&[left, right]),
        frames(&[input]),
        "where input is split changes nothing"
    );
}

/// What a stream is framed as, and what is held of it at most.
fn frames(pieces: &[&[u8]]) -> Vec<Result<Vec<u8>, FrameError>> {
    let limits = FrameLimits {
        line_octets: 128,
        literal_octets: 64,
        discard_octets: 256,
    };
    let mut framer = Framer::new(limits);
    let mut found = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            match framer.feed(&mut rest) {
                Frame::More => break,
                Frame::Command => {
                    let command = framer.command();
                    assert!(
                        command.len() <= limits.line_octets + limits.literal_octets,
                        "a command is bounded"
                    );
                    check(command);
                    found.push(Ok(command.to_vec()));
                }
                Frame::Failed(error) => {
                    let is_fatal = error.is_fatal();
                    found.push(Err(error));
                    if is_fatal {
                        return found;
                    }
                }
            }
        }
    }
    found
}

/// A command that can be read can be written and read again as the same.
fn check(line: &[u8]) {
    if let Ok(command) = parse(line) {
        let mut written = Vec::new();
        command.encode(&mut written);
        let written = written.strip_suffix(b"\r\n").unwrap_or(&written);
        assert_eq!(parse(written), Ok(command), "{}", line.escape_ascii());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuzz_target_holds_on_a_few_inputs() {
        for input in [
            &b"\x05PUTSCRIPT \"a\" {5+}\r\nabcde\r\nNOOP\r\n"[..],
            b"\x00AUTHENTICATE \"PLAIN\" \"AGE=\"\r\n",
            b"\x21NOOP {99999999999999999999+}\r\n",
            b"\x03PUTSCRIPT \"a\" {70+}\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nLOGOUT\r\n",
            b"\x10HAVESPACE \"\xc3\xbc\\\"\" 12\r\nSETACTIVE \"\"\r\n\x00\xff\r\n",
        ] {
            fuzz(input);
        }
    }
}
