//! What has to be undone when a run ends without a purchase.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One thing to undo. Each tolerates that its step never happened and that it was undone before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Undo {
    /// Another deal may buy the car.
    ReleaseCar,
    /// Contract and act no longer count.
    VoidDocuments,
    /// Nobody shall approve the request in the treasury any more.
    WithdrawRequest(Uuid),
}

impl Undo {
    pub fn title_ru(&self) -> &'static str {
        match self {
            Self::ReleaseCar => "освободить автомобиль",
            Self::VoidDocuments => "аннулировать договор и акт",
            Self::WithdrawRequest(_) => "отозвать заявку на оплату в 1С",
        }
    }

    /// Wanted even when the deal is done: a bought car is held by nobody's deal.
    fn also_when_done(&self) -> bool {
        match self {
            Self::ReleaseCar => true,
            Self::VoidDocuments | Self::WithdrawRequest(_) => false,
        }
    }
}

/// Undo of steps begun, last in first out. A step is registered before it begins: whether it took effect is
/// not known when its answer is lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndoStack(Vec<Undo>);

impl UndoStack {
    /// Registers a step that is about to begin.
    pub fn register(&mut self, undo: Undo) {
        self.0.push(undo);
    }

    /// Takes what is to be undone next.
    pub fn pop(&mut self) -> Option<Undo> {
        self.0.pop()
    }

    /// Undone out of turn, or wanted no more.
    pub fn forget(&mut self, undo: &Undo) {
        self.0.retain(|registered| registered != undo);
    }

    /// The deal is done: drops what is not undone then.
    pub fn keep_done(&mut self) {
        self.0.retain(Undo::also_when_done);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> UndoStack {
        let mut stack = UndoStack::default();
        stack.register(Undo::ReleaseCar);
        stack.register(Undo::VoidDocuments);
        stack.register(Undo::WithdrawRequest(Uuid::nil()));
        stack
    }

    #[test]
    fn the_last_step_is_undone_first() {
        let mut stack = stack();
        let order: Vec<Undo> = std::iter::from_fn(|| stack.pop()).collect();
        assert_eq!(
            order,
            [
                Undo::WithdrawRequest(Uuid::nil()),
                Undo::VoidDocuments,
                Undo::ReleaseCar
            ]
        );
        assert!(stack.is_empty());
    }

    #[test]
    fn a_purchase_keeps_its_papers_and_gives_the_car_free() {
        let mut stack = stack();
        stack.forget(&Undo::WithdrawRequest(Uuid::nil()));
        stack.keep_done();
        assert_eq!(stack.pop(), Some(Undo::ReleaseCar));
        assert!(stack.is_empty());
    }
}
