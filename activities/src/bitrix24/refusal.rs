//! What the portal's error codes mean. Codes are matched, never texts: those are translated.

use std::time::Duration;

use crate::error::PartnerError;

/// The bucket leaks two calls a second: a few places are free after this.
const BUCKET: Duration = Duration::from_secs(3);
/// How much of the portal's own words goes to a person.
const WORDS: usize = 200;

/// An error of the portal, of a whole call or of one command of a batch.
pub(super) struct Said<'a> {
    pub(super) method: &'static str,
    /// Absent for a command of a batch.
    pub(super) status: Option<u16>,
    pub(super) code: &'a str,
    pub(super) description: &'a str,
    /// The pause that the answer's header asked for.
    pub(super) retry_after: Option<Duration>,
}

/// What to do about it.
pub(super) enum Refusal {
    /// The access token is over: renew it and repeat once.
    Expired,
    /// The method's allowance of work is used up.
    WorkedOut,
    /// Something between the application and the portal, not about this call: the installation, rights,
    /// the plan.
    Access(PartnerError),
    Partner(PartnerError),
}

impl Refusal {
    pub(super) fn of(said: &Said<'_>) -> Self {
        let unavailable = |retry_after: Option<Duration>, what: &str| {
            Self::Partner(PartnerError::Unavailable {
                retry_after: said.retry_after.or(retry_after),
                detail: said.detail(what),
            })
        };
        let access = |sentence: &str| Self::Access(PartnerError::rejected(said.code, sentence));
        match said.code {
            "expired_token" => Self::Expired,
            "OPERATION_TIME_LIMIT" => Self::WorkedOut,
            "QUERY_LIMIT_EXCEEDED" => unavailable(Some(BUCKET), "too many calls"),
            "INTERNAL_SERVER_ERROR" | "ERROR_UNEXPECTED_ANSWER" | "423" => {
                unavailable(None, "the portal failed")
            }
            // A person of the vendor blocked the application: calls only make it worse.
            "OVERLOAD_LIMIT"
            // What we sent breaks the portal's protocol.
            | "ERROR_METHOD_NOT_FOUND"
            | "INVALID_REQUEST"
            | "ERROR_BATCH_LENGTH_EXCEEDED"
            | "ERROR_BATCH_METHOD_NOT_ALLOWED" => {
                Self::Partner(PartnerError::protocol(said.detail("refused")))
            }
            "NO_AUTH_FOUND" | "invalid_token" | "INVALID_CREDENTIALS" | "invalid_grant" => access(
                "Битрикс24 не признаёт приложение Kite. Переустановите приложение на портале и повторите.",
            ),
            "insufficient_scope" | "invalid_scope" => access(
                "Приложению Kite не хватает прав на портале Битрикс24. Проверьте права приложения и повторите.",
            ),
            "user_access_error" | "allowed_only_intranet_user" => access(
                "Сотрудник, под которым работает приложение Kite, не имеет доступа к порталу Битрикс24.",
            ),
            "PORTAL_DELETED" => access("Портал Битрикс24 отключён или удалён."),
            "ACCESS_DENIED" => Self::Partner(PartnerError::rejected(
                "ACCESS_DENIED",
                "Битрикс24 отказал в доступе. Проверьте права приложения Kite и тариф портала.",
            )),
            "NOT_FOUND" => Self::Partner(PartnerError::rejected(
                "NOT_FOUND",
                "В Битрикс24 такой записи нет: возможно, её удалили.",
            )),
            // Of whatever word: too many calls are no verdict on this one.
            _ if said.status == Some(429) => unavailable(Some(BUCKET), "too many calls"),
            // Whatever else fails with a server's status may have had its effect.
            _ if said.status.is_some_and(|status| status >= 500) => {
                unavailable(None, "the portal failed")
            }
            _ => Self::Partner(PartnerError::rejected(said.code, said.sentence())),
        }
    }

    /// For places where a renewal or a pause has already been tried.
    pub(super) fn into_error(self) -> PartnerError {
        match self {
            Self::Expired => PartnerError::unavailable("bitrix24: the access token has expired"),
            Self::WorkedOut => PartnerError::unavailable("bitrix24: the method is worked out"),
            Self::Access(error) | Self::Partner(error) => error,
        }
    }
}

impl Said<'_> {
    fn detail(&self, what: &str) -> String {
        let status = self.status.map_or_else(
            || "in a batch".to_owned(),
            |status| format!("HTTP {status}"),
        );
        format!("bitrix24 {}: {status} {}: {what}", self.method, self.code)
    }

    /// The portal's own words name the field at fault; markup and long numbers are taken out.
    fn sentence(&self) -> String {
        let words = words(self.description);
        match (self.code, words.is_empty()) {
            ("", true) => "Битрикс24 отклонил запрос без объяснения.".to_owned(),
            ("", false) => format!("Битрикс24 отклонил запрос: {words}"),
            (code, true) => format!("Битрикс24 отклонил запрос ({code})."),
            (code, false) => format!("Битрикс24 отклонил запрос ({code}): {words}"),
        }
    }
}

fn words(description: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    let mut digits = 0;
    for c in description.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if in_tag => {}
            c if c.is_control() || c == '@' => plain.push(' '),
            c if c.is_ascii_digit() => {
                digits += 1;
                // Four digits are a year; more may be a phone or a document.
                if digits <= 4 {
                    plain.push(c);
                }
                continue;
            }
            c => plain.push(c),
        }
        digits = 0;
    }
    let plain: Vec<&str> = plain.split_whitespace().collect();
    plain.join(" ").chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, code: &str, description: &str) -> Refusal {
        Refusal::of(&Said {
            method: "crm.item.get",
            status: Some(status),
            code,
            description,
            retry_after: None,
        })
    }

    #[test]
    fn codes_decide_and_not_the_status() {
        assert!(matches!(of(401, "expired_token", ""), Refusal::Expired));
        assert!(matches!(
            of(429, "OPERATION_TIME_LIMIT", ""),
            Refusal::WorkedOut
        ));
        assert!(matches!(
            of(200, "QUERY_LIMIT_EXCEEDED", "").into_error(),
            PartnerError::Unavailable { retry_after: Some(pause), .. } if pause == BUCKET
        ));
        assert!(matches!(
            of(429, "TOO_MANY_REQUESTS", "").into_error(),
            PartnerError::Unavailable { retry_after: Some(pause), .. } if pause == BUCKET
        ));
        assert!(matches!(
            of(503, "OVERLOAD_LIMIT", "").into_error(),
            PartnerError::Protocol { .. }
        ));
        assert!(matches!(
            of(500, "", "boom").into_error(),
            PartnerError::Unavailable { .. }
        ));
        assert!(matches!(of(401, "invalid_token", ""), Refusal::Access(_)));
        assert!(matches!(
            of(400, "NOT_FOUND", "").into_error(),
            PartnerError::Rejected { .. }
        ));
    }

    #[test]
    fn the_portals_words_reach_a_person_without_markup_and_numbers() {
        let error = of(
            400,
            "CRM_FIELD_ERROR_REQUIRED",
            "Поле <b>\"Причина\"</b> обязательно, тел. 79001234567, год 2021",
        )
        .into_error();
        assert_eq!(
            error,
            PartnerError::rejected(
                "CRM_FIELD_ERROR_REQUIRED",
                "Битрикс24 отклонил запрос (CRM_FIELD_ERROR_REQUIRED): Поле \"Причина\" обязательно, тел. 7900, год 2021"
            )
        );
    }
}
