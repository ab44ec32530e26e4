//! Messenger, SMS and mail at the socket.

mod chat;
mod letter;
mod smtp;

use chrono::{DateTime, Utc};
use contracts::messages::{ClientNotice, SendCode, SendNotice, SendOffer};
use domain::buyout::signing::ContractRef;
use domain::buyout::start::BuyoutId;
use domain::money::Money;
use domain::phone::Phone;
use domain::signed_link::{KeyRing, LinkPurpose};
use tempfile::TempDir;
use url::Url;

use super::{
    ChatType, Links, MailConfig, Mailer, MessageActivities, SmsClient, SmsConfig, Tls,
    WazzupClient, WazzupConfig,
};
use crate::testing::{evidence, nobody};

fn run() -> BuyoutId {
    BuyoutId::new("portal", 777)
}

fn phone() -> Phone {
    Phone::parse("+79000000012").expect("a phone")
}

fn valid_until() -> DateTime<Utc> {
    "2030-11-28T11:05:00Z".parse().expect("an instant")
}

fn offer(round: u32, reminder: u32) -> SendOffer {
    SendOffer {
        buyout: run(),
        round,
        client_name: "Пётр".to_owned(),
        car: "LADA Granta, 2021".to_owned(),
        price: Money::from_rubles(950_000),
        valid_until: valid_until(),
        valid_until_local: "28 ноября, 14:05".to_owned(),
        reminder,
        again: 0,
    }
}

fn contract(version: u32) -> ContractRef {
    ContractRef {
        number: "ДКП-2026-00042".to_owned(),
        version,
    }
}

fn notice(notice: ClientNotice) -> SendNotice {
    SendNotice {
        buyout: run(),
        client_name: "Пётр".to_owned(),
        car: "LADA Granta, 2021".to_owned(),
        notice,
    }
}

/// The papers of that version of the contract are made.
fn papers(version: u32) -> SendNotice {
    notice(ClientNotice::Signing {
        contract: contract(version),
        made_at: valid_until(),
        price: Money::from_rubles(950_000),
    })
}

fn visit(number: u32) -> SendNotice {
    notice(ClientNotice::VisitMoved {
        number,
        at_local: "28 ноября, 14:05".to_owned(),
        place: "Мурманск, ул. Вымышленная, 1".to_owned(),
    })
}

fn code(number: u32) -> SendCode {
    SendCode {
        buyout: run(),
        phone: phone(),
        code: "042137".to_owned(),
        number,
    }
}

fn ring() -> KeyRing {
    KeyRing::new("2026", [("2026".to_owned(), vec![7; 32])]).expect("a ring")
}

fn links() -> Links {
    Links::new("https://kite.example/".parse().expect("a URL"), ring())
}

fn mail_config() -> MailConfig {
    MailConfig {
        host: "127.0.0.1".to_owned(),
        port: Some(nobody().port().expect("a port")),
        tls: Tls::Off,
        extra_ca: None,
        username: None,
        password: None,
        from: "Выкуп <buyout@kite.example>".to_owned(),
        reply_to: None,
        timeout_secs: 10,
    }
}

/// Activities whose HTTP partners are at `url`.
async fn activities(url: &Url, mail: &MailConfig) -> (MessageActivities, TempDir) {
    crate::testing::crypto();
    let (evidence, dir) = evidence().await;
    let wazzup = WazzupConfig {
        base_url: url.clone(),
        api_key: "wazzup-key".into(),
        channel_id: "e0629e11-0f67-4567-92a9-2237e91ec1b9".to_owned(),
        chat_type: ChatType::Whatsapp,
        timeout_secs: 5,
        concurrency: 2,
        rate_per_minute: 0,
        extra_ca: None,
    };
    let sms = SmsConfig {
        base_url: url.clone(),
        api_key: "sms-key".into(),
        sender: "KITE".to_owned(),
        timeout_secs: 5,
        concurrency: 2,
        rate_per_minute: 0,
        extra_ca: None,
    };
    let activities = MessageActivities {
        wazzup: WazzupClient::new(&wazzup).expect("a client"),
        sms: SmsClient::new(&sms).expect("a client"),
        mailer: Mailer::new(mail).expect("a mailer"),
        links: links(),
        company: "Автоцентр".to_owned(),
        store: evidence.store.clone(),
        evidence,
    };
    (activities, dir)
}

#[test]
fn a_round_has_one_link_and_another_round_another() {
    let link = |round, reminder| links().offer(&offer(round, reminder));
    assert_eq!(link(1, 0), link(1, 2));
    assert_ne!(link(1, 0), link(2, 0));
    let link = link(1, 0);
    let token = link
        .as_str()
        .strip_prefix("https://kite.example/l/")
        .expect("the gateway's route");
    let claims = ring()
        .verify(token, LinkPurpose::Offer, valid_until())
        .expect("a valid link");
    assert_eq!(claims.subject, "buyout:portal:777");
    assert_eq!(claims.party, "client");
    // The page still tells that the offer is over.
    assert!(claims.expires_at > valid_until());
    assert!(!token.contains("79000000012"));
}

#[test]
fn each_contract_has_one_link_that_lives_as_long_as_papers_are_read() {
    let link = |version| links().signing(&run(), &contract(version), valid_until());
    assert_eq!(link(1), link(1));
    assert_ne!(link(1), link(2));
    let link = link(1);
    let token = link
        .as_str()
        .strip_prefix("https://kite.example/l/")
        .expect("the gateway's route");
    let claims = |at| ring().verify(token, LinkPurpose::Sign, at);
    let whole = claims(valid_until()).expect("a valid link");
    assert_eq!(whole.subject, "buyout:portal:777");
    assert_eq!(whole.id, contract(1).link_id(&run()));
    claims(valid_until() + chrono::Duration::days(29)).expect("a link of papers under way");
    claims(valid_until() + chrono::Duration::days(31)).expect_err("a link of forgotten papers");
    ring()
        .verify(token, LinkPurpose::Offer, valid_until())
        .expect_err("a link to the offer");
}
