//! Bugs that are planted on purpose into the part around the rules: a simulation that does not find them
//! finds nothing.

use strum::EnumIter;

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, strum::Display)]
pub(crate) enum Bug {
    /// An event that comes twice is taken twice.
    DedupeDropped,
    /// The bank is called before the intent is written down.
    PaidBeforeIntent,
    /// The run ends without withdrawing what it asked for.
    UndoSkipped,
    /// Undone in the order in which it was done.
    UndoFirstInFirstOut,
    /// What is to be undone is registered when the step has answered.
    UndoRegisteredLate,
    /// A decision of a task that was closed meanwhile is taken.
    LateDecisionTaken,
    /// Who holds another duty of the run decides.
    OwnWorkTaken,
    /// A decision made on an older version of the task is taken.
    StaleVersionTaken,
    /// Deadlines run at night and on holidays.
    WallClockDeadline,
    /// A second payment under a new key while nobody knows of the first.
    NewKeyWhileUnknown,
    /// A callback that says "paid" is believed.
    CallbackBelieved,
    /// Cancelled while money is on its way.
    CancelledInFlight,
    /// Cancelled while the end is being carried out.
    CancelledWhileClosing,
    /// A request is forgotten before it is known to be withdrawn.
    ForgottenBeforeWithdrawn,
    /// A decision is answered as taken and lost with the worker.
    AnsweredBeforeWritten,
    /// The client accepts an offer that has expired.
    ExpiredOfferTaken,
}
