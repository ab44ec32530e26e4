//! What the client is told beside the offer.

use domain::money::Money;
use templates::buyout::{MailText, SigningNotice, VisitNotice};

use crate::HOSTILE;

const LINK: &str = "https://kite.example/l/v1.k1.eyJwIjoic2lnbiJ9.c2lnbg";

fn signing(client_name: &str) -> SigningNotice<'_> {
    SigningNotice {
        client_name,
        car: "Chery Tiggo 7 Pro, 2021",
        price: Money::from_rubles(1_529_000),
        link: LINK,
        company: "ООО «Кайт Мурманск»",
    }
}

fn visit(client_name: &str) -> VisitNotice<'_> {
    VisitNotice {
        client_name,
        car: "Chery Tiggo 7 Pro, 2021",
        at_local: "28 ноября, 14:05",
        place: "Мурманск, ул. Вымышленная, 1",
        company: "ООО «Кайт Мурманск»",
    }
}

fn whole(mail: &MailText) -> String {
    let MailText {
        subject,
        text,
        html,
    } = mail;
    assert!(!subject.contains(['\r', '\n']) && !subject.is_empty());
    format!("Subject: {subject}\n\n{text}\n\n{html}")
}

#[test]
fn the_papers_are_ready() {
    insta::assert_snapshot!("signing_message", signing("Дарья").message().unwrap());
    let mail = signing("Дарья").mail().unwrap();
    assert!(mail.text.contains(LINK) && mail.html.contains(&format!("href=\"{LINK}\"")));
    insta::assert_snapshot!("signing_mail", whole(&mail));
    let nameless = signing("").message().unwrap();
    assert!(nameless.starts_with("Договор на ваш"), "{nameless}");
}

#[test]
fn the_visit_is_at_another_time() {
    insta::assert_snapshot!("visit_message", visit("Дарья").message().unwrap());
    insta::assert_snapshot!("visit_mail", whole(&visit("Дарья").mail().unwrap()));
    let nameless = visit("").message().unwrap();
    assert!(nameless.starts_with("Осмотр вашего"), "{nameless}");
}

#[test]
fn a_name_adds_no_line_and_no_markup() {
    let lines = |text: String| text.lines().count();
    for name in HOSTILE {
        assert_eq!(
            lines(signing(name).message().unwrap()),
            lines(signing("Дарья").message().unwrap())
        );
        assert_eq!(
            lines(visit(name).message().unwrap()),
            lines(visit("Дарья").message().unwrap())
        );
        for mail in [signing(name).mail().unwrap(), visit(name).mail().unwrap()] {
            assert!(!whole(&mail).contains("\nBcc") && !mail.html.contains("<script"));
        }
    }
}
