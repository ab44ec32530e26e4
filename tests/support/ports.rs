//! Ports for servers that are told theirs beforehand, or that come back to the same one.
//!
//! A free port that the system names may be anybody's a moment later, as the local end of a connection
//! or as the port of a test beside this one. So these come from below the range that the system gives
//! out, and a lock per port keeps the tests' processes apart.

use std::fs::File;
use std::net::TcpListener;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};

/// Linux gives out ports from 32768 on, others from 49152 on.
const RANGE: Range<u16> = 20_000..32_000;

/// Locks of this process's ports; they end with it, however it ends.
static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port of 127.0.0.1 that is this process's until it ends.
pub fn lease() -> anyhow::Result<u16> {
    let folder = std::env::temp_dir().join("kite-test-ports");
    std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let count = u32::from(RANGE.end - RANGE.start);
    // Processes that start together begin at different places.
    let first = std::process::id().wrapping_mul(31) % count;
    for step in 0..count {
        let port = RANGE.start + u16::try_from((first + step) % count)?;
        let path = folder.join(port.to_string());
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("{}", path.display()))?;
        if lock.try_lock().is_err() || TcpListener::bind(("127.0.0.1", port)).is_err() {
            continue;
        }
        HELD.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(lock);
        return Ok(port);
    }
    bail!("no port between {} and {} is free", RANGE.start, RANGE.end)
}
