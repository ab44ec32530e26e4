//! The table: what, ours, reference, ratio, goal, and whether the goal is met.

use std::fmt::Display;
use std::time::Instant;

use anyhow::Context;
use serde::Serialize;

/// One line.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    pub(crate) row: &'static str,
    pub(crate) what: String,
    pub(crate) ours: String,
    pub(crate) reference: String,
    pub(crate) ratio: String,
    pub(crate) goal: String,
    /// `None`: a figure without a goal.
    pub(crate) met: Option<bool>,
}

pub(crate) struct Table {
    quick: bool,
    began: Instant,
    lines: Vec<Line>,
    /// Rows that could not be measured.
    failed: Vec<String>,
}

#[derive(Serialize)]
struct Kept<'a> {
    quick: bool,
    release: bool,
    machine: &'a str,
    seconds: u64,
    lines: &'a [Line],
    failed: &'a [String],
}

impl Table {
    pub(crate) fn new(quick: bool) -> Self {
        Self {
            quick,
            began: Instant::now(),
            lines: Vec::new(),
            failed: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, line: Line) {
        println!("{}", shown(&line));
        self.lines.push(line);
    }

    /// A figure without a goal.
    pub(crate) fn tell(&mut self, row: &'static str, what: impl Into<String>, ours: impl Display) {
        self.add(Line {
            row,
            what: what.into(),
            ours: ours.to_string(),
            reference: String::new(),
            ratio: String::new(),
            goal: String::new(),
            met: None,
        });
    }

    pub(crate) fn fail(&mut self, row: &str, error: &anyhow::Error) {
        println!("{row}: not measured: {error:#}");
        self.failed.push(format!("{row}: {error:#}"));
    }

    /// Whether every goal is met and every row was measured.
    pub(crate) fn is_met(&self) -> bool {
        self.failed.is_empty() && self.lines.iter().all(|line| line.met != Some(false))
    }

    /// Prints the whole and keeps it in `.kite/bench/results.json`.
    pub(crate) fn finish(&self) -> anyhow::Result<()> {
        let machine = machine();
        let build = if cfg!(debug_assertions) {
            "debug build"
        } else {
            "release build"
        };
        println!(
            "\n{machine}; {build}{}",
            if self.quick {
                "; quick: not a measurement"
            } else {
                ""
            }
        );
        let headings = ["row", "what", "ours", "reference", "ratio", "goal", ""];
        let rows: Vec<[String; 7]> = self.lines.iter().map(cells).collect();
        let widths: Vec<usize> = (0..headings.len())
            .map(|at| {
                let cells = rows.iter().map(|row| row[at].chars().count());
                cells.chain([headings[at].len()]).max().unwrap_or_default()
            })
            .collect();
        let line = |cells: &[&str]| {
            let padded: Vec<String> = cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            format!("| {} |", padded.join(" | "))
        };
        println!("{}", line(&headings));
        let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        println!(
            "{}",
            line(&dashes.iter().map(String::as_str).collect::<Vec<_>>())
        );
        for row in &rows {
            println!(
                "{}",
                line(&row.iter().map(String::as_str).collect::<Vec<_>>())
            );
        }
        for failed in &self.failed {
            println!("NOT measured: {failed}");
        }
        let seconds = self.began.elapsed().as_secs();
        println!("{seconds} s");
        let folder = stack::temporal::root().join(".kite/bench");
        std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
        let kept = Kept {
            quick: self.quick,
            release: !cfg!(debug_assertions),
            machine: &machine,
            seconds,
            lines: &self.lines,
            failed: &self.failed,
        };
        let path = folder.join("results.json");
        std::fs::write(&path, serde_json::to_string_pretty(&kept)?)
            .with_context(|| format!("{}", path.display()))
    }
}

fn cells(line: &Line) -> [String; 7] {
    let Line {
        row,
        what,
        ours,
        reference,
        ratio,
        goal,
        met,
    } = line;
    let met = match met {
        Some(true) => "ok",
        Some(false) => "NOT",
        None => "",
    };
    [
        (*row).to_owned(),
        what.clone(),
        ours.clone(),
        reference.clone(),
        ratio.clone(),
        goal.clone(),
        met.to_owned(),
    ]
}

fn shown(line: &Line) -> String {
    let cells = cells(line);
    let told: Vec<&str> = cells
        .iter()
        .map(String::as_str)
        .filter(|cell| !cell.is_empty())
        .collect();
    told.join(" | ")
}

/// The processor, how many of them, and the memory.
fn machine() -> String {
    let field = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_once(':'));
        value.map_or_else(
            || "unknown".to_owned(),
            |(_, value)| value.trim().to_owned(),
        )
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{}, {cores} cores, {}",
        field("/proc/cpuinfo", "model name"),
        field("/proc/meminfo", "MemTotal")
    )
}
