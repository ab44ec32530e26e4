//! Tables and times as a terminal shows them.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

use chrono::{DateTime, Local, Utc};
use prost_types::Timestamp;

/// Prints a line, as `println!` does; a reader that has seen enough (`| head`) ends the program quietly.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::print::line(format_args!($($words)*))
    };
}
pub(crate) use say;

pub(crate) fn line(words: Arguments<'_>) {
    let Err(error) = writeln!(std::io::stdout().lock(), "{words}") else {
        return;
    };
    if error.kind() != ErrorKind::BrokenPipe {
        eprintln!("kite: the answer cannot be printed: {error}");
        std::process::exit(1);
    }
    std::process::exit(0);
}

/// A table whose columns are as wide as their widest cell; the last one runs on.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = head.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (column, cell) in widths.iter_mut().zip(row) {
            *column = (*column).max(width(cell));
        }
    }
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (number, (cell, column)) in row.iter().zip(&widths).enumerate() {
            line.push_str(cell);
            if number + 1 < row.len() {
                line.push_str(&" ".repeat(column - width(cell) + 2));
            }
        }
        say!("{}", line.trim_end());
    }
}

/// Letters of one cell; each of ours takes one place.
fn width(cell: &str) -> usize {
    cell.chars().count()
}

/// In the place of something that there is not.
pub(crate) fn dash() -> String {
    "-".to_owned()
}

/// A moment by this machine's clock; a dash for none.
pub(crate) fn time(at: Option<Timestamp>) -> String {
    moment(at).map_or_else(dash, |at| {
        at.with_timezone(&Local)
            .format("%Y-%m-%d %H:%M:%S")
            .to_string()
    })
}

/// How long ago, in the largest unit that tells something; a dash for none.
pub(crate) fn ago(at: Option<Timestamp>) -> String {
    let Some(at) = moment(at) else {
        return dash();
    };
    let seconds = (Utc::now() - at).num_seconds().max(0);
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

fn moment(at: Option<Timestamp>) -> Option<DateTime<Utc>> {
    let Timestamp { seconds, nanos } = at?;
    DateTime::from_timestamp(seconds, nanos.try_into().unwrap_or_default())
}
