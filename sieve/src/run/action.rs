//! Actions put on the list (RFC 5228 4, 2.10).

use super::{Frame, Machine, Result, halt};
use crate::check::{address_value, is_mailbox_name, notify_value, ret_value};
use crate::destination::{Edition, FileInto, Redirect};
use crate::flags;
use crate::message::address::single;
use crate::notify::Mailto;
use crate::outcome::Action;
use crate::program::{self, FlagChange, Target};
use crate::reply::Notify;
use crate::text::{Text, Variable};
use crate::variables::cut;

impl Machine<'_> {
    fn push(&mut self, action: Action) -> Result<()> {
        if self.actions.len() >= self.limits.actions {
            return halt("the script takes too many actions");
        }
        self.actions.push(action);
        Ok(())
    }

    /// RFC 5429 2.4: a refused message is not delivered as well, nor answered. Copies made with `:copy` are the person's own.
    fn refuse_after_reject(&self, what: &str) -> Result<()> {
        if self
            .actions
            .iter()
            .any(|action| matches!(action, Action::Reject { .. }))
        {
            return halt(format!("`{what}` does not go with `reject`"));
        }
        Ok(())
    }

    /// RFC 5228 4.3; once, with the flags of the last time (RFC 5232 3).
    pub(super) fn keep(&mut self, new_flags: Vec<String>) -> Result<()> {
        self.refuse_after_reject("keep")?;
        self.implicit_keep = false;
        self.delivers = true;
        // RFC 6785 3.1: edits never reach a message that is kept where it is.
        let new_edition = if self.is_delivery() {
            self.edition()?
        } else {
            Edition::RECEIVED
        };
        for action in &mut self.actions {
            if let Action::Keep { flags, .. } = action {
                *flags = new_flags;
                return Ok(());
            }
        }
        self.push(Action::Keep {
            flags: new_flags,
            edition: new_edition,
        })
    }

    /// RFC 5228 4.4
    pub(super) fn discard(&mut self) -> Result<()> {
        self.implicit_keep = false;
        if self.actions.contains(&Action::Discard) {
            return Ok(());
        }
        self.push(Action::Discard)
    }

    /// The flags that `:flags` names, or the internal variable (RFC 5232 5).
    pub(super) fn wanted_flags(&self, frame: &Frame<'_>, named: Option<&[Text]>) -> Vec<String> {
        let Some(named) = named else {
            return self.flags.clone();
        };
        let mut wanted = Vec::new();
        for text in self.texts(frame, named) {
            flags::add(&mut wanted, &text);
        }
        wanted
    }

    /// A place to file into with its variables filled in.
    pub(super) fn target(
        &self,
        frame: &Frame<'_>,
        target: &Target,
        flags: Vec<String>,
    ) -> Result<FileInto> {
        let mailbox = self.text(frame, &target.mailbox).into_owned();
        if !is_mailbox_name(&mailbox) {
            return halt("the name of a mailbox is empty or has controls");
        }
        let text = |text: &Option<Text>| {
            text.as_ref()
                .map(|text| self.text(frame, text).into_owned())
        };
        Ok(FileInto {
            mailbox,
            mailbox_id: text(&target.mailbox_id),
            special_use: text(&target.special_use),
            flags,
            create: target.create,
            edition: Edition::RECEIVED,
        })
    }

    /// RFC 5228 4.1, RFC 3894 3
    pub(super) fn file_into(&mut self, frame: &Frame<'_>, target: &Target) -> Result<()> {
        let flags = self.wanted_flags(frame, target.flags.as_deref());
        let mut file_into = self.target(frame, target, flags)?;
        let is_inbox = file_into.mailbox.eq_ignore_ascii_case("INBOX");
        let is_named_only = file_into.mailbox_id.is_none() && file_into.special_use.is_none();
        if self.is_delivery() && is_inbox && is_named_only && !target.copy {
            return self.keep(file_into.flags);
        }
        if !target.copy {
            self.refuse_after_reject("fileinto")?;
            self.implicit_keep = false;
            self.delivers = true;
        }
        file_into.edition = self.edition()?;
        // RFC 5228 2.10.3: once into the same mailbox; RFC 5232 3: the last flags win.
        for action in &mut self.actions {
            if let Action::FileInto(known) = action
                && (&known.mailbox, &known.mailbox_id, &known.special_use)
                    == (
                        &file_into.mailbox,
                        &file_into.mailbox_id,
                        &file_into.special_use,
                    )
            {
                known.flags = file_into.flags;
                known.create |= file_into.create;
                return Ok(());
            }
        }
        self.push(Action::FileInto(file_into))
    }

    /// RFC 5228 4.2, RFC 6134 2.4
    pub(super) fn redirect(
        &mut self,
        frame: &Frame<'_>,
        redirect: &program::Redirect,
    ) -> Result<()> {
        if !redirect.copy {
            self.refuse_after_reject("redirect")?;
            self.implicit_keep = false;
            self.delivers = true;
        }
        let named = self.text(frame, &redirect.address).into_owned();
        let addresses = if redirect.is_list {
            let mut members = self.surroundings.list_members(&named);
            members.retain(|member| address_value(member).is_some());
            members
        } else {
            vec![named]
        };
        let text = |text: &Option<Text>| {
            text.as_ref()
                .map(|text| self.text(frame, text).into_owned())
        };
        let (notify, ret) = (text(&redirect.notify), text(&redirect.ret));
        // RFC 6009 5: a bad value is an error.
        let notify = notify
            .map(|value| notify_value(&value).ok_or(value))
            .transpose();
        let ret = ret.map(|value| ret_value(&value).ok_or(value)).transpose();
        let (Ok(notify), Ok(ret)) = (notify, ret) else {
            return halt("`redirect` is asked for a notification that there is not");
        };
        for address in addresses {
            let Some(address) = address_value(&address) else {
                return halt(format!(
                    "`{}` is no address that mail can be sent to",
                    cut(&address, 200)
                ));
            };
            self.redirect_to(Redirect {
                address,
                edition: Edition::RECEIVED,
                notify: notify.clone(),
                ret: ret.clone(),
            })?;
        }
        Ok(())
    }

    fn redirect_to(&mut self, mut redirect: Redirect) -> Result<()> {
        // RFC 5703 6: what is sent on is not enclosed.
        redirect.edition = match self.unenclosed {
            Some(edition) => edition,
            None => self.edition()?,
        };
        let redirects = self.actions.iter().filter_map(|action| match action {
            Action::Redirect(redirect) => Some(redirect),
            _ => None,
        });
        // RFC 5228 2.10.3: once to the same address.
        let mut count = 0;
        for known in redirects {
            if known.address.eq_ignore_ascii_case(&redirect.address) {
                return Ok(());
            }
            count += 1;
        }
        if count >= self.limits.redirects {
            return halt(format!(
                "a message is redirected to {} addresses at most",
                self.limits.redirects
            ));
        }
        self.push(Action::Redirect(redirect))
    }

    /// RFC 5429 2.4: once, and with nothing that delivers or answers the message.
    pub(super) fn reject(
        &mut self,
        frame: &Frame<'_>,
        reason: &Text,
        at_protocol: bool,
    ) -> Result<()> {
        self.only_at_delivery(if at_protocol { "ereject" } else { "reject" })?;
        if self
            .actions
            .iter()
            .any(|action| matches!(action, Action::Reject { .. }))
        {
            return halt("`reject` does not go with a second `reject`");
        }
        if self.delivers || self.has_replied {
            return halt(
                "`reject` does not go with what delivers, sends on or answers the message",
            );
        }
        self.implicit_keep = false;
        let reason = self.text(frame, reason).into_owned();
        self.push(Action::Reject {
            reason,
            at_protocol,
        })
    }

    /// RFC 5232 3
    pub(super) fn change_flags(
        &mut self,
        frame: &mut Frame<'_>,
        change: FlagChange,
        variable: Option<Variable>,
        named: &[Text],
    ) -> Result<()> {
        let named = self.texts(frame, named);
        let mut set = match (change, variable) {
            (FlagChange::Set, _) => Vec::new(),
            (_, None) => std::mem::take(&mut self.flags),
            (_, Some(variable)) => {
                let mut set = Vec::new();
                flags::add(&mut set, self.value(frame, variable));
                set
            }
        };
        for text in named {
            self.step(text.len())?;
            match change {
                FlagChange::Set | FlagChange::Add => flags::add(&mut set, &text),
                FlagChange::Remove => flags::remove(&mut set, &text),
            }
        }
        match variable {
            None => {
                self.flags = set;
                Ok(())
            }
            Some(variable) => {
                let value =
                    crate::variables::modified(&set.join(" "), program::Modifiers::default());
                self.assign(frame, variable, value)
            }
        }
    }

    /// RFC 5435 3, RFC 5436 2
    pub(super) fn notify(&mut self, frame: &Frame<'_>, notify: &program::Notify) -> Result<()> {
        let Some(mailto) = Mailto::parse(&self.text(frame, &notify.method)) else {
            return halt("a notification goes to a `mailto:` URI with good addresses only");
        };
        let top = self.message.top();
        // RFC 5436 2.7: what nobody wrote sets off no notification.
        let is_automatic = top
            .first("auto-submitted")
            .is_some_and(|field| super::vacation::is_automatic(field.text()));
        if is_automatic {
            return Ok(());
        }
        let sent = self
            .actions
            .iter()
            .filter(|action| matches!(action, Action::Notify(_)))
            .count();
        if sent >= self.limits.notifications {
            return halt(format!(
                "a message sets off {} notifications at most",
                self.limits.notifications
            ));
        }
        let text = |text: &Option<Text>| {
            text.as_ref()
                .map(|text| self.text(frame, text).into_owned())
        };
        let importance = match text(&notify.importance).as_deref() {
            Some("1") => 1,
            Some("3") => 3,
            _ => 2,
        };
        // RFC 5436 2.7: the message of the script, else the subject of the URI, else that of the message.
        let subject = text(&notify.message).or(mailto.subject).unwrap_or_else(|| {
            top.first("subject")
                .map_or_else(|| "New message".to_owned(), |field| field.text().to_owned())
        });
        // RFC 5435 3.6: the default says who wrote and about what.
        let body = mailto.body.unwrap_or_else(|| {
            let line = |name: &str| top.first(name).map_or("", |field| field.text());
            format!("From: {}\r\nSubject: {}\r\n", line("from"), line("subject"))
        });
        let fcc = self.fcc(frame, notify.fcc.as_ref())?;
        // RFC 5435 3.3: an author that is none is left out.
        let from = text(&notify.from).filter(|from| single(from).is_some());
        let reverse_path = if self.input.reverse_path.is_empty() && self.is_delivery() {
            ""
        } else {
            self.input.recipient
        };
        let notify = Notify {
            to: mailto.to,
            cc: mailto.cc,
            from,
            subject: crate::message::field::clean(&subject).into_owned(),
            body,
            headers: mailto.fields,
            importance,
            owner: self.input.recipient.to_owned(),
            reverse_path: reverse_path.to_owned(),
            fcc,
        };
        self.push(Action::Notify(Box::new(notify)))
    }

    /// RFC 8580 3: where a copy of what is sent goes; its flags are only those that are named.
    pub(super) fn fcc(
        &self,
        frame: &Frame<'_>,
        target: Option<&Target>,
    ) -> Result<Option<FileInto>> {
        let Some(target) = target else {
            return Ok(None);
        };
        let flags = self.wanted_flags(frame, Some(target.flags.as_deref().unwrap_or_default()));
        self.target(frame, target, flags).map(Some)
    }

    pub(super) fn push_vacation(&mut self, vacation: crate::reply::Vacation) -> Result<()> {
        self.push(Action::Vacation(Box::new(vacation)))
    }

    /// RFC 6785 3.11, RFC 5230 4.7
    pub(super) fn may_reply(&self) -> Result<()> {
        self.only_at_delivery("vacation")?;
        self.refuse_after_reject("vacation")
    }

    fn only_at_delivery(&self, what: &str) -> Result<()> {
        if self.is_delivery() {
            return Ok(());
        }
        halt(format!(
            "`{what}` is for deliveries, and this is an event of IMAP"
        ))
    }
}
