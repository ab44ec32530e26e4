use super::*;

fn config() -> HoldConfig {
    HoldConfig {
        failures: 3,
        runs: 2,
        within_secs: 60,
        probe_secs: 30,
        probe_longest_secs: 300,
        wait_secs: 10,
        hand_back_secs: 60,
        wave_per_second: 2.0,
    }
}

fn second(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_000_000 + second, 0).expect("an instant")
}

fn call(run: &str) -> Call<'_> {
    Call {
        run,
        activity: "7",
        left: Some(Duration::from_secs(200)),
    }
}

fn held(since: i64, probe_at: Option<i64>) -> Option<Held> {
    Some(Held {
        since: second(since),
        reason: "плановые работы".to_owned(),
        probe_at: probe_at.map(second),
    })
}

fn away() -> Said {
    Said::Failed {
        class: FailureClass::Unavailable,
        text: "нет ответа".to_owned(),
    }
}

/// After how long the call asks again; `None`: it was handed back.
fn pause(turn: Turn) -> Option<Duration> {
    match turn {
        Turn::Wait(PartnerError::Held {
            retry_after,
            reason: _,
        }) => retry_after,
        other => panic!("it did not wait: {other:?}"),
    }
}

#[test]
fn a_young_hold_lets_a_call_ask_again_and_an_old_one_hands_it_back() {
    let mut partner = Partner {
        held: held(0, None),
        ..Partner::default()
    };
    let mut at = |now: i64, left: u64| {
        let call = Call {
            left: Some(Duration::from_secs(left)),
            ..call("a")
        };
        pause(partner.turn(&config(), &call, second(now), Instant::now()))
    };
    let again = at(5, 200).expect("it asks again");
    assert!((5..=15).contains(&again.as_secs()), "{again:?}");
    assert_eq!(at(5, 9), None, "no time is left for another question");
    assert_eq!(at(61, 200), None, "the hold is old");
}

#[test]
fn an_open_circuit_is_tried_when_it_is_time_and_a_hold_of_ops_never() {
    let mut circuit = Partner {
        held: held(0, Some(30)),
        ..Partner::default()
    };
    let turn = |partner: &mut Partner, now| {
        partner.turn(&config(), &call("a"), second(now), Instant::now())
    };
    assert!(matches!(turn(&mut circuit, 29), Turn::Wait(_)));
    assert_eq!(turn(&mut circuit, 30), Turn::Probe { since: second(0) });
    let mut ops = Partner {
        held: held(0, None),
        ..Partner::default()
    };
    assert!(matches!(turn(&mut ops, 100_000), Turn::Wait(_)));
}

#[test]
fn a_circuit_opens_by_failures_of_several_runs_and_closes_by_an_answer() {
    let mut partner = Partner::default();
    let rule = config().rule();
    for (number, (run, turned)) in [("a", false), ("b", false), ("a", true), ("a", false)]
        .into_iter()
        .enumerate()
    {
        let now = second(number as i64);
        assert_eq!(partner.said(&rule, &away(), run, now), turned, "{number}");
    }
    assert!(
        partner
            .opened
            .as_deref()
            .is_some_and(|reason| reason.contains("нет ответа"))
    );
    assert!(matches!(
        partner.turn(&config(), &call("c"), second(4), Instant::now()),
        Turn::Wait(_)
    ));
    assert!(partner.said(&rule, &Said::Answered, "b", second(5)));
    assert!(partner.answered && partner.opened.is_none() && partner.held.is_none());
}

#[test]
fn an_answer_does_not_release_what_a_person_holds() {
    let mut partner = Partner {
        held: held(0, None),
        ..Partner::default()
    };
    assert!(!partner.said(&config().rule(), &Said::Answered, "a", second(1)));
    assert!(partner.held.is_some());
}

#[test]
fn whoever_waited_goes_on_in_turn() {
    let mut partner = Partner {
        held: held(0, None),
        ..Partner::default()
    };
    let released = Instant::now();
    partner.now_held(None, released);
    let mut turn = |run: &'static str, after_ms: u64| {
        let now = released + Duration::from_millis(after_ms);
        match partner.turn(&config(), &call(run), second(9), now) {
            Turn::Go => 0,
            turn => pause(turn).expect("a pause").as_millis(),
        }
    };
    // Two a second: the first goes, the others get their slots, half a second apart.
    assert_eq!(turn("a", 0), 0);
    assert_eq!(turn("b", 0), 500);
    assert_eq!(turn("c", 0), 1_000);
    assert_eq!(turn("c", 400), 600, "it came too early and keeps its slot");
    assert_eq!(turn("b", 500), 0);
    assert_eq!(turn("d", 500), 1_000);
    assert_eq!(turn("c", 1_000), 0);
    assert_eq!(turn("d", 1_500), 0);
    // Long after the release nobody waits any more.
    assert_eq!(turn("e", 120_000), 0);
    assert_eq!(turn("f", 120_000), 0);
}

#[test]
fn holds_of_people_and_circuits_are_one_that_no_call_tries() {
    let row = |cause, since, reason: &str, probe_at: Option<i64>| HoldRow {
        id: 1,
        partner: "fssp".to_owned(),
        cause,
        reason: reason.to_owned(),
        since: second(since),
        held_by: None,
        probe_at: probe_at.map(second),
        released_at: None,
        released_by: None,
    };
    let circuit = row(HoldCause::Circuit, 10, "сбой", Some(40));
    let ops = row(HoldCause::Ops, 20, "работы", None);
    for order in [[&circuit, &ops], [&ops, &circuit]] {
        let mut held = BTreeMap::new();
        for row in order {
            add(&mut held, "fssp", row);
        }
        let one = &held["fssp"];
        assert_eq!((one.since, one.probe_at), (second(10), None));
        assert_eq!(one.reason, "работы");
    }
}

#[test]
fn the_longer_an_outage_the_seldomer_it_is_tried() {
    let after = |minutes| {
        config()
            .probe_after(chrono::Duration::minutes(minutes))
            .num_seconds()
    };
    assert_eq!(
        [0, 1, 4, 10, 20, 600].map(after),
        [30, 30, 30, 75, 150, 300]
    );
}
