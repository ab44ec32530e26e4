//! Lists as XLSX workbooks: written by a library, sent in parts, and every one of them on record.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::money::Money;
use domain::staff::Actor;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};
use store::{AuditEntry, Store};
use tonic::Status;

use crate::status;

/// Rows of a workbook; whoever needs more narrows the filter.
pub(crate) const MOST_ROWS: usize = 50_000;
/// Bytes of one message of the stream.
const CHUNK: usize = 64 * 1024;
/// Characters that a cell of the format holds.
const CELL_CHARS: usize = 32_767;

const DATE_FORMAT: &str = "dd.mm.yyyy hh:mm";
const MONEY_FORMAT: &str = "#,##0.00";

/// A column: its Russian title and its width in characters.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) width: f64,
}

pub(crate) enum Cell {
    /// Always a string, whatever it begins with: never a formula.
    Text(String),
    Number(u64),
    /// Roubles.
    Money(Option<Money>),
    /// By the clock of the zone.
    Moment(Option<DateTime<Utc>>, Tz),
}

/// What becomes a workbook: one sheet of rows, and one that says what they are.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// More rows matched than were taken.
    pub(crate) cut: bool,
    /// Who asked, and when.
    pub(crate) by: String,
    pub(crate) at: DateTime<Utc>,
}

/// Takes the first [`MOST_ROWS`] and says whether there were more.
pub(crate) fn cut<T>(mut rows: Vec<T>) -> (Vec<T>, bool) {
    let cut = rows.len() > MOST_ROWS;
    rows.truncate(MOST_ROWS);
    (rows, cut)
}

/// The zone of a site by its IANA name; UTC before it is known.
pub(crate) fn zone(name: Option<&str>) -> Tz {
    name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

/// The file's bytes, made on a thread that may be busy.
pub(crate) async fn file(table: Table) -> Result<Vec<u8>, Status> {
    let made = tokio::task::spawn_blocking(move || workbook(&table)).await;
    match made {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            tracing::error!(%error, "a workbook was not written");
            Err(failed())
        }
        Err(error) => {
            tracing::error!(%error, "a workbook was not written");
            Err(failed())
        }
    }
}

fn failed() -> Status {
    Status::internal("Файл не сделан. Ничего не изменено, сообщите в сопровождение.")
}

/// The messages of the stream: parts of the file, the first one with its name.
pub(crate) fn parts<T>(
    name: String,
    bytes: &[u8],
    message: impl Fn(String, Vec<u8>) -> T,
) -> Vec<Result<T, Status>> {
    let names = std::iter::once(name).chain(std::iter::repeat(String::new()));
    bytes
        .chunks(CHUNK)
        .zip(names)
        .map(|(chunk, name)| Ok(message(name, chunk.to_vec())))
        .collect()
}

/// Puts on record who took which list with them. `filter` has no personal data.
pub(crate) async fn record(
    store: &Store,
    actor: &Actor,
    list: &'static str,
    filter: serde_json::Value,
    table: &Table,
) -> Result<(), Status> {
    let entry = AuditEntry {
        at: table.at,
        person: actor.person.0.clone(),
        action: "list.export".to_owned(),
        entity: list.to_owned(),
        detail: serde_json::json!({
            "filter": filter,
            "rows": table.rows.len(),
            "cut": table.cut,
        }),
    };
    store.audit(&entry).await.map_err(status::store)
}

pub(crate) fn workbook(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let header = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top);
    let moment = Format::new().set_num_format(DATE_FORMAT);
    let money = Format::new().set_num_format(MONEY_FORMAT);

    let sheet = book.add_worksheet().set_name(table.title)?;
    for (at, column) in (0_u16..).zip(&table.columns) {
        sheet.write_string_with_format(0, at, column.title, &header)?;
        sheet.set_column_width(at, column.width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (at, cells) in (1_u32..).zip(&table.rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            write(sheet, at, column, cell, &moment, &money)?;
        }
    }
    let last_row = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    if let Some(last) = table.columns.len().checked_sub(1) {
        sheet.autofilter(0, 0, last_row, u16::try_from(last).unwrap_or(u16::MAX))?;
    }

    let about = book.add_worksheet().set_name("О выгрузке")?;
    about.set_column_width(0, 20)?;
    about.set_column_width(1, 60)?;
    let mut facts = vec![
        ("Кто выгрузил", table.by.clone()),
        (
            "Когда",
            format!("{} UTC", table.at.format("%d.%m.%Y %H:%M")),
        ),
        ("Строк", table.rows.len().to_string()),
    ];
    if table.cut {
        facts.push((
            "Внимание",
            format!(
                "Выгружены первые {MOST_ROWS} строк, подходит больше. Сузьте фильтр и выгрузите по частям."
            ),
        ));
    }
    for (at, (name, value)) in (0_u32..).zip(&facts) {
        about.write_string(at, 0, *name)?;
        about.write_string(at, 1, value)?;
    }
    book.save_to_buffer()
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    moment: &Format,
    money: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) if text.is_empty() => {}
        Cell::Text(text) => {
            let text: String = text.chars().take(CELL_CHARS).collect();
            sheet.write_string(row, column, text)?;
        }
        // Exact up to 2^53, far beyond any number of ours.
        Cell::Number(number) => {
            sheet.write_number(row, column, *number as f64)?;
        }
        Cell::Money(Some(amount)) => {
            let rubles = amount.kopecks() as f64 / 100.0;
            sheet.write_number_with_format(row, column, rubles, money)?;
        }
        Cell::Moment(Some(at), zone) => {
            let local = at.with_timezone(zone).naive_local();
            sheet.write_datetime_with_format(row, column, local, moment)?;
        }
        Cell::Money(None) | Cell::Moment(None, _) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx};

    use super::*;

    fn table(rows: Vec<Vec<Cell>>, cut: bool) -> Table {
        Table {
            title: "Список",
            columns: ["Имя", "Сумма", "Когда", "Число"]
                .map(|title| Column { title, width: 12.0 })
                .into(),
            rows,
            cut,
            by: "Глеб Чайкин".to_owned(),
            at: "2026-11-24T10:00:00Z".parse().expect("a moment"),
        }
    }

    fn open(bytes: Vec<u8>) -> Xlsx<std::io::Cursor<Vec<u8>>> {
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).expect("a workbook")
    }

    #[test]
    fn values_keep_their_types_and_no_text_becomes_a_formula() {
        let hostile = [
            "=HYPERLINK(\"http://x\")",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "{=1}",
        ];
        let at = "2026-11-23T21:30:00Z".parse().expect("a moment");
        let rows = hostile
            .iter()
            .map(|text| {
                vec![
                    Cell::Text((*text).to_owned()),
                    Cell::Money(Some(Money::from_kopecks(30_000_050))),
                    Cell::Moment(Some(at), zone(Some("Europe/Moscow"))),
                    Cell::Number(7),
                ]
            })
            .collect();
        let bytes = workbook(&table(rows, false)).expect("a file");
        let mut book = open(bytes);
        let range = book.worksheet_range("Список").expect("the sheet");
        assert_eq!(range.height(), hostile.len() + 1);
        assert_eq!(range.get((0, 2)), Some(&Data::String("Когда".to_owned())));
        for (row, text) in (1..).zip(hostile) {
            assert_eq!(range.get((row, 0)), Some(&Data::String(text.to_owned())));
        }
        assert_eq!(range.get((1, 1)), Some(&Data::Float(300_000.5)));
        let Some(Data::DateTime(moment)) = range.get((1, 2)) else {
            panic!("not a date: {:?}", range.get((1, 2)));
        };
        // By Moscow's clock it is the next day.
        assert_eq!(
            moment.as_datetime().map(|at| at.to_string()).as_deref(),
            Some("2026-11-24 00:30:00")
        );
        assert_eq!(range.get((1, 3)), Some(&Data::Float(7.0)));
        let formulas = book.worksheet_formula("Список").expect("the sheet");
        assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()));
    }

    #[test]
    fn a_list_that_was_cut_says_so() {
        let (rows, was_cut) = cut((0..=MOST_ROWS).collect::<Vec<_>>());
        assert_eq!((rows.len(), was_cut), (MOST_ROWS, true));
        assert!(!cut(vec![1, 2]).1);
        let about = |cut| {
            let bytes = workbook(&table(Vec::new(), cut)).expect("a file");
            let range = open(bytes)
                .worksheet_range("О выгрузке")
                .expect("the sheet");
            let words: Vec<String> = range.cells().map(|(_, _, cell)| cell.to_string()).collect();
            words.join(" ")
        };
        assert!(
            about(true).contains("первые 50000 строк"),
            "{}",
            about(true)
        );
        assert!(!about(false).contains("Внимание"));
    }

    #[test]
    fn parts_are_small_and_the_first_has_the_name() {
        let bytes = vec![7; 2 * CHUNK + 1];
        let parts: Vec<(String, Vec<u8>)> =
            parts("a.xlsx".to_owned(), &bytes, |name, chunk| (name, chunk))
                .into_iter()
                .map(|part| part.expect("a part"))
                .collect();
        let sizes: Vec<(&str, usize)> = parts
            .iter()
            .map(|(name, chunk)| (name.as_str(), chunk.len()))
            .collect();
        assert_eq!(sizes, [("a.xlsx", CHUNK), ("", CHUNK), ("", 1)]);
    }
}
