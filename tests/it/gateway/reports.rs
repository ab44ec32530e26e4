//! Reports: what runs and tasks add up to, within one's own cities.

use chrono::{DateTime, Duration, Utc};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::money::Money;
use domain::staff::Role;
use proto::kite::report::v1::{
    GetCycleTimesRequest, GetFunnelRequest, GetFunnelResponse, GetRefusalsRequest,
    GetServiceLevelsRequest, Period,
};
use stack::people::Person;
use stack::play::{Play, Prices};
use tests::World;
use tonic::{Code, Status};

use super::lists::{began, run, save};
use super::{newcomer, violations};

fn time(at: DateTime<Utc>) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp {
        seconds: at.timestamp(),
        nanos: 0,
    })
}

fn period(from: DateTime<Utc>, days: i64, city: &str) -> Option<Period> {
    Some(Period {
        from: time(from),
        to: time(from + Duration::days(days)),
        city: city.to_owned(),
    })
}

async fn funnel(person: &Person, period: Option<Period>) -> Result<GetFunnelResponse, Status> {
    let answer = person
        .reports()
        .get_funnel(GetFunnelRequest { period })
        .await?;
    Ok(answer.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_add_up_within_ones_cities() -> anyhow::Result<()> {
    let world = World::start().await?;
    let head = world.stack.sign_in("head").await?;
    let local = newcomer(&world, "local", &[Role::BuyoutHead], &["Псков"]).await?;

    // Of nine, the third, sixth and ninth are of Псков; the fourth and eighth are cancelled.
    for deal_id in 1..=9 {
        save(&world, run(deal_id), Vec::new()).await?;
    }
    let mut bought = run(9);
    bought.version = 2;
    bought.stage = Stage::Done;
    bought.stage_since = bought.started_at + Duration::hours(2);
    bought.ended_at = Some(bought.stage_since);
    let price = Money::from_rubles(300_000);
    bought.outcome = Some(BuyoutOutcome::Done { price });
    save(&world, bought, Vec::new()).await?;

    let week = |city: &str| period(began(), 7, city);
    let all = funnel(&head, week("")).await?;
    assert_eq!((all.started, all.bought), (9, 1));
    assert_eq!(all.paid.map(|paid| paid.kopecks), Some(30_000_000));
    let reached = |answer: &GetFunnelResponse, stage: &str| {
        let step = answer.steps.iter().find(|step| step.stage == stage);
        step.map(|step| (step.title.clone(), step.reached))
    };
    assert_eq!(
        reached(&all, "OFFER"),
        Some(("Предложение клиенту".to_owned(), 7))
    );
    assert_eq!(reached(&all, "DONE"), Some(("Выкуплен".to_owned(), 1)));
    assert_eq!(all.steps.len(), 13);
    let own = funnel(&local, week("")).await?;
    assert_eq!((own.started, own.bought), (3, 1), "one's own city alone");
    assert_eq!(funnel(&head, week("Мурманск")).await?.started, 6);
    let refused = funnel(&local, week("Мурманск"))
        .await
        .expect_err("not theirs");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");

    let request = GetCycleTimesRequest { period: week("") };
    let times = head.reports().get_cycle_times(request).await?.into_inner();
    let stages: Vec<(&str, u64, u64, u64)> = times
        .stages
        .iter()
        .map(|s| (s.stage.as_str(), s.runs, s.median_secs, s.p90_secs))
        .collect();
    assert_eq!(stages, [("OFFER", 1, 7_200, 7_200)]);
    assert_eq!(
        (times.whole_median_secs, times.whole_p90_secs),
        (7_200, 7_200)
    );

    let request = GetRefusalsRequest { period: week("") };
    let refusals = head
        .reports()
        .get_refusals(request)
        .await?
        .into_inner()
        .refusals;
    assert_eq!(refusals.len(), 1);
    assert_eq!(
        (
            refusals[0].stage.as_str(),
            refusals[0].title.as_str(),
            refusals[0].count
        ),
        ("CANCELLED", "Отменена", 2)
    );
    let reasons: Vec<(&str, u64)> = refusals[0]
        .reasons
        .iter()
        .map(|reason| (reason.text.as_str(), reason.count))
        .collect();
    assert_eq!(reasons, [("проверка", 2)]);

    // Nothing happened: empty lists, no error.
    let quiet = period(began() - Duration::days(400), 366, "");
    let none = funnel(&head, quiet.clone()).await?;
    assert_eq!((none.steps.len(), none.started), (0, 0));
    let request = GetServiceLevelsRequest { period: quiet };
    let levels = head
        .reports()
        .get_service_levels(request)
        .await?
        .into_inner()
        .levels;
    assert_eq!(levels, []);

    let request = GetRefusalsRequest { period: None };
    let refused = head
        .reports()
        .get_refusals(request)
        .await
        .expect_err("no period");
    assert_eq!(
        (refused.code(), violations(&refused)),
        (
            Code::InvalidArgument,
            vec!["period.from".to_owned(), "period.to".to_owned()]
        )
    );
    let refused = funnel(&head, period(began(), 367, ""))
        .await
        .expect_err("too long");
    assert_eq!(violations(&refused), ["period.to"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_played_buyout_leaves_its_facts() -> anyhow::Result<()> {
    let world = World::start().await?;
    let head = world.stack.sign_in("head").await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(Prices {
        buyout: 440_000,
        stop: 470_000,
        forecast: 560_000,
    })
    .await?;
    play.client_says("DECLINE", 0, "Передумал продавать.")
        .await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");

    let today = || period(Utc::now() - Duration::days(1), 2, "");
    let funnel = funnel(&head, today()).await?;
    let reached: Vec<u64> = funnel.steps.iter().map(|step| step.reached).collect();
    assert_eq!(reached, [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    let request = GetCycleTimesRequest { period: today() };
    let times = head.reports().get_cycle_times(request).await?.into_inner();
    let stages: Vec<&str> = times
        .stages
        .iter()
        .map(|stage| stage.stage.as_str())
        .collect();
    for stage in ["NEW", "INSPECTION", "CHECKING", "APPRAISAL", "OFFER"] {
        assert!(stages.contains(&stage), "{stages:?}");
    }
    assert_eq!(times.whole_median_secs, 0, "nothing was bought");
    let request = GetRefusalsRequest { period: today() };
    let refusals = head
        .reports()
        .get_refusals(request)
        .await?
        .into_inner()
        .refusals;
    assert_eq!(refusals[0].reasons[0].text, "Передумал продавать");
    let request = GetServiceLevelsRequest { period: today() };
    let levels = head
        .reports()
        .get_service_levels(request)
        .await?
        .into_inner()
        .levels;
    let in_time: Vec<(&str, u64, u64, u64)> = levels
        .iter()
        .map(|level| {
            (
                level.kind.as_str(),
                level.in_time,
                level.late,
                level.overdue,
            )
        })
        .collect();
    assert!(in_time.contains(&("INSPECT", 1, 0, 0)), "{in_time:?}");
    assert!(in_time.contains(&("APPRAISE", 1, 0, 0)), "{in_time:?}");
    world.stop().await
}
