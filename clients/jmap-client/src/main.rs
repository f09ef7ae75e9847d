//! A conversation of the Rust crate `jmap-client` with the server: each answer is checked as it comes.

use std::env;
use std::error::Error;

use futures_util::StreamExt;
use jmap_client::DataType;
use jmap_client::client::Client;
use jmap_client::core::query::Filter;
use jmap_client::email::{self, Property};
use jmap_client::event_source::PushNotification;
use jmap_client::mailbox::{self, Role};

type Done<T> = Result<T, Box<dyn Error>>;

const MESSAGE: &[u8] = b"From: guest@example.net\r\nTo: anna@example.org\r\nSubject: Testing the client\r\n\r\nThis is a test.\r\n";
const SCRIPT: &[u8] = b"require \"fileinto\";\r\nif header :contains \"subject\" \"news\" { fileinto \"Archive\"; }\r\n";

#[tokio::main]
async fn main() -> Done<()> {
    let client = Client::new()
        .credentials((env::var("ANNA")?.as_str(), env::var("PASSWORD")?.as_str()))
        .follow_redirects(["127.0.0.1"])
        .connect(&format!("http://127.0.0.1:{}", env::var("HTTP")?))
        .await?;
    let mut events = client
        .event_source(
            Some([DataType::Email, DataType::Mailbox]),
            false,
            Some(60),
            None,
        )
        .await?;
    mail(&client).await?;
    match events.next().await.ok_or("the events ended")?? {
        PushNotification::StateChange(changes) => {
            let account = client.default_account_id();
            assert!(changes.changed_accounts().any(|it| it == account));
        }
        other => return Err(format!("an event of another kind: {other:?}").into()),
    }
    sending(&client).await?;
    filters(&client).await?;
    println!("all is well");
    Ok(())
}

async fn with_role(client: &Client, role: Role) -> Done<String> {
    let filter = mailbox::query::Filter::role(role);
    let found = client.mailbox_query(Some(filter), None::<Vec<_>>).await?;
    Ok(found.ids().first().ok_or("a mailbox is missing")?.clone())
}

async fn mail(client: &Client) -> Done<()> {
    let inbox = with_role(client, Role::Inbox).await?;
    let trash = with_role(client, Role::Trash).await?;
    let made = client
        .mailbox_create("Projects", None::<String>, Role::None)
        .await?;
    let made = made.id().ok_or("no id")?.to_owned();
    client.mailbox_rename(&made, "Plans").await?;
    let got = client.mailbox_get(&made, None::<Vec<_>>).await?;
    assert_eq!(
        got.and_then(|it| it.name().map(str::to_owned)).as_deref(),
        Some("Plans")
    );

    let imported = client
        .email_import(MESSAGE.to_vec(), [&inbox], Some(["$draft"]), None)
        .await?;
    let imported = imported.id().ok_or("no id")?.to_owned();
    let conditions = Filter::and([
        email::query::Filter::subject("testing"),
        email::query::Filter::in_mailbox(&inbox),
        email::query::Filter::has_keyword("$draft"),
    ]);
    let found = client
        .email_query(Some(conditions), Some([email::query::Comparator::from()]))
        .await?;
    assert_eq!(found.ids(), [imported.clone()]);
    let state = client
        .email_changes(found_state(client, &imported).await?, None)
        .await?
        .new_state()
        .to_owned();
    let got = client
        .email_get(
            &imported,
            Some([
                Property::Subject,
                Property::Preview,
                Property::Keywords,
                Property::BlobId,
            ]),
        )
        .await?
        .ok_or("the email is not there")?;
    assert_eq!(got.preview(), Some("This is a test."));
    assert_eq!(got.keywords(), ["$draft"]);
    let bytes = client.download(got.blob_id().ok_or("no blob")?).await?;
    assert_eq!(bytes, MESSAGE);

    client.email_set_keyword(&imported, "$draft", false).await?;
    client
        .email_set_keywords(&imported, ["$seen", "$important"])
        .await?;
    client.email_set_mailboxes(&imported, [&made]).await?;
    let changes = client.email_changes(state, None).await?;
    assert_eq!(changes.updated(), [imported.clone()]);
    client.email_set_mailboxes(&imported, [&trash]).await?;
    client.email_destroy(&imported).await?;
    client.mailbox_destroy(&made, false).await?;
    assert!(client.email_get(&imported, None::<Vec<_>>).await?.is_none());
    Ok(())
}

/// The state of the account's emails.
async fn found_state(client: &Client, id: &str) -> Done<String> {
    let mut request = client.build();
    request.get_email().ids([id]);
    let response = request.send_get_email().await?;
    Ok(response.state().to_owned())
}

async fn sending(client: &Client) -> Done<()> {
    let (anna, ben) = (env::var("ANNA")?, env::var("BEN")?);
    let drafts = with_role(client, Role::Drafts).await?;
    let mut request = client.build();
    request.get_identity();
    let identities = request.send_get_identity().await?;
    let identity = identities
        .list()
        .iter()
        .find(|it| it.email() == Some(anna.as_str()));
    let identity = identity
        .and_then(|it| it.id())
        .ok_or("no identity")?
        .to_owned();
    let message =
        format!("From: {anna}\r\nTo: {ben}\r\nSubject: Sent by the client\r\n\r\nHello\r\n");
    let draft = client
        .email_import(message.into_bytes(), [&drafts], Some(["$draft"]), None)
        .await?;
    let submission = client
        .email_submission_create(draft.id().ok_or("no id")?, identity)
        .await?;
    assert!(submission.id().is_some());
    Ok(())
}

async fn filters(client: &Client) -> Done<()> {
    client.sieve_script_validate(SCRIPT).await?;
    let script = client.sieve_script_create("main", SCRIPT, true).await?;
    let id = script.id().ok_or("no id")?.to_owned();
    client.sieve_script_rename(&id, "renamed", false).await?;
    client.sieve_script_deactivate().await?;
    client.sieve_script_destroy(&id).await?;
    client
        .vacation_response_enable("Away", Some("I am away."), None::<String>)
        .await?;
    let away = client.vacation_response_get(None::<Vec<_>>).await?;
    assert_eq!(away.map(|it| it.is_enabled()), Some(true));
    client.vacation_response_disable().await?;
    Ok(())
}
