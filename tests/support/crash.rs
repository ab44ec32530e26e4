//! At which points the worker of a stack is to die, and at which it did, see `store::crash_point`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
pub use store::crash_point::Point;
use tempfile::TempDir;

use crate::effects::{Effect, effect};

/// The points of one stack.
pub struct Points {
    folder: TempDir,
    armed: Mutex<BTreeSet<String>>,
}

impl Points {
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
            armed: Mutex::default(),
        })
    }

    /// What the worker's process finds them by.
    pub fn environment(&self) -> Vec<(String, String)> {
        let file = self.file("armed").display().to_string();
        vec![("KITE_CRASH_POINTS".to_owned(), file)]
    }

    /// The worker dies once at that point of each of these effects of the run; answers how many points it were.
    pub fn arm(&self, run: &str, point: Point, activities: &[&str]) -> anyhow::Result<usize> {
        let mut lines = Vec::new();
        for activity in activities {
            let effect = effect(activity).with_context(|| format!("no effect {activity}"))?;
            let calls = calls_at(effect, point);
            lines.extend(calls.iter().map(|call| line(run, activity, point, call)));
        }
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let count = lines.len();
        armed.extend(lines);
        let text: String = armed.iter().map(|line| format!("{line}\n")).collect();
        // Never read half written.
        let new = self.file("new");
        std::fs::write(&new, text)?;
        std::fs::rename(new, self.file("armed"))?;
        Ok(count)
    }

    /// What was died at.
    pub fn fired(&self) -> BTreeSet<String> {
        let text = std::fs::read_to_string(self.file("fired")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Whether there is a point of that effect of the run that was not died at; it is armed no more.
    pub fn take_unfired(&self, run: &str, activity: &str) -> bool {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let fired = self.fired();
        let of_effect = format!("{run}\t{activity}\t");
        let before = armed.len();
        armed.retain(|line| !line.starts_with(&of_effect) || fired.contains(line));
        armed.len() < before
    }

    /// Every armed point was died at.
    pub fn assert_all_fired(&self) {
        let armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let fired = self.fired();
        let missing: Vec<&String> = armed.difference(&fired).collect();
        assert!(missing.is_empty(), "never reached: {missing:#?}");
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.folder.path().join(format!("points.{extension}"))
    }
}

fn line(run: &str, activity: &str, point: Point, call: &str) -> String {
    let point: &str = point.into();
    format!("{run}\t{activity}\t{point}\t{call}")
}

/// The calls of the effect that have such a point. A write of our own is no request; an activity is done once,
/// whatever it calls. What SMTP sends is not seen from inside: see [`is_sent_unseen`].
pub fn calls_at(effect: &Effect, point: Point) -> Vec<&'static str> {
    let calls = effect.calls;
    match point {
        Point::Done => vec![""],
        Point::Sent if calls.is_empty() || is_sent_unseen(effect) => Vec::new(),
        _ if calls.is_empty() => vec![""],
        Point::Before | Point::Sent | Point::Effect => calls.iter().map(|call| call.ours).collect(),
    }
}

/// Letters: their worker is killed from outside, once the server has the letter and has not said so.
pub fn is_sent_unseen(effect: &Effect) -> bool {
    effect.calls.iter().any(|call| call.partner == "mail")
}
