//! `$metadata`: the schema as EDMX of OData v3.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::schema::{Kind, Schema, Type};

/// The whole document.
pub fn edmx(schema: &Schema) -> String {
    let mut types = String::new();
    let mut associations = String::new();
    let mut sets = String::new();
    let mut functions = String::new();
    for (name, entity) in &schema.entities {
        let kind = Schema::kind(name);
        let mut properties = property("Ref_Key", &Type::Ref(String::new()), false);
        properties += &property("DataVersion", &Type::String(None), true);
        for (standard, ty) in entity.standard(kind) {
            properties += &property(standard, &ty, true);
        }
        properties += &columns(&entity.fields);
        for (table, fields) in &entity.tables {
            let row = format!("{name}_{table}_RowType");
            let _ = write!(
                properties,
                "<Property Name=\"{table}\" Type=\"Collection(StandardODATA.{row})\" Nullable=\"true\"/>"
            );
            let _ = write!(
                types,
                "<ComplexType Name=\"{row}\"><Property Name=\"Ref_Key\" Type=\"Edm.Guid\" Nullable=\"true\"/><Property Name=\"LineNumber\" Type=\"Edm.Int64\" Nullable=\"true\"/>{}</ComplexType>",
                columns(fields)
            );
        }
        for (field, ty) in &entity.fields {
            let (Some(navigation), Type::Ref(target)) = (field.strip_suffix("_Key"), ty) else {
                continue;
            };
            let association = format!("{name}_{navigation}");
            let _ = write!(
                properties,
                "<NavigationProperty Name=\"{navigation}\" Relationship=\"StandardODATA.{association}\" FromRole=\"Begin\" ToRole=\"End\"/>"
            );
            let _ = write!(
                associations,
                "<Association Name=\"{association}\"><End Role=\"Begin\" Type=\"StandardODATA.{name}\" Multiplicity=\"*\"/><End Role=\"End\" Type=\"StandardODATA.{target}\" Multiplicity=\"0..1\"/></Association>"
            );
        }
        let _ = write!(
            types,
            "<EntityType Name=\"{name}\"><Key><PropertyRef Name=\"Ref_Key\"/></Key>{properties}</EntityType>"
        );
        let _ = write!(
            sets,
            "<EntitySet Name=\"{name}\" EntityType=\"StandardODATA.{name}\"/>"
        );
        if kind == Kind::Document {
            for action in ["Post", "Unpost"] {
                let _ = write!(
                    functions,
                    "<FunctionImport Name=\"{action}\" IsBindable=\"true\" IsSideEffecting=\"true\" m:HttpMethod=\"POST\"><Parameter Name=\"bindingParameter\" Type=\"StandardODATA.{name}\"/></FunctionImport>"
                );
            }
        }
    }
    for (name, values) in &schema.enums {
        let members: String = values
            .iter()
            .map(|value| format!("<Member Name=\"{value}\"/>"))
            .collect();
        let _ = write!(types, "<EnumType Name=\"{name}\">{members}</EnumType>");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<edmx:Edmx Version=\"1.0\" xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\"><edmx:DataServices m:DataServiceVersion=\"3.0\" m:MaxDataServiceVersion=\"3.0\" xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"><Schema Namespace=\"StandardODATA\" xmlns=\"http://schemas.microsoft.com/ado/2009/11/edm\">{types}{associations}<EntityContainer Name=\"EnterpriseV8\" m:IsDefaultEntityContainer=\"true\">{sets}{functions}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )
}

fn columns(fields: &BTreeMap<String, Type>) -> String {
    fields
        .iter()
        .map(|(name, ty)| property(name, ty, true))
        .collect()
}

fn property(name: &str, ty: &Type, nullable: bool) -> String {
    let length = match ty {
        Type::String(Some(length)) => format!(" MaxLength=\"{length}\""),
        _ => String::new(),
    };
    format!(
        "<Property Name=\"{name}\" Type=\"{}\" Nullable=\"{nullable}\"{length}/>",
        ty.edm()
    )
}
