//! The protocol's words and the operations': names of scripts.

/// The script that `SETACTIVE` names: RFC 5804 2.8: the empty name stands for none.
pub(crate) fn active(name: &str) -> Option<&str> {
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_name_is_none() {
        assert_eq!(active(""), None);
        assert_eq!(active("a"), Some("a"));
    }
}
