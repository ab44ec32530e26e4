//! The portal's form bodies: names with PHP brackets, taken as they are.

use std::collections::BTreeMap;

/// Fields by their full names, e.g. `auth[member_id]`; of a repeated name the last one counts, as in PHP.
pub(crate) struct Form {
    fields: BTreeMap<String, String>,
}

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self { fields: url::form_urlencoded::parse(body).into_owned().collect() }
    }

    /// The field, when it is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_part_of_the_name() {
        let form = Form::parse(b"document_id%5B2%5D=DEAL_777&auth[member_id]=abc&empty=&a=1&a=2");
        assert_eq!(form.get("document_id[2]"), Some("DEAL_777"));
        assert_eq!(form.get("auth[member_id]"), Some("abc"));
        assert_eq!(form.get("empty"), None);
        assert_eq!(form.get("a"), Some("2"));
        assert_eq!(form.get("missing"), None);
    }
}
