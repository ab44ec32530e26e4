//! The base's own description of itself, and whether it has what a mapping names.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};

/// What a mapping wants of one object.
#[derive(Debug, Clone)]
pub(crate) struct Needs<'a> {
    pub(crate) object: &'a str,
    pub(crate) fields: Vec<&'a str>,
    /// Table parts with their fields.
    pub(crate) parts: Vec<(&'a str, Vec<&'a str>)>,
    /// Values that an enumeration must have, by field.
    pub(crate) values: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> Needs<'a> {
    pub(crate) fn new(object: &'a str, fields: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            object,
            fields: fields.into_iter().collect(),
            parts: Vec::new(),
            values: Vec::new(),
        }
    }
}

/// Types of `$metadata` by their names without namespace.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    /// Fields with their types, of entities and of rows.
    types: BTreeMap<String, BTreeMap<String, String>>,
    enums: BTreeMap<String, BTreeSet<String>>,
}

impl Metadata {
    /// `None` when it is not an EDMX document.
    pub(super) fn parse(xml: &str) -> Option<Self> {
        let document = Document::parse(xml.trim_start_matches('\u{feff}')).ok()?;
        if document.root_element().tag_name().name() != "Edmx" {
            return None;
        }
        let mut metadata = Self::default();
        for node in document.descendants() {
            let Some(name) = node.attribute("Name") else {
                continue;
            };
            match node.tag_name().name() {
                "EntityType" | "ComplexType" => {
                    let fields = named(node, "Property").filter_map(|property| {
                        Some((property.attribute("Name")?, property.attribute("Type")?))
                    });
                    metadata.types.insert(
                        name.to_owned(),
                        fields
                            .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
                            .collect(),
                    );
                }
                "EnumType" => {
                    let members =
                        named(node, "Member").filter_map(|member| member.attribute("Name"));
                    metadata
                        .enums
                        .insert(name.to_owned(), members.map(str::to_owned).collect());
                }
                _ => {}
            }
        }
        Some(metadata)
    }

    /// What is missing, a sentence each.
    pub(super) fn missing(&self, base: &str, needs: &Needs<'_>) -> Vec<String> {
        let Needs {
            object,
            fields,
            parts,
            values,
        } = needs;
        let Some(has) = self.types.get(*object) else {
            return vec![format!("base {base}: object {object} is not published")];
        };
        let mut missing: Vec<String> = fields
            .iter()
            .filter(|field| !has.contains_key(**field))
            .map(|field| format!("base {base}: object {object} has no field {field}"))
            .collect();
        for (part, fields) in parts {
            let Some(row) = has
                .get(*part)
                .and_then(|kind| self.types.get(element(kind)))
            else {
                missing.push(format!(
                    "base {base}: object {object} has no table part {part}"
                ));
                continue;
            };
            missing.extend(
                fields
                    .iter()
                    .filter(|field| !row.contains_key(**field))
                    .map(|field| {
                        format!(
                            "base {base}: object {object}, table part {part} has no field {field}"
                        )
                    }),
            );
        }
        for (field, wanted) in values {
            let known = has
                .get(*field)
                .and_then(|kind| self.enums.get(element(kind)));
            let Some(known) = known else { continue };
            missing.extend(
                wanted
                    .iter()
                    .filter(|value| !known.contains(**value))
                    .map(|value| {
                        format!("base {base}: object {object}, field {field} has no value {value}")
                    }),
            );
        }
        missing
    }
}

fn named<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children()
        .filter(move |child| child.tag_name().name() == name)
}

/// `Collection(StandardODATA.Document_X_Y_RowType)` is of `Document_X_Y_RowType`.
fn element(kind: &str) -> &str {
    let kind = kind
        .strip_prefix("Collection(")
        .and_then(|kind| kind.strip_suffix(')'))
        .unwrap_or(kind);
    kind.rsplit('.').next().unwrap_or(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDMX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices>
<Schema Namespace="StandardODATA" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">
 <EnumType Name="Статусы"><Member Name="Согласована" Value="0"/></EnumType>
 <EntityType Name="Document_Заявка"><Key><PropertyRef Name="Ref_Key"/></Key>
  <Property Name="Ref_Key" Type="Edm.Guid" Nullable="false"/>
  <Property Name="Статус" Type="StandardODATA.Статусы" Nullable="true"/>
  <Property Name="Строки" Type="Collection(StandardODATA.Document_Заявка_Строки_RowType)"/>
 </EntityType>
 <ComplexType Name="Document_Заявка_Строки_RowType"><Property Name="Сумма" Type="Edm.Double"/></ComplexType>
</Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn what_is_missing_is_named_by_base_object_and_field() {
        let metadata = Metadata::parse(EDMX).expect("metadata");
        let mut needs = Needs::new("Document_Заявка", ["Ref_Key", "Сумма"]);
        needs.parts = vec![("Строки", vec!["Сумма", "НДС"]), ("Товары", vec!["Цена"])];
        needs.values = vec![("Статус", vec!["Согласована", "КОплате"])];
        assert_eq!(
            metadata.missing("УХ", &needs),
            [
                "base УХ: object Document_Заявка has no field Сумма",
                "base УХ: object Document_Заявка, table part Строки has no field НДС",
                "base УХ: object Document_Заявка has no table part Товары",
                "base УХ: object Document_Заявка, field Статус has no value КОплате",
            ]
        );
        assert_eq!(
            metadata.missing("УХ", &Needs::new("Document_Другая", [])),
            ["base УХ: object Document_Другая is not published"]
        );
    }

    #[test]
    fn what_is_there_raises_nothing() {
        let metadata = Metadata::parse(EDMX).expect("metadata");
        let mut needs = Needs::new("Document_Заявка", ["Ref_Key", "Статус"]);
        needs.parts = vec![("Строки", vec!["Сумма"])];
        assert_eq!(metadata.missing("УХ", &needs), Vec::<String>::new());
        assert!(Metadata::parse("<html/>").is_none());
    }
}
