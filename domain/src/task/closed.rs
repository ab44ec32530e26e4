//! What somebody is told who comes to a task that is closed.

use crate::calendar::WorkingCalendar;
use crate::refusal::{Refusal, RefusalCode};
use crate::task::HumanTask;

impl HumanTask {
    /// Why nobody decides it any more: what was decided, by whom and when by the clock of the site; `None` while
    /// it is open.
    pub fn closed(&self, calendar: Option<&WorkingCalendar>) -> Option<Refusal> {
        if self.state.is_open() {
            return None;
        }
        let when = self
            .closed_at
            .zip(calendar)
            .map(|(at, calendar)| format!(", {}", calendar.format_ru(at)))
            .unwrap_or_default();
        let sentence = match &self.closed_by {
            Some(by) => format!(
                "Задача уже закрыта: {} ({}{when}).",
                self.result.as_deref().unwrap_or("без решения"),
                by.name
            ),
            None => format!("Задача уже закрыта процессом{when}."),
        };
        Some(Refusal::new(RefusalCode::WrongState, sentence))
    }
}
