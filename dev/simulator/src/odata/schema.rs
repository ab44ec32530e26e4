//! The declared schema of a base: which objects are published and what their attributes are. It stands
//! for the customer's EDMX, which nobody outside has seen.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Published objects of a base, by the name of their entity set (`Catalog_Контрагенты`).
#[derive(Debug, Deserialize)]
pub struct Schema {
    #[serde(default)]
    pub enums: BTreeMap<String, Vec<String>>,
    pub entities: BTreeMap<String, Entity>,
}

/// A catalog or a document with its own attributes; the standard ones follow from its kind.
#[derive(Debug, Deserialize)]
pub struct Entity {
    /// Length of Code or Number.
    pub code: usize,
    /// Length of Description; catalogs only.
    #[serde(default)]
    pub description: usize,
    pub fields: BTreeMap<String, Type>,
    #[serde(default)]
    pub tables: BTreeMap<String, BTreeMap<String, Type>>,
}

/// Type of an attribute as it travels in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Type {
    /// Cut to its length without a word; `None` is unlimited.
    String(Option<usize>),
    /// Up to four digits.
    Int16,
    /// Up to nine digits.
    Int32,
    /// A JSON string.
    Int64,
    /// A number with so many digits after the point.
    Double(u32),
    Boolean,
    DateTime,
    /// `X_Key`: the entity set that it refers to; whether the object exists is not checked.
    Ref(String),
    /// Name in [`Schema::enums`].
    Enum(String),
}

impl TryFrom<String> for Type {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (name, argument) = match text.split_once('(') {
            Some((name, rest)) => (name, rest.trim_end_matches(')')),
            None => (text.as_str(), ""),
        };
        let number = || {
            argument
                .parse::<usize>()
                .map_err(|_| format!("{text}: a number is needed"))
        };
        Ok(match name {
            "String" if argument.is_empty() => Type::String(None),
            "String" => Type::String(Some(number()?)),
            "Int16" => Type::Int16,
            "Int32" => Type::Int32,
            "Int64" => Type::Int64,
            "Double" => Type::Double(2),
            "Boolean" => Type::Boolean,
            "DateTime" => Type::DateTime,
            "Ref" => Type::Ref(argument.to_owned()),
            "Enum" => Type::Enum(argument.to_owned()),
            _ => return Err(format!("{text}: unknown type")),
        })
    }
}

impl Type {
    pub fn edm(&self) -> &'static str {
        match self {
            Type::String(_) | Type::Enum(_) => "Edm.String",
            Type::Int16 => "Edm.Int16",
            Type::Int32 => "Edm.Int32",
            Type::Int64 => "Edm.Int64",
            Type::Double(_) => "Edm.Double",
            Type::Boolean => "Edm.Boolean",
            Type::DateTime => "Edm.DateTime",
            Type::Ref(_) => "Edm.Guid",
        }
    }
}

/// What the name of an entity set begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Catalog,
    Document,
}

impl Schema {
    /// Reads a schema that is compiled in.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub fn kind(name: &str) -> Kind {
        if name.starts_with("Document_") {
            Kind::Document
        } else {
            Kind::Catalog
        }
    }
}

impl Entity {
    /// Standard attributes in the order of 1C, without `Ref_Key` and `DataVersion`, which 1C keeps itself.
    pub fn standard(&self, kind: Kind) -> Vec<(&'static str, Type)> {
        match kind {
            Kind::Catalog => vec![
                ("DeletionMark", Type::Boolean),
                ("Code", Type::String(Some(self.code))),
                ("Description", Type::String(Some(self.description))),
                ("Predefined", Type::Boolean),
                ("PredefinedDataName", Type::String(Some(256))),
            ],
            Kind::Document => vec![
                ("DeletionMark", Type::Boolean),
                ("Number", Type::String(Some(self.code))),
                ("Date", Type::DateTime),
                ("Posted", Type::Boolean),
            ],
        }
    }

    /// Type of an attribute, own or standard, that a client may read.
    pub fn field(&self, kind: Kind, name: &str) -> Option<Type> {
        match name {
            "Ref_Key" => Some(Type::Ref(String::new())),
            "DataVersion" => Some(Type::String(None)),
            _ => self
                .standard(kind)
                .into_iter()
                .find(|(standard, _)| *standard == name)
                .map(|(_, ty)| ty)
                .or_else(|| self.fields.get(name).cloned()),
        }
    }
}
