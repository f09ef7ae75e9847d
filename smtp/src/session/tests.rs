//! What transcripts cannot show: calls out of turn, verdicts, and bounds that take many commands.

use std::sync::Arc;

use super::*;

fn session(service: Service) -> Session {
    let peer = Peer {
        tls: true,
        bound: true,
        loopback: false,
    };
    Session::new(Arc::new(Settings::new(service, "mail.example.org")), peer)
}

fn give(session: &mut Session, line: &str) -> Action {
    let command = crate::codec::parse_command(line.as_bytes()).expect("a command");
    session.command(command, Behind::Nothing)
}

fn code(action: &Action) -> u16 {
    match action {
        Action::Reply(reply) | Action::Close(reply) | Action::ReadData(reply) => reply.code,
        _ => 0,
    }
}

#[test]
fn reports_nobody_asked_for_close_the_session() {
    let reports: [fn(&mut Session) -> Action; 8] = [
        |it| it.data_put_off(done()),
        |it| it.sender_decided(Ok(())),
        |it| it.recipient_decided(Ok(())),
        Session::chunk_stored,
        |it| it.content_refused(DataRefusal::TooBig),
        |it| it.message_done(Verdict::All(done())),
        |it| it.authenticated("user"),
        |it| it.authentication_failed(AuthFailure::Invalid),
    ];
    for report in reports {
        let action = report(&mut session(Service::Mx));
        assert_eq!(action, out_of_turn());
    }
}

#[test]
fn a_command_while_a_report_is_due_closes_the_session() {
    let mut session = session(Service::Mx);
    give(&mut session, "EHLO x");
    let asked = give(&mut session, "MAIL FROM:<a@b>");
    assert!(matches!(asked, Action::AskSender { .. }));
    assert_eq!(give(&mut session, "NOOP"), out_of_turn());
}

#[test]
fn commands_without_purpose_end_a_session_and_a_message_forgives_them() {
    let mut session = session(Service::Mx);
    give(&mut session, "EHLO x");
    for _ in 0..JUNK_COMMANDS_MAX {
        assert_eq!(code(&give(&mut session, "NOOP")), 250);
    }
    give(&mut session, "MAIL FROM:<a@b>");
    session.sender_decided(Ok(()));
    give(&mut session, "RCPT TO:<a@b>");
    session.recipient_decided(Ok(()));
    assert_eq!(code(&give(&mut session, "DATA")), 354);
    assert_eq!(code(&session.message_done(Verdict::All(done()))), 250);
    let answered = (0..1_000)
        .take_while(|_| code(&give(&mut session, "RSET")) == 250)
        .count();
    let expected = JUNK_COMMANDS_MAX + ERRORS_MAX - 1;
    assert_eq!(u32::try_from(answered), Ok(expected));
}

#[test]
fn acceptance_by_all_is_an_acceptance_and_a_mixture_is_temporary() {
    let verdict = |codes: &[u16]| {
        let replies = codes.iter().map(|code| Reply::plain(*code, "")).collect();
        Verdict::Each(replies).for_all().code
    };
    assert_eq!(verdict(&[250, 250]), 250);
    assert_eq!(verdict(&[550, 452, 250]), 452);
    assert_eq!(verdict(&[550, 452]), 452);
    assert_eq!(verdict(&[250, 550]), 451);
    assert_eq!(verdict(&[550, 552]), 550);
    assert_eq!(verdict(&[]), 451);
}

#[test]
fn a_verdict_that_is_missing_is_temporary() {
    let replies = Verdict::Each(vec![done()]).for_each(2);
    assert_eq!(replies, vec![done(), Reply::try_later()]);
    assert_eq!(Verdict::Each(vec![done(), done()]).for_each(1).len(), 1);
}

#[test]
fn the_envelope_and_the_protocol_are_those_of_the_message() {
    let mut session = session(Service::Mx);
    give(&mut session, "EHLO client");
    assert_eq!(session.protocol().name(), "ESMTPS");
    give(&mut session, "MAIL FROM:<a@b> SMTPUTF8");
    session.sender_decided(Ok(()));
    give(&mut session, "RCPT TO:<c@d>");
    session.recipient_decided(Err(Reply::no_mailbox()));
    give(&mut session, "RCPT TO:<e@f> NOTIFY=NEVER");
    session.recipient_decided(Ok(()));
    assert_eq!(session.protocol().name(), "UTF8SMTPS");
    let envelope = session.envelope().expect("after MAIL");
    assert_eq!(envelope.reverse_path.to_string(), "<a@b>");
    let recipients: Vec<String> = envelope
        .recipients
        .iter()
        .map(|it| format!("{}{}", it.forward_path, it.parameters))
        .collect();
    assert_eq!(recipients, ["<e@f> NOTIFY=NEVER"]);
}

#[test]
fn a_mechanism_that_needs_a_binding_is_offered_where_there_is_one() {
    for bound in [false, true] {
        let mut settings = Settings::new(Service::Submission, "mail.example.org");
        settings.mechanisms = vec!["SCRAM-SHA-256-PLUS".into(), "SCRAM-SHA-256".into()];
        let peer = Peer {
            tls: true,
            bound,
            loopback: false,
        };
        let mut session = Session::new(Arc::new(settings), peer);
        let Action::Reply(reply) = give(&mut session, "EHLO x") else {
            panic!("no reply")
        };
        let offered = reply.lines.iter().any(|line| line.contains("-PLUS"));
        assert_eq!(offered, bound);
    }
}
