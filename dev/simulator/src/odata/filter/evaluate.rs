//! Expression against an object.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Expr, Function, Literal, Op};
use crate::odata::base::{Base, Row, reference};
use crate::odata::error::Fail;
use crate::odata::schema::{Entity, Schema, Type};

/// What a path is looked up in.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub schema: &'a Schema,
    pub base: &'a Base,
    pub entity: &'a str,
    pub row: &'a Row,
    /// Line of a table part and the name that the condition gave it.
    pub line: Option<(&'a str, &'a Row)>,
}

/// Whether the object meets the condition.
pub fn matches(scope: Scope<'_>, expr: &Expr) -> Result<bool, Fail> {
    match value(scope, expr)? {
        Literal::Flag(flag) => Ok(flag),
        _ => Err(Fail::option("$filter")),
    }
}

/// Order of two values of an attribute, for `$orderby` too. Text is compared without regard to case, as
/// the databases under 1C do.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    ordering(&literal(left), &literal(right))
}

fn literal(value: &Value) -> Literal {
    match value {
        Value::String(text) => Literal::Text(text.clone()),
        Value::Number(number) => Literal::Number(number.as_f64().unwrap_or_default()),
        Value::Bool(flag) => Literal::Flag(*flag),
        Value::Null | Value::Array(_) | Value::Object(_) => Literal::Null,
    }
}

fn ordering(left: &Literal, right: &Literal) -> Ordering {
    match (left, right) {
        (Literal::Number(a), Literal::Number(b)) => a.total_cmp(b),
        // Edm.Int64 travels as a string.
        (Literal::Text(text), Literal::Number(b)) => text
            .parse::<f64>()
            .map_or(Ordering::Less, |a| a.total_cmp(b)),
        (Literal::Number(a), Literal::Text(text)) => text
            .parse::<f64>()
            .map_or(Ordering::Less, |b| a.total_cmp(&b)),
        (Literal::Flag(a), Literal::Flag(b)) => a.cmp(b),
        (Literal::Null, Literal::Null) => Ordering::Equal,
        _ => match (letters(left), letters(right)) {
            (Some(a), Some(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
            _ => Ordering::Less,
        },
    }
}

fn letters(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Text(text) | Literal::Guid(text) | Literal::Date(text) => Some(text),
        Literal::Number(_) | Literal::Flag(_) | Literal::Null => None,
    }
}

fn value(scope: Scope<'_>, expr: &Expr) -> Result<Literal, Fail> {
    Ok(match expr {
        Expr::Literal(literal) => literal.clone(),
        Expr::Path(path) => at(scope, path)?,
        Expr::Not(inner) => Literal::Flag(!matches(scope, inner)?),
        Expr::Binary(op, left, right) => binary(scope, *op, left, right)?,
        Expr::Call(function, arguments) => call(scope, *function, arguments)?,
        Expr::Lines {
            all,
            table,
            variable,
            condition,
        } => {
            let declared = scope.schema.entities.get(scope.entity);
            if declared.is_none_or(|entity| !entity.tables.contains_key(table)) {
                return Err(Fail::property(table));
            }
            let lines = scope
                .row
                .get(table)
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let mut found = *all;
            for line in lines.iter().filter_map(Value::as_object) {
                let inner = Scope {
                    line: Some((variable, line)),
                    ..scope
                };
                if matches(inner, condition)? != *all {
                    found = !all;
                    break;
                }
            }
            Literal::Flag(found)
        }
    })
}

fn binary(scope: Scope<'_>, op: Op, left: &Expr, right: &Expr) -> Result<Literal, Fail> {
    // Both sides are looked at: a wrong name is an error wherever it stands.
    match op {
        Op::Or => {
            return Ok(Literal::Flag(
                matches(scope, left)? | matches(scope, right)?,
            ));
        }
        Op::And => {
            return Ok(Literal::Flag(
                matches(scope, left)? & matches(scope, right)?,
            ));
        }
        _ => {}
    }
    let (left, right) = (value(scope, left)?, value(scope, right)?);
    let order = ordering(&left, &right);
    let number = |literal: &Literal| match literal {
        Literal::Number(number) => Ok(*number),
        _ => Err(Fail::option("$filter")),
    };
    Ok(match op {
        Op::Eq => Literal::Flag(order.is_eq()),
        Op::Ne => Literal::Flag(order.is_ne()),
        Op::Gt => Literal::Flag(order.is_gt()),
        Op::Ge => Literal::Flag(order.is_ge()),
        Op::Lt => Literal::Flag(order.is_lt()),
        Op::Le => Literal::Flag(order.is_le()),
        Op::Add => Literal::Number(number(&left)? + number(&right)?),
        Op::Sub => Literal::Number(number(&left)? - number(&right)?),
        Op::Mul => Literal::Number(number(&left)? * number(&right)?),
        Op::Div => Literal::Number(number(&left)? / number(&right)?),
        Op::Or | Op::And => Literal::Null,
    })
}

fn call(scope: Scope<'_>, function: Function, arguments: &[Expr]) -> Result<Literal, Fail> {
    let wrong = || Fail::option("$filter");
    let text = |index: usize| -> Result<String, Fail> {
        let argument = value(scope, arguments.get(index).ok_or_else(wrong)?)?;
        match argument {
            // What a reference to nothing leads to.
            Literal::Null => Ok(String::new()),
            other => letters(&other).map(str::to_owned).ok_or_else(wrong),
        }
    };
    let folded = |index: usize| text(index).map(|text| text.to_lowercase());
    let part = |from: usize, to: usize| -> Result<Literal, Fail> {
        text(0)?
            .get(from..to)
            .and_then(|digits| digits.parse().ok())
            .map(Literal::Number)
            .ok_or_else(wrong)
    };
    Ok(match function {
        Function::Substringof => Literal::Flag(folded(1)?.contains(&folded(0)?)),
        Function::Startswith => Literal::Flag(folded(0)?.starts_with(&folded(1)?)),
        Function::Endswith => Literal::Flag(folded(0)?.ends_with(&folded(1)?)),
        Function::Like => Literal::Flag(like(&folded(0)?, &folded(1)?)),
        Function::Concat => Literal::Text(text(0)? + &text(1)?),
        Function::Substring => {
            let Literal::Number(from) = value(scope, arguments.get(1).ok_or_else(wrong)?)? else {
                return Err(wrong());
            };
            let count = match arguments
                .get(2)
                .map(|expr| value(scope, expr))
                .transpose()?
            {
                Some(Literal::Number(count)) => count as usize,
                Some(_) => return Err(wrong()),
                None => usize::MAX,
            };
            Literal::Text(text(0)?.chars().skip(from as usize).take(count).collect())
        }
        Function::Year => part(0, 4)?,
        Function::Month => part(5, 7)?,
        Function::Day => part(8, 10)?,
        // A reference to an object of a type: the type is not looked at, the guid is.
        Function::Cast => value(scope, arguments.first().ok_or_else(wrong)?)?,
    })
}

/// 1C's ПОДОБНО: `%` any text, `_` any character.
fn like(text: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = rest.as_str();
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .any(|at| like(&text[at..], rest))
        }
        Some(wanted) => {
            let mut letters = text.chars();
            letters.next().is_some_and(|letter| {
                (wanted == '_' || wanted == letter) && like(letters.as_str(), rest.as_str())
            })
        }
    }
}

/// Value of an attribute; a reference is followed by its name without `_Key`.
fn at(scope: Scope<'_>, path: &[String]) -> Result<Literal, Fail> {
    let Some((first, rest)) = path.split_first() else {
        return Err(Fail::option("$filter"));
    };
    if let Some((variable, line)) = scope.line
        && variable == first
    {
        let [column] = rest else {
            return Err(Fail::option("$filter"));
        };
        return line
            .get(column)
            .map(literal)
            .ok_or_else(|| Fail::property(column));
    }
    let declared = scope
        .schema
        .entities
        .get(scope.entity)
        .ok_or_else(|| Fail::entity_type(scope.entity))?;
    follow(scope, declared, scope.entity, scope.row, first, rest)
}

fn follow(
    scope: Scope<'_>,
    declared: &Entity,
    entity: &str,
    row: &Row,
    name: &str,
    rest: &[String],
) -> Result<Literal, Fail> {
    let Some((next, deeper)) = rest.split_first() else {
        if declared.field(Schema::kind(entity), name).is_none() {
            return Err(Fail::property(name));
        }
        return Ok(row.get(name).map_or(Literal::Null, literal));
    };
    let key = format!("{name}_Key");
    let Some(Type::Ref(target)) = declared.fields.get(&key) else {
        return Err(Fail::property(name));
    };
    let declared = scope
        .schema
        .entities
        .get(target)
        .ok_or_else(|| Fail::property(name))?;
    match scope.base.get(target, reference(row, &key)) {
        Some(found) => follow(scope, declared, target, found, next, deeper),
        None => Ok(Literal::Null),
    }
}
