//! Mail in its three parts.

use domain::money::Money;
use roxmltree::{Document, ParsingOptions};
use templates::buyout::{DocumentsMail, MailText, OfferMail};

use crate::HOSTILE;

const LINK: &str = "https://kite.example/l/v1.k1.eyJwIjoib2ZmZXIifQ.c2lnbg";

fn offer(client_name: &str, reminder: u32) -> MailText {
    let mail = OfferMail {
        client_name,
        car: "Chery Tiggo 7 Pro, 2021",
        price: Money::from_rubles(1_529_000),
        valid_until_local: "28 ноября, 14:05",
        link: LINK,
        company: "ООО «Кайт Мурманск»",
        reminder,
    };
    mail.render().unwrap()
}

fn documents(client_name: &str, attachments: &[String]) -> MailText {
    let mail = DocumentsMail {
        client_name,
        car: "Chery Tiggo 7 Pro, 2021",
        price: Money::from_rubles(1_529_000),
        company: "ООО «Кайт Мурманск»",
        attachments,
    };
    mail.render().unwrap()
}

fn attachments() -> Vec<String> {
    vec![
        "Договор КМ-2026-000042.pdf".to_owned(),
        "Акт АП-2026-000042.pdf".to_owned(),
    ]
}

/// The parts one under the other.
fn whole(mail: &MailText) -> String {
    let MailText {
        subject,
        text,
        html,
    } = mail;
    assert!(!subject.contains(['\r', '\n']) && !subject.is_empty());
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let parsed = Document::parse_with_options(html, options)
        .unwrap_or_else(|error| panic!("{error}\n{html}"));
    assert_eq!(parsed.root_element().attribute("lang"), Some("ru"));
    let active = ["script", "img", "link", "style", "iframe", "form"];
    assert!(
        !parsed
            .descendants()
            .any(|node| active.contains(&node.tag_name().name()))
    );
    format!("Subject: {subject}\n\n{text}\n\n{html}")
}

#[test]
fn the_offer_and_its_reminder() {
    let mail = offer("Дарья", 0);
    assert!(mail.text.contains(LINK) && mail.html.contains(&format!("href=\"{LINK}\"")));
    insta::assert_snapshot!("offer_mail", whole(&mail));
    insta::assert_snapshot!("reminder_mail", whole(&offer("Дарья", 1)));
}

#[test]
fn the_documents() {
    insta::assert_snapshot!("documents_mail", whole(&documents("Дарья", &attachments())));
}

#[test]
fn a_client_without_a_name_is_greeted_all_the_same() {
    for mail in [offer("", 0), documents("", &attachments())] {
        assert!(mail.text.starts_with("Здравствуйте!"));
        assert!(mail.html.contains(">Здравствуйте!<"));
    }
}

#[test]
fn what_people_are_called_is_text() {
    for name in HOSTILE {
        for mail in [
            offer(name, 0),
            offer(name, 1),
            documents(name, &[name.to_owned()]),
        ] {
            whole(&mail);
            assert!(!mail.html.contains("<script") && !mail.text.contains("\nBcc"));
            assert!(!mail.text.contains('\u{202e}') && !mail.html.contains('\u{202e}'));
        }
    }
}
