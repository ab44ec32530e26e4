//! Who is killed when, drawn from the seed.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use strum::IntoEnumIterator;
use tests::machine::Part;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A part is killed and comes back after a while.
    Killed(Part),
    /// A partner answers nobody for a while.
    Away(&'static str),
    /// The next answers of a partner are lost after the effect.
    Mute(&'static str),
}

/// A fault, and how long it goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    /// After the one before has ended.
    pub(super) pause: Duration,
    pub(super) fault: Fault,
    pub(super) lasts: Duration,
}

/// Those whom a buyout calls. Mail has words of its own for a lost answer.
const PARTNERS: [&str; 9] = [
    "autoteka",
    "avtocod",
    "bank",
    "bitrix24",
    "fssp",
    "onec_alfa",
    "onec_treasury",
    "wazzup",
    "yookassa",
];

/// Faults one after another, for about that long: every part is killed as often as every other, give or take one;
/// between two kills a partner fails.
pub(super) fn draw(length: Duration, dice: &mut StdRng) -> Vec<Planned> {
    let mut parts = VecDeque::new();
    let mut faults = Vec::new();
    let mut planned = Duration::ZERO;
    while planned < length {
        if parts.is_empty() {
            let mut deck: Vec<Part> = Part::iter().collect();
            deck.shuffle(dice);
            parts.extend(deck);
        }
        let killed = parts.pop_front().map(Fault::Killed);
        let partner = PARTNERS[dice.random_range(0..PARTNERS.len())];
        let failing = match dice.random_bool(0.5) {
            true => Fault::Away(partner),
            false => Fault::Mute(partner),
        };
        for fault in killed.into_iter().chain([failing]) {
            let pause = Duration::from_millis(dice.random_range(500..2_500));
            let lasts = Duration::from_millis(match fault {
                // From a restart by a supervisor to a machine that boots.
                Fault::Killed(_) => dice.random_range(100..4_000),
                Fault::Away(_) => dice.random_range(1_000..6_000),
                Fault::Mute(_) => dice.random_range(500..2_000),
            });
            planned += pause + lasts;
            faults.push(Planned {
                pause,
                fault,
                lasts,
            });
        }
    }
    faults
}
