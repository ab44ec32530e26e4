//! Messenger and SMS.

use domain::money::Money;
use templates::buyout::{CodeMessage, OfferMessage};

use crate::HOSTILE;

fn offer(client_name: &str, reminder: u32) -> String {
    let message = OfferMessage {
        client_name,
        car: "Chery Tiggo 7 Pro, 2021",
        price: Money::from_rubles(1_529_000),
        valid_until_local: "28 ноября, 14:05",
        link: "https://kite.example/l/v1.k1.eyJwIjoib2ZmZXIifQ.c2lnbg",
        company: "ООО «Кайт Мурманск»",
        reminder,
    };
    message.render().unwrap()
}

#[test]
fn the_offer_and_its_reminders() {
    insta::assert_snapshot!("offer_message", offer("Дарья", 0));
    insta::assert_snapshot!("reminder_message", offer("Дарья", 1));
    assert_eq!(offer("Дарья", 1), offer("Дарья", 2));
    assert!(offer("", 0).starts_with("Здравствуйте! ООО"));
    assert!(offer("", 1).starts_with("Напоминаем: "));
}

#[test]
fn a_code_fits_one_sms() {
    let sms = CodeMessage { code: "012345" }.render().unwrap();
    assert!(sms.chars().count() <= 70, "{sms}");
    insta::assert_snapshot!("code_message", sms);
}

#[test]
fn a_name_adds_no_line() {
    let lines = offer("Дарья", 0).lines().count();
    for name in HOSTILE {
        assert_eq!(offer(name, 0).lines().count(), lines);
    }
}
