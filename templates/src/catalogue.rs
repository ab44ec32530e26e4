//! Every template with a preview: what administrators look at before clients do.

use domain::money::Money;

use crate::buyout::{
    Act, CodeMessage, Confirmation, Contract, DocumentsMail, Entered, InstallOutcome, InstallPage,
    MailText, OfferFailure, OfferMail, OfferMessage, OfferPage, OfferState, OpenOffer, OpenSigning,
    PaperLink, PlacementOutcome, PlacementPage, SigningFailure, SigningNotice, SigningPage,
    SigningState, VisitNotice,
};
use crate::error::TemplateError;
use crate::sample;
use domain::document::DocumentKind;

const PRICE: Money = Money::from_rubles(1_000_000);
const REDUCED: Money = Money::from_rubles(1_050_000);

const PLAIN: &str = "text/plain";
/// Media type of mail and pages.
pub const HTML: &str = "text/html";
const PDF: &str = "application/pdf";

/// A template.
pub struct Entry {
    /// Path of its source without the engine's ending: "buyout/offer_mail.html".
    pub code: &'static str,
    /// Russian.
    pub title: &'static str,
    /// Media type of the preview.
    pub content_type: &'static str,
    make: fn() -> Result<Preview, TemplateError>,
}

/// A template filled in with sample values that are marked as such.
pub struct Preview {
    /// Of a letter; empty for everything else.
    pub subject: String,
    pub content: Vec<u8>,
}

impl Entry {
    /// CPU-bound for documents: tens of milliseconds.
    pub fn preview(&self) -> Result<Preview, TemplateError> {
        (self.make)()
    }
}

/// In the order in which a client meets them.
pub const ENTRIES: [Entry; 28] = [
    Entry {
        code: "buyout/visit_message.txt",
        title: "Новое время осмотра в мессенджер",
        content_type: PLAIN,
        make: || text(visit().message()),
    },
    Entry {
        code: "buyout/visit_mail.html",
        title: "Письмо о новом времени осмотра",
        content_type: HTML,
        make: || visit().mail().map(html_part),
    },
    Entry {
        code: "buyout/visit_mail.txt",
        title: "Письмо о новом времени осмотра, простым текстом",
        content_type: PLAIN,
        make: || visit().mail().map(text_part),
    },
    Entry {
        code: "buyout/offer_message.txt",
        title: "Предложение в мессенджер",
        content_type: PLAIN,
        make: || text(offer_message(0)),
    },
    Entry {
        code: "buyout/reminder_message.txt",
        title: "Напоминание о предложении в мессенджер",
        content_type: PLAIN,
        make: || text(offer_message(1)),
    },
    Entry {
        code: "buyout/offer_mail.html",
        title: "Письмо с предложением",
        content_type: HTML,
        make: || offer_mail().map(html_part),
    },
    Entry {
        code: "buyout/offer_mail.txt",
        title: "Письмо с предложением, простым текстом",
        content_type: PLAIN,
        make: || offer_mail().map(text_part),
    },
    Entry {
        code: "buyout/offer_page/open.html",
        title: "Страница предложения: ждёт ответа",
        content_type: HTML,
        make: || page(open()),
    },
    Entry {
        code: "buyout/code_message.txt",
        title: "СМС с кодом согласия",
        content_type: PLAIN,
        make: || text(CodeMessage { code: "000000" }.render()),
    },
    Entry {
        code: "buyout/offer_page/answered.html",
        title: "Страница предложения: ответ получен",
        content_type: HTML,
        make: || {
            page(OfferState::Answered {
                car: &sample::car().title(),
                price: PRICE,
                answer: &domain::offer::ClientAnswer::Counter { amount: REDUCED },
                valid_until_local: sample::UNTIL,
            })
        },
    },
    Entry {
        code: "buyout/offer_page/expired.html",
        title: "Страница предложения: срок истёк",
        content_type: HTML,
        make: || {
            page(OfferState::Expired {
                car: &sample::car().title(),
                valid_until_local: sample::UNTIL,
            })
        },
    },
    Entry {
        code: "buyout/offer_page/decided.html",
        title: "Страница предложения: решено с менеджером",
        content_type: HTML,
        make: || {
            page(OfferState::Decided {
                car: &sample::car().title(),
                agreed_price: Some(PRICE),
            })
        },
    },
    Entry {
        code: "buyout/offer_page/invalid_link.html",
        title: "Страница предложения: ссылка не подходит",
        content_type: HTML,
        make: || page(OfferState::InvalidLink),
    },
    Entry {
        code: "buyout/offer_page/failed.html",
        title: "Страница предложения: сбой",
        content_type: HTML,
        make: || page(OfferState::Failed(OfferFailure::NotTaken)),
    },
    Entry {
        code: "buyout/contract.pdf",
        title: "Договор купли-продажи",
        content_type: PDF,
        make: contract,
    },
    Entry {
        code: "buyout/act.pdf",
        title: "Акт приёма-передачи",
        content_type: PDF,
        make: act,
    },
    Entry {
        code: "buyout/signing_message.txt",
        title: "Ссылка на договор и акт в мессенджер",
        content_type: PLAIN,
        make: || text(signing().message()),
    },
    Entry {
        code: "buyout/signing_mail.html",
        title: "Письмо со ссылкой на договор и акт",
        content_type: HTML,
        make: || signing().mail().map(html_part),
    },
    Entry {
        code: "buyout/signing_mail.txt",
        title: "Письмо со ссылкой на договор и акт, простым текстом",
        content_type: PLAIN,
        make: || signing().mail().map(text_part),
    },
    Entry {
        code: "buyout/signing_page/open.html",
        title: "Страница документов: ждёт слова клиента",
        content_type: HTML,
        make: || {
            signing_page(SigningState::Open(OpenSigning {
                car: sample::CAR_TITLE,
                price: PRICE,
                papers: &papers(),
                place: "Образец: площадка, адрес",
                until_local: Some(sample::UNTIL),
                ready: false,
                remarks: &[],
                round: 1,
                text: "",
                wrong: None,
            }))
        },
    },
    Entry {
        code: "buyout/signing_page/signed.html",
        title: "Страница документов: подписаны",
        content_type: HTML,
        make: || {
            signing_page(SigningState::Signed {
                car: sample::CAR_TITLE,
                papers: &papers(),
            })
        },
    },
    Entry {
        code: "buyout/signing_page/superseded.html",
        title: "Страница документов: есть новый договор",
        content_type: HTML,
        make: || {
            signing_page(SigningState::Superseded {
                car: sample::CAR_TITLE,
            })
        },
    },
    Entry {
        code: "buyout/signing_page/void.html",
        title: "Страница документов: договор отозван",
        content_type: HTML,
        make: || {
            signing_page(SigningState::Void {
                car: sample::CAR_TITLE,
            })
        },
    },
    Entry {
        code: "buyout/signing_page/failed.html",
        title: "Страница документов: сбой",
        content_type: HTML,
        make: || signing_page(SigningState::Failed(SigningFailure::NotShown)),
    },
    Entry {
        code: "buyout/documents_mail.html",
        title: "Письмо с документами",
        content_type: HTML,
        make: || documents_mail().map(html_part),
    },
    Entry {
        code: "buyout/documents_mail.txt",
        title: "Письмо с документами, простым текстом",
        content_type: PLAIN,
        make: || documents_mail().map(text_part),
    },
    Entry {
        code: "buyout/install_page.html",
        title: "Приложение Битрикс24 установлено",
        content_type: HTML,
        make: || {
            let page = InstallPage {
                nonce: sample::NONCE,
                outcome: InstallOutcome::Installed,
            };
            text(page.render())
        },
    },
    Entry {
        code: "buyout/placement_page.html",
        title: "Вкладка Kite в сделке Битрикс24 не открылась",
        content_type: HTML,
        make: || {
            let page = PlacementPage {
                nonce: sample::NONCE,
                outcome: PlacementOutcome::UnknownPerson,
            };
            text(page.render())
        },
    },
];

fn text(rendered: Result<String, TemplateError>) -> Result<Preview, TemplateError> {
    Ok(Preview {
        subject: String::new(),
        content: rendered?.into_bytes(),
    })
}

fn html_part(mail: MailText) -> Preview {
    Preview {
        subject: mail.subject,
        content: mail.html.into_bytes(),
    }
}

fn text_part(mail: MailText) -> Preview {
    Preview {
        subject: mail.subject,
        content: mail.text.into_bytes(),
    }
}

fn offer_message(reminder: u32) -> Result<String, TemplateError> {
    OfferMessage {
        client_name: sample::CLIENT_NAME,
        car: &sample::car().title(),
        price: PRICE,
        valid_until_local: sample::UNTIL,
        link: sample::LINK,
        company: sample::COMPANY,
        reminder,
    }
    .render()
}

fn offer_mail() -> Result<MailText, TemplateError> {
    OfferMail {
        client_name: sample::CLIENT_NAME,
        car: &sample::car().title(),
        price: PRICE,
        valid_until_local: sample::UNTIL,
        link: sample::LINK,
        company: sample::COMPANY,
        reminder: 0,
    }
    .render()
}

fn documents_mail() -> Result<MailText, TemplateError> {
    DocumentsMail {
        client_name: sample::CLIENT_NAME,
        car: &sample::car().title(),
        price: PRICE,
        company: sample::COMPANY,
        attachments: &[
            "Договор ОБРАЗЕЦ-1.pdf".to_owned(),
            "Акт ОБРАЗЕЦ-1.pdf".to_owned(),
        ],
    }
    .render()
}

fn open<'a>() -> OfferState<'a> {
    OfferState::Open(OpenOffer {
        car: sample::CAR_TITLE,
        round: 1,
        price: PRICE,
        valid_until_local: sample::UNTIL,
        previous: None,
        confirmation: Confirmation::NotAsked,
        entered: Entered::default(),
        wrong: None,
    })
}

fn page(state: OfferState<'_>) -> Result<Preview, TemplateError> {
    let page = OfferPage {
        nonce: sample::NONCE,
        company: sample::COMPANY,
        company_phone: None,
        state,
    };
    text(page.render())
}

fn visit() -> VisitNotice<'static> {
    VisitNotice {
        client_name: sample::CLIENT_NAME,
        car: sample::CAR_TITLE,
        at_local: sample::UNTIL,
        place: "Образец: город, улица, дом",
        company: sample::COMPANY,
    }
}

fn signing() -> SigningNotice<'static> {
    SigningNotice {
        client_name: sample::CLIENT_NAME,
        car: sample::CAR_TITLE,
        price: PRICE,
        link: sample::LINK,
        company: sample::COMPANY,
    }
}

fn papers() -> [PaperLink<'static>; 2] {
    [DocumentKind::Contract, DocumentKind::Act].map(|kind| PaperLink {
        kind,
        number: sample::NUMBER,
        href: "#".to_owned(),
    })
}

fn signing_page(state: SigningState<'_>) -> Result<Preview, TemplateError> {
    let page = SigningPage {
        nonce: sample::NONCE,
        company: sample::COMPANY,
        company_phone: None,
        state,
    };
    text(page.render())
}

fn contract() -> Result<Preview, TemplateError> {
    let contract = Contract {
        number: sample::NUMBER,
        version: 1,
        at: sample::at(),
        date_local: sample::DATE,
        legal_entity: &sample::legal_entity(),
        site: &sample::site(),
        client: &sample::client(),
        car: &sample::car(),
        fields: &sample::fields(),
        price: PRICE,
        payment_method: "Образец: перевод по СБП",
    };
    Ok(Preview {
        subject: String::new(),
        content: contract.render()?,
    })
}

fn act() -> Result<Preview, TemplateError> {
    let act = Act {
        number: sample::NUMBER,
        version: 1,
        at: sample::at(),
        date_local: sample::DATE,
        time_local: "12:00",
        contract_number: sample::NUMBER,
        legal_entity: &sample::legal_entity(),
        site: &sample::site(),
        client: &sample::client(),
        car: &sample::car(),
        fields: &sample::fields(),
        mileage_km: 100_000,
        defects: &sample::defects(),
    };
    Ok(Preview {
        subject: String::new(),
        content: act.render()?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{pdf, text};

    /// Parts of other templates, which have no preview of their own.
    const PARTS: [&str; 7] = [
        "buyout/signing_mail.subject.hbs",
        "buyout/signing_page/papers.html.hbs",
        "buyout/visit_mail.subject.hbs",
        "buyout/page.html.hbs",
        "buyout/offer_mail.subject.hbs",
        "buyout/documents_mail.subject.hbs",
        "buyout/document.typ",
    ];

    #[test]
    fn every_template_has_a_preview() {
        let sources: BTreeSet<String> = text::names().chain(pdf::names()).collect();
        let mut shown = BTreeSet::new();
        for entry in &ENTRIES {
            let source = match entry.code.strip_suffix(".pdf") {
                Some(document) => format!("{document}.typ"),
                None => format!("{}.hbs", entry.code),
            };
            assert!(shown.insert(source), "{} twice", entry.code);
        }
        shown.extend(PARTS.map(str::to_owned));
        assert_eq!(shown, sources);
    }

    #[test]
    fn a_preview_says_that_it_is_a_sample() {
        for entry in &ENTRIES {
            let Preview { subject, content } = entry.preview().unwrap();
            let is_mail = entry.code.contains("_mail.");
            assert_eq!(!subject.is_empty(), is_mail, "{}", entry.code);
            match entry.content_type {
                PDF => assert!(content.starts_with(b"%PDF-"), "{}", entry.code),
                _ => {
                    let content = String::from_utf8(content).unwrap();
                    // Pages of the portal's frame say nothing of anybody, the code is the sample itself.
                    let marked = content.to_lowercase().contains("образец")
                        || content.contains("000000")
                        || entry.code.ends_with("install_page.html")
                        || entry.code.ends_with("placement_page.html");
                    assert!(marked, "{}: {content}", entry.code);
                }
            }
        }
    }
}
