//! The demo: everything comes up, buyouts are played, what came of them is printed and kept.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use simulator::Partner;
use url::Url;

use crate::play::{Play, Prices};
use crate::report::{self, Report};
use crate::seed;
use crate::settings::{GatewayOptions, Keys, Ports, Settings};
use crate::stack::Stack;
use crate::temporal::{self, Options, Temporal};

const TEMPORAL_PORT: u16 = 7233;
const TEMPORAL_UI_PORT: u16 = 8233;
const GATEWAY_PORT: u16 = 8443;
const GATEWAY_METRICS_PORT: u16 = 9464;
const WORKER_METRICS_PORT: u16 = 9465;
const SDK_METRICS_PORT: u16 = 9466;
/// The simulated partners take this port and the next ones.
const SIMULATOR_PORT: u16 = 9100;
/// What a cloud portal takes.
const PORTAL_PER_MINUTE: u32 = 120;

/// Temporal and the stack on it.
struct Demo {
    temporal: Temporal,
    stack: Stack,
    folder: PathBuf,
}

/// The demo's addresses are fixed, so that links in old messages still open; whoever sits there is named.
fn check_ports() -> anyhow::Result<()> {
    let own_temporal = std::env::var_os("TEMPORAL_ADDRESS").is_none();
    let temporal = [
        (TEMPORAL_PORT, "Temporal"),
        (TEMPORAL_UI_PORT, "Temporal UI"),
    ];
    let ours = [
        (GATEWAY_PORT, "the gateway"),
        (GATEWAY_METRICS_PORT, "the gateway's metrics"),
        (WORKER_METRICS_PORT, "the worker's metrics"),
        (SDK_METRICS_PORT, "the SDK's metrics"),
        (SIMULATOR_PORT, "the simulated partners"),
    ];
    for (port, what) in temporal.into_iter().filter(|_| own_temporal).chain(ours) {
        if let Err(error) = std::net::TcpListener::bind(("127.0.0.1", port)) {
            anyhow::bail!(
                "port {port} of {what} cannot be taken ({error}); is another kite-dev running?"
            );
        }
    }
    Ok(())
}

async fn bring_up() -> anyhow::Result<Demo> {
    check_ports()?;
    let folder = temporal::root().join(".kite");
    let keys = Keys::kept_in(&folder)?;
    let began = Instant::now();
    say("Поднимаем Temporal, партнёров, шлюз и воркер…");
    let codec_endpoint = format!(
        "https://localhost:{GATEWAY_PORT}/codec/{}",
        keys.codec_token
    );
    let temporal = Temporal::start(Options {
        folder: &folder,
        port: TEMPORAL_PORT,
        ui_port: TEMPORAL_UI_PORT,
        namespace: "default",
        codec_endpoint: &codec_endpoint,
        durable: false,
    })
    .await?;
    let settings = Settings {
        keys,
        ports: Ports {
            gateway: GATEWAY_PORT,
            gateway_metrics: GATEWAY_METRICS_PORT,
            worker_metrics: WORKER_METRICS_PORT,
            sdk_metrics: Some(SDK_METRICS_PORT),
        },
        simulator_ports: simulator::Ports::from_base(SIMULATOR_PORT),
        portal_per_minute: PORTAL_PER_MINUTE,
        partners_per_minute: None,
        seed: 1,
        temporal_address: temporal.address.clone(),
        namespace: "default".to_owned(),
        store_url: format!("sqlite://{}?mode=rwc", folder.join("kite.db").display()),
        ui_origin: format!("http://127.0.0.1:{TEMPORAL_UI_PORT}"),
        log_filter: std::env::var("KITE_LOG").unwrap_or_else(|_| "warn".to_owned()),
        gateway: GatewayOptions {
            web: Some(temporal::root().join("web/dist")),
            temporal_ui: temporal.ui.clone().unwrap_or_default(),
            ..GatewayOptions::default()
        },
        worker: String::new(),
        policy: seed::policy(),
        programs: None,
        folder: folder.clone(),
    };
    let stack = Stack::start(settings).await?;
    say(&format!("Готово за {}.", seconds(began.elapsed())));
    Ok(Demo {
        temporal,
        stack,
        folder,
    })
}

/// Plays and reports; with `once` ends everything afterwards. `true`: every buyout ended `DONE`.
pub async fn demo(once: bool) -> anyhow::Result<bool> {
    let demo = bring_up().await?;
    let played = play(&demo).await;
    if let Err(error) = &played {
        eprintln!("kite-dev: the play stopped: {error:#}");
    }
    if !once {
        addresses(&demo);
        platform::stop::signal().await;
    }
    let Demo {
        temporal, stack, ..
    } = demo;
    stack.stop().await?;
    temporal.stop().await;
    Ok(played.unwrap_or(false))
}

/// Everything up, nothing played.
pub async fn up() -> anyhow::Result<()> {
    let demo = bring_up().await?;
    addresses(&demo);
    platform::stop::signal().await;
    let Demo {
        temporal, stack, ..
    } = demo;
    stack.stop().await?;
    temporal.stop().await;
    Ok(())
}

/// One buyout in full, by SBP; then a dearer car, whose money goes by a bank order.
async fn play(demo: &Demo) -> anyhow::Result<bool> {
    say("\nВыкуп по СБП");
    let main = by_sbp(&demo.stack).await?;
    tell(&main);
    say("\nВыкуп дороже предела СБП: платёжное поручение с подписью человека");
    let dear = by_bank_order(&demo.stack).await?;
    tell(&dear);
    let folder = demo.folder.join("demo");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("buyout.json");
    let mut kept = serde_json::to_value(&main)?;
    kept["by_bank_order"] = serde_json::to_value(&dear)?;
    std::fs::write(&path, serde_json::to_string_pretty(&kept)?)
        .with_context(|| format!("{}", path.display()))?;
    say(&format!("\nИтог записан в {}.", path.display()));
    Ok([&main, &dear]
        .into_iter()
        .all(|report| report.end_state == "DONE"))
}

/// Prints a step with the time it took.
struct Steps(Instant);

impl Steps {
    fn done(&mut self, what: &str) {
        say(&format!("  {:>7}  {what}", seconds(self.0.elapsed())));
        self.0 = Instant::now();
    }
}

async fn by_sbp(stack: &Stack) -> anyhow::Result<Report> {
    let began = Instant::now();
    let mut steps = Steps(began);
    let play = Play::deal(stack, "clean").await?;
    play.robot_calls().await?;
    steps.done(&format!(
        "сделка {} в стадии «Выкуп: осмотр», робот позвал Kite",
        play.deal
    ));
    let inspector = play.inspect().await?;
    steps.done(&format!(
        "{} осмотрел(а) автомобиль: фото, замеры, номера",
        inspector.name
    ));
    let appraiser = play
        .appraise(Prices {
            buyout: 440_000,
            stop: 470_000,
            forecast: 560_000,
        })
        .await?;
    steps.done(&format!(
        "проверки прошли, {} оценил(а): 440 000 ₽, не больше 470 000 ₽",
        appraiser.name
    ));
    let senior = play.approve_price().await?;
    steps.done(&format!(
        "{} согласовал(а) цену: она выше предела",
        senior.name
    ));
    let link = play.offer_link(1).await?;
    let page = play.open(&link).await?;
    play.submit(&page, &[("answer", "counter"), ("amount", "460000")])
        .await?;
    steps.done("клиент открыл ссылку из мессенджера и попросил 460 000 ₽");
    play.bargain("PROPOSE", 450_000).await?;
    steps.done("менеджер предложил 450 000 ₽");
    let link = play.offer_link(2).await?;
    let page = play.open(&link).await?;
    let page = play.submit(&page, &[("answer", "request_code")]).await?;
    let code = play.sms_code(1).await?;
    play.submit(&page, &[("answer", "accept"), ("code", &code)])
        .await?;
    steps.done("клиент согласился и подтвердил кодом из СМС");
    play.bring_papers().await?;
    let verifier = play.verify_papers().await?;
    steps.done(&format!(
        "{} проверил(а) документы по одному",
        verifier.name
    ));
    play.sign().await?;
    steps.done("договор и акт готовы, подписаны, сканы на месте");
    play.treasury_decides("approve", "approver").await?;
    steps.done("заявка на оплату согласована в 1С");
    play.confirm_payment().await?;
    steps.done("выплата по СБП прошла, верификатор подтвердил");
    play.end().await?;
    steps.done("автомобиль в 1С, сделка закрыта, робот получил ответ");
    report::of(&play, began.elapsed()).await
}

async fn by_bank_order(stack: &Stack) -> anyhow::Result<Report> {
    let began = Instant::now();
    let mut steps = Steps(began);
    let play = Play::deal(stack, "expensive").await?;
    play.up_to_offer(Prices {
        buyout: 1_450_000,
        stop: 1_550_000,
        forecast: 1_800_000,
    })
    .await?;
    steps.done(&format!(
        "сделка {}: осмотр, проверки, оценка 1 450 000 ₽, второе слово",
        play.deal
    ));
    play.client_says("ACCEPT", 0, "").await?;
    play.up_to_payment().await?;
    steps.done("клиент согласился по телефону, документы подписаны, оплата согласована");
    play.bank_signs().await?;
    steps.done("платёжное поручение подписано в банке");
    play.confirm_payment().await?;
    play.end().await?;
    steps.done("выплата подтверждена, автомобиль в 1С");
    report::of(&play, began.elapsed()).await
}

fn tell(report: &Report) {
    let people: BTreeSet<&String> = report.people.values().collect();
    say(&format!(
        "\n  Конец: {} — {}",
        report.end_state, report.outcome
    ));
    say(&format!(
        "  Процесс {}: {} событий истории за {}",
        report.workflow_id,
        report.history_events,
        seconds(Duration::from_millis(report.duration_ms))
    ));
    say(&format!(
        "  Роботов получили ответ: {}; сделка в стадии {}",
        report.robots_answered, report.deal_stage
    ));
    say(&format!("  Разных людей на обязанностях: {}", people.len()));
    for document in &report.documents {
        say(&format!("  {document}"));
    }
    if let Some(receipt) = &report.receipt {
        say(&format!("  1С: поступление № {receipt} проведено"));
    }
    let effects: Vec<String> = report
        .effects
        .iter()
        .map(|(partner, count)| format!("{partner} {count}"))
        .collect();
    say(&format!(
        "  Действий у партнёров с начала: {}",
        effects.join(", ")
    ));
}

fn addresses(demo: &Demo) {
    let stack = &demo.stack;
    say("\nАдреса");
    say(&format!("  рабочее место           {}", stack.door.url));
    say(&format!(
        "  вкладка в Битрикс24     {}crm/deal/details/<сделка>/?user={}",
        portal(stack),
        seed::ACCOUNTS[0].bitrix24_user
    ));
    say(&format!("  шлюз (gRPC, gRPC-web)   {}", stack.door.url));
    if let Some(ui) = &demo.temporal.ui {
        say(&format!("  Temporal UI             {ui}"));
    }
    say(&format!(
        "  почтовый ящик клиента   {}",
        stack.control.address("mail/")
    ));
    say(&format!(
        "  партнёры, управление    {}",
        stack.control.address("")
    ));
    say(&format!(
        "  метрики                 шлюз http://{}/metrics, воркер http://{}/metrics, SDK http://127.0.0.1:{SDK_METRICS_PORT}/metrics",
        stack.gateway_metrics, stack.worker_metrics
    ));
    say(&format!(
        "  доверие браузера        {} и {}",
        demo.folder.join("tls/ca.pem").display(),
        demo.folder.join("simulator/ca.pem").display()
    ));
    say(&format!(
        "\nВход: логин из списка, пароль {}",
        seed::PASSWORD
    ));
    for account in &seed::ACCOUNTS {
        say(&format!(
            "  {:<12} {:<17} {} (сотрудник портала {})",
            account.login, account.role, account.name, account.bitrix24_user
        ));
    }
    say("\nCtrl-C остановит всё; данные останутся в .kite.");
}

/// The portal under a name of another site than the gateway's: a frame there is a stranger's frame.
fn portal(stack: &Stack) -> Url {
    let mut url = stack.partner(Partner::Bitrix24);
    let _ = url.set_host(Some("portal.localhost"));
    url
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} с", duration.as_secs_f64())
}

/// One line for the person who watches. A closed pipe is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
