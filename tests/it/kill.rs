//! Buyouts of many fates while somebody kills worker, gateway, Temporal and PostgreSQL, partners fail and callbacks
//! come twice: each ends as its fate says, with each effect once, soon after the last fault nothing is stuck, and every
//! history replays.
//!
//! `KITE_KILL_SEED` repeats a run; `KITE_KILL_RUNS` and `KITE_KILL_SECS` make it longer, see `make soak`.

mod crew;
mod fate;
mod kept;
mod replayed;
mod schedule;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use domain::buyout::start::BuyoutId;
use domain::policy::BuyoutPolicy;
use domain::staff::PersonId;
use domain::task::TaskState;
use futures::future::join_all;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use stack::play::Play;
use stack::seed;
use store::staff::StaffRecord;
use tests::machine::{Machine, Part};
use tests::world::quick;
use tokio::time::Instant;

use self::crew::{Crew, Elsewhere};
use self::fate::{Fate, HASTY_CITY};
use self::schedule::{Fault, Planned};

/// Of the short run; a soak draws one.
const SEED: u64 = 23;
/// Nothing may be stuck for longer once the last fault is over.
const STUCK: Duration = Duration::from_secs(60);
/// A run that takes longer is not looked at any more.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(500);
/// A buyout lasts about as long while things break.
const LAST: Duration = Duration::from_secs(30);

/// What is lost is found by the sweep of the portal; inspectors have all the work there is.
const WORKER: &str = "[sweep]\nportals_every_secs = 10\ngrace_secs = 10\nreconcile_at = \"\"\n\
                      reconcile_days = 7\npatience_secs = 60\n\n[records]\ninspector_capacity = 1000\n";

/// Neither keeps a key of ours, see `crash.rs`.
const WITHOUT_A_KEY: [(&str, &str); 2] = [("fssp", "search_person"), ("mail", "send_mail")];

fn number<T: FromStr>(name: &str, default: T) -> anyhow::Result<T> {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .ok()
            .with_context(|| format!("{name}={text} is no number")),
        Err(_) => Ok(default),
    }
}

/// A dead worker is noticed after seconds; everything else is the demo's.
fn policy() -> BuyoutPolicy {
    let mut policy = quick();
    policy.deadlines.heartbeat_secs = 5;
    policy
}

/// What is known of all runs together.
#[derive(Default)]
struct Watch {
    /// When the last fault was over.
    calm_since: Mutex<Option<Instant>>,
    /// How many runs have not ended.
    left: AtomicUsize,
}

impl Watch {
    fn calm_since(&self) -> Option<Instant> {
        *self.calm_since.lock().expect("nobody panics with it")
    }
}

/// How a run ended.
struct Lived {
    fate: Fate,
    id: String,
    stage: String,
    ended: Instant,
    /// The longest time without a change after the last fault.
    silent: Duration,
}

#[tokio::test(flavor = "multi_thread")]
async fn buyouts_end_as_their_fates_say_whatever_is_killed() -> anyhow::Result<()> {
    let drawn = number("KITE_KILL_SEED", SEED)?;
    let runs = number("KITE_KILL_RUNS", 12_usize)?;
    let length = Duration::from_secs(number("KITE_KILL_SECS", 30)?);
    eprintln!(
        "KITE_KILL_SEED={drawn} KITE_KILL_RUNS={runs} KITE_KILL_SECS={}",
        length.as_secs()
    );
    let mut dice = StdRng::seed_from_u64(drawn);
    let fates = Fate::draw(runs, &mut dice);
    let plan = schedule::draw(length, &mut dice);

    let began = Instant::now();
    let machine = Machine::start(policy(), WORKER).await?;
    let stack = &machine.world.stack;
    prepare(&machine).await?;
    let crew = Crew::sign_in(stack).await?;
    let watch = Watch {
        left: AtomicUsize::new(runs),
        ..Watch::default()
    };
    // The deals come while things break, and the last of them so late that the faults end before it does.
    let between = (length - length.mul_f64(0.34).min(LAST)) / u32::try_from(runs.max(1))?;
    let lives = join_all(fates.iter().enumerate().map(|(at, fate)| {
        let (machine, crew, watch) = (&machine, &crew, &watch);
        async move {
            tokio::time::sleep(between * u32::try_from(at)?).await;
            let lived = live(machine, crew, watch, *fate, length + PATIENCE).await;
            watch.left.fetch_sub(1, Ordering::Relaxed);
            lived
        }
    }));
    let kills = async {
        let mut kills = play(&machine, &plan).await?;
        *watch.calm_since.lock().expect("nobody panics with it") = Some(Instant::now());
        while watch.left.load(Ordering::Relaxed) > 0 {
            wait(&machine, LOOK, None, &mut kills).await?;
        }
        anyhow::Ok(kills)
    };
    let (lives, kills) = tokio::join!(lives, kills);
    let kills = kills?;
    let calm = watch.calm_since().context("the faults are over")?;
    let lives = lives.into_iter().collect::<anyhow::Result<Vec<Lived>>>()?;

    let silent = lives.iter().map(|life| life.silent).max();
    let ended = lives.iter().map(|life| life.ended).max().unwrap_or(calm);
    let silent = silent.unwrap_or_default();
    eprintln!(
        "{runs} runs, killed: {kills:?}; the last run ended {:?} after the last fault, the longest silence \
         of one was {silent:?}; {:?} in all",
        ended.saturating_duration_since(calm),
        began.elapsed(),
    );
    for life in &lives {
        assert_eq!(life.stage, life.fate.end(), "{} {:?}", life.id, life.fate);
    }
    assert!(silent <= STUCK, "a run was stuck for {silent:?}");
    balanced(&machine, &lives).await?;
    replayed::replayed(&machine, &lives).await?;
    machine.stop().await
}

/// Callbacks come twice; one town has hasty offers.
async fn prepare(machine: &Machine) -> anyhow::Result<()> {
    let stack = &machine.world.stack;
    let mut hasty = policy();
    hasty.deadlines.offer_valid_secs = 15;
    hasty.deadlines.offer_last_reminder_secs = 5;
    stack.store.put_policy(Some(HASTY_CITY), &hasty).await?;
    let login = "inspector2";
    let id = PersonId::new(format!("u-{login}"));
    let mut member = stack.store.staff(&id).await?.context("an inspector")?;
    member.cities.push(HASTY_CITY.to_owned());
    let password = seed::password_hash().await?;
    let record = StaffRecord {
        member,
        login: Some(login.to_owned()),
        password_hash: Some(password),
        blocked: false,
    };
    stack.store.upsert_staff(&record).await?;
    twice(machine).await
}

/// Whatever partners tell by themselves they tell twice.
async fn twice(machine: &Machine) -> anyhow::Result<()> {
    for partner in ["avtocod", "bank", "bitrix24", "wazzup", "yookassa"] {
        let twice = json!("duplicate_callback");
        machine
            .world
            .stack
            .control
            .fault(partner, "*", json!("every"), twice)
            .await?;
    }
    Ok(())
}

/// Plays the faults; answers how often each part was killed, and how often it ended by itself.
async fn play(machine: &Machine, plan: &[Planned]) -> anyhow::Result<BTreeMap<String, usize>> {
    let control = &machine.world.stack.control;
    let mut kills = BTreeMap::new();
    for planned in plan {
        let Planned {
            pause,
            fault,
            lasts,
        } = planned;
        wait(machine, *pause, None, &mut kills).await?;
        match fault {
            Fault::Killed(part) => {
                *kills.entry(format!("{part:?}")).or_default() += 1;
                machine.kill(*part).await?;
                wait(machine, *lasts, Some(*part), &mut kills).await?;
                machine.revive(*part).await?;
            }
            Fault::Away(partner) => {
                let away = json!({ "status": 503 });
                control.fault(partner, "*", json!("every"), away).await?;
                wait(machine, *lasts, None, &mut kills).await?;
                control.delete("faults").await?;
                twice(machine).await?;
            }
            Fault::Mute(partner) => {
                let cut = json!("drop_after");
                let next = json!({ "first": 3 });
                control.fault(partner, "*", next, cut).await?;
                wait(machine, *lasts, None, &mut kills).await?;
                control.delete("faults").await?;
                twice(machine).await?;
            }
        }
    }
    Ok(kills)
}

/// Lets time pass; programs that end by themselves are started again, as a supervisor would.
async fn wait(
    machine: &Machine,
    time: Duration,
    dead: Option<Part>,
    kills: &mut BTreeMap<String, usize>,
) -> anyhow::Result<()> {
    let until = Instant::now() + time;
    loop {
        for part in machine.tend().await? {
            *kills.entry(format!("{part:?} by itself")).or_default() += 1;
            eprintln!("{part:?} ended by itself while {dead:?} was dead");
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        tokio::time::sleep(left.min(Duration::from_millis(200))).await;
    }
}

/// One deal, from the robot's call to its end.
async fn live(
    machine: &Machine,
    crew: &Crew,
    watch: &Watch,
    fate: Fate,
    patience: Duration,
) -> anyhow::Result<Lived> {
    let stack = &machine.world.stack;
    let car = json!({ "kind": fate.car() });
    let car = stack.control.post("catalogue/fresh", car).await?;
    let city = json!({ "city": fate.city() });
    let mut play = Play::deal_on(stack, car, city).await?;
    play.patience = Duration::from_secs(5);
    play.robot_calls().await?;
    let id = BuyoutId(play.id.clone());
    let deadline = Instant::now() + patience;
    let mut elsewhere = Elsewhere::new();
    let (mut version, mut changed) = (0, Instant::now());
    let mut silent = Duration::ZERO;
    let mut trouble = String::new();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = Instant::now();
        if let Ok(Some(run)) = stack.store.buyout(&id).await {
            if run.version != version {
                (version, changed) = (run.version, now);
            }
            if run.ended_at.is_some() {
                return Ok(Lived {
                    fate,
                    id: play.id,
                    stage: run.stage.to_string(),
                    ended: now,
                    silent,
                });
            }
            let open = |state: &TaskState| matches!(state, TaskState::Open | TaskState::Claimed);
            for task in run.tasks.values().filter(|task| open(&task.state)) {
                if let Err(error) = crew.act(&play, fate, &run, task, &mut elsewhere).await {
                    trouble = format!("{}: {error:#}", task.kind);
                }
            }
        }
        if let Some(calm) = watch.calm_since() {
            let silence = now.saturating_duration_since(changed.max(calm));
            silent = silent.max(silence);
        }
        if now >= deadline {
            let stage = stack.store.buyout(&id).await?.map(|run| run.stage);
            bail!(
                "{} {fate:?} has not ended: {stage:?}; last trouble: {trouble}",
                play.id
            );
        }
    }
}

/// The books of all partners together: nothing twice, nothing too little.
async fn balanced(machine: &Machine, lives: &[Lived]) -> anyhow::Result<()> {
    let world = &machine.world;
    let control = &world.stack.control;
    let repeated: Vec<_> = world
        .repeated()
        .await?
        .into_iter()
        .filter(|[partner, operation, _]| {
            !WITHOUT_A_KEY.contains(&(partner.as_str(), operation.as_str()))
        })
        .collect();
    assert!(repeated.is_empty(), "happened twice: {repeated:?}");
    let paid = lives.iter().filter(|life| life.fate.is_paid()).count();
    let orders = lives
        .iter()
        .filter(|life| life.fate == Fate::PaidByOrder)
        .count();
    let count = |list: &Value, fits: &dyn Fn(&Value) -> bool| {
        list.as_array()
            .into_iter()
            .flatten()
            .filter(|entry| fits(entry))
            .count()
    };
    let payouts = control.get("yookassa/payouts").await?;
    assert_eq!(
        count(&payouts, &|payout| payout["status"] == "succeeded"),
        paid - orders,
        "payouts"
    );
    let sent = control.get("bank/orders").await?;
    assert_eq!(
        count(&sent, &|order| order["bankStatus"] == "IMPLEMENTED"),
        orders,
        "orders of the bank"
    );
    let requests = control.get("onec_treasury/requests").await?;
    assert_eq!(
        count(&requests, &|request| request["deleted"] == false),
        paid,
        "requests in the treasury"
    );
    for operation in ["create_car", "create_receipt", "post_receipt"] {
        let made = world.effects("onec_alfa", operation).await?.len();
        assert_eq!(made, paid, "onec_alfa {operation}");
    }
    let tasks = control.get("bitrix24/tasks").await?;
    let open = count(&tasks, &|task| task["status"] != "5");
    eprintln!(
        "{open} of {} mirrors of tasks are open",
        count(&tasks, &|_| true)
    );
    Ok(())
}
