//! Pages, mail and messages: handlebars in strict mode, one registry for HTML and one for plain text.

use std::sync::LazyLock;

use handlebars::Handlebars;
use serde::Serialize;

use crate::clean;
use crate::error::TemplateError;

/// Name and text of a template; the name is its path.
macro_rules! template {
    ($path:literal) => {
        ($path, include_str!(concat!("../", $path)))
    };
}

/// Renders an HTML template; values are escaped.
pub(crate) fn html(template: &str, data: &impl Serialize) -> Result<String, TemplateError> {
    render(&HTML, template, data)
}

/// Renders a message or the text part of a mail; values are single lines.
pub(crate) fn plain(template: &str, data: &impl Serialize) -> Result<String, TemplateError> {
    render(&PLAIN, template, data)
}

fn render(
    registry: &Handlebars<'static>,
    template: &str,
    data: &impl Serialize,
) -> Result<String, TemplateError> {
    registry
        .render(template, data)
        .map_err(|error| TemplateError::Text(Box::new(error)))
}

static HTML: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut registry = registry(&[
        template!("buyout/page.html.hbs"),
        template!("buyout/offer_page/open.html.hbs"),
        template!("buyout/offer_page/answered.html.hbs"),
        template!("buyout/offer_page/expired.html.hbs"),
        template!("buyout/offer_page/decided.html.hbs"),
        template!("buyout/offer_page/invalid_link.html.hbs"),
        template!("buyout/offer_page/failed.html.hbs"),
        template!("buyout/signing_page/papers.html.hbs"),
        template!("buyout/signing_page/open.html.hbs"),
        template!("buyout/signing_page/signed.html.hbs"),
        template!("buyout/signing_page/void.html.hbs"),
        template!("buyout/signing_page/superseded.html.hbs"),
        template!("buyout/signing_page/failed.html.hbs"),
        template!("buyout/install_page.html.hbs"),
        template!("buyout/placement_page.html.hbs"),
        template!("buyout/offer_mail.html.hbs"),
        template!("buyout/documents_mail.html.hbs"),
        template!("buyout/signing_mail.html.hbs"),
        template!("buyout/visit_mail.html.hbs"),
    ]);
    registry.register_escape_fn(|value| handlebars::html_escape(&clean::line(value)));
    registry
});

static PLAIN: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut registry = registry(&[
        template!("buyout/offer_message.txt.hbs"),
        template!("buyout/reminder_message.txt.hbs"),
        template!("buyout/code_message.txt.hbs"),
        template!("buyout/offer_mail.subject.hbs"),
        template!("buyout/offer_mail.txt.hbs"),
        template!("buyout/documents_mail.subject.hbs"),
        template!("buyout/documents_mail.txt.hbs"),
        template!("buyout/signing_message.txt.hbs"),
        template!("buyout/signing_mail.subject.hbs"),
        template!("buyout/signing_mail.txt.hbs"),
        template!("buyout/visit_message.txt.hbs"),
        template!("buyout/visit_mail.subject.hbs"),
        template!("buyout/visit_mail.txt.hbs"),
    ]);
    registry.register_escape_fn(clean::line);
    registry
});

/// Paths of all sources.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = String> {
    HTML.get_templates()
        .keys()
        .chain(PLAIN.get_templates().keys())
        .cloned()
}

fn registry(templates: &[(&str, &str)]) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    for (name, text) in templates {
        registry
            // The line end of the file is not part of a message or a subject.
            .register_template_string(name, text.trim_end())
            .expect("an embedded template is well-formed: the tests render each");
    }
    registry
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    /// Renders with everything but one of the fields, which has to be an error for each field that a
    /// template prints.
    fn needs(registry: &Handlebars<'static>, template: &str, data: Value, fields: &[&str]) {
        registry
            .render(template, &data)
            .expect("the data is complete");
        let Value::Object(data) = data else {
            panic!("a context is an object")
        };
        for field in fields {
            let without: Map<String, Value> = data
                .clone()
                .into_iter()
                .filter(|(name, _)| name != field)
                .collect();
            let error = registry
                .render(template, &without)
                .expect_err(field)
                .to_string();
            assert!(error.contains(field), "{template} without {field}: {error}");
            assert!(
                !error.contains("Tiggo"),
                "{template} without {field}: {error}"
            );
        }
    }

    #[test]
    fn a_missing_field_is_an_error_that_names_it_and_no_value() {
        let offer = json!({
            "client_name": "Дарья", "car": "Tiggo", "price": "1 ₽", "valid_until": "28 ноября, 14:05",
            "link": "https://kite.example/l/t", "company": "ООО", "is_reminder": false,
        });
        let said = ["car", "price", "valid_until", "link", "company"];
        needs(&PLAIN, "buyout/offer_message.txt.hbs", offer.clone(), &said);
        needs(
            &PLAIN,
            "buyout/reminder_message.txt.hbs",
            offer.clone(),
            &said,
        );
        needs(&PLAIN, "buyout/offer_mail.txt.hbs", offer.clone(), &said);
        needs(
            &PLAIN,
            "buyout/offer_mail.subject.hbs",
            offer.clone(),
            &["car"],
        );
        needs(&HTML, "buyout/offer_mail.html.hbs", offer, &said);
        needs(
            &PLAIN,
            "buyout/code_message.txt.hbs",
            json!({ "code": "012345" }),
            &["code"],
        );

        let documents = json!({
            "client_name": "Дарья", "car": "Tiggo", "price": "1 ₽", "company": "ООО",
            "attachments": ["a.pdf"],
        });
        let said = ["car", "price", "company"];
        needs(
            &PLAIN,
            "buyout/documents_mail.txt.hbs",
            documents.clone(),
            &said,
        );
        needs(
            &PLAIN,
            "buyout/documents_mail.subject.hbs",
            documents.clone(),
            &["car"],
        );
        needs(&HTML, "buyout/documents_mail.html.hbs", documents, &said);

        needs(
            &HTML,
            "buyout/install_page.html.hbs",
            json!({ "nonce": "n", "outcome": "installed" }),
            &["nonce"],
        );
        needs(
            &HTML,
            "buyout/placement_page.html.hbs",
            json!({ "nonce": "n", "outcome": "incomplete" }),
            &["nonce"],
        );
        let page = json!({
            "nonce": "n", "company": "ООО", "phone": null, "car": "Tiggo", "round": 1, "price": "1 ₽",
            "valid_until": "28 ноября, 14:05", "entered": { "amount": "", "reason": "" },
        });
        let place = "buyout/offer_page/open.html.hbs";
        needs(
            &HTML,
            place,
            page.clone(),
            &["nonce", "car", "round", "price", "valid_until", "entered"],
        );
        let place = "buyout/offer_page/expired.html.hbs";
        needs(&HTML, place, page.clone(), &["nonce", "car", "valid_until"]);
        needs(
            &HTML,
            "buyout/offer_page/decided.html.hbs",
            page.clone(),
            &["nonce", "car"],
        );
        needs(
            &HTML,
            "buyout/offer_page/invalid_link.html.hbs",
            page.clone(),
            &["nonce"],
        );

        let signing = json!({
            "client_name": "Дарья", "car": "Tiggo", "price": "1 ₽", "company": "ООО",
            "link": "https://kite.example/l/t",
        });
        let said = ["car", "price", "link", "company"];
        for place in [
            "buyout/signing_message.txt.hbs",
            "buyout/signing_mail.txt.hbs",
        ] {
            needs(&PLAIN, place, signing.clone(), &said);
        }
        needs(
            &PLAIN,
            "buyout/signing_mail.subject.hbs",
            signing.clone(),
            &["car"],
        );
        needs(&HTML, "buyout/signing_mail.html.hbs", signing, &said);
        let visit = json!({
            "client_name": "Дарья", "car": "Tiggo", "at": "28 ноября, 14:05", "place": "ул. 1",
            "company": "ООО",
        });
        let said = ["car", "at", "place", "company"];
        for place in ["buyout/visit_message.txt.hbs", "buyout/visit_mail.txt.hbs"] {
            needs(&PLAIN, place, visit.clone(), &said);
        }
        needs(
            &PLAIN,
            "buyout/visit_mail.subject.hbs",
            visit.clone(),
            &["car", "at"],
        );
        needs(&HTML, "buyout/visit_mail.html.hbs", visit, &said);
        let papers = json!({
            "nonce": "n", "company": "ООО", "phone": null, "car": "Tiggo", "price": "1 ₽",
            "papers": [], "place": "ул. 1", "round": 1, "text": "",
        });
        let place = "buyout/signing_page/open.html.hbs";
        let said = ["nonce", "car", "price", "place", "round", "text"];
        needs(&HTML, place, papers.clone(), &said);
        for place in ["signed", "void", "superseded"] {
            let place = format!("buyout/signing_page/{place}.html.hbs");
            needs(&HTML, &place, papers.clone(), &["nonce", "car"]);
        }

        let failed = json!({ "nonce": "n", "company": "", "phone": null, "failure": "unknown" });
        needs(
            &HTML,
            "buyout/signing_page/failed.html.hbs",
            failed.clone(),
            &["nonce"],
        );
        needs(
            &HTML,
            "buyout/offer_page/failed.html.hbs",
            failed,
            &["nonce"],
        );
        let accepted = json!({
            "nonce": "n", "company": "", "phone": null, "accepted": true, "car": "Tiggo", "price": "1 ₽",
        });
        let place = "buyout/offer_page/answered.html.hbs";
        needs(&HTML, place, accepted, &["nonce", "car", "price"]);
    }

    #[test]
    fn a_value_is_text_on_one_line_whatever_it_says() {
        let data = json!({ "code": "1</script>\r\n2\u{202e}&{{this}}" });
        assert_eq!(
            plain("buyout/code_message.txt.hbs", &data).unwrap(),
            "Код 1</script>  2&{{this}} — согласие с ценой выкупа. Никому его не сообщайте."
        );
    }

    #[test]
    fn every_file_of_the_folder_is_registered() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        let mut folders = vec![folder.join("buyout")];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "hbs") {
                    found.push(
                        path.strip_prefix(folder)
                            .unwrap()
                            .to_string_lossy()
                            .into_owned(),
                    );
                }
            }
        }
        found.sort();
        let mut registered: Vec<String> = names().collect();
        registered.sort();
        assert_eq!(found, registered);
    }
}
