//! Filters, order and pages of the list methods.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::answer::Done;
use super::params::{Params, flag, list, map, number, text};

const PAGE: usize = 50;

/// Prefixes of a filter's key, the longer ones first.
const PREFIXES: [(&str, Operation); 12] = [
    ("!=%", Operation::NotLike),
    ("!%", Operation::NotLike),
    ("!@", Operation::NotIn),
    ("!=", Operation::Not),
    (">=", Operation::AtLeast),
    ("<=", Operation::AtMost),
    ("=%", Operation::Like),
    ("%=", Operation::Like),
    ("%", Operation::Like),
    ("@", Operation::In),
    (">", Operation::More),
    ("<", Operation::Less),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    In,
    NotIn,
    Not,
    Like,
    NotLike,
    More,
    AtLeast,
    Less,
    AtMost,
}

/// Whether a row fits. `value` gives a row's value by name; an unknown name fits everything, as on the portal.
pub(super) fn fits(filter: &Map<String, Value>, value: &dyn Fn(&str) -> Option<Value>) -> bool {
    let any = filter
        .get("logic")
        .and_then(text)
        .is_some_and(|logic| logic.eq_ignore_ascii_case("OR"));
    let mut conditions = filter
        .iter()
        .filter(|(key, _)| *key != "logic")
        .map(|(key, wanted)| {
            if key.parse::<usize>().is_ok() {
                return map(wanted).is_none_or(|nested| fits(&nested, value));
            }
            condition(key, wanted, value)
        });
    if any {
        conditions.any(|fits| fits)
    } else {
        conditions.all(|fits| fits)
    }
}

fn condition(key: &str, wanted: &Value, value: &dyn Fn(&str) -> Option<Value>) -> bool {
    let (operation, name) = PREFIXES
        .iter()
        .find_map(|(prefix, operation)| Some((*operation, key.strip_prefix(prefix)?)))
        .or_else(|| Some((Operation::Not, key.strip_prefix('!')?)))
        .unwrap_or((Operation::In, key.strip_prefix('=').unwrap_or(key)));
    let Some(held) = value(name) else { return true };
    match operation {
        Operation::In => among(&held, wanted),
        Operation::NotIn | Operation::Not => !among(&held, wanted),
        Operation::Like => contains(&held, wanted),
        Operation::NotLike => !contains(&held, wanted),
        Operation::More => compared(&held, wanted) == Ordering::Greater,
        Operation::AtLeast => compared(&held, wanted) != Ordering::Less,
        Operation::Less => compared(&held, wanted) == Ordering::Less,
        Operation::AtMost => compared(&held, wanted) != Ordering::Greater,
    }
}

/// A multiple value fits when one of its values does.
fn among(held: &Value, wanted: &Value) -> bool {
    let wanted = if wanted.is_null() {
        vec![Value::Null]
    } else {
        list(wanted)
    };
    let held = if held.is_array() {
        list(held)
    } else {
        vec![held.clone()]
    };
    held.iter().any(|held| {
        wanted
            .iter()
            .any(|wanted| compared(held, wanted) == Ordering::Equal)
    })
}

fn contains(held: &Value, wanted: &Value) -> bool {
    let part = text(wanted)
        .unwrap_or_default()
        .trim_matches('%')
        .to_lowercase();
    text(held)
        .unwrap_or_default()
        .to_lowercase()
        .contains(&part)
}

fn compared(a: &Value, b: &Value) -> Ordering {
    let (a, b) = (text(a).unwrap_or_default(), text(b).unwrap_or_default());
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(&b),
    }
}

/// Sorts by `order[NAME]=ASC|DESC`; rows come sorted by id.
pub(super) fn sort<R>(
    rows: &mut [R],
    order: &Map<String, Value>,
    value: &dyn Fn(&R, &str) -> Option<Value>,
) {
    for (name, direction) in order.iter().rev() {
        let down = text(direction)
            .is_some_and(|direction| direction.to_ascii_uppercase().starts_with("DESC"));
        rows.sort_by(|a, b| {
            let (a, b) = (
                value(a, name).unwrap_or_default(),
                value(b, name).unwrap_or_default(),
            );
            if down {
                compared(&b, &a)
            } else {
                compared(&a, &b)
            }
        });
    }
}

/// The page that `start` asks for: fifty rows; `start=-1` gives the first fifty and counts nothing.
pub(super) fn page<R>(rows: Vec<R>, params: &Params) -> (Vec<R>, Done) {
    let uncounted = params
        .text("start")
        .is_some_and(|start| start.trim() == "-1");
    let start = if uncounted {
        0
    } else {
        params.number("start").unwrap_or_default() as usize
    };
    let total = rows.len();
    let next = start + PAGE;
    let rows = rows.into_iter().skip(start).take(PAGE).collect();
    let done = Done {
        result: Value::Null,
        total: Some(if uncounted { 0 } else { total }),
        next: (!uncounted && next < total).then_some(next),
    };
    (rows, done)
}

/// `select`: the names that are asked for; nothing or `*` means all.
pub(super) fn selected(params: &Params) -> Option<Vec<String>> {
    let names: Vec<String> = params.list("select").iter().filter_map(text).collect();
    (!names.is_empty() && !names.iter().any(|name| name == "*")).then_some(names)
}

/// `useOriginalUfNames=Y`
pub(super) fn original_names(params: &Params) -> bool {
    params.get("useOriginalUfNames").is_some_and(flag)
}

/// A positive `id`.
pub(super) fn id(params: &Params) -> Option<u64> {
    params.get("id").and_then(number).filter(|id| *id > 0)
}
