//! Writing: POST of a set, PATCH and DELETE of an object, posting.

use serde_json::{Value, json};
use uuid::Uuid;

use super::base::{Row, empty, flag, local};
use super::configuration::{Configuration, Names};
use super::error::Fail;
use super::path::Action;
use super::schema::{Entity, Kind, Schema};
use super::value::{accept, accept_table};
use crate::core::Sim;

fn names<C: Configuration>(entity: &str) -> Result<&'static Names, Fail> {
    C::NAMES
        .iter()
        .find(|names| names.entity == entity)
        .ok_or_else(|| Fail::entity_type(entity))
}

fn declared<C: Configuration>(entity: &str) -> Result<&'static Entity, Fail> {
    C::schema()
        .entities
        .get(entity)
        .ok_or_else(|| Fail::entity_type(entity))
}

fn object(body: &[u8]) -> Result<Row, Fail> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(row)) => Ok(row),
        Ok(_) | Err(_) => Err(Fail::parse()),
    }
}

/// POST of an entity set: 201 with the whole object. The client may choose the key; a key that exists is
/// refused with code 15.
pub fn create<C: Configuration>(sim: &Sim, entity: &str, body: &[u8]) -> Result<Row, Fail> {
    let (names, declared, kind) = (
        names::<C>(entity)?,
        declared::<C>(entity)?,
        Schema::kind(entity),
    );
    let given = object(body)?;
    let key = match given.get("Ref_Key").and_then(Value::as_str) {
        Some(text) => text.parse::<Uuid>().map_err(|_| Fail::value("Ref_Key"))?,
        None => Uuid::nil(),
    };
    let key = if key.is_nil() { Uuid::new_v4() } else { key };
    let mut state = sim.state::<C>();
    if state.base().get(entity, key).is_some() {
        return Err(Fail::exists());
    }
    let mut row = empty(declared, kind);
    for (name, value) in C::initial(entity) {
        row.insert(name.to_owned(), value);
    }
    if kind == Kind::Document {
        row.insert("Date".to_owned(), json!(local(sim.now())));
    }
    apply::<C>(declared, kind, key, &given, &mut row)?;
    let number = if kind == Kind::Document {
        "Number"
    } else {
        "Code"
    };
    if row
        .get(number)
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        let prefix = state.prefix(entity, &row);
        let next = state.base_mut().next_number(entity, &prefix, declared.code);
        row.insert(number.to_owned(), json!(next));
    }
    state.base_mut().put(entity, key, row);
    let row = state
        .base()
        .get(entity, key)
        .cloned()
        .ok_or_else(Fail::not_found)?;
    sim.ledger().record_with(
        C::PARTNER,
        names.create,
        &key.to_string(),
        body,
        C::detail(entity, &row),
    );
    Ok(row)
}

/// PATCH of an object: 200 with the whole object. `If-Match` is not looked at.
pub fn patch<C: Configuration>(
    sim: &Sim,
    entity: &str,
    key: Uuid,
    body: &[u8],
) -> Result<Row, Fail> {
    let (names, declared, kind) = (
        names::<C>(entity)?,
        declared::<C>(entity)?,
        Schema::kind(entity),
    );
    let given = object(body)?;
    let mut state = sim.state::<C>();
    let before = state
        .base()
        .get(entity, key)
        .cloned()
        .ok_or_else(Fail::not_found)?;
    let mut row = before.clone();
    apply::<C>(declared, kind, key, &given, &mut row)?;
    let marked = flag(&row, "DeletionMark") && !flag(&before, "DeletionMark");
    if marked && kind == Kind::Document {
        // Marking a posted document takes its movements back, as in 1C.
        row.insert("Posted".to_owned(), json!(false));
    }
    let changed = row != before;
    state.base_mut().put(entity, key, row);
    let row = state
        .base()
        .get(entity, key)
        .cloned()
        .ok_or_else(Fail::not_found)?;
    if changed {
        sim.ledger().record_with(
            C::PARTNER,
            names.patch,
            &key.to_string(),
            body,
            C::detail(entity, &row),
        );
    }
    Ok(row)
}

/// DELETE of an object: it is gone, 204.
pub fn delete<C: Configuration>(sim: &Sim, entity: &str, key: Uuid) -> Result<(), Fail> {
    let names = names::<C>(entity)?;
    if !sim.state::<C>().base_mut().remove(entity, key) {
        return Err(Fail::not_found());
    }
    sim.ledger()
        .record(C::PARTNER, names.delete, &key.to_string(), b"");
    Ok(())
}

/// Post and Unpost are repeatable; only a change of the state is an effect.
pub fn act<C: Configuration>(
    sim: &Sim,
    entity: &str,
    key: Uuid,
    action: Action,
) -> Result<(), Fail> {
    let names = names::<C>(entity)?;
    if Schema::kind(entity) != Kind::Document {
        return Err(Fail::method("Post"));
    }
    let mut state = sim.state::<C>();
    let row = state
        .base()
        .get(entity, key)
        .cloned()
        .ok_or_else(Fail::not_found)?;
    let operation = match action {
        Action::Post => {
            if flag(&row, "DeletionMark") {
                return Err(Fail::business(
                    "ПередЗаписью",
                    "Нельзя проводить помеченный на удаление документ.",
                ));
            }
            state.check_posting(entity, key, &row)?;
            names.post
        }
        Action::Unpost => names.unpost,
    };
    let posted = action == Action::Post;
    let changed = flag(&row, "Posted") != posted;
    let row = state
        .base_mut()
        .set(entity, key, &[("Posted", json!(posted))])
        .ok_or_else(Fail::not_found)?;
    if changed {
        sim.ledger().record_with(
            C::PARTNER,
            operation,
            &key.to_string(),
            b"",
            C::detail(entity, &row),
        );
    }
    Ok(())
}

/// Puts the given attributes into the object. What 1C does not know it ignores; what it keeps itself
/// (key, version, posting) it does not take.
fn apply<C: Configuration>(
    declared: &Entity,
    kind: Kind,
    key: Uuid,
    given: &Row,
    row: &mut Row,
) -> Result<(), Fail> {
    let schema = C::schema();
    for (name, value) in given {
        if matches!(
            name.as_str(),
            "Ref_Key" | "DataVersion" | "Posted" | "Predefined" | "PredefinedDataName"
        ) {
            continue;
        }
        if let Some(columns) = declared.tables.get(name) {
            row.insert(
                name.clone(),
                accept_table(schema, name, columns, value, key)?,
            );
        } else if let Some(ty) = declared.field(kind, name) {
            row.insert(name.clone(), accept(schema, name, &ty, value)?);
        }
    }
    Ok(())
}
