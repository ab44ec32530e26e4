use serde_json::Value;

use super::client;
use super::metadata::{Metadata, Needs};
use super::problem;
use super::record::Record;
use crate::http::Answer;

/// Every answer that the client reads, as if these bytes were it.
pub(crate) fn read(answer: &Answer) {
    if let Ok(object) = client::json(answer) {
        let rows = object.get("value").and_then(Value::as_array).cloned();
        let rows = rows.into_iter().flatten();
        let objects = rows.filter_map(|row| row.as_object().cloned());
        for fields in std::iter::once(object.clone()).chain(objects) {
            let record = Record(fields.clone());
            for name in fields.keys() {
                let _ = (record.text(name), record.flag(name), record.key(name));
                let _ = (record.amount(name), record.rows(name));
            }
        }
    }
    let _ = problem::judge(answer, "база");
    if let Ok(xml) = std::str::from_utf8(answer.body())
        && let Some(metadata) = Metadata::parse(xml)
    {
        let needs = Needs::new("Document_Поступление", ["Number", "Posted"]);
        let _ = metadata.missing("база", &needs);
    }
}
