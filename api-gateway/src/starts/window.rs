//! The bound of runs that the engine carries at once, and how it moves: up by one with each run that was taken up in
//! time while the bound was in use, down by a third when one was not.
//!
//! Three kinds of runs have a place: those that are just being started, those that nobody has taken up yet, and those
//! that move, which is that something was written about them a moment ago. A run that waits for a person, a client or a
//! partner costs the engine nothing and has none.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::buyout::start::BuyoutId;

use super::StartsConfig;

/// What is left of the bound when a run was not taken up in time.
const LESS: f64 = 0.67;
/// A run about which nothing was written for so long does not move. Longer than the time between two records of a run
/// that shares the engine with as many as the bound lets in, or runs would go uncounted because they are slow.
const STILL: Duration = Duration::from_secs(10);

pub(super) struct Window {
    most: f64,
    soon: Duration,
    forget: Duration,
    limit: f64,
    /// Starts under way.
    entering: usize,
    /// Started and not taken up yet, since when.
    on_their_way: HashMap<BuyoutId, Instant>,
    /// Those of them that nobody has asked for yet.
    newly_on_their_way: Vec<BuyoutId>,
    /// When something was last written about a run.
    moving: HashMap<BuyoutId, Instant>,
    lowered_at: Option<Instant>,
    /// How long it took lately.
    usual: Duration,
}

impl Window {
    pub(super) fn new(config: &StartsConfig) -> Self {
        let most = f64::from(config.at_once.get());
        Self {
            most,
            soon: Duration::from_millis(config.soon_ms),
            forget: Duration::from_secs(config.forget_secs),
            limit: most,
            entering: 0,
            on_their_way: HashMap::new(),
            newly_on_their_way: Vec::new(),
            moving: HashMap::new(),
            lowered_at: None,
            usual: Duration::ZERO,
        }
    }

    /// Takes a place, if one is free.
    pub(super) fn enter(&mut self, now: Instant) -> bool {
        // Nobody has to be taken up for it to be seen that nobody is.
        if let Some(oldest) = self.on_their_way.values().min()
            && now - *oldest > self.soon
        {
            self.lower(now);
        }
        let free = self.used() < self.limit() as usize;
        if free {
            self.entering += 1;
        }
        free
    }

    pub(super) fn leave(&mut self) {
        self.entering = self.entering.saturating_sub(1);
    }

    pub(super) fn keep(&mut self, run: BuyoutId, entered: Instant) {
        self.leave();
        self.newly_on_their_way.push(run.clone());
        self.on_their_way.insert(run, entered);
    }

    /// The run has its first record; answers how long that took.
    pub(super) fn taken_up(&mut self, run: &BuyoutId, now: Instant) -> Option<Duration> {
        let in_use = self.used() * 2 > self.limit() as usize;
        let took = now - self.on_their_way.remove(run)?;
        self.usual = (self.usual * 3 + took) / 4;
        if took > self.soon {
            self.lower(now);
        } else if in_use {
            self.limit = (self.limit + 1.0).min(self.most);
        }
        Some(took)
    }

    /// Something was written about the run.
    pub(super) fn moved(&mut self, run: BuyoutId, now: Instant) {
        self.moving.insert(run, now);
    }

    pub(super) fn knows(&self, run: &BuyoutId) -> bool {
        self.on_their_way.contains_key(run) || self.moving.contains_key(run)
    }

    pub(super) fn ended(&mut self, run: &BuyoutId) {
        self.moving.remove(run);
    }

    /// Runs that nobody took up hold no place for ever, and runs that stand still hold none.
    pub(super) fn forget(&mut self, now: Instant) {
        self.on_their_way
            .retain(|_, since| now - *since < self.forget);
        self.moving.retain(|_, last| now - *last < STILL);
    }

    /// Once in the time in which it can be seen what that did.
    fn lower(&mut self, now: Instant) {
        if self.lowered_at.is_some_and(|at| now - at < self.soon) {
            return;
        }
        self.lowered_at = Some(now);
        self.limit = (self.limit * LESS).max(1.0);
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit as u32
    }

    /// Places that are taken.
    pub(super) fn used(&self) -> usize {
        self.entering + self.on_their_way.len() + self.moving.len()
    }

    pub(super) fn moving(&self) -> usize {
        self.moving.len()
    }

    pub(super) fn usual(&self) -> Duration {
        self.usual
    }

    pub(super) fn on_their_way(&self) -> usize {
        self.on_their_way.len()
    }

    /// Each of them once.
    pub(super) fn newly_on_their_way(&mut self) -> Vec<BuyoutId> {
        std::mem::take(&mut self.newly_on_their_way)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const SOON: Duration = Duration::from_millis(500);

    fn window(at_once: u32) -> Window {
        Window::new(&StartsConfig {
            at_once: NonZeroU32::new(at_once).expect("a bound"),
            soon_ms: 500,
            forget_secs: 60,
        })
    }

    fn run(number: u64) -> BuyoutId {
        BuyoutId::new("portal", number)
    }

    /// Starts as many as are let in; answers how many that were.
    fn fill(window: &mut Window, first: u64, now: Instant) -> u64 {
        let mut count = 0;
        while window.enter(now) {
            window.keep(run(first + count), now);
            count += 1;
        }
        count
    }

    #[test]
    fn a_place_is_free_again_when_its_run_was_taken_up_or_the_start_failed() {
        let (mut window, now) = (window(2), Instant::now());
        assert_eq!(fill(&mut window, 1, now), 2);
        assert!(!window.enter(now));
        let later = now + SOON / 5;
        assert_eq!(window.taken_up(&run(1), later), Some(SOON / 5));
        assert_eq!(window.taken_up(&run(1), later), None, "once");
        assert!(window.enter(later));
        assert!(!window.enter(later));
        window.leave();
        assert!(window.enter(later));
    }

    #[test]
    fn slow_runs_lower_the_bound_to_one_and_quick_ones_raise_it_again() {
        let (mut window, mut now) = (window(32), Instant::now());
        let mut next = 1;
        for _ in 0..12 {
            let count = fill(&mut window, next, now);
            now += SOON * 2;
            for number in next..next + count {
                window.taken_up(&run(number), now);
            }
            next += count;
        }
        assert_eq!((window.limit(), window.used()), (1, 0));
        assert!(window.usual() > SOON);
        for _ in 0..60 {
            let count = fill(&mut window, next, now);
            now += SOON / 5;
            for number in next..next + count {
                window.taken_up(&run(number), now);
            }
            next += count;
        }
        assert_eq!(window.limit(), 32);
    }

    #[test]
    fn a_run_is_asked_for_once() {
        let (mut window, now) = (window(2), Instant::now());
        assert_eq!(fill(&mut window, 1, now), 2);
        assert_eq!(window.newly_on_their_way(), [run(1), run(2)]);
        assert_eq!(window.newly_on_their_way(), []);
        assert_eq!(window.on_their_way(), 2);
    }

    #[test]
    fn a_bound_that_nobody_needs_stays() {
        let (mut window, now) = (window(32), Instant::now());
        assert_eq!(fill(&mut window, 1, now), 32);
        for number in 1..=32 {
            window.taken_up(&run(number), now + SOON * 3);
        }
        let lowered = window.limit();
        assert!(lowered < 32, "{lowered}");
        for number in 100..200 {
            assert!(window.enter(now));
            window.keep(run(number), now);
            window.taken_up(&run(number), now + SOON / 10);
        }
        assert_eq!(window.limit(), lowered);
    }

    #[test]
    fn a_run_has_its_place_for_as_long_as_it_moves() {
        let (mut window, mut now) = (window(4), Instant::now());
        assert_eq!(fill(&mut window, 1, now), 4);
        now += SOON / 5;
        for number in 1..=4 {
            window.moved(run(number), now);
            window.taken_up(&run(number), now);
        }
        assert!(!window.enter(now), "all four go on");
        // The fourth one has come to a person.
        for _ in 0..4 {
            now += STILL / 3;
            for number in 1..=3 {
                window.moved(run(number), now);
            }
            window.forget(now);
        }
        assert_eq!((window.used(), window.moving()), (3, 3));
        assert!(window.enter(now));
        window.leave();
        // It goes on, whatever the bound says: only starts are held back.
        for number in 4..=6 {
            window.moved(run(number), now);
        }
        assert_eq!(window.used(), 6);
        assert!(!window.enter(now));
        for number in 1..=3 {
            window.ended(&run(number));
        }
        assert_eq!(window.used(), 3);
        now += STILL;
        window.forget(now);
        assert_eq!(window.used(), 0);
    }

    #[test]
    fn without_a_worker_few_are_let_in_and_none_holds_its_place_for_ever() {
        let (mut window, mut now) = (window(8), Instant::now());
        assert_eq!(fill(&mut window, 1, now), 8);
        for _ in 0..20 {
            now += SOON;
            assert!(!window.enter(now));
        }
        assert_eq!(window.limit(), 1);
        now += Duration::from_secs(60);
        window.forget(now);
        assert_eq!(window.used(), 0);
        assert!(window.enter(now));
    }
}
