//! A file says at which points to die: a line each of run, activity, point and call, parted by tabs. What was
//! died at stands in a file beside it, so that the next process goes on.

use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Point;

/// Names the file; absent: nothing is armed.
const ARMED: &str = "KITE_CRASH_POINTS";

/// One point at a time: whoever comes second finds no process any more.
static DYING: Mutex<()> = Mutex::new(());

tokio::task_local! {
    /// Run and activity that this task works for.
    static AT_WORK: (String, String);
}

pub(super) async fn within<F: Future>(run: &str, activity: &str, work: F) -> F::Output {
    let whose = (run.to_owned(), activity.to_owned());
    AT_WORK.scope(whose, work).await
}

pub(super) fn reached(point: Point, operation: &str) {
    let Some(armed) = std::env::var_os(ARMED).map(PathBuf::from) else {
        return;
    };
    // Outside of an activity nothing is armed.
    let _ = AT_WORK.try_with(|(run, activity)| {
        let point: &str = point.into();
        let line = format!("{run}\t{activity}\t{point}\t{operation}");
        let dying = DYING.lock().unwrap_or_else(PoisonError::into_inner);
        let fired = armed.with_extension("fired");
        if stands(&armed, &line) && !stands(&fired, &line) {
            note(&fired, &line);
            eprintln!("crash point fired: {line}");
            std::process::abort();
        }
        drop(dying);
    });
}

fn stands(file: &Path, line: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.lines().any(|known| known == line))
}

/// A point that cannot be noted would fire for ever.
fn note(file: &Path, line: &str) {
    let opened = File::options().create(true).append(true).open(file);
    let written = opened.and_then(|mut file| writeln!(file, "{line}"));
    if let Err(error) = written {
        panic!("{}: {error}", file.display());
    }
}
