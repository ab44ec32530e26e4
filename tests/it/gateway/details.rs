//! One run as each role sees it, and what an appraisal would mean.

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use domain::appraisal::{Appraisal, Category, SalesChannel, SetAppraisal};
use domain::buyout::state::{Buyout, PriceApproval, RecordedAnswer};
use domain::checks::{CheckKind, CheckOutcome, CheckResult, Market};
use domain::document::{Paper, PaperFields, PaperKind, PaperSet, PaperVerdict};
use domain::file::{FileKind, FileRef};
use domain::inspection::{Inspection, PhotoReuse, SubmittedInspection};
use domain::money::Money;
use domain::offer::{AnswerSource, ClientAnswer};
use domain::payment::{Requisites, SbpRequisites};
use domain::phone::Phone;
use domain::staff::{PersonId, PersonRef, Role};
use domain::vin::CarIdentifier;
use proto::kite::buyout::v1::{self as pb, PreviewAppraisalRequest};
use proto::kite::task::v1 as task_pb;
use stack::papers;
use stack::people::Person;
use stack::seed;
use tests::World;
use tonic::{Code, Status};

use super::lists::{PORTAL, began, run, save};
use super::newcomer;

fn somebody(id: &str) -> PersonRef {
    PersonRef {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
    }
}

fn scan(id: &str) -> FileRef {
    FileRef {
        id: id.to_owned(),
        kind: FileKind::Scan,
        content_type: "image/jpeg".to_owned(),
        size: 10,
        sha256: "00".to_owned(),
        source_sha256: None,
        taken_at: None,
    }
}

fn check(kind: CheckKind, outcome: CheckOutcome, taken_at: DateTime<Utc>) -> CheckResult {
    CheckResult {
        kind,
        outcome,
        findings: Vec::new(),
        source: "Авткод".to_owned(),
        taken_at,
        raw: None,
    }
}

fn appraised(mut run: Buyout, at: DateTime<Utc>, rubles: i64) -> Buyout {
    run.appraisal = Some(SetAppraisal {
        appraisal: Appraisal {
            channel: SalesChannel::Retail,
            forecast_price: Money::from_rubles(rubles + 120_000),
            buyout_price: Money::from_rubles(rubles),
            stop_price: Money::from_rubles(rubles),
            repairs: Vec::new(),
            forecasts: Vec::new(),
            comment: String::new(),
        },
        appraiser: somebody("u-appraiser"),
        at,
        category: Category::A,
        category_rule: "правило".to_owned(),
    });
    run
}

fn handed_in(recipient: &str, phone: &str) -> anyhow::Result<PaperSet> {
    Ok(PaperSet {
        papers: vec![Paper {
            kind: PaperKind::Passport,
            files: vec![scan("passport-1"), scan("passport-2")],
        }],
        fields: PaperFields {
            seller_full_name: recipient.to_owned(),
            seller_birthdate: "1990-02-03".parse()?,
            passport_series: "0000".to_owned(),
            passport_number: "000000".to_owned(),
            passport_issued_by: "ОВД вымышленного района".to_owned(),
            passport_issued_on: "2010-03-04".parse()?,
            seller_address: "ул. Вымышленная, 1".to_owned(),
            owner_full_name: recipient.to_owned(),
            vehicle_passport_number: "00 ОО 000000".to_owned(),
            vehicle_passport_issued_on: "2021-04-05".parse()?,
            vehicle_passport_issued_by: Some("таможня".to_owned()),
            vehicle_kind: None,
            vehicle_category: Some("B (M1)".to_owned()),
            registration_certificate_number: "0000 000000".to_owned(),
            engine_number: None,
            chassis_number: None,
            body_number: None,
            color: "белый".to_owned(),
            power_hp: Some(147),
            keys: 2,
        },
        requisites: Requisites {
            recipient_name: recipient.to_owned(),
            sbp: Some(SbpRequisites {
                phone: Phone::parse(phone)?,
                bank_id: "100000000001".to_owned(),
            }),
            account: None,
        },
    })
}

/// Number 50 with everything that a run has by the time of its papers, and its kin.
async fn fill(world: &World) -> anyhow::Result<()> {
    let mut one = appraised(run(50), began() + Duration::hours(2), 440_000);
    one.policy = Some(seed::policy());
    let deal = one.deal.as_mut().context("a deal")?;
    // A number of a maker that prescribes the check digit, and a wrong digit.
    deal.car.identifier = CarIdentifier::parse("LVVDB21B8MD000000")?;
    deal.client.phone = Some(Phone::parse("+79000000012")?);
    deal.client.email = Some("client@example.com".to_owned());
    deal.visit.at = Some(began() + Duration::hours(1));
    one.inspections.push(SubmittedInspection {
        inspection: Inspection {
            template_code: "standard".to_owned(),
            template_version: 1,
            identifiers: Vec::new(),
            mileage_km: 61_500,
            photos: Vec::new(),
            defects: Vec::new(),
            paint: Vec::new(),
            comment: String::new(),
        },
        inspector: somebody("u-inspector"),
        at: began(),
    });
    one.photo_reuse = vec![PhotoReuse {
        file: "photo".to_owned(),
        buyout: "buyout:p:1".to_owned(),
    }];
    let now = Utc::now();
    one.checks = vec![
        check(CheckKind::Wanted, CheckOutcome::Clear, now),
        check(
            CheckKind::Pledge,
            CheckOutcome::Clear,
            now - Duration::days(2),
        ),
        check(CheckKind::Bailiffs, CheckOutcome::Unknown, now),
        check(CheckKind::Market, CheckOutcome::Clear, began()),
    ];
    one.market = Some(Market {
        average: Money::from_rubles(560_000),
        min: Money::from_rubles(500_000),
        max: Money::from_rubles(620_000),
        items: 12,
        days_on_market: Some(31),
    });
    one.price_approval = Some(PriceApproval {
        reasons: vec!["предельная цена выше лимита".to_owned()],
        approved: true,
        by: somebody("u-senior"),
        comment: "Согласен.".to_owned(),
        at: began(),
    });
    one.answers = vec![
        RecordedAnswer {
            round: 1,
            answer: ClientAnswer::Counter {
                amount: Money::from_rubles(470_000),
            },
            source: AnswerSource::Page,
            by: None,
            at: began(),
        },
        RecordedAnswer {
            round: 2,
            answer: ClientAnswer::Decline {
                reason: "мало".to_owned(),
            },
            source: AnswerSource::Call,
            by: Some(somebody("u-manager")),
            at: began(),
        },
    ];
    one.papers = Some(handed_in("Семёнов Пётр", "+79000000012")?);
    one.paper_verdicts = vec![PaperVerdict {
        kind: PaperKind::Passport,
        accepted: false,
        remark: "не видна прописка".to_owned(),
    }];
    let identifier = deal_identifier(&one)?;

    // The same car in another city, the same recipient there, an analogue here and one of later.
    let mut same_car = run(51);
    same_car.deal.as_mut().context("a deal")?.car.identifier = identifier;
    let mut same_recipient = run(52);
    same_recipient.papers = Some(handed_in("СЕМЕНОВ  Петр", "+79000000012")?);
    let earlier = appraised(run(53), began(), 430_000);
    let later = appraised(run(54), began() + Duration::hours(3), 450_000);
    for run in [one, same_car, same_recipient, earlier, later] {
        save(world, run, Vec::new()).await?;
    }
    Ok(())
}

fn deal_identifier(run: &Buyout) -> anyhow::Result<CarIdentifier> {
    let deal = run.deal.as_ref().context("a deal")?;
    Ok(deal.car.identifier.clone())
}

fn id() -> String {
    format!("buyout:{PORTAL}:50")
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_of_a_run_what_is_theirs_to_see() -> anyhow::Result<()> {
    let world = World::start().await?;
    fill(&world).await?;
    let verifier = world.stack.sign_in("verifier").await?;
    let seen = verifier.buyout(&id()).await?;
    let car = seen.car.clone().context("a car")?;
    assert_eq!(
        (
            car.make.as_str(),
            car.model.as_str(),
            car.year,
            car.mileage_km
        ),
        ("Chery", "Tiggo 7 Pro", 2021, 61_500)
    );
    assert!(
        car.identifier_warning.contains("Контрольный знак VIN"),
        "{car:?}"
    );
    let client = seen.client.clone().context("a client")?;
    assert_eq!(
        (
            client.name.as_str(),
            client.phone.as_str(),
            client.email.as_str(),
            client.consent
        ),
        ("Семёнов Пётр", "79000000012", "client@example.com", true)
    );
    let visit = seen.visit.clone().context("a visit")?;
    assert_eq!(
        (visit.city.as_str(), visit.at.map(|at| at.seconds)),
        ("Мурманск", Some((began() + Duration::hours(1)).timestamp()))
    );
    let set = seen.papers.clone().context("papers")?;
    assert_eq!(set.papers[0].file_ids, ["passport-1", "passport-2"]);
    let fields = set.fields.context("fields")?;
    assert_eq!(
        (
            fields.seller_birthdate.as_str(),
            fields.power_hp,
            fields.vehicle_passport_issued_by.as_str()
        ),
        ("1990-02-03", 147, "таможня")
    );
    let sbp = set.requisites.and_then(|to| to.sbp).context("requisites")?;
    assert_eq!(sbp.phone, "79000000012");
    let files: Vec<&str> = seen
        .paper_files
        .iter()
        .map(|file| file.id.as_str())
        .collect();
    assert_eq!(files, ["passport-1", "passport-2"]);
    assert_eq!(
        (
            seen.paper_verdicts[0].kind.as_str(),
            seen.paper_verdicts[0].remark.as_str()
        ),
        ("PASSPORT", "не видна прописка")
    );
    let answers: Vec<(&str, Option<i64>, &str, &str)> = seen
        .answers
        .iter()
        .map(|answer| {
            (
                answer.answer.as_str(),
                answer.amount.as_ref().map(|amount| amount.kopecks),
                answer.reason.as_str(),
                answer.source.as_str(),
            )
        })
        .collect();
    assert_eq!(
        answers,
        [
            ("COUNTER", Some(47_000_000), "", "PAGE"),
            ("DECLINE", None, "мало", "CALL")
        ]
    );
    let approval = seen.price_approval.clone().context("an approval")?;
    assert_eq!(
        (approval.approved, approval.comment.as_str()),
        (true, "Согласен.")
    );
    let stale: Vec<(&str, bool)> = seen
        .checks
        .iter()
        .map(|check| (check.kind.as_str(), check.stale))
        .collect();
    assert_eq!(
        stale,
        [
            ("WANTED", false),
            ("PLEDGE", true),
            ("BAILIFFS", true),
            ("MARKET", true)
        ]
    );
    let market = seen.market.context("a market")?;
    assert_eq!(
        market.taken_at.map(|at| at.seconds),
        Some(began().timestamp())
    );
    assert_eq!(seen.photo_reuse[0].buyout_id, "buyout:p:1");
    let limits = seen.limits.context("limits")?;
    assert_eq!(
        (limits.check_freshness_secs, limits.policy_version),
        (86_400, 1)
    );
    assert_eq!(
        seen.legal_entity.as_ref().map(|entity| entity.inn.as_str()),
        Some("5190000010")
    );
    let same_car: Vec<u64> = seen.same_car.iter().map(|row| row.deal_id).collect();
    assert_eq!(same_car, [51]);
    let duplicates: Vec<(&str, &str)> = seen
        .duplicates
        .iter()
        .map(|one| {
            (
                one.buyout_id.rsplit(':').next().unwrap_or_default(),
                one.kind.as_str(),
            )
        })
        .collect();
    assert_eq!(
        duplicates,
        [
            ("52", "SAME_RECIPIENT"),
            ("52", "SAME_REQUISITES"),
            ("51", "SAME_CAR")
        ]
    );
    assert!(
        seen.duplicates[0].text.contains("сделка 52"),
        "{:?}",
        seen.duplicates
    );
    let analogues: Vec<(&str, Option<i64>)> = seen
        .analogues
        .iter()
        .map(|one| {
            (
                one.car.as_str(),
                one.buyout_price.as_ref().map(|price| price.kopecks),
            )
        })
        .collect();
    assert_eq!(
        analogues,
        [("Chery Tiggo 7 Pro, 2021", Some(43_000_000))],
        "of earlier, not of later"
    );

    // An appraiser judges the car alone.
    let appraiser = world
        .stack
        .sign_in("appraiser")
        .await?
        .buyout(&id())
        .await?;
    assert_eq!((&appraiser.client, &appraiser.papers), (&None, &None));
    assert!(appraiser.paper_files.is_empty() && appraiser.paper_verdicts.is_empty());
    assert!(
        appraiser.duplicates.is_empty(),
        "who is paid is no matter of theirs"
    );
    assert_eq!((appraiser.analogues.len(), appraiser.checks.len()), (1, 4));
    // A dispatcher knows whom to call, and neither price nor papers.
    let dispatcher = world
        .stack
        .sign_in("dispatcher")
        .await?
        .buyout(&id())
        .await?;
    assert!(dispatcher.client.is_some() && dispatcher.visit.is_some());
    hidden(&dispatcher);
    // An inspector sees the run that they had a part in.
    let mut given = run(55);
    given
        .duties
        .take(domain::task::Duty::Inspector, somebody("u-inspector"));
    given.policy = Some(seed::policy());
    given.papers = Some(handed_in("Семёнов Пётр", "+79000000012")?);
    given.photo_reuse = vec![PhotoReuse {
        file: "photo".to_owned(),
        buyout: "buyout:p:1".to_owned(),
    }];
    save(&world, given, Vec::new()).await?;
    let inspector = world.stack.sign_in("inspector").await?;
    let own = inspector.buyout(&format!("buyout:{PORTAL}:55")).await?;
    assert!(own.client.is_some() && own.car.is_some());
    hidden(&own);
    // Another city's people see neither the run nor, beside their own, the car's other run.
    let pskov = newcomer(&world, "pskov", &[Role::Verifier], &["Псков"]).await?;
    let refused = pskov.buyout(&id()).await.expect_err("another city's run");
    assert_eq!(
        refused.downcast_ref::<Status>().map(Status::code),
        Some(Code::PermissionDenied)
    );
    let other = pskov.buyout(&format!("buyout:{PORTAL}:51")).await?;
    assert!(other.same_car.is_empty(), "{:?}", other.same_car);
    assert_eq!(
        other
            .duplicates
            .iter()
            .map(|one| one.kind.as_str())
            .collect::<Vec<_>>(),
        ["SAME_CAR"],
        "that the car is bought elsewhere is told"
    );
    world.stop().await
}

/// Whatever leads to a price, to a check or to papers.
fn hidden(seen: &pb::Buyout) {
    assert_eq!(
        (&seen.papers, &seen.market, &seen.limits),
        (&None, &None, &None)
    );
    assert_eq!((&seen.appraisal, &seen.price_approval), (&None, &None));
    assert!(seen.checks.is_empty() && seen.answers.is_empty() && seen.payments.is_empty());
    assert!(seen.paper_files.is_empty() && seen.paper_verdicts.is_empty());
    assert!(seen.photo_reuse.is_empty() && seen.duplicates.is_empty());
    assert!(seen.analogues.is_empty());
    assert_eq!(
        seen.summary.as_ref().and_then(|summary| summary.price),
        None
    );
}

async fn preview(
    person: &Person,
    appraisal: task_pb::Appraisal,
) -> Result<pb::PreviewAppraisalResponse, Status> {
    let request = PreviewAppraisalRequest {
        id: id(),
        appraisal: Some(appraisal),
    };
    let answer = person.buyouts().preview_appraisal(request).await?;
    Ok(answer.into_inner())
}

fn fields(answer: &pb::PreviewAppraisalResponse) -> Vec<&str> {
    answer
        .violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appraisal_is_tried_by_the_rules_that_decide_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    fill(&world).await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    // Repair 8 500 of 560 000 is 1.51 %; the stop price is above the limit of 400 000.
    let whole = preview(&appraiser, papers::appraisal(440_000, 470_000, 560_000)).await?;
    assert_eq!(fields(&whole), [""; 0]);
    assert_eq!(
        (
            whole.repair_total.as_ref().map(|sum| sum.kopecks),
            whole.category.as_str()
        ),
        (Some(850_000), "A")
    );
    assert!(
        whole.category_rule.contains("1,51 %"),
        "{}",
        whole.category_rule
    );
    let margin = &whole.margins[0];
    assert_eq!(
        (
            margin.channel.as_str(),
            margin.margin.as_ref().map(|sum| sum.kopecks),
            margin.margin_bp
        ),
        // 560 000 - 22 000 - 440 000 - 8 500 = 89 500, which is 20.34 % of 440 000.
        ("RETAIL", Some(8_950_000), 2_034)
    );
    assert_eq!(whole.approval_reasons.len(), 1, "{whole:?}");
    assert!(whole.approval_reasons[0].contains("предельная цена"));
    let small = preview(&appraiser, papers::appraisal(300_000, 350_000, 560_000)).await?;
    assert_eq!(small.approval_reasons, [""; 0]);
    let far = preview(&appraiser, papers::appraisal(300_000, 350_000, 760_000)).await?;
    assert!(far.approval_reasons[0].contains("от рыночной"), "{far:?}");

    // What is absent is a violation at its field, and the rest is computed.
    let mut partial = papers::appraisal(440_000, 470_000, 560_000);
    partial.buyout_price = None;
    let seen = preview(&appraiser, partial).await?;
    assert_eq!(fields(&seen), ["decision.appraise.buyout_price"]);
    assert_eq!((seen.category.as_str(), seen.margins.len()), ("A", 0));
    let empty = preview(&appraiser, task_pb::Appraisal::default()).await?;
    assert_eq!(
        fields(&empty),
        [
            "decision.appraise.channel",
            "decision.appraise.forecast_price",
            "decision.appraise.buyout_price",
            "decision.appraise.stop_price"
        ]
    );
    assert_eq!(
        (empty.category.as_str(), empty.approval_reasons.len()),
        ("", 0)
    );
    // Broken rules have the paths that deciding names.
    let below = preview(&appraiser, papers::appraisal(440_000, 400_000, 0)).await?;
    assert_eq!(
        fields(&below),
        ["appraisal.forecast_price", "appraisal.stop_price"]
    );
    // Absurd sums are computed and not a crash.
    let mut absurd = papers::appraisal(1, i64::MAX / 100, 1);
    for forecast in &mut absurd.forecasts {
        forecast.price = Some(proto::kite::common::v1::Money { kopecks: i64::MIN });
    }
    absurd.forecast_price = Some(proto::kite::common::v1::Money { kopecks: i64::MIN });
    let seen = preview(&appraiser, absurd).await?;
    assert_eq!(fields(&seen), ["appraisal.forecast_price"]);
    assert_eq!(seen.margins[0].margin_bp, i32::MIN);

    let manager = world.stack.sign_in("manager").await?;
    let refused = preview(&manager, task_pb::Appraisal::default())
        .await
        .expect_err("not an appraiser");
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.stop().await
}
