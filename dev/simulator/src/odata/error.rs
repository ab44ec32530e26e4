//! Errors as 1C words them.

use http::StatusCode;
use serde_json::json;

/// `odata.error`: HTTP status, 1C's code, text for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fail {
    pub status: StatusCode,
    pub code: i32,
    pub text: String,
}

impl Fail {
    fn new(status: StatusCode, code: i32, text: impl Into<String>) -> Self {
        Self {
            status,
            code,
            text: text.into(),
        }
    }

    pub fn not_supported(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            0,
            format!("Не поддерживается: {what}"),
        )
    }

    pub fn parse() -> Self {
        Self::new(StatusCode::BAD_REQUEST, 1, "Ошибка разбора тела запроса")
    }

    pub fn value(property: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            4,
            format!("Неверное значение свойства \"{property}\""),
        )
    }

    pub fn url(part: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            6,
            format!("Сегмент пути \"{part}\" не найден"),
        )
    }

    pub fn key(part: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            7,
            format!("Не указана часть ключа: {part}"),
        )
    }

    pub fn entity_type(name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            8,
            format!("Сущность \"{name}\" не найдена"),
        )
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, 9, "Экземпляр сущности не найден")
    }

    pub fn property(name: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            6,
            format!("Поле \"{name}\" не найдено"),
        )
    }

    pub fn method(name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            11,
            format!("Метод \"{name}\" не найден"),
        )
    }

    pub fn option(text: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            14,
            format!("Ошибка в параметре запроса: {text}"),
        )
    }

    pub fn exists() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            15,
            "Экземпляр сущности с указанным ключом уже существует",
        )
    }

    pub fn http_method(name: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            19,
            format!("Метод HTTP {name} запрещён для этого ресурса"),
        )
    }

    /// The base's own refusal: code -1, HTTP 500.
    pub fn business(handler: &str, text: &str) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            -1,
            format!("Ошибка при выполнении обработчика - '{handler}'\nпо причине:\n{text}"),
        )
    }

    /// HTTP 500 without a handler: a lock, a licence, a defect of the platform.
    pub fn platform(text: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, -1, text)
    }

    pub fn json(&self) -> String {
        json!({ "odata.error": { "code": self.code.to_string(), "message": { "lang": "ru", "value": self.text } } })
            .to_string()
    }

    pub fn xml(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<m:error xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"><m:code>{}</m:code><m:message xml:lang=\"ru\">{}</m:message></m:error>",
            self.code,
            escape(&self.text)
        )
    }
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Body of an error that no handler of ours made: what the platform or the web server would say.
pub fn body(status: u16) -> (&'static str, String) {
    const JSON: &str = "application/json;odata=minimalmetadata;charset=utf-8";
    let fail = |code, text: &str| Fail::new(StatusCode::INTERNAL_SERVER_ERROR, code, text).json();
    match status {
        400 => (JSON, Fail::parse().json()),
        403 => (JSON, fail(20, "Недостаточно прав доступа")),
        404 => (JSON, Fail::not_found().json()),
        500 => (
            JSON,
            fail(
                -1,
                "Конфликт блокировок при выполнении транзакции: превышено время ожидания",
            ),
        ),
        401 => ("text/html;charset=utf-8", unauthorized()),
        _ => (
            "text/html;charset=utf-8",
            format!(
                "<html><head><title>{status}</title></head><body><center><h1>{status} Ошибка веб-сервера 1С</h1></center></body></html>"
            ),
        ),
    }
}

/// The web server refuses before the platform sees the request.
pub fn unauthorized() -> String {
    "\u{feff}<html><head><title>401</title></head><body><h1>Идентификация пользователя не выполнена</h1></body></html>"
        .to_owned()
}
