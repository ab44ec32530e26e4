//! The portal's form bodies: names with PHP brackets, taken as they are.

use std::collections::BTreeMap;

const TOKENS: [&str; 3] = [
    "auth[access_token]",
    "auth[refresh_token]",
    "auth[application_token]",
];

/// Fields by their full names, e.g. `auth[member_id]`; of a repeated name the last one counts, as in PHP.
pub(crate) struct Form {
    fields: BTreeMap<String, String>,
}

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self {
            fields: url::form_urlencoded::parse(body).into_owned().collect(),
        }
    }

    /// The form without the portal's tokens: what is kept of a call must not open the portal.
    pub(crate) fn without_tokens(&self) -> Vec<u8> {
        let kept = self
            .fields
            .iter()
            .filter(|(name, _)| !TOKENS.contains(&name.as_str()));
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .finish()
            .into_bytes()
    }

    /// The field, when it is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

/// A number of the portal, as its database's numbers have a sign; PHP writes them as text.
pub(crate) fn positive(text: &str) -> Option<u64> {
    let number: i64 = text.trim().parse().ok()?;
    u64::try_from(number).ok().filter(|number| *number > 0)
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

    #[test]
    fn tokens_are_not_kept_and_the_rest_is() {
        let form = Form::parse(
            "auth[access_token]=a&auth[refresh_token]=r&auth[application_token]=t&auth[member_id]=m&data[ID]=5&x=%D0%96+%26".as_bytes(),
        );
        let kept = form.without_tokens();
        let again = Form::parse(&kept);
        assert_eq!(again.get("auth[member_id]"), Some("m"));
        assert_eq!(again.get("data[ID]"), Some("5"));
        assert_eq!(again.get("x"), Some("Ж &"));
        let text = String::from_utf8_lossy(&kept).into_owned();
        assert!(!text.contains("token"), "{text}");
    }
}
