//! What becomes of a deal: which car, what people say, where it has to end.

use domain::task::TaskKind;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use stack::play::Prices;
use stack::seed;

/// A town where offers are valid for seconds.
pub(super) const HASTY_CITY: &str = "Апатиты";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    PaidBySbp,
    PaidByOrder,
    Bargained,
    PapersReturned,
    Declined,
    Expired,
    Wanted,
    Forged,
    /// By the head, as soon as that task is open.
    CancelledAt(TaskKind),
}

/// Of twenty deals.
const DECK: [Fate; 20] = [
    Fate::PaidBySbp,
    Fate::PaidBySbp,
    Fate::PaidBySbp,
    Fate::PaidBySbp,
    Fate::PaidBySbp,
    Fate::PaidByOrder,
    Fate::PaidByOrder,
    Fate::Bargained,
    Fate::Bargained,
    Fate::PapersReturned,
    Fate::PapersReturned,
    Fate::Declined,
    Fate::Declined,
    Fate::Expired,
    Fate::Expired,
    Fate::Wanted,
    Fate::Forged,
    Fate::CancelledAt(TaskKind::Inspect),
    Fate::CancelledAt(TaskKind::OfferToClient),
    Fate::CancelledAt(TaskKind::ApprovePayment),
];

impl Fate {
    /// So many of them, mixed.
    pub(super) fn draw(count: usize, dice: &mut StdRng) -> Vec<Self> {
        let mut fates = Vec::new();
        while fates.len() < count {
            let mut deck = DECK;
            deck.shuffle(dice);
            fates.extend(deck);
        }
        fates.truncate(count);
        fates
    }

    pub(super) fn car(self) -> &'static str {
        match self {
            Self::PaidByOrder => "expensive",
            Self::Wanted => "wanted",
            Self::PaidBySbp
            | Self::Bargained
            | Self::PapersReturned
            | Self::Declined
            | Self::Expired
            | Self::Forged
            | Self::CancelledAt(_) => "clean_cheap",
        }
    }

    pub(super) fn city(self) -> &'static str {
        match self {
            Self::Expired => HASTY_CITY,
            _ => seed::CITY,
        }
    }

    pub(super) fn prices(self) -> Prices {
        match self {
            Self::PaidByOrder => Prices {
                buyout: 1_450_000,
                stop: 1_550_000,
                forecast: 1_800_000,
            },
            _ => Prices {
                buyout: 300_000,
                stop: 340_000,
                forecast: 400_000,
            },
        }
    }

    pub(super) fn is_paid(self) -> bool {
        self.end() == "DONE"
    }

    /// The stage in which it ends, whatever dies on the way.
    pub(super) fn end(self) -> &'static str {
        match self {
            Self::PaidBySbp | Self::PaidByOrder | Self::Bargained | Self::PapersReturned => "DONE",
            Self::Declined => "DECLINED_BY_CLIENT",
            Self::Expired => "OFFER_EXPIRED",
            Self::Wanted => "REFUSED_LEGAL",
            Self::Forged => "REFUSED_FRAUD",
            Self::CancelledAt(_) => "CANCELLED",
        }
    }
}
