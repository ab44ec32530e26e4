//! docs/bad-days.md says which test plays which bad day. The table cannot rot: every line is there, and every
//! test that it names is one.

use std::collections::{BTreeMap, BTreeSet};

/// Lines of the list of bad input and bad days.
const LINES: std::ops::RangeInclusive<u32> = 1..=24;

/// A row of the table: line, clause, the tests that play it.
struct Row {
    line: u32,
    clause: String,
    tests: Vec<String>,
}

fn rows() -> anyhow::Result<Vec<Row>> {
    let text = std::fs::read_to_string(stack::temporal::root().join("docs/bad-days.md"))?;
    let mut rows = Vec::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, clause, tests] = cells[..] else {
            continue;
        };
        let Ok(line) = number.parse() else {
            continue;
        };
        rows.push(Row {
            line,
            clause: clause.to_owned(),
            tests: tests
                .split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect(),
        });
    }
    Ok(rows)
}

/// Whether `module::name` is a test of this binary.
fn is_a_test(name: &str) -> bool {
    let Some((module, function)) = name.rsplit_once("::") else {
        return false;
    };
    let path = format!("tests/it/{}.rs", module.replace("::", "/"));
    let Ok(source) = std::fs::read_to_string(stack::temporal::root().join(path)) else {
        return false;
    };
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.windows(2).any(|pair| {
        let marked = pair[0].starts_with("#[tokio::test") || pair[0] == "#[test]";
        let signature = pair[1].trim_start_matches("async ");
        let named = signature
            .strip_prefix("fn ")
            .and_then(|rest| rest.split('(').next());
        marked && named == Some(function)
    })
}

#[test]
fn every_bad_day_has_a_test_that_exists() -> anyhow::Result<()> {
    let rows = rows()?;
    let mut missing = Vec::new();
    for row in &rows {
        if row.tests.is_empty() {
            missing.push(format!("{}, {}: no test is named", row.line, row.clause));
        }
        for test in &row.tests {
            if !is_a_test(test) {
                missing.push(format!("{}, {}: no test {test}", row.line, row.clause));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    let told: BTreeSet<u32> = rows.iter().map(|row| row.line).collect();
    let wanted: BTreeSet<u32> = LINES.collect();
    assert_eq!(told, wanted, "lines of docs/bad-days.md");
    let mut clauses = BTreeMap::new();
    for row in &rows {
        let times: &mut u32 = clauses.entry((row.line, &row.clause)).or_default();
        *times += 1;
        assert_eq!(*times, 1, "{}, {} stands twice", row.line, row.clause);
    }
    Ok(())
}

#[test]
fn a_name_that_is_no_test_is_told_from_one_that_is() {
    assert!(is_a_test("portal::forged_and_broken_calls_start_nothing"));
    for name in [
        "portal::robot_form",
        "portal::nothing_of_the_kind",
        "nowhere::forged_and_broken_calls_start_nothing",
        "forged_and_broken_calls_start_nothing",
    ] {
        assert!(!is_a_test(name), "{name}");
    }
}
