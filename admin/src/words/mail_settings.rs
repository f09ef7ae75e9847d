//! Lists, rights to send and forwards in words.

use model::{ListSettings, MailSettings, Poster, Posting, PrincipalId, SendRight};

/// What a list, rights to send or a forward are from now on.
pub(super) fn words(principal: PrincipalId, settings: &MailSettings) -> String {
    let mut said = Vec::new();
    if let Some(list) = &settings.list {
        said.push(list_words(list));
    }
    if let Some(senders) = &settings.senders {
        let each = senders.iter().map(|(sender, right)| match right {
            SendRight::As => format!("#{sender} writes as it"),
            SendRight::OnBehalf => format!("#{sender} writes on its behalf"),
        });
        let each: Vec<String> = each.collect();
        said.push(match each.is_empty() {
            true => "nobody else writes in its name".to_owned(),
            false => each.join(", "),
        });
    }
    if let Some(forward) = &settings.forward {
        let keeps = if forward.keep { "kept and " } else { "" };
        said.push(format!(
            "its mail is {keeps}sent on to {}",
            forward.to.join(", ")
        ));
    }
    if said.is_empty() {
        said.push("nothing special".to_owned());
    }
    format!("set how mail to #{principal} goes on: {}", said.join("; "))
}

fn list_words(list: &ListSettings) -> String {
    let mut words = format!("a list that {} may write to", posting_words(list.posting));
    if !list.posters.is_empty() {
        let posters = list.posters.iter().map(|poster| match poster {
            Poster::Here(id) => format!("#{id}"),
            Poster::Elsewhere(address) => address.clone(),
        });
        let posters: Vec<String> = posters.collect();
        words.push_str(&format!(" ({})", posters.join(", ")));
    }
    if !list.moderators.is_empty() {
        let moderators = list.moderators.iter().map(|id| format!("#{id}"));
        let moderators: Vec<String> = moderators.collect();
        words.push_str(&format!(", moderated by {}", moderators.join(", ")));
    }
    if !list.outside.is_empty() {
        words.push_str(&format!(", with {} members elsewhere", list.outside.len()));
    }
    words
}

fn posting_words(posting: Posting) -> &'static str {
    match posting {
        Posting::Everybody => "everybody",
        Posting::Inside => "people of this server",
        Posting::Members => "members",
        Posting::Named => "those named",
    }
}
