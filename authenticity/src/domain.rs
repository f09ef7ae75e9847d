//! Domain names as the checks compare them: A-labels, lower case, no final dot.

/// RFC 1035 2.3.4, without the length octets and the root: what fits into a query as text.
pub(crate) const NAME_OCTETS_MAX: usize = 253;
/// RFC 1035 2.3.4.
pub(crate) const LABEL_OCTETS_MAX: usize = 63;

/// The comparable form of a name, or nothing when it is none.
///
/// RFC 8616 4: names in U-labels are compared, and asked for, in A-labels.
pub(crate) fn normal(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let name = if name.is_ascii() {
        name.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii(name).ok()?
    };
    is_askable(&name).then_some(name)
}

/// Whether labels and length fit into a query.
pub(crate) fn is_askable(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_OCTETS_MAX
        && name
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= LABEL_OCTETS_MAX)
}

/// Whether it looks like the name of a host or a mail domain: letters, digits, hyphens, underscores.
pub(crate) fn is_plain(name: &str) -> bool {
    is_askable(name)
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.'))
}

/// The comparable form of a name that looks like a mail domain.
pub(crate) fn plain(name: &str) -> Option<String> {
    normal(name).filter(|name| is_plain(name))
}

/// Whether `name` is `parent` or below it; both in the normal form.
pub(crate) fn is_within(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The last `count` labels; the whole name when it has no more.
pub(crate) fn last_labels(name: &str, count: usize) -> &str {
    match name.rmatch_indices('.').nth(count.saturating_sub(1)) {
        Some((at, _)) if count > 0 => &name[at + 1..],
        _ => name,
    }
}

/// The domain of a mail address.
pub(crate) fn of_address(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_in_one_form() {
        assert_eq!(normal("Example.ORG.").as_deref(), Some("example.org"));
        assert_eq!(
            normal("bücher.example").as_deref(),
            Some("xn--bcher-kva.example")
        );
        assert_eq!(normal("a..b"), None);
        assert_eq!(normal(""), None);
        assert_eq!(normal(&"a".repeat(64)), None);
    }

    #[test]
    fn labels_are_counted_from_the_end() {
        assert_eq!(last_labels("a.b.example.org", 2), "example.org");
        assert_eq!(last_labels("example.org", 2), "example.org");
        assert_eq!(last_labels("example.org", 7), "example.org");
        assert_eq!(last_labels("example.org", 1), "org");
    }

    #[test]
    fn within_means_the_same_or_below() {
        assert!(is_within("example.org", "example.org"));
        assert!(is_within("a.example.org", "example.org"));
        assert!(!is_within("badexample.org", "example.org"));
    }
}
