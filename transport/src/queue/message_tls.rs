//! What a message says of TLS on its way (RFC 8689), and where that stands.

use egress::wire::MessageTls;

/// Lines of a header that are looked at.
const LINES_MAX: usize = 1_000;
/// The field's name with its colon.
const FIELD: &[u8] = b"tls-required:";

/// What a message says, by its envelope and its header.
pub(super) fn of(require_tls: bool, header: &[u8]) -> MessageTls {
    // RFC 8689 4.1: REQUIRETLS overrides the field.
    if require_tls {
        MessageTls::Required
    } else if is_optional(header) {
        MessageTls::Optional
    } else {
        MessageTls::AsPublished
    }
}

/// RFC 8689 5: the field stands once at most, and says `No` in any case of letters.
fn is_optional(header: &[u8]) -> bool {
    let mut bodies = header
        .split(|octet| *octet == b'\n')
        .take(LINES_MAX)
        .filter_map(|line| {
            let (name, body) = line.split_at_checked(FIELD.len())?;
            name.eq_ignore_ascii_case(FIELD)
                .then_some(body.trim_ascii())
        });
    matches!((bodies.next(), bodies.next()), (Some(body), None) if body.eq_ignore_ascii_case(b"no"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_counts_where_it_is_clear_and_nothing_else_is_asked() {
        for (require, header, expected) in [
            (false, "Subject: x\r\n", MessageTls::AsPublished),
            (false, "tls-required:  NO \r\n", MessageTls::Optional),
            (true, "TLS-Required: No\r\n", MessageTls::Required),
            (false, "TLS-Required: Yes\r\n", MessageTls::AsPublished),
            (
                false,
                "TLS-Required: No\r\nTLS-Required: No\r\n",
                MessageTls::AsPublished,
            ),
            (
                false,
                "Subject: TLS-Required: No\r\n",
                MessageTls::AsPublished,
            ),
        ] {
            assert_eq!(of(require, header.as_bytes()), expected, "{header}");
        }
    }
}
