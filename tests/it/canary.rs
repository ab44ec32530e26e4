//! Personal data stays where it belongs. Three buyouts with marked people are played; afterwards no marker is
//! found in Temporal's database, our logs, metrics, error bodies, links and the headers of letters.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use base64::Engine;
use mailparse::{MailHeaderMap, ParsedMail, parse_mail};
use proto::kite::buyout::v1::{CancelBuyoutRequest, GetBuyoutRequest, PostMessageRequest};
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use stack::papers;
use stack::play::{Play, Prices};
use stack::temporal::{self, Temporal};
use tests::markers::{Leak, Marker, leaks};
use tests::{Options, World, ports};
use tonic::Status;
use tracing_subscriber::EnvFilter;

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

/// What our processes log, down to the last word; of others what a process logs that runs.
const FILTER: &str = "info,simulator=off,activities=trace,api_gateway=trace,workers=trace,workflows=trace,store=trace,platform=trace,tower_http=debug";

/// Keeps every line that is logged in this process.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A client whose every field is marked, with the field's name in it.
struct Client {
    number: u32,
    markers: Vec<Marker>,
}

impl Client {
    fn new(number: u32) -> Self {
        let mut markers = Vec::new();
        for (field, text) in [
            ("surname", format!("Маркерофамильев{number}")),
            ("name", format!("Маркероимён{number}")),
            ("patronymic", format!("Маркероотчествович{number}")),
            ("phone", format!("900555{number}731")),
            ("email", format!("marker-mail-{number}@example.com")),
            ("visit address", format!("ул. Маркерная, д. 77{number}")),
            ("passport", format!("4719 58392{number}")),
            ("passport", format!("471958392{number}")),
            ("passport in JSON", format!("\"58392{number}\"")),
            ("issuer", format!("маркерным отделом № {number}")),
            ("home", format!("г. Маркерск, кв. 31{number}")),
            ("account", format!("4081781077310000000{number}")),
            ("certificate", format!("9977 73125{number}")),
            ("engine", format!("MARKENG-77{number}")),
            ("remark", format!("маркерное замечание {number}")),
            ("refusal", format!("маркерный отказ {number}")),
            ("chat", format!("маркерное сообщение {number}")),
        ] {
            markers.push(Marker::new(field, &text));
        }
        Self { number, markers }
    }

    fn text(&self, field: &str) -> &str {
        self.markers
            .iter()
            .find(|marker| marker.field == field)
            .map(|marker| marker.text.as_str())
            .unwrap_or_default()
    }

    fn full_name(&self) -> String {
        ["surname", "name", "patronymic"]
            .map(|part| self.text(part))
            .join(" ")
    }

    /// A deal of this client, on a car of the catalogue.
    async fn deal<'a>(&self, world: &'a World) -> anyhow::Result<Play<'a>> {
        let mut catalogue = world
            .stack
            .control
            .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
            .await?;
        let phone = format!("7{}", self.text("phone"));
        let fields = json!({
            "address": self.text("visit address"),
            "contact": {
                "last_name": self.text("surname"),
                "first_name": self.text("name"),
                "middle_name": self.text("patronymic"),
                "birthdate": "1968-02-29",
                "phone": format!("+{phone}"),
                "email": self.text("email"),
            },
        });
        catalogue["owner"]["email"] = json!(self.text("email"));
        let mut play = Play::deal_on(&world.stack, catalogue, fields).await?;
        play.car.owner = self.full_name();
        play.car.phone = phone;
        play.car.birthdate = "1968-02-29".to_owned();
        play.car.passport_series = "4719".to_owned();
        play.car.passport_number = format!("58392{}", self.number);
        Ok(play)
    }

    /// The client's papers, with what stands in them.
    async fn brings_papers(&self, world: &World, play: &Play<'_>) -> anyhow::Result<()> {
        let manager = world.stack.sign_in("manager").await?;
        let task = manager
            .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
            .await?;
        let mut scans = Vec::new();
        for number in 0..4 {
            let photo = papers::photo(self.number * 100 + number);
            scans.push(manager.upload(&play.id, "SCAN", photo).await?.id);
        }
        let mut set = papers::papers(&play.car, &scans);
        let fields = set.fields.as_mut().context("papers without fields")?;
        fields.passport_issued_by = self.text("issuer").to_owned();
        fields.seller_address = self.text("home").to_owned();
        fields.registration_certificate_number = self.text("certificate").to_owned();
        fields.engine_number = self.text("engine").to_owned();
        let account = set.requisites.as_mut().and_then(|r| r.account.as_mut());
        account.context("papers without an account")?.account = self.text("account").to_owned();
        manager.decide(&task, Kind::SubmitPapers(set)).await?;
        Ok(())
    }

    async fn is_talked_about(&self, world: &World, play: &Play<'_>) -> anyhow::Result<()> {
        let manager = world.stack.sign_in("manager").await?;
        let message = PostMessageRequest {
            id: play.id.clone(),
            text: format!("{}: {}", self.full_name(), self.text("chat")),
            request_id: uuid::Uuid::new_v4().to_string(),
        };
        manager.buyouts().post_message(message).await?;
        Ok(())
    }
}

/// Refusals and failures as somebody outside gets them.
async fn wrong_calls(world: &World, play: &Play<'_>, client: &Client) -> anyhow::Result<Vec<u8>> {
    let mut seen = Vec::new();
    let mut status = |status: Status| {
        seen.extend_from_slice(status.message().as_bytes());
        seen.extend_from_slice(status.details());
        seen.extend_from_slice(format!("{:?}", status.metadata()).as_bytes());
    };
    let manager = world.stack.sign_in("manager").await?;
    let inspector = world.stack.sign_in("inspector").await?;
    let head = world.stack.sign_in("head").await?;
    let run = GetBuyoutRequest {
        id: format!("{}0", play.id),
    };
    status(head.buyouts().get_buyout(run).await.expect_err("no run"));
    let asked = pb::ListTasksRequest {
        buyout_id: play.id.clone(),
        ..Default::default()
    };
    let tasks = head.tasks().list_tasks(asked).await?.into_inner().tasks;
    for task in &tasks {
        let reason = pb::Reason {
            text: client.text("remark").to_owned(),
        };
        for person in [&manager, &inspector] {
            let mut stale = task.clone();
            stale.version += 40;
            for task in [task, &stale] {
                let decision = Kind::ConfirmPayment(reason.clone());
                if let Err(refused) = person.decide(task, decision).await {
                    status(refused);
                }
                // Papers with the client's data in them, wrong in every respect.
                let mut set = papers::papers(&play.car, &[]);
                if let Some(fields) = &mut set.fields {
                    fields.passport_number = client.text("passport").to_owned();
                    fields.seller_full_name = client.full_name();
                    fields.owner_full_name = format!("{} младший", client.full_name());
                    fields.seller_birthdate = client.text("home").to_owned();
                }
                if let Some(account) = set.requisites.as_mut().and_then(|r| r.account.as_mut()) {
                    account.bic = client.text("account").to_owned();
                }
                if let Err(refused) = person.decide(task, Kind::SubmitPapers(set)).await {
                    status(refused);
                }
            }
        }
    }
    let http = &world.stack.door.http;
    let name = client.text("surname");
    let form = [("answer", "accept"), ("round", name), ("code", name)];
    for path in [
        "l/v1.dev.x.y".to_owned(),
        "callbacks/yookassa?key=wrong".to_owned(),
        "bitrix24/robots/kite_buyout".to_owned(),
        "bitrix24/events".to_owned(),
        "bitrix24/install".to_owned(),
        "bitrix24/placement".to_owned(),
        "codec/decode".to_owned(),
        "uploads/none".to_owned(),
    ] {
        let url = world.stack.door.url.join(&path)?;
        for request in [http.get(url.clone()), http.post(url).form(&form)] {
            let answer = request.send().await?;
            seen.extend_from_slice(format!("{:?}", answer.headers()).as_bytes());
            seen.extend_from_slice(&answer.bytes().await?);
        }
    }
    Ok(seen)
}

/// Everything that looks like an address in a text, with the payload of a signed link read.
fn addresses(text: &str) -> Vec<u8> {
    let mut found = Vec::new();
    for start in text.match_indices("http").map(|(at, _)| at) {
        let url: String = text[start..]
            .chars()
            .take_while(|c| !c.is_whitespace() && !matches!(c, '"' | '<' | '>' | '\\'))
            .collect();
        found.extend_from_slice(url.as_bytes());
        for part in url.split(['.', '/', '?', '=']) {
            if let Ok(bytes) = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part) {
                found.extend_from_slice(&bytes);
            }
        }
    }
    found
}

/// The headers of a letter and of its parts, decoded; whom it is for stands there by necessity.
fn headers(mail: &ParsedMail<'_>) -> Vec<u8> {
    let mut found = Vec::new();
    for header in mail.get_headers() {
        if !header.get_key().eq_ignore_ascii_case("To") {
            found.extend_from_slice(header.get_key_raw());
            found.extend_from_slice(header.get_value_raw());
            found.extend_from_slice(header.get_value().as_bytes());
        }
    }
    for part in &mail.subparts {
        found.extend(headers(part));
    }
    found
}

/// A run that ends well.
async fn bought(world: &World, client: &Client) -> anyhow::Result<Vec<u8>> {
    let play = client.deal(world).await?;
    play.up_to_offer(PRICES).await?;
    client.is_talked_about(world, &play).await?;
    play.client_accepts().await?;
    client.brings_papers(world, &play).await?;
    let errors = wrong_calls(world, &play, client).await?;
    play.verify_papers().await?;
    let page = play.open(&play.offer_link(2).await?).await?;
    let remark = [("answer", "remark"), ("text", client.text("remark"))];
    play.submit(&page, &remark).await?;
    play.sign().await?;
    play.treasury_decides("approve", "approver").await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    Ok(errors)
}

/// A run that the client ends.
async fn declined(world: &World, client: &Client) -> anyhow::Result<Vec<u8>> {
    let play = client.deal(world).await?;
    play.up_to_offer(PRICES).await?;
    let errors = wrong_calls(world, &play, client).await?;
    let page = play.open(&play.offer_link(1).await?).await?;
    let words = [("answer", "decline"), ("reason", client.text("refusal"))];
    let answered = play.submit(&page, &words).await?;
    assert_eq!(answered.status, 200, "{}", answered.text());
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    Ok(errors)
}

/// A run in which every partner answers rubbish first, until somebody cancels it.
async fn troubled(world: &World, client: &Client) -> anyhow::Result<Vec<u8>> {
    let control = &world.stack.control;
    for (partner, operation) in [
        ("bitrix24", "crm.timeline.comment.add"),
        ("bitrix24", "tasks.task.add"),
        ("autoteka", "buy_report"),
        ("autoteka", "get_report"),
        ("avtocod", "make_report"),
        ("avtocod", "get_report"),
        ("fssp", "search_person"),
        ("wazzup", "send_message"),
    ] {
        for (number, fault) in [(1, "garbage"), (2, "html"), (3, "drop_after")] {
            control
                .fault(partner, operation, json!({ "nth": number }), json!(fault))
                .await?;
        }
    }
    let play = client.deal(world).await?;
    play.robot_calls().await?;
    play.inspect().await?;
    client.is_talked_about(world, &play).await?;
    let head = world.stack.sign_in("head").await?;
    // A source whose answer nobody can read is for a person to decide, or the run got over it.
    let errors = wrong_calls(world, &play, client).await?;
    let cancel = CancelBuyoutRequest {
        id: play.id.clone(),
        reason: client.text("refusal").to_owned(),
    };
    head.buyouts().cancel_buyout(cancel).await?;
    assert_eq!(play.end().await?, "CANCELLED");
    let faults = control.get("faults").await?;
    let fired = faults
        .as_array()
        .into_iter()
        .flatten()
        .filter(|rule| rule["fired"] == 1)
        .count();
    assert!(fired >= 8, "only {fired} faults were played: {faults}");
    control.delete("faults").await?;
    Ok(errors)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_personal_data_leaves_its_place() -> anyhow::Result<()> {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(FILTER)?)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .try_init()
        .map_err(|error| anyhow::anyhow!("the log was taken before: {error}"))?;
    // A server of its own, whose file holds these runs and nothing else.
    let folder = tempfile::tempdir()?;
    let server = Temporal::start(temporal::Options {
        folder: folder.path(),
        port: ports::lease()?,
        ui_port: ports::lease()?,
        namespace: "default",
        codec_endpoint: "http://127.0.0.1:1",
        durable: false,
    })
    .await?;
    let world = World::with(Options {
        temporal: Some(server.address.clone()),
        ..Options::default()
    })
    .await?;
    let clients: Vec<Client> = (1..=3).map(Client::new).collect();
    let markers: Vec<Marker> = clients.iter().flat_map(|c| c.markers.clone()).collect();

    let mut errors = bought(&world, &clients[0]).await?;
    errors.extend(declined(&world, &clients[1]).await?);
    errors.extend(troubled(&world, &clients[2]).await?);

    let control = &world.stack.control;
    let http = reqwest::Client::new();
    let mut metrics = Vec::new();
    for address in [world.stack.gateway_metrics, world.stack.worker_metrics] {
        let url = format!("http://{address}/metrics");
        metrics.extend(http.get(url).send().await?.bytes().await?);
    }
    let mut told = String::new();
    for path in [
        "wazzup/messages",
        "sms/messages",
        "mail/messages",
        "bitrix24/notices",
        "bitrix24/tasks",
        "callbacks",
        "ledger",
    ] {
        told.push_str(&control.get(path).await?.to_string());
    }
    let letters = control.get("mail/messages").await?;
    let letters: Vec<u64> = letters
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|letter| letter["id"].as_u64())
        .collect();
    assert!(!letters.is_empty(), "no letter was written");
    let mut letter_headers = Vec::new();
    for id in letters {
        let url = control.address(&format!("mail/{id}/source"));
        let source = http.get(url).send().await?.bytes().await?;
        let mail = parse_mail(&source)?;
        assert!(mail.headers.get_first_value("Subject").is_some());
        letter_headers.extend(headers(&mail));
    }
    world.stop().await?;
    server.stop().await;

    // The search finds what is there: the partners were told of these people.
    assert!(!leaks("partners", told.as_bytes(), &markers).is_empty());
    // And it finds what may stand there: the runs' ids, in the log and in the engine's file.
    let run = format!("buyout:{}", simulator::bitrix24::MEMBER_ID);
    let run = [Marker::new("id of a run", &run)];
    let mut found: Vec<Leak> = Vec::new();
    let log = lines.bytes();
    assert!(!leaks("log", &log, &run).is_empty());
    assert!(log.len() > 10_000, "{} bytes of log", log.len());
    assert!(errors.len() > 5_000, "{} bytes of errors", errors.len());
    let links = addresses(&told);
    assert!(links.windows(3).any(|part| part == b"/l/"), "no link");
    for (place, bytes) in [
        ("log", &log),
        ("metrics", &metrics),
        ("error bodies", &errors),
        ("addresses", &links),
        ("headers of letters", &letter_headers),
    ] {
        found.extend(leaks(place, bytes, &markers));
    }
    let (mut database, mut knows_runs) = (0, false);
    for file in std::fs::read_dir(folder.path())? {
        let path = file?.path();
        let bytes = std::fs::read(&path)?;
        database += bytes.len();
        knows_runs |= !leaks("engine", &bytes, &run).is_empty();
        found.extend(leaks(&path.display().to_string(), &bytes, &markers));
    }
    assert!(database > 1_000_000, "{database} bytes of Temporal");
    assert!(knows_runs, "the engine's file was not read");
    assert!(found.is_empty(), "{found:#?}");
    Ok(())
}

#[test]
fn the_addresses_of_a_text_are_read_with_their_payloads() {
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode("скрытое имя");
    let text = json!({ "text": format!("ссылка https://kite.example/l/v1.k.{payload}.s здесь") });
    let found = addresses(&Value::to_string(&text));
    assert_eq!(
        leaks("links", &found, &[Marker::new("name", "скрытое имя")]).len(),
        1
    );
}
