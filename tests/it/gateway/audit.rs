//! The audit over the wire: what people did and read is in it, who may read it, and that it checks.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use domain::audit::AuditRow;
use domain::buyout::start::BuyoutId;
use domain::signing::PublicKeys;
use domain::staff::Role;
use proto::kite::audit::v1::{
    ExportAuditRequest, ListSigningKeysRequest, SearchAuditRequest, SearchAuditResponse,
};
use proto::kite::buyout::v1::{
    CountBuyoutsRequest, GetBuyoutRequest, ListBuyoutEventsRequest, ListBuyoutsRequest,
};
use proto::kite::inspection::v1::GetInspectionRequest;
use proto::kite::ops::v1::GetRunRequest;
use proto::kite::staff::v1::ListMembersRequest;
use stack::people::Person;
use stack::play::{Play, Prices};
use store::AuditFilter;
use tests::World;
use tonic::{Code, Status};

use super::newcomer;

const CHEAP: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

async fn search(
    person: &Person,
    request: SearchAuditRequest,
) -> Result<SearchAuditResponse, Status> {
    Ok(person.audit().search_audit(request).await?.into_inner())
}

/// The keys that the gateway says are its own.
pub(super) async fn keys(person: &Person) -> anyhow::Result<PublicKeys> {
    let answer = person
        .audit()
        .list_signing_keys(ListSigningKeysRequest {})
        .await?
        .into_inner();
    let mut keys = PublicKeys::default();
    for key in answer.keys {
        keys.add(key.id, &key.public_key)?;
    }
    Ok(keys)
}

pub(super) async fn export(person: &Person) -> anyhow::Result<Vec<u8>> {
    let mut stream = person
        .audit()
        .export_audit(ExportAuditRequest {})
        .await?
        .into_inner();
    let mut trail = Vec::new();
    while let Some(part) = stream.message().await? {
        trail.extend(part.chunk);
    }
    Ok(trail)
}

/// Rows of the action that the person wrote, in order.
async fn rows_of(world: &World, person: &str, action: &str) -> anyhow::Result<Vec<AuditRow>> {
    let filter = AuditFilter {
        person: person.to_owned(),
        action: action.to_owned(),
        ..AuditFilter::default()
    };
    let mut rows = world
        .stack
        .store
        .search_audit(&filter, &store::Page::default())
        .await?
        .rows;
    rows.reverse();
    Ok(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_a_run_and_every_decision_is_in_the_trail_which_checks()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(CHEAP).await?;
    play.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");

    let store = &world.stack.store;
    let run = BuyoutId(play.id.clone());
    let rows = store.audit_of_run(&run).await?;
    let saves: Vec<&AuditRow> = rows
        .iter()
        .filter(|row| row.action == "buyout.save")
        .collect();
    // Each line of the run is named by one save, with the hash of its text.
    let events = store.events(&run, 0).await?;
    let mut told: BTreeMap<u64, String> = BTreeMap::new();
    for event in saves
        .iter()
        .flat_map(|row| row.detail["events"].as_array().into_iter().flatten())
    {
        let seq = event["seq"].as_u64().context("a number")?;
        let hash = event["text_sha256"].as_str().context("a hash")?;
        assert!(told.insert(seq, hash.to_owned()).is_none(), "{seq} twice");
    }
    let expected: BTreeMap<u64, String> = events
        .iter()
        .map(|event| (event.seq, domain::audit::sha256(event.text.as_bytes())))
        .collect();
    assert_eq!(told, expected, "every line of the run, and nothing else");
    let acted = events.iter().filter(|event| event.actor.is_some()).count();
    let by_people = rows
        .iter()
        .filter(|row| row.action.starts_with("buyout.") && row.person != "process")
        .filter(|row| !row.action.starts_with("buyout.read"))
        .count();
    assert_eq!(by_people, acted, "one row for each line that a person made");
    // The stages as the saves tell them join without a gap.
    let stages: BTreeSet<&str> = saves
        .iter()
        .filter_map(|row| row.detail["stage"].as_str())
        .collect();
    for stage in ["INSPECTION", "APPRAISAL", "OFFER", "DECLINED_BY_CLIENT"] {
        assert!(stages.contains(stage), "{stage} of {stages:?}");
    }
    let mut versions: Vec<(u64, &str, Option<&str>)> = saves
        .iter()
        .filter(|row| row.detail["replaced"] == true)
        .map(|row| {
            let stage = |name: &str| row.detail[name].as_str();
            let version = row.detail["version"].as_u64().unwrap_or_default();
            (
                version,
                stage("stage").unwrap_or_default(),
                stage("stage_before"),
            )
        })
        .collect();
    versions.sort_unstable();
    for pair in versions.windows(2) {
        assert_eq!(pair[1].2, Some(pair[0].1), "{pair:?}");
    }
    let last = saves.last().context("a save")?;
    let saved = store.buyout(&run).await?.context("the run")?;
    let state = domain::audit::canonical(&serde_json::to_value(&saved)?);
    let newest = saves
        .iter()
        .max_by_key(|row| row.detail["version"].as_u64())
        .unwrap_or(last);
    assert_eq!(
        newest.detail["state_sha256"],
        domain::audit::sha256(state.as_bytes()),
        "the state is the one that was put on record"
    );
    // Each task that a person closed has its decision.
    let decided: BTreeSet<(&str, &str)> = rows
        .iter()
        .filter(|row| row.action == "task.decide")
        .map(|row| (row.entity.as_str(), row.person.as_str()))
        .collect();
    let closed: BTreeSet<(&str, &str)> = saved
        .tasks
        .values()
        .filter_map(|task| {
            Some((
                task.id.0.as_str(),
                task.closed_by.as_ref()?.person.0.as_str(),
            ))
        })
        .collect();
    assert!(closed.len() >= 2, "{closed:?}");
    assert_eq!(decided, closed);
    let files = store.files_of(&run).await?;
    let added = rows.iter().filter(|row| row.action == "file.add").count();
    assert_eq!(added, files.len(), "each file by its hash");
    // Names, phones and prices stay out.
    let client = saved.deal.context("a deal")?.client;
    let text = serde_json::to_string(&rows)?;
    for personal in [
        client.last_name.as_str(),
        client.phone.as_ref().map_or("?", |p| p.digits()),
    ] {
        assert!(!text.contains(personal), "{personal} is in the audit");
    }

    let security = newcomer(&world, "guard", &[Role::Security], &[]).await?;
    let trusted = keys(&security).await?;
    let trail = export(&security).await?;
    let report = archive::trail::check(trail.as_slice(), &trusted, &[])?;
    assert!(report.is_sound(), "{report:?}");
    let chains: Vec<&str> = report.chains.iter().map(|c| c.chain.as_str()).collect();
    assert_eq!(chains.len(), 2, "{chains:?}");
    assert_eq!(chains[0], "common");
    for chain in &report.chains {
        assert_eq!(chain.signed, chain.last, "the export is signed whole");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_read_whose_data_is_on_record_before_it_is_shown() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    // Somebody who has read nothing yet.
    let head = newcomer(&world, "reader", &[Role::BuyoutHead], &[]).await?;
    let ops = world.stack.sign_in("ops").await?;
    let admin = world.stack.sign_in("admin").await?;
    // An appraiser judges the car and sees no client.
    let appraiser = world.stack.sign_in("appraiser").await?;
    let get = || GetBuyoutRequest {
        id: play.id.clone(),
    };
    head.buyouts().get_buyout(get()).await?;
    appraiser.buyouts().get_buyout(get()).await?;
    let events = ListBuyoutEventsRequest {
        id: play.id.clone(),
        after_seq: 0,
    };
    head.buyouts().list_buyout_events(events).await?;
    let inspection = GetInspectionRequest {
        buyout_id: play.id.clone(),
    };
    head.inspections().get_inspection(inspection).await?;
    let list = |text: &str| ListBuyoutsRequest {
        text: text.to_owned(),
        ..Default::default()
    };
    head.buyouts().list_buyouts(list("")).await?;
    head.buyouts().list_buyouts(list("79000000001")).await?;
    head.buyouts()
        .count_buyouts(CountBuyoutsRequest {
            filter: Some(list("Семёнов")),
        })
        .await?;
    appraiser
        .buyouts()
        .list_buyouts(list("79000000001"))
        .await?;
    ops.ops()
        .get_run(GetRunRequest {
            buyout_id: play.id.clone(),
        })
        .await?;
    admin
        .staff()
        .list_members(ListMembersRequest::default())
        .await?;
    let run = BuyoutId(play.id.clone());
    let file = world.stack.store.files_of(&run).await?;
    let file = &file.first().context("a photo")?.file;
    let url = world.stack.door.url.join(&format!("files/{}", file.id))?;
    let answer = world
        .stack
        .door
        .http
        .get(url)
        .bearer_auth(&head.token)
        .send()
        .await?;
    assert!(answer.status().is_success(), "{}", answer.status());

    let one = rows_of(&world, "u-reader", "buyout.read").await?;
    assert_eq!(one.len(), 1, "{one:?}");
    assert_eq!(one[0].run.as_deref(), Some(play.id.as_str()));
    assert!(one[0].chain.starts_with("legal/"), "{}", one[0].chain);
    assert_eq!(one[0].detail["client"], true);
    for (person, action, count) in [
        ("u-appraiser", "buyout.read", 0),
        ("u-reader", "buyout.read_events", 1),
        ("u-reader", "inspection.read", 1),
        ("u-reader", "client.search", 2),
        ("u-appraiser", "client.search", 0),
        ("u-ops", "buyout.read_engine", 1),
        ("u-admin", "staff.read", 1),
        ("u-reader", "file.read", 1),
        ("u-reader", "session.start", 1),
    ] {
        let rows = rows_of(&world, person, action).await?;
        assert_eq!(rows.len(), count, "{action} of {person}: {rows:?}");
    }
    let searched = rows_of(&world, "u-reader", "client.search").await?;
    for row in searched {
        let text = row.detail.to_string();
        assert!(
            !text.contains("7900") && !text.contains("Семёнов"),
            "{text}"
        );
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_for_security_ops_and_administrators_of_every_city() -> anyhow::Result<()> {
    let world = World::start().await?;
    let wrong = Person::sign_in(&world.stack.door, "head", "not the password").await;
    assert!(wrong.is_err());
    let guard = newcomer(&world, "guard", &[Role::Security], &[]).await?;
    let refused = SearchAuditRequest {
        action: "session.refuse".to_owned(),
        ..Default::default()
    };
    let found = search(&guard, refused).await?.entries;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].entity, "u-head");
    assert!(!found[0].detail.contains("not the password"));

    // Its own reading is in it, too; names come from the directory.
    let own = SearchAuditRequest {
        action: "audit".to_owned(),
        ..Default::default()
    };
    let first = search(&guard, own.clone()).await?;
    let second = search(&guard, own).await?;
    let total = |answer: &SearchAuditResponse| answer.page.as_ref().map_or(0, |page| page.total);
    assert_eq!(total(&second), total(&first) + 1);
    let person = second.entries[0].person.clone().context("a person")?;
    assert!(!person.name.is_empty());
    assert_eq!(second.entries[0].chain, "common");

    let local = newcomer(&world, "local-guard", &[Role::Security], &["Мурманск"]).await?;
    let manager = world.stack.sign_in("manager").await?;
    let head = world.stack.sign_in("head").await?;
    for person in [&local, &manager, &head] {
        let refused = search(person, SearchAuditRequest::default()).await;
        assert_eq!(
            refused.err().map(|status| status.code()),
            Some(Code::PermissionDenied)
        );
        let refused = person.audit().export_audit(ExportAuditRequest {}).await;
        assert_eq!(
            refused.err().map(|status| status.code()),
            Some(Code::PermissionDenied)
        );
    }
    // The keys are public to whoever may take a pack.
    assert!(!keys(&head).await?.is_empty());
    let refused = manager
        .audit()
        .list_signing_keys(ListSigningKeysRequest {})
        .await;
    assert_eq!(
        refused.err().map(|status| status.code()),
        Some(Code::PermissionDenied)
    );
    world.stop().await
}
