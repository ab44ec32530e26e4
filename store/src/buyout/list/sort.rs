//! In which order a list shows its runs.

use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition};
use strum::{Display, EnumString};

use super::super::row;
use super::Listed;
use crate::page::Key;

/// By what a list is sorted; equal ones by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum BuyoutOrder {
    #[default]
    Started,
    /// Runs without a deadline count as due after all others.
    Deadline,
    StageSince,
}

/// The default is the latest started first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuyoutSort {
    pub order: BuyoutOrder,
    pub ascending: bool,
}

impl BuyoutSort {
    pub(super) fn column(self) -> row::Column {
        match self.order {
            BuyoutOrder::Started => row::Column::StartedAt,
            BuyoutOrder::Deadline => row::Column::DueAt,
            BuyoutOrder::StageSince => row::Column::StageSince,
        }
    }

    /// Mark of this sort's cursors.
    pub(super) fn mark(self) -> &'static str {
        match (self.order, self.ascending) {
            (BuyoutOrder::Started, false) => "started",
            (BuyoutOrder::Started, true) => "started-up",
            (BuyoutOrder::Deadline, false) => "deadline",
            (BuyoutOrder::Deadline, true) => "deadline-up",
            (BuyoutOrder::StageSince, false) => "stage",
            (BuyoutOrder::StageSince, true) => "stage-up",
        }
    }

    pub(super) fn key(self, row: &Listed) -> Key {
        Key {
            at: match self.order {
                BuyoutOrder::Started => row.started_at,
                BuyoutOrder::Deadline => row.due_at,
                BuyoutOrder::StageSince => row.stage_since,
            },
            id: row.id.clone(),
        }
    }

    /// What comes after the key. The first comparison alone bounds the walk over an index.
    pub(super) fn after(self, Key { at, id }: Key) -> Condition {
        let column = self.column();
        let (bound, beyond, next) = if self.ascending {
            (column.gte(at), column.gt(at), row::Column::Id.gt(id))
        } else {
            (column.lte(at), column.lt(at), row::Column::Id.lt(id))
        };
        Condition::all().add(bound).add(beyond.or(next))
    }
}
