//! The client's page of the papers in each of its states.

use domain::document::DocumentKind;
use domain::money::Money;
use templates::buyout::{
    OpenSigning, PaperLink, SigningFailure, SigningPage, SigningState, WrongSigning,
};

use crate::HOSTILE;
use crate::page::{self, NONCE};

const CAR: &str = "Chery Tiggo 7 Pro, 2021";

fn draw(state: SigningState<'_>) -> String {
    let page = SigningPage {
        nonce: NONCE,
        company: "ООО «Кайт Мурманск»",
        company_phone: None,
        state,
    };
    let html = page.render().unwrap();
    page::check_loads_nothing(&html);
    html
}

fn papers() -> [PaperLink<'static>; 2] {
    [
        PaperLink {
            kind: DocumentKind::Contract,
            number: "ДКП-2026-00042",
            href: "v1.k1.e30.c2ln/documents/1".to_owned(),
        },
        PaperLink {
            kind: DocumentKind::Act,
            number: "АПП-2026-00042",
            href: "v1.k1.e30.c2ln/documents/2".to_owned(),
        },
    ]
}

fn open<'a>(papers: &'a [PaperLink<'a>]) -> OpenSigning<'a> {
    OpenSigning {
        car: CAR,
        price: Money::from_rubles(1_529_000),
        papers,
        place: "Кайт на Вымышленном, Мурманск, пр. Вымышленный, 1",
        until_local: Some("28 ноября, 14:05"),
        ready: false,
        remarks: &[],
        round: 1,
        text: "",
        wrong: None,
    }
}

#[test]
fn the_papers_are_read_and_answered_and_not_signed_here() {
    let papers = papers();
    let html = draw(SigningState::Open(open(&papers)));
    let text = page::check(&html);
    for said in [
        "1 529 000 ₽",
        "Договор купли-продажи № ДКП-2026-00042",
        "Акт приёма-передачи № АПП-2026-00042",
        "пр. Вымышленный, 1",
        "28 ноября, 14:05",
        "Что взять с собой",
        "Это не электронная подпись",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(html.contains(r#"href="v1.k1.e30.c2ln/documents/2""#));
    assert_eq!(page::answers(&html), ["ready", "remark"]);
    insta::assert_snapshot!("open", html);

    let without = draw(SigningState::Open(OpenSigning {
        until_local: None,
        ..open(&papers)
    }));
    assert!(page::check(&without).contains("Удобный день и час согласует менеджер."));
}

#[test]
fn what_was_answered_before_is_shown() {
    let papers = papers();
    let html = draw(SigningState::Open(OpenSigning {
        ready: true,
        remarks: &["Ошибка в номере паспорта", "Цвет не белый, а серебристый"],
        round: 4,
        ..open(&papers)
    }));
    let text = page::check(&html);
    assert!(
        text.contains("Ошибка в номере паспорта") && text.contains("всё верно"),
        "{text}"
    );
    // Ready is said once; something may still turn out to be wrong.
    assert_eq!(page::answers(&html), ["remark"]);
    assert!(html.contains(r#"name="round" value="4""#));
    insta::assert_snapshot!("answered", html);
}

#[test]
fn a_refused_remark_is_explained_at_its_field_and_what_was_typed_stays() {
    let papers = papers();
    let wrong = |wrong| {
        let html = draw(SigningState::Open(OpenSigning {
            text: "цвет & <b>номер</b>",
            wrong: Some(wrong),
            ..open(&papers)
        }));
        let text = page::check(&html);
        assert!(text.contains("Так нельзя."), "{text}");
        assert!(html.contains(r#"role="alert">Так нельзя."#));
        assert!(html.contains("цвет &amp; &lt;b&gt;номер&lt;/b&gt;</textarea>"));
        html
    };
    let text = wrong(WrongSigning::Text("Так нельзя."));
    assert!(text.contains("<details open=\"\">\n<summary>Есть замечание"));
    insta::assert_snapshot!("wrong_text", text);
    insta::assert_snapshot!("wrong_page", wrong(WrongSigning::Page("Так нельзя.")));
}

#[test]
fn papers_that_are_not_to_be_answered_say_why() {
    let papers = papers();
    let signed = draw(SigningState::Signed {
        car: CAR,
        papers: &papers,
    });
    let text = page::check(&signed);
    assert!(
        text.contains("подписан") && text.contains("ДКП-2026-00042"),
        "{text}"
    );
    insta::assert_snapshot!("signed", signed);
    let void = draw(SigningState::Void { car: CAR });
    assert!(page::check(&void).contains("аннулирован"));
    insta::assert_snapshot!("void", void);
    let superseded = draw(SigningState::Superseded { car: CAR });
    assert!(page::check(&superseded).contains("заменён новым"));
    insta::assert_snapshot!("superseded", superseded);
    for html in [&signed, &void, &superseded] {
        assert_eq!(page::answers(html), [""; 0]);
    }
}

#[test]
fn a_link_that_is_none_and_trouble_of_ours() {
    assert!(page::check(&draw(SigningState::InvalidLink)).contains("Ссылка не действует"));
    for (name, failure) in [
        ("failed_not_shown", SigningFailure::NotShown),
        ("failed_unknown", SigningFailure::Unknown),
        ("failed_too_many", SigningFailure::TooMany),
    ] {
        let html = draw(SigningState::Failed(failure));
        page::check(&html);
        insta::assert_snapshot!(name, html);
    }
}

#[test]
fn what_people_write_is_text() {
    let papers = papers();
    for hostile in HOSTILE {
        let html = draw(SigningState::Open(OpenSigning {
            car: hostile,
            place: hostile,
            remarks: &[hostile],
            text: hostile,
            ..open(&papers)
        }));
        page::check(&html);
        assert!(!html.contains("<script>alert") && !html.contains('\u{202e}'));
    }
}
