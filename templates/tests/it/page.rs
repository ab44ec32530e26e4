//! What holds for every page: well-formed, self-contained, usable without a mouse and without scripts.

use std::collections::BTreeSet;

use roxmltree::{Document, Node, ParsingOptions};

pub(crate) const NONCE: &str = "0f1e2d3c";

/// Checks a page and gives the text that a person reads.
pub(crate) fn check(html: &str) -> String {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let page = Document::parse_with_options(html, options)
        .unwrap_or_else(|error| panic!("{error}\n{html}"));
    assert_eq!(page.root_element().attribute("lang"), Some("ru"));
    let elements = || page.descendants().filter(Node::is_element);
    let named = |name: &'static str| elements().filter(move |node| node.has_tag_name(name));
    assert_eq!(named("h1").count(), 1);
    assert!(named("meta").any(|meta| meta.attribute("name") == Some("viewport")));
    assert!(named("title").all(|title| title.text().is_some_and(|text| !text.is_empty())));
    assert!(named("style").all(|style| style.attribute("nonce") == Some(NONCE)));
    let mut ids = BTreeSet::new();
    for node in elements() {
        for attribute in node.attributes() {
            let name = attribute.name();
            assert!(
                !name.starts_with("on") && name != "style",
                "the policy forbids {name}"
            );
            if name == "id" {
                assert!(
                    ids.insert(attribute.value()),
                    "two elements are called {}",
                    attribute.value()
                );
            }
        }
    }
    for node in elements() {
        for name in ["aria-describedby", "aria-labelledby", "for"] {
            for id in node.attribute(name).unwrap_or_default().split_whitespace() {
                assert!(ids.contains(id), "{name} names {id}, which is nowhere");
            }
        }
    }
    for field in elements().filter(|node| matches!(node.tag_name().name(), "input" | "textarea")) {
        let labelled = field.attribute("type") == Some("hidden")
            || named("label").any(|label| label.attribute("for") == field.attribute("id"));
        assert!(
            labelled,
            "a field has no label: {:?}",
            field.attribute("name")
        );
    }
    for form in named("form") {
        assert_eq!(form.attribute("method"), Some("post"));
        assert_eq!(
            form.attribute("action"),
            None,
            "a form goes to the page's own address"
        );
        let buttons: Vec<_> = form
            .descendants()
            .filter(|node| node.has_tag_name("button"))
            .collect();
        assert_eq!(buttons.len(), 1);
        assert_eq!(buttons[0].attribute("name"), Some("answer"));
        assert!(
            form.descendants()
                .any(|node| node.attribute("name") == Some("round"))
        );
    }
    page.root_element()
        .descendants()
        .filter(|node| {
            node.is_text()
                && !node
                    .parent()
                    .is_some_and(|p| p.has_tag_name("style") || p.has_tag_name("script"))
        })
        .filter_map(|node| node.text())
        .collect::<Vec<_>>()
        .join("")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Nothing is loaded, nothing runs.
pub(crate) fn check_loads_nothing(html: &str) {
    for forbidden in [
        "<script", "<img", "<link", "<iframe", "src=", "url(", "@import", "http",
    ] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

/// The buttons, as what they answer.
pub(crate) fn answers(html: &str) -> Vec<String> {
    html.split("name=\"answer\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}
