//! How objects are written: JSON when it is asked for, Atom otherwise.

use http::HeaderValue;
use serde_json::{Map, Value, json};

use super::base::{Row, reference};
use super::error::escape;
use super::query::Page;
use super::schema::{Schema, Type};

/// Representation of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Atom,
    Json { metadata: Metadata },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    None,
    Minimal,
}

impl Format {
    /// `$format` goes before `Accept`; without either it is Atom.
    pub fn wanted(option: Option<&str>, accept: Option<&HeaderValue>) -> Self {
        let wanted = option
            .or_else(|| accept.and_then(|value| value.to_str().ok()))
            .unwrap_or_default();
        if !wanted.contains("json") {
            return Self::Atom;
        }
        let metadata = if wanted.contains("nometadata") {
            Metadata::None
        } else {
            Metadata::Minimal
        };
        Self::Json { metadata }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml;charset=utf-8",
            Self::Json {
                metadata: Metadata::None,
            } => "application/json;odata=nometadata;charset=utf-8",
            Self::Json {
                metadata: Metadata::Minimal,
            } => "application/json;odata=minimalmetadata;charset=utf-8",
        }
    }

    /// Service document: the published sets.
    pub fn service(self, root: &str, schema: &Schema) -> String {
        match self {
            Self::Json { .. } => {
                let sets: Vec<Value> = schema
                    .entities
                    .keys()
                    .map(|name| json!({ "name": name, "url": name }))
                    .collect();
                json!({ "odata.metadata": format!("{root}$metadata"), "value": sets }).to_string()
            }
            Self::Atom => {
                let sets: String = schema
                    .entities
                    .keys()
                    .map(|name| format!("<collection href=\"{name}\"><atom:title>{name}</atom:title></collection>"))
                    .collect();
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<service xmlns=\"http://www.w3.org/2007/app\" xmlns:atom=\"http://www.w3.org/2005/Atom\" xml:base=\"{root}\"><workspace><atom:title>Default</atom:title>{sets}</workspace></service>"
                )
            }
        }
    }

    /// A list of objects; the count is a string.
    pub fn page(self, root: &str, schema: &Schema, entity: &str, page: &Page) -> String {
        match self {
            Self::Json { metadata } => {
                let mut answer = Map::new();
                if metadata == Metadata::Minimal {
                    answer.insert(
                        "odata.metadata".to_owned(),
                        json!(format!("{root}$metadata#{entity}")),
                    );
                }
                if let Some(count) = page.count {
                    answer.insert("odata.count".to_owned(), json!(count.to_string()));
                }
                let rows = page
                    .rows
                    .iter()
                    .map(|row| linked(schema, entity, row, metadata))
                    .collect();
                answer.insert("value".to_owned(), Value::Array(rows));
                Value::Object(answer).to_string()
            }
            Self::Atom => {
                let count = page
                    .count
                    .map(|count| format!("<m:count>{count}</m:count>"))
                    .unwrap_or_default();
                let entries: String = page.rows.iter().map(|row| entry(entity, row, "")).collect();
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed {NAMESPACES}>{count}{entries}</feed>"
                )
            }
        }
    }

    pub fn object(self, root: &str, schema: &Schema, entity: &str, row: &Row) -> String {
        match self {
            Self::Json { metadata } => {
                let mut object = linked(schema, entity, row, metadata);
                if metadata == Metadata::Minimal
                    && let Some(fields) = object.as_object_mut()
                {
                    fields.insert(
                        "odata.metadata".to_owned(),
                        json!(format!("{root}$metadata#{entity}/@Element")),
                    );
                }
                object.to_string()
            }
            Self::Atom => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
                entry(entity, row, NAMESPACES)
            ),
        }
    }
}

/// Answer of Post and Unpost.
pub fn nothing(format: Format) -> String {
    match format {
        Format::Json { .. } => json!({ "odata.null": true }).to_string(),
        Format::Atom => "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<d:null xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" m:null=\"true\" xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"/>".to_owned(),
    }
}

const NAMESPACES: &str = "xmlns=\"http://www.w3.org/2005/Atom\" xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"";

/// Filled references get their link.
fn linked(schema: &Schema, entity: &str, row: &Row, metadata: Metadata) -> Value {
    let mut object = row.clone();
    if metadata == Metadata::Minimal
        && let Some(declared) = schema.entities.get(entity)
        && !reference(row, "Ref_Key").is_nil()
    {
        for (name, ty) in &declared.fields {
            let Some(navigation) = name.strip_suffix("_Key") else {
                continue;
            };
            if matches!(ty, Type::Ref(_)) && !reference(row, name).is_nil() {
                let link = format!("{entity}(guid'{}')/{navigation}", reference(row, "Ref_Key"));
                object.insert(format!("{navigation}@navigationLinkUrl"), json!(link));
            }
        }
    }
    Value::Object(object)
}

fn entry(entity: &str, row: &Row, namespaces: &str) -> String {
    let key = reference(row, "Ref_Key");
    let properties: String = row
        .iter()
        .map(|(name, value)| property(name, value))
        .collect();
    let space = if namespaces.is_empty() { "" } else { " " };
    format!(
        "<entry{space}{namespaces}><id>{entity}(guid'{key}')</id><category term=\"StandardODATA.{entity}\" scheme=\"http://schemas.microsoft.com/ado/2007/08/dataservices/scheme\"/><content type=\"application/xml\"><m:properties>{properties}</m:properties></content></entry>"
    )
}

fn property(name: &str, value: &Value) -> String {
    let inner = match value {
        Value::String(text) => escape(text),
        Value::Array(lines) => lines
            .iter()
            .filter_map(Value::as_object)
            .map(|line| {
                let columns: String = line
                    .iter()
                    .map(|(name, value)| property(name, value))
                    .collect();
                format!("<d:element>{columns}</d:element>")
            })
            .collect(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    format!("<d:{name}>{inner}</d:{name}>")
}
