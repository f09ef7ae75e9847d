use serde_json::json;

use super::*;

fn read(value: Value) -> Result<Draft, SetError> {
    match value {
        Value::Object(object) => Draft::read(Arguments(object)),
        other => panic!("{other} is no object"),
    }
}

fn written(value: Value) -> String {
    let made = Made {
        at: Timestamp::from_seconds(1_700_000_000),
        random: [7; 16],
        domain: "example.org".into(),
    };
    let blobs = BTreeMap::from([("u1".to_owned(), b"bytes".to_vec())]);
    String::from_utf8(read(value).unwrap().write(&blobs, &made)).unwrap()
}

#[test]
fn a_text_with_fields_of_several_forms() {
    let message = written(json!({
        "from": [{"name": "Jörg", "email": "j@example.org"}],
        "to": [{"email": "a@b"}], "cc": [], "bcc": null,
        "subject": "Hallo", "sentAt": "2023-11-14T20:43:20-01:30", "inReplyTo": ["1@b"],
        "header:X-Raw": " as it\r\n is", "header:X-Text:asText:all": ["one", "two"],
        "header:List-Post:asURLs": ["mailto:l@b"],
        "textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": "Hi\n", "isTruncated": false}},
    }));
    for line in [
        "From: =?utf-8?B?SsO2cmc=?= <j@example.org>\r\n",
        "To: a@b\r\n",
        "Date: Tue, 14 Nov 2023 20:43:20 -0130\r\n",
        "In-Reply-To: <1@b>\r\n",
        "X-Raw: as it\r\n is\r\n",
        "X-Text: one\r\nX-Text: two\r\n",
        "List-Post: <mailto:l@b>\r\n",
        "Message-ID: <07070707070707070707070707070707@example.org>\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n\r\nHi\r\n",
    ] {
        assert!(message.contains(line), "{line} in {message}");
    }
    assert!(
        !message.contains("Cc:") && !message.contains("Bcc:"),
        "{message}"
    );
}

#[test]
fn texts_and_attachments_become_a_structure() {
    let draft = read(json!({
        "textBody": [{"partId": "t"}], "htmlBody": [{"partId": "h", "type": "text/html"}],
        "attachments": [
            {"blobId": "u1", "type": "image/png", "cid": "a@b", "disposition": "inline"},
            {"blobId": "u1", "name": "ü.pdf", "type": "application/pdf", "disposition": "attachment"},
        ],
        "bodyValues": {"t": {"value": "x"}, "h": {"value": "<p>"}},
    }))
    .unwrap();
    assert_eq!(draft.blobs(), BTreeSet::from(["u1"]));
    fn shape(part: &Part) -> String {
        let kind = part.part.media_type.split('/').nth(1).unwrap();
        match &part.content {
            Content::Parts(parts) => {
                let parts: Vec<String> = parts.iter().map(shape).collect();
                format!("{kind}({})", parts.join(" "))
            }
            _ => kind.to_owned(),
        }
    }
    assert_eq!(
        shape(&draft.body),
        "mixed(alternative(plain related(html png)) pdf)"
    );
    assert_eq!(shape(&read(json!({})).unwrap().body), "plain");
}

#[test]
fn what_is_forbidden_is_named() {
    let text = json!([{"partId": "t"}]);
    let values = json!({"t": {"value": "x"}});
    for (wrong, property) in [
        (json!({"headers": []}), "headers"),
        (json!({"preview": "x"}), "preview"),
        (json!({"unknown": 1}), "unknown"),
        (
            json!({"from": [], "header:From:asAddresses": []}),
            "header:From:asAddresses",
        ),
        (
            json!({"header:Subject:asAddresses": []}),
            "header:Subject:asAddresses",
        ),
        (json!({"header:X:asNothing": ""}), "header:X:asNothing"),
        (json!({"header:X": "a\r\nBcc: b"}), "header:X"),
        (
            json!({"header:Content-Type": "text/plain"}),
            "header:content-type",
        ),
        (json!({"subject": ["x"]}), "subject"),
        (json!({"sentAt": "yesterday"}), "sentAt"),
        (
            json!({"bodyStructure": {"partId": "t"}, "textBody": text, "bodyValues": values}),
            "textBody",
        ),
        (json!({"textBody": [], "bodyValues": values}), "textBody"),
        (
            json!({"textBody": [{"partId": "u"}], "bodyValues": values}),
            "textBody/partId",
        ),
        (
            json!({"textBody": [{"partId": "t", "charset": "utf-8"}], "bodyValues": values}),
            "textBody/charset",
        ),
        (
            json!({"textBody": [{"partId": "t", "size": 1}], "bodyValues": values}),
            "textBody/size",
        ),
        (
            json!({"textBody": [{"partId": "t", "blobId": "u1"}], "bodyValues": values}),
            "textBody",
        ),
        (
            json!({"htmlBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": values}),
            "htmlBody",
        ),
        (
            json!({"textBody": text, "bodyValues": {"t": {"value": "x", "isTruncated": true}}}),
            "bodyValues/t",
        ),
        (
            json!({"bodyStructure": {"partId": "t", "header:Content-Transfer-Encoding": "8bit"}, "bodyValues": values}),
            "bodyStructure/header:content-transfer-encoding",
        ),
        (
            json!({"subject": "x", "bodyStructure": {"partId": "t", "header:Subject": "y"}, "bodyValues": values}),
            "header:subject",
        ),
    ] {
        let error = read(wrong.clone()).unwrap_err();
        assert_eq!(error.kind, "invalidProperties", "{wrong}");
        assert_eq!(error.properties, [property], "{wrong}");
    }
    let mut deep = json!({"partId": "t"});
    for _ in 0..40 {
        deep = json!({"subParts": [deep]});
    }
    assert!(read(json!({"bodyStructure": deep, "bodyValues": values})).is_err());
}
