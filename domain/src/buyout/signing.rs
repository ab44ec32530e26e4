//! The client reads contract and act before they come to sign, and says whether all is right. Their word
//! here is no signature: the papers are signed by hand.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::buyout::stage::Stage;
use crate::buyout::start::BuyoutId;
use crate::buyout::state::Buyout;
use crate::document::{DocumentKind, MadeDocument};
use crate::refusal::{FieldViolation, Refusal, RefusalCode};

/// Longest remark, characters.
pub const REMARK_MAX_CHARS: usize = 1_000;
/// So many words on one contract; after them the telephone is quicker.
const MOST_ANSWERS: usize = 10;

/// Names one made contract: a changed one has another number or version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRef {
    pub number: String,
    pub version: u32,
}

impl From<&MadeDocument> for ContractRef {
    fn from(made: &MadeDocument) -> Self {
        Self {
            number: made.number.clone(),
            version: made.version,
        }
    }
}

impl ContractRef {
    /// The id of the link by which the client reads this contract: the same whoever asks for it. Nobody
    /// gains by guessing it; what makes a link is its signature.
    pub fn link_id(&self, run: &BuyoutId) -> String {
        let Self { number, version } = self;
        let id = run.object_key(&format!("link/sign/{number}/{version}"));
        URL_SAFE_NO_PAD.encode(id.as_bytes())
    }
}

/// What the client says of the papers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SigningWord {
    /// All is right, they will sign.
    Ready,
    Remark {
        text: String,
    },
}

impl SigningWord {
    /// What the manager reads, one Russian sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Ready => "Клиент прочитал договор и акт: всё верно, готов подписать.".to_owned(),
            Self::Remark { text } => format!("Замечание клиента к договору: {text}"),
        }
    }
}

/// The update by which the client answers on the signing page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSigning {
    /// Of the link that they opened.
    pub contract: ContractRef,
    pub word: SigningWord,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningAnswer {
    pub contract: ContractRef,
    pub word: SigningWord,
    pub at: DateTime<Utc>,
}

impl Buyout {
    /// The contract that is in force.
    pub fn contract(&self) -> Option<ContractRef> {
        self.document(DocumentKind::Contract).map(ContractRef::from)
    }

    /// What the client said of that contract, in order.
    pub fn signing_answers_to<'a>(
        &'a self,
        contract: &'a ContractRef,
    ) -> impl Iterator<Item = &'a SigningAnswer> {
        self.signing_answers
            .iter()
            .filter(move |answer| answer.contract == *contract)
    }
}

/// Whether the client's word on the papers is taken.
pub fn check(buyout: &Buyout, answer: &AnswerSigning) -> Result<(), Refusal> {
    let AnswerSigning { contract, word } = answer;
    match buyout.contract() {
        None => {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                "Договор больше не действует: подписывать нечего. Позвоните менеджеру.",
            ));
        }
        Some(standing) if standing != *contract => {
            return Err(Refusal::new(
                RefusalCode::StaleVersion,
                "Договор заменён новым. Откройте ссылку из последнего сообщения.",
            ));
        }
        Some(_) => {}
    }
    if buyout.closing {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Сделка завершается: подписывать нечего. Позвоните менеджеру.",
        ));
    }
    if buyout.stage != Stage::Signing {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Договор уже подписан: отвечать на этой странице больше не нужно.",
        ));
    }
    if buyout.signing_answers_to(contract).count() >= MOST_ANSWERS {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Вы ответили уже много раз. Позвоните менеджеру: так будет быстрее.",
        ));
    }
    let wrong = |sentence: String| {
        Err(Refusal::invalid(vec![FieldViolation::new(
            "text", sentence,
        )]))
    };
    match word {
        SigningWord::Ready => Ok(()),
        SigningWord::Remark { text } if text.trim().is_empty() => {
            wrong("Напишите, пожалуйста, что не так.".to_owned())
        }
        SigningWord::Remark { text } if text.chars().count() > REMARK_MAX_CHARS => wrong(format!(
            "Напишите короче: не больше {REMARK_MAX_CHARS} знаков."
        )),
        SigningWord::Remark { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buyout::start::BuyoutStart;
    use crate::file::{FileKind, FileRef};

    fn contract(number: &str, version: u32) -> MadeDocument {
        MadeDocument {
            kind: DocumentKind::Contract,
            number: number.to_owned(),
            version,
            file: FileRef {
                id: format!("f-{number}-{version}"),
                kind: FileKind::Document,
                content_type: "application/pdf".to_owned(),
                size: 1,
                sha256: String::new(),
                source_sha256: None,
                taken_at: None,
            },
            made_at: DateTime::UNIX_EPOCH,
            void: false,
            signed: Vec::new(),
        }
    }

    fn signing() -> Buyout {
        let start = BuyoutStart {
            portal: "portal".to_owned(),
            deal_id: 7,
            robot: None,
            started_by: None,
        };
        Buyout {
            stage: Stage::Signing,
            documents: vec![contract("ДКП-2026-00001", 1)],
            ..Buyout::new(&start, DateTime::UNIX_EPOCH)
        }
    }

    fn answer(buyout: &Buyout, word: SigningWord) -> AnswerSigning {
        AnswerSigning {
            contract: buyout.contract().expect("a contract"),
            word,
        }
    }

    fn remark(text: &str) -> SigningWord {
        SigningWord::Remark {
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_contract_in_force_is_answered_and_no_other() {
        let mut buyout = signing();
        let old = answer(&buyout, SigningWord::Ready);
        assert_eq!(check(&buyout, &old), Ok(()));
        assert_eq!(
            check(&buyout, &answer(&buyout, remark("Не тот цвет"))),
            Ok(())
        );

        let code = |buyout: &Buyout, answer: &AnswerSigning| {
            check(buyout, answer).map_err(|refusal| refusal.code)
        };
        buyout.documents[0].void = true;
        assert_eq!(code(&buyout, &old), Err(RefusalCode::WrongState));
        buyout.documents.push(contract("ДКП-2026-00001", 2));
        assert_eq!(code(&buyout, &old), Err(RefusalCode::StaleVersion));
        assert_eq!(code(&buyout, &answer(&buyout, SigningWord::Ready)), Ok(()));
        buyout.stage = Stage::PaymentApproval;
        let late = answer(&buyout, SigningWord::Ready);
        assert_eq!(code(&buyout, &late), Err(RefusalCode::WrongState));
    }

    #[test]
    fn a_remark_says_something_within_bounds_and_not_for_ever() {
        let mut buyout = signing();
        for wrong in [" ", &"х".repeat(REMARK_MAX_CHARS + 1)] {
            let refusal = check(&buyout, &answer(&buyout, remark(wrong))).expect_err("a refusal");
            assert_eq!(refusal.fields[0].field, "text");
        }
        let taken = answer(&buyout, remark("Ошибка в имени"));
        for _ in 0..MOST_ANSWERS {
            assert_eq!(check(&buyout, &taken), Ok(()));
            buyout.signing_answers.push(SigningAnswer {
                contract: taken.contract.clone(),
                word: taken.word.clone(),
                at: DateTime::UNIX_EPOCH,
            });
        }
        assert!(check(&buyout, &taken).is_err());
    }

    #[test]
    fn each_contract_has_a_link_of_its_own() {
        let run = BuyoutId::new("portal", 7);
        let of = |number: &str, version| {
            ContractRef {
                number: number.to_owned(),
                version,
            }
            .link_id(&run)
        };
        assert_eq!(of("ДКП-1", 1), of("ДКП-1", 1));
        assert_ne!(of("ДКП-1", 1), of("ДКП-1", 2));
        assert_ne!(of("ДКП-1", 1), of("ДКП-2", 1));
        assert_ne!(
            of("ДКП-1", 1),
            ContractRef {
                number: "ДКП-1".to_owned(),
                version: 1
            }
            .link_id(&BuyoutId::new("portal", 8))
        );
    }
}
