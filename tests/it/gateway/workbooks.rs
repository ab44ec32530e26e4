//! Lists as workbooks, opened again with another library than the one that wrote them.

use std::io::Cursor;

use anyhow::{Context, bail};
use calamine::{Data, Range, Reader, Xlsx};
use chrono::{DateTime, Utc};
use domain::staff::PersonRef;
use domain::staff::{PersonId, Role};
use domain::task::{TaskId, TaskKind, TaskState};
use proto::kite::buyout::v1::{ExportBuyoutsRequest, ListBuyoutsRequest};
use proto::kite::task::v1::{ExportTasksRequest, ListTasksRequest};
use stack::people::Person;
use stack::seed;
use tests::World;
use tonic::Code;

use super::lists::{began, fill, list, run, save, total};
use super::tasks::task;
use super::{newcomer, violations};

struct Book {
    name: String,
    parts: usize,
    rows: Range<Data>,
    about: Vec<String>,
}

fn open(name: String, parts: usize, bytes: Vec<u8>) -> anyhow::Result<Book> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))?;
    let sheets = book.sheet_names().to_owned();
    let [first, about] = sheets.as_slice() else {
        bail!("sheets: {sheets:?}");
    };
    let formulas = book.worksheet_formula(first)?;
    assert!(
        formulas.cells().all(|(_, _, formula)| formula.is_empty()),
        "a formula was written"
    );
    let rows = book.worksheet_range(first)?;
    let about = book
        .worksheet_range(about)?
        .cells()
        .map(|(_, _, cell)| cell.to_string())
        .collect();
    Ok(Book {
        name,
        parts,
        rows,
        about,
    })
}

async fn buyouts(person: &Person, filter: ListBuyoutsRequest) -> anyhow::Result<Book> {
    let request = ExportBuyoutsRequest {
        filter: Some(filter),
    };
    let mut stream = person.buyouts().export_buyouts(request).await?.into_inner();
    let (mut name, mut parts, mut bytes) = (String::new(), 0, Vec::new());
    while let Some(part) = stream.message().await? {
        assert!(
            part.chunk.len() <= 64 * 1024,
            "a part of {}",
            part.chunk.len()
        );
        assert_eq!(
            part.file_name.is_empty(),
            parts > 0,
            "the first has the name"
        );
        name.push_str(&part.file_name);
        bytes.extend(part.chunk);
        parts += 1;
    }
    open(name, parts, bytes)
}

async fn tasks(person: &Person, filter: ListTasksRequest) -> anyhow::Result<Book> {
    let request = ExportTasksRequest {
        filter: Some(filter),
    };
    let mut stream = person.tasks().export_tasks(request).await?.into_inner();
    let (mut name, mut bytes) = (String::new(), Vec::new());
    while let Some(part) = stream.message().await? {
        name.push_str(&part.file_name);
        bytes.extend(part.chunk);
    }
    open(name, 1, bytes)
}

impl Book {
    fn titles(&self) -> Vec<String> {
        let width = self.rows.width() as u32;
        (0..width)
            .map(|column| {
                self.rows
                    .get_value((0, column))
                    .map(ToString::to_string)
                    .unwrap_or_default()
            })
            .collect()
    }

    fn cell(&self, row: usize, title: &str) -> anyhow::Result<&Data> {
        let column = self
            .titles()
            .iter()
            .position(|known| known == title)
            .with_context(|| format!("no column {title}: {:?}", self.titles()))?;
        self.rows.get((row, column)).context("no such row")
    }

    /// The row of that deal.
    fn row(&self, deal_id: u64) -> anyhow::Result<usize> {
        for row in 1..self.rows.height() {
            if *self.cell(row, "Сделка")? == Data::Float(deal_id as f64) {
                return Ok(row);
            }
        }
        bail!("deal {deal_id} is not there")
    }
}

fn moment(cell: &Data) -> Option<String> {
    match cell {
        Data::DateTime(at) => at.as_datetime().map(|at| at.to_string()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_leave_as_a_workbook_with_real_dates_and_sums_and_the_export_is_on_record()
-> anyhow::Result<()> {
    let world = World::start().await?;
    fill(&world).await?;
    // What a client writes into a deal is text, whatever it looks like.
    let mut hostile = run(150);
    hostile.policy = Some(seed::policy());
    hostile.deal.as_mut().context("a deal")?.car.make = "=HYPERLINK(\"http://x\",\"y\")".to_owned();
    save(&world, hostile, Vec::new()).await?;
    let head = world.stack.sign_in("head").await?;
    let request = ListBuyoutsRequest {
        order: "STARTED".to_owned(),
        text: "tiggo".to_owned(),
        ..Default::default()
    };
    let book = buyouts(&head, request.clone()).await?;
    let listed = list(&head, request.clone()).await?;
    assert_eq!(total(&listed), 91);
    assert_eq!(
        book.rows.height(),
        92,
        "as many rows as the list has, and a header"
    );
    assert!(
        book.name.starts_with("Сделки ") && book.name.ends_with(".xlsx"),
        "{}",
        book.name
    );
    assert!(book.parts >= 1);
    assert_eq!(
        book.titles()[..6],
        [
            "Сделка",
            "Этап",
            "Ожидается",
            "Срок",
            "Просрочено",
            "Автомобиль"
        ]
    );
    // The latest is the first, as in the list.
    assert_eq!(*book.cell(1, "Сделка")?, Data::Float(150.0));
    assert_eq!(
        *book.cell(1, "Автомобиль")?,
        Data::String("=HYPERLINK(\"http://x\",\"y\") Tiggo 7 Pro, 2021".to_owned())
    );
    assert_eq!(*book.cell(1, "Цена, руб.")?, Data::Float(300_000.0));
    // 06:30 UTC is 09:30 at the site.
    assert_eq!(
        moment(book.cell(1, "Начата")?).as_deref(),
        Some("2026-11-20 09:30:00")
    );
    assert_eq!(
        *book.cell(1, "Часовой пояс")?,
        Data::String("Europe/Moscow".to_owned())
    );
    let ended = book.row(88)?;
    assert_eq!(
        *book.cell(ended, "Этап")?,
        Data::String("Отменена".to_owned())
    );
    assert_eq!(
        moment(book.cell(ended, "Завершена")?).as_deref(),
        Some("2026-11-21 06:00:00"),
        "without a policy there is no zone but UTC"
    );
    assert_eq!(*book.cell(ended, "Срок")?, Data::Empty);
    assert!(
        book.about.contains(&"Глеб Чайкин".to_owned()),
        "{:?}",
        book.about
    );
    assert!(
        !book.about.contains(&"Внимание".to_owned()),
        "nothing was cut"
    );

    // An inspector takes away their own run, and no price.
    let inspector = world.stack.sign_in("inspector").await?;
    let own = buyouts(&inspector, ListBuyoutsRequest::default()).await?;
    assert_eq!(own.rows.height(), 2);
    assert_eq!(*own.cell(1, "Сделка")?, Data::Float(7.0));
    for hidden in ["Цена, руб.", "Итог", "Неполадка"] {
        assert!(own.cell(1, hidden).is_err(), "{hidden}");
    }

    let record = world.stack.store.audit_of("buyouts").await?;
    let told: Vec<(&str, &str, u64)> = record
        .iter()
        .map(|entry| {
            (
                entry.person.as_str(),
                entry.action.as_str(),
                entry.detail["rows"].as_u64().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("u-head", "list.export", 91),
            ("u-inspector", "list.export", 1)
        ]
    );
    assert_eq!(record[0].detail["filter"]["order"], "STARTED");
    assert_eq!(record[0].detail["filter"]["by_text"], true);
    assert!(
        !record[0].detail.to_string().contains("tiggo"),
        "what was typed may be a client's phone"
    );

    let wrong = ExportBuyoutsRequest {
        filter: Some(ListBuyoutsRequest {
            stages: vec!["NONSENSE".to_owned()],
            ..Default::default()
        }),
    };
    let refused = head
        .buyouts()
        .export_buyouts(wrong)
        .await
        .expect_err("a stage that is none");
    assert_eq!(violations(&refused), ["stages"]);
    let pskov = newcomer(&world, "pskov", &[Role::Appraiser], &["Псков"]).await?;
    let foreign = ExportBuyoutsRequest {
        filter: Some(ListBuyoutsRequest {
            city: "Мурманск".to_owned(),
            ..Default::default()
        }),
    };
    let refused = pskov
        .buyouts()
        .export_buyouts(foreign)
        .await
        .expect_err("another city");
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_leave_as_a_workbook_of_what_the_list_shows() -> anyhow::Result<()> {
    let world = World::start().await?;
    let closed_at: DateTime<Utc> = "2026-11-23T21:30:00Z".parse()?;
    for deal_id in 1..=4_u64 {
        let mut one = run(deal_id);
        one.policy = Some(seed::policy());
        let id = TaskId::new(one.id.as_str(), 1);
        let mut appraise = task(id.clone(), TaskKind::Appraise, one.city(), began());
        if deal_id == 2 {
            appraise.state = TaskState::Done;
            appraise.closed_at = Some(closed_at);
            appraise.closed_by = Some(PersonRef {
                person: PersonId::new("u-appraiser"),
                name: "Ольга Крылова".to_owned(),
            });
            appraise.result = Some("+79000000012 =1+1".to_owned());
        }
        one.tasks.insert(id, appraise);
        save(&world, one, Vec::new()).await?;
    }
    let appraiser = world.stack.sign_in("appraiser").await?;
    let open = tasks(&appraiser, ListTasksRequest::default()).await?;
    assert_eq!(open.rows.height(), 4, "three open ones and the header");
    assert!(open.name.starts_with("Задачи "), "{}", open.name);
    assert_eq!(*open.cell(1, "Просрочена")?, Data::String("да".to_owned()));
    let done = ListTasksRequest {
        states: vec!["DONE".to_owned()],
        latest_first: true,
        ..Default::default()
    };
    let done = tasks(&appraiser, done).await?;
    assert_eq!(done.rows.height(), 2);
    assert_eq!(
        *done.cell(1, "VIN или номер кузова")?,
        Data::String("XTA210990Y0000002".to_owned())
    );
    assert_eq!(*done.cell(1, "Сделка")?, Data::Float(2.0));
    assert_eq!(
        *done.cell(1, "Состояние")?,
        Data::String("решена".to_owned())
    );
    assert_eq!(
        moment(done.cell(1, "Закрыта")?).as_deref(),
        Some("2026-11-24 00:30:00"),
        "by the site's clock"
    );
    assert_eq!(
        *done.cell(1, "Решение")?,
        Data::String("+79000000012 =1+1".to_owned())
    );
    // Nobody exports what their list does not show.
    let verifier = world.stack.sign_in("verifier").await?;
    let none = tasks(&verifier, ListTasksRequest::default()).await?;
    assert_eq!(none.rows.height(), 1);
    let record = world.stack.store.audit_of("tasks").await?;
    let told: Vec<(&str, u64)> = record
        .iter()
        .map(|entry| {
            (
                entry.person.as_str(),
                entry.detail["rows"].as_u64().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("u-appraiser", 3), ("u-appraiser", 1), ("u-verifier", 0)]
    );
    world.stop().await
}
