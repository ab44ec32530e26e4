//! Points at which a test has the process die, see docs/testing.md. They are here since no crate with effects lies
//! lower. Nothing happens at them without the feature `crash-points`, which no program has.

#[cfg(feature = "crash-points")]
mod armed;

use std::future::Future;

/// Where an effect is when the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Point {
    /// The call is about to be made.
    Before,
    /// The request is sent, its answer is not read.
    Sent,
    /// The effect is there, and nothing of ours says so yet.
    Effect,
    /// Ours says so too; the engine does not know that the activity is done.
    Done,
}

/// Does the work of an activity of a run; points that are reached meanwhile are this activity's.
#[cfg(feature = "crash-points")]
pub async fn within<F: Future>(run: &str, activity: &str, work: F) -> F::Output {
    armed::within(run, activity, work).await
}

/// Does the work.
#[cfg(not(feature = "crash-points"))]
pub async fn within<F: Future>(_run: &str, _activity: &str, work: F) -> F::Output {
    work.await
}

/// The activity is at that point of that call; a call of our own database has no name.
#[cfg(feature = "crash-points")]
pub fn reached(point: Point, operation: &str) {
    armed::reached(point, operation);
}

/// Nothing waits here.
#[cfg(not(feature = "crash-points"))]
pub fn reached(_point: Point, _operation: &str) {}
