//! The invariants that a compiler does not see.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::MetadataCommand;

/// Which of our crates may depend on which; the table of ARCHITECTURE.md.
const EDGES: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("proto", &[]),
    ("simulator", &[]),
    ("platform", &[]),
    ("contracts", &["domain"]),
    ("templates", &["domain"]),
    ("store", &["domain"]),
    ("workflows", &["domain", "contracts"]),
    ("activities", &["domain", "contracts", "templates", "store"]),
    (
        "workers",
        &[
            "domain",
            "contracts",
            "workflows",
            "activities",
            "store",
            "platform",
        ],
    ),
    (
        "api-gateway",
        &[
            "proto",
            "domain",
            "contracts",
            "store",
            "templates",
            "workflows",
            "platform",
            "archive",
        ],
    ),
    ("archive", &["domain"]),
    ("cli", &["proto", "domain", "archive"]),
    (
        "stack",
        &[
            "workers",
            "api-gateway",
            "simulator",
            "store",
            "domain",
            "contracts",
            "proto",
            "platform",
        ],
    ),
    (
        "bench",
        &[
            "domain",
            "contracts",
            "workflows",
            "workers",
            "store",
            "platform",
            "proto",
            "api-gateway",
            "simulator",
            "stack",
        ],
    ),
    (
        "tests",
        &[
            "domain",
            "contracts",
            "workflows",
            "activities",
            "workers",
            "store",
            "platform",
            "templates",
            "proto",
            "api-gateway",
            "simulator",
            "stack",
            "archive",
        ],
    ),
];

#[test]
fn crates_depend_only_on_what_the_architecture_allows() {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let ours: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|p| p.name.to_string())
        .collect();
    let allowed: BTreeMap<&str, &[&str]> = EDGES.into_iter().collect();
    assert_eq!(
        ours,
        allowed
            .keys()
            .map(|k| (*k).to_owned())
            .collect::<BTreeSet<_>>(),
        "a crate is not in the table"
    );
    for package in &metadata.packages {
        let mut may = allowed[package.name.as_str()]
            .iter()
            .map(|n| (*n).to_owned())
            .collect::<BTreeSet<_>>();
        may.insert(package.name.to_string());
        let does: BTreeSet<String> = package
            .dependencies
            .iter()
            .map(|d| d.name.clone())
            .filter(|name| ours.contains(name))
            .collect();
        let beyond: Vec<_> = does.difference(&may).collect();
        assert!(
            beyond.is_empty(),
            "{} must not depend on {beyond:?}",
            package.name
        );
    }
}

#[test]
fn workflow_code_names_no_crate_that_could_touch_the_world() {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let workflows = metadata
        .packages
        .iter()
        .find(|p| p.name.as_str() == "workflows")
        .expect("the crate");
    let named: BTreeSet<&str> = workflows
        .dependencies
        .iter()
        .map(|d| d.name.as_str())
        .collect();
    let pure: BTreeSet<&str> = [
        "domain",
        "contracts",
        "serde",
        "serde_json",
        "chrono",
        "uuid",
        "futures-util",
        "send_wrapper",
        "temporalio-workflow",
        "temporalio-macros",
    ]
    .into();
    assert_eq!(named, pure);
}

/// Clippy applies the file to the crate in whose folder it lies; a ban that left it would be missed by nobody.
#[test]
fn workflow_code_is_forbidden_what_does_not_replay() {
    let path = stack::temporal::root().join("workflows/clippy.toml");
    let bans = std::fs::read_to_string(path).expect("the bans of workflow code");
    let missing: Vec<_> = [
        "std::time::SystemTime::now",
        "std::time::Instant::now",
        "chrono::Utc::now",
        "chrono::Local::now",
        "uuid::Uuid::new_v4",
        "rand::random",
        "std::env::var",
        "std::thread::spawn",
        "std::thread::sleep",
        "std::collections::HashMap",
        "std::collections::HashSet",
    ]
    .into_iter()
    .filter(|path| !bans.contains(&format!("path = \"{path}\"")))
    .collect();
    assert!(
        missing.is_empty(),
        "workflows/clippy.toml no longer forbids {missing:?}"
    );
}

/// Every permanent name as the sources declare it: workflows, updates, signals, queries, activities,
/// queues, search attributes.
fn declared_names() -> BTreeSet<String> {
    let root = stack::temporal::root();
    let mut names = BTreeSet::new();
    for folder in ["contracts/src", "workflows/src"] {
        collect(&root.join(folder), &mut names);
    }
    names.extend(
        contracts::queues::ALL
            .iter()
            .map(|queue| format!("queue {queue}")),
    );
    names.extend(
        contracts::search_attributes::ALL
            .iter()
            .map(|(name, kind)| format!("search attribute {name} {kind}")),
    );
    names
}

fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, names);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        for line in text.lines().map(str::trim) {
            for (attribute, noun) in [
                ("#[activity(name = \"", "activity"),
                ("#[run(name = \"", "workflow"),
                ("#[update(name = \"", "update"),
                ("#[signal(name = \"", "signal"),
                ("#[query(name = \"", "query"),
            ] {
                if let Some(name) = line
                    .strip_prefix(attribute)
                    .and_then(|rest| rest.split('"').next())
                {
                    names.insert(format!("{noun} {name}"));
                }
            }
        }
    }
}

#[test]
fn permanent_names_never_leave_the_list() {
    let listed: BTreeSet<String> = include_str!("names.txt")
        .lines()
        .map(str::to_owned)
        .collect();
    let declared = declared_names();
    let gone: Vec<_> = listed.difference(&declared).collect();
    let new: Vec<_> = declared.difference(&listed).collect();
    assert!(
        gone.is_empty(),
        "running processes need these names: {gone:?}"
    );
    assert!(
        new.is_empty(),
        "add these names to tests/it/names.txt: {new:?}"
    );
}

#[test]
fn every_source_is_of_a_readable_size() {
    let root = stack::temporal::root();
    let mut long = Vec::new();
    for folder in [
        "domain",
        "contracts",
        "workflows",
        "platform",
        "store",
        "templates",
        "activities",
        "workers",
        "api-gateway",
        "cli",
        "archive",
        "dev",
        "tests",
    ] {
        measure(&root.join(folder), &mut long);
    }
    assert!(long.is_empty(), "split these: {long:?}");
}

fn measure(folder: &Path, long: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            measure(&path, long);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let lines = std::fs::read_to_string(&path)
                .expect("a source")
                .lines()
                .count();
            let root_of_crate = path.ends_with("src/lib.rs");
            if lines > 600 || (root_of_crate && lines > 60) {
                long.push(format!("{}: {lines}", path.display()));
            }
        }
    }
}
