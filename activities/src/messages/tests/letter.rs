//! Mail.

use contracts::messages::SendDocuments;
use domain::file::FileKind;
use mailparse::{MailHeaderMap, ParsedMail};

use super::smtp::{Act, Sink};
use super::*;
use crate::error::PartnerError;

const ADDRESS: &str = "client@example.ru";

async fn with(sink: &Sink) -> (MessageActivities, TempDir) {
    let config = MailConfig {
        port: Some(sink.port),
        ..mail_config()
    };
    activities(&nobody(), &config).await
}

async fn send(activities: &MessageActivities) -> Result<String, PartnerError> {
    activities.offer_by_mail(ADDRESS, &offer(1, 0)).await
}

fn header(letter: &ParsedMail<'_>, name: &str) -> String {
    letter.headers.get_first_value(name).unwrap_or_default()
}

#[tokio::test]
async fn an_offer_goes_by_mail_once_in_text_and_html() {
    let sink = Sink::start([]).await;
    let (activities, _dir) = with(&sink).await;
    let id = send(&activities).await.expect("sent");
    assert_eq!(send(&activities).await.as_ref(), Ok(&id));
    let letters = sink.letters();
    assert_eq!(letters.len(), 1);
    let letter = mailparse::parse_mail(&letters[0]).expect("a letter");
    assert_eq!(header(&letter, "Message-ID"), id);
    assert!(id.ends_with("@kite.example>"), "{id}");
    assert_eq!(header(&letter, "From"), "Выкуп <buyout@kite.example>");
    assert!(header(&letter, "To").contains(ADDRESS));
    assert!(!header(&letter, "Subject").is_empty());
    assert_eq!(letter.ctype.mimetype, "multipart/alternative");
    let link = links().offer(&offer(1, 0)).to_string();
    for (part, kind) in letter.subparts.iter().zip(["text/plain", "text/html"]) {
        assert_eq!(part.ctype.mimetype, kind);
        let text = part.get_body().expect("a text");
        assert!(
            text.contains(&link) || text.replace("&#x3D;", "=").contains(&link),
            "{text}"
        );
    }
}

#[tokio::test]
async fn documents_go_attached_and_a_changed_file_does_not() {
    let sink = Sink::start([]).await;
    let (activities, _dir) = with(&sink).await;
    let file = activities
        .evidence
        .keep(
            &run(),
            FileKind::Document,
            "application/pdf",
            "%PDF-1.7 договор",
        )
        .await
        .expect("kept");
    let mut documents = SendDocuments {
        buyout: run(),
        email: ADDRESS.to_owned(),
        client_name: "Пётр".to_owned(),
        car: "LADA Granta, 2021".to_owned(),
        price: Money::from_rubles(950_000),
        files: vec![file],
    };
    let whole = documents.clone();
    documents.files[0].sha256 = "0".repeat(64);
    assert!(matches!(
        activities.documents_by_mail(&documents).await,
        Err(PartnerError::Protocol { .. })
    ));
    assert!(sink.letters().is_empty());
    activities.documents_by_mail(&whole).await.expect("sent");
    activities
        .documents_by_mail(&whole)
        .await
        .expect("sent before");
    let letters = sink.letters();
    assert_eq!(letters.len(), 1);
    let letter = mailparse::parse_mail(&letters[0]).expect("a letter");
    assert_eq!(letter.ctype.mimetype, "multipart/mixed");
    assert_eq!(letter.subparts[0].ctype.mimetype, "multipart/alternative");
    let attached = &letter.subparts[1];
    assert_eq!(attached.ctype.mimetype, "application/pdf");
    assert_eq!(
        attached.get_body_raw().expect("bytes"),
        "%PDF-1.7 договор".as_bytes()
    );
    let disposition = attached.get_content_disposition();
    assert_eq!(
        disposition.params.get("filename").map(String::as_str),
        Some("Документ.pdf")
    );
}

#[tokio::test]
async fn refusals_are_told_by_their_first_digit() {
    for (at, reply) in [
        ("RCPT", "550 no such user"),
        (".", "554 not taken"),
        ("MAIL", "553 not you"),
    ] {
        let sink = Sink::start([(at, Act::Say(reply))]).await;
        let (activities, _dir) = with(&sink).await;
        match send(&activities).await {
            Err(PartnerError::Rejected { code, message }) => {
                assert_eq!(code, reply[..3]);
                assert!(!message.contains(ADDRESS), "{message}");
            }
            other => panic!("{reply}: {other:?}"),
        }
        assert!(sink.letters().is_empty());
    }
    for (at, reply) in [
        ("RCPT", "450 later"),
        (".", "451 later"),
        ("EHLO", "421 busy"),
    ] {
        let sink = Sink::start([(at, Act::Say(reply)), ("HELO", Act::Say("421 busy"))]).await;
        let (activities, _dir) = with(&sink).await;
        let sent = send(&activities).await;
        assert!(
            matches!(sent, Err(PartnerError::Unavailable { .. })),
            "{reply}: {sent:?}"
        );
    }
    let (activities, _dir) = activities(&nobody(), &mail_config()).await;
    let sent = send(&activities).await;
    assert!(
        matches!(sent, Err(PartnerError::Unavailable { .. })),
        "{sent:?}"
    );
    let sent = activities.offer_by_mail("не адрес", &offer(1, 0)).await;
    assert!(matches!(sent, Err(PartnerError::Rejected { code, .. }) if code == "address"));
}

#[tokio::test]
async fn a_temporary_refusal_is_followed_by_one_letter() {
    let sink = Sink::start([("RCPT", Act::Say("450 later"))]).await;
    let (activities, _dir) = with(&sink).await;
    assert!(send(&activities).await.is_err());
    send(&activities).await.expect("sent");
    send(&activities).await.expect("sent before");
    assert_eq!(sink.letters().len(), 1);
}

#[tokio::test]
async fn an_answer_lost_after_the_letter_repeats_it_under_the_same_id() {
    let sink = Sink::start([(".", Act::Drop)]).await;
    let (activities, _dir) = with(&sink).await;
    let sent = send(&activities).await;
    assert!(
        matches!(sent, Err(PartnerError::Unavailable { .. })),
        "{sent:?}"
    );
    let id = send(&activities).await.expect("sent");
    let letters = sink.letters();
    assert_eq!(letters.len(), 2);
    for letter in &letters {
        let letter = mailparse::parse_mail(letter).expect("a letter");
        assert_eq!(header(&letter, "Message-ID"), id);
    }
}

#[tokio::test]
async fn starttls_comes_before_the_password_and_the_letter() {
    let dir = tempfile::tempdir().expect("a folder");
    let ca = dir.path().join("ca.pem");
    let sink = Sink::encrypted(&ca).await;
    let mut config = MailConfig {
        host: "localhost".to_owned(),
        port: Some(sink.port),
        tls: Tls::Starttls,
        extra_ca: Some(ca),
        username: Some("kite".to_owned()),
        password: Some("password".into()),
        ..mail_config()
    };
    let (trusting, _dir) = activities(&nobody(), &config).await;
    send(&trusting).await.expect("sent");
    for word in ["AUTH", "MAIL", "RCPT", "DATA"] {
        let commands = sink.commands(word);
        assert!(
            !commands.is_empty() && commands.iter().all(|(_, encrypted)| *encrypted),
            "{word}"
        );
    }
    assert_eq!(sink.letters().len(), 1);
    // Without the authority the server is not believed, and nothing is said to it.
    config.extra_ca = None;
    let (wary, _dir) = activities(&nobody(), &config).await;
    let sent = send(&wary).await;
    assert!(
        matches!(sent, Err(PartnerError::Unavailable { .. })),
        "{sent:?}"
    );
    assert_eq!(sink.letters().len(), 1);
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing() {
    let sink = Sink::start([]).await;
    let config = MailConfig {
        host: "localhost".to_owned(),
        port: Some(sink.port),
        tls: Tls::Starttls,
        ..mail_config()
    };
    let (activities, _dir) = activities(&nobody(), &config).await;
    let sent = send(&activities).await;
    assert!(
        matches!(sent, Err(PartnerError::Protocol { .. })),
        "{sent:?}"
    );
    assert!(sink.commands("MAIL").is_empty());
}

#[tokio::test]
async fn a_refused_password_names_the_settings() {
    let sink = Sink::start([("AUTH", Act::Say("535 bad credentials"))]).await;
    let config = MailConfig {
        port: Some(sink.port),
        username: Some("kite".to_owned()),
        password: Some("password".into()),
        ..mail_config()
    };
    let (activities, _dir) = activities(&nobody(), &config).await;
    match send(&activities).await {
        Err(PartnerError::Rejected { code, message }) => {
            assert_eq!(code, "535");
            assert!(message.contains("partners.mail"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn half_of_the_credentials_is_no_configuration() {
    let config = MailConfig {
        username: Some("kite".to_owned()),
        ..mail_config()
    };
    let error = Mailer::new(&config).err().map(|error| error.to_string());
    assert_eq!(
        error.as_deref(),
        Some("mail.password: is missing beside username")
    );
}

#[tokio::test]
async fn a_notice_goes_by_mail_once() {
    let sink = Sink::start([]).await;
    let (activities, _dir) = with(&sink).await;
    let id = activities.notice_by_mail(ADDRESS, &papers(1)).await;
    let id = id.expect("sent");
    let again = activities.notice_by_mail(ADDRESS, &papers(1)).await;
    assert_eq!(again.as_ref(), Ok(&id));
    activities
        .notice_by_mail(ADDRESS, &visit(1))
        .await
        .expect("sent");
    let letters = sink.letters();
    assert_eq!(letters.len(), 2);
    let letter = mailparse::parse_mail(&letters[0]).expect("a letter");
    assert_eq!(header(&letter, "Message-ID"), id);
    assert!(
        header(&letter, "Subject").contains("Договор"),
        "{}",
        header(&letter, "Subject")
    );
    let link = links().signing(&run(), &contract(1), valid_until());
    let text = letter.subparts[0].get_body().expect("a text");
    assert!(text.contains(link.as_str()), "{text}");
}
