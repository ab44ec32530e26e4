//! The client's page in each of its states.

use domain::money::Money;
use domain::offer::ClientAnswer;
use templates::buyout::{
    Confirmation, Entered, OfferFailure, OfferPage, OfferState, OpenOffer, Wrong,
};

use crate::page::{self, NONCE};
use crate::{HOSTILE, sample};

const CAR: &str = "Chery Tiggo 7 Pro, 2021";
const UNTIL: &str = "28 ноября, 14:05";
const PRICE: Money = Money::from_rubles(1_529_000);

fn draw(state: OfferState<'_>) -> String {
    let page = OfferPage {
        nonce: NONCE,
        company: "ООО «Кайт Мурманск»",
        company_phone: None,
        state,
    };
    let html = page.render().unwrap();
    page::check_loads_nothing(&html);
    html
}

fn open<'a>() -> OpenOffer<'a> {
    OpenOffer {
        car: CAR,
        round: 1,
        price: PRICE,
        valid_until_local: UNTIL,
        previous: None,
        confirmation: Confirmation::NotAsked,
        entered: Entered::default(),
        wrong: None,
    }
}

#[test]
fn an_open_offer_can_be_answered_in_each_way() {
    let html = draw(OfferState::Open(open()));
    let text = page::check(&html);
    assert!(
        text.contains("1 529 000 ₽") && text.contains(UNTIL),
        "{text}"
    );
    assert_eq!(
        page::answers(&html),
        ["request_code", "accept", "counter", "decline", "think"]
    );
    insta::assert_snapshot!("open", html);
}

#[test]
fn a_sent_code_is_asked_for_and_the_phone_is_masked() {
    let phone = sample::phone();
    let html = draw(OfferState::Open(OpenOffer {
        confirmation: Confirmation::Sent { phone: &phone },
        ..open()
    }));
    let text = page::check(&html);
    assert!(
        text.contains("+7 900 ***-**-12") && !html.contains("000-00-12"),
        "{text}"
    );
    assert_eq!(
        page::answers(&html),
        ["accept", "request_code", "counter", "decline", "think"]
    );
    insta::assert_snapshot!("open_code_sent", html);
}

#[test]
fn a_refused_answer_is_explained_at_its_field_and_what_was_typed_stays() {
    let phone = sample::phone();
    let wrong = |wrong, confirmation| {
        let entered = Entered {
            amount: "1 500 00x",
            reason: "дорого & <b>мало</b>",
        };
        let html = draw(OfferState::Open(OpenOffer {
            wrong: Some(wrong),
            confirmation,
            entered,
            ..open()
        }));
        let text = page::check(&html);
        assert!(text.contains("Так нельзя."), "{text}");
        assert!(html.contains(r#"role="alert">Так нельзя."#));
        assert!(
            html.contains(r#"value="1 500 00x""#)
                && html.contains("дорого &amp; &lt;b&gt;мало&lt;/b&gt;</textarea>")
        );
        html
    };
    let code = wrong(
        Wrong::Code("Так нельзя."),
        Confirmation::Sent { phone: &phone },
    );
    assert!(code.contains(r#"aria-describedby="code-hint code-error""#));
    insta::assert_snapshot!("open_wrong_code", code);
    let amount = wrong(Wrong::Amount("Так нельзя."), Confirmation::NotAsked);
    assert!(amount.contains("<details open=\"\">\n<summary>Предложить свою цену"));
    insta::assert_snapshot!("open_wrong_amount", amount);
    let reason = wrong(Wrong::Reason("Так нельзя."), Confirmation::NotAsked);
    assert!(reason.contains("<details open=\"\">\n<summary>Отказаться"));
    insta::assert_snapshot!("open_wrong_reason", reason);
    insta::assert_snapshot!(
        "open_wrong_page",
        wrong(Wrong::Page("Так нельзя."), Confirmation::NotAsked)
    );
    // A code that could not be sent.
    wrong(Wrong::Code("Так нельзя."), Confirmation::NotAsked);
}

#[test]
fn without_a_phone_the_manager_records_the_acceptance() {
    let html = draw(OfferState::Open(OpenOffer {
        confirmation: Confirmation::NoPhone,
        ..open()
    }));
    page::check(&html);
    assert_eq!(page::answers(&html), ["counter", "decline", "think"]);
    insta::assert_snapshot!("open_no_phone", html);
}

#[test]
fn earlier_answers_are_remembered() {
    let html = draw(OfferState::Open(OpenOffer {
        previous: Some(&ClientAnswer::Think),
        ..open()
    }));
    assert!(page::check(&html).contains("Вы решили подумать"));
    assert_eq!(
        page::answers(&html),
        ["request_code", "accept", "counter", "decline"]
    );
    insta::assert_snapshot!("open_thinking", html);
    let previous = ClientAnswer::Counter {
        amount: Money::from_rubles(1_600_000),
    };
    let html = draw(OfferState::Open(OpenOffer {
        previous: Some(&previous),
        round: 2,
        ..open()
    }));
    assert!(
        page::check(&html).contains("Вы просили 1 600 000 ₽. Сейчас мы предлагаем 1 529 000 ₽.")
    );
    assert!(
        html.contains(r#"name="round" value="2""#) && !html.contains(r#"name="round" value="1""#)
    );
    insta::assert_snapshot!("open_after_counter", html);
}

#[test]
fn a_given_answer_is_shown_and_asks_nothing_more() {
    for (name, answer) in [
        ("answered_accept", ClientAnswer::Accept),
        (
            "answered_counter",
            ClientAnswer::Counter {
                amount: Money::from_rubles(1_600_000),
            },
        ),
        (
            "answered_decline",
            ClientAnswer::Decline {
                reason: "продал <соседу>".to_owned(),
            },
        ),
        ("answered_think", ClientAnswer::Think),
    ] {
        let html = draw(OfferState::Answered {
            car: CAR,
            price: PRICE,
            answer: &answer,
            valid_until_local: UNTIL,
        });
        page::check(&html);
        assert!(page::answers(&html).is_empty());
        insta::assert_snapshot!(name, html);
    }
}

#[test]
fn a_page_that_has_nothing_to_ask_says_what_to_do() {
    for (name, state) in [
        (
            "expired",
            OfferState::Expired {
                car: CAR,
                valid_until_local: UNTIL,
            },
        ),
        (
            "decided",
            OfferState::Decided {
                car: CAR,
                agreed_price: Some(PRICE),
            },
        ),
        (
            "decided_without_price",
            OfferState::Decided {
                car: CAR,
                agreed_price: None,
            },
        ),
        ("invalid_link", OfferState::InvalidLink),
        (
            "failed_not_shown",
            OfferState::Failed(OfferFailure::NotShown),
        ),
        (
            "failed_not_taken",
            OfferState::Failed(OfferFailure::NotTaken),
        ),
        ("failed_unknown", OfferState::Failed(OfferFailure::Unknown)),
        ("failed_too_many", OfferState::Failed(OfferFailure::TooMany)),
    ] {
        let html = draw(state);
        page::check(&html);
        assert!(page::answers(&html).is_empty());
        insta::assert_snapshot!(name, html);
    }
}

#[test]
fn the_company_and_its_phone_are_shown_where_they_are_known() {
    let phone = sample::phone();
    let html = OfferPage {
        nonce: NONCE,
        company: "",
        company_phone: Some(&phone),
        state: OfferState::InvalidLink,
    };
    let html = html.render().unwrap();
    page::check(&html);
    assert!(
        html.contains(r#"<a href="tel:+79000000012">+7 900 000-00-12</a>"#)
            && !html.contains("<header>")
    );
}

#[test]
fn what_people_type_is_text() {
    for text in HOSTILE {
        let answer = ClientAnswer::Decline {
            reason: text.to_owned(),
        };
        let answered = OfferState::Answered {
            car: text,
            price: PRICE,
            answer: &answer,
            valid_until_local: UNTIL,
        };
        let entered = Entered {
            amount: text,
            reason: text,
        };
        let opened = OfferState::Open(OpenOffer {
            car: text,
            entered,
            wrong: Some(Wrong::Page(text)),
            ..open()
        });
        for state in [answered, opened] {
            // Parsing finds a tag that the text brought in, `check` an attribute.
            let html = draw_from(text, state);
            let read = page::check(&html);
            let shown: String = text
                .chars()
                .filter(|c| !('\u{202a}'..='\u{202e}').contains(c))
                .collect();
            assert!(
                read.contains(&shown.split_whitespace().collect::<Vec<_>>().join(" ")),
                "{read}"
            );
            assert!(!html.contains('\u{202e}'));
        }
    }
}

fn draw_from(company: &str, state: OfferState<'_>) -> String {
    let html = OfferPage {
        nonce: NONCE,
        company,
        company_phone: None,
        state,
    }
    .render()
    .unwrap();
    assert!(!html.contains("<script") && !html.contains("<img"));
    html
}
