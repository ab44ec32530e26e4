//! The list of runs as a workbook.

use chrono::Utc;
use domain::staff::Actor;
use proto::kite::buyout::v1 as pb;
use serde_json::json;
use store::BuyoutRow;
use tonic::Status;

use super::{Buyouts, query};
use crate::convert::summary::Told;
use crate::export::{self, Cell, Column, MOST_ROWS, Table};
use crate::status;

impl Buyouts {
    pub(super) async fn workbook(
        &self,
        actor: &Actor,
        request: &pb::ListBuyoutsRequest,
    ) -> Result<Vec<Result<pb::ExportBuyoutsResponse, Status>>, Status> {
        let (filter, sort) = query::read(&self.app.access, actor, request)?;
        let found = self
            .app
            .store
            .all_buyouts(&filter, sort, MOST_ROWS as u64 + 1)
            .await
            .map_err(status::store)?;
        let (rows, cut) = export::cut(found);
        let at = Utc::now();
        let prices = self.app.access.sees_prices(actor);
        let sees = Told {
            prices,
            refusals: self.app.access.sees_refusals(actor),
        };
        let mut columns = COLUMNS.to_vec();
        if prices {
            columns.extend(PRICED);
        }
        let table = Table {
            title: "Сделки",
            columns: columns
                .into_iter()
                .map(|(title, width)| Column { title, width })
                .collect(),
            rows: rows.iter().map(|row| cells(row, sees, at)).collect(),
            cut,
            by: actor.name.clone(),
            at,
        };
        export::record(&self.app.store, actor, "buyouts", told(request), &table).await?;
        let bytes = export::file(table).await?;
        let name = format!("Сделки {}.xlsx", at.format("%Y-%m-%d"));
        Ok(export::parts(name, &bytes, |file_name, chunk| {
            pb::ExportBuyoutsResponse { file_name, chunk }
        }))
    }
}

const COLUMNS: [(&str, f64); 17] = [
    ("Сделка", 10.0),
    ("Этап", 24.0),
    ("Ожидается", 40.0),
    ("Срок", 17.0),
    ("Просрочено", 12.0),
    ("Автомобиль", 32.0),
    ("VIN или номер кузова", 21.0),
    ("Госномер", 12.0),
    ("Город", 18.0),
    ("Площадка", 28.0),
    ("Осмотрщик", 24.0),
    ("Начата", 17.0),
    ("На этапе с", 17.0),
    ("Завершена", 17.0),
    ("Часовой пояс", 18.0),
    ("Номер процесса", 34.0),
    ("Этап (код)", 20.0),
];

/// For those who see prices.
const PRICED: [(&str, f64); 3] = [("Цена, руб.", 15.0), ("Итог", 40.0), ("Неполадка", 40.0)];

fn cells(row: &BuyoutRow, sees: Told, now: chrono::DateTime<Utc>) -> Vec<Cell> {
    let Told { prices, refusals } = sees;
    let overdue = row.overdue(now);
    let BuyoutRow {
        id,
        deal_id,
        stage,
        city,
        site,
        time_zone,
        car,
        identifier,
        plate,
        inspector,
        waiting_for,
        deadline,
        price,
        outcome,
        trouble,
        started_at,
        stage_since,
        ended_at,
    } = row;
    let (stage, stage_title) = if refusals {
        (*stage, stage.title_ru())
    } else {
        stage.told_beside_the_client()
    };
    let zone = export::zone(time_zone.as_deref());
    let text = |value: &Option<String>| Cell::Text(value.clone().unwrap_or_default());
    let mut cells = vec![
        Cell::Number(*deal_id),
        Cell::Text(stage_title.to_owned()),
        text(waiting_for),
        Cell::Moment(*deadline, zone),
        Cell::Text(if overdue { "да" } else { "" }.to_owned()),
        Cell::Text(car.clone()),
        text(identifier),
        text(plate),
        Cell::Text(city.clone()),
        text(site),
        Cell::Text(
            inspector
                .as_ref()
                .map(|person| person.name.clone())
                .unwrap_or_default(),
        ),
        Cell::Moment(Some(*started_at), zone),
        Cell::Moment(Some(*stage_since), zone),
        Cell::Moment(*ended_at, zone),
        Cell::Text(zone.name().to_owned()),
        Cell::Text(id.0.clone()),
        Cell::Text(stage.to_string()),
    ];
    if prices {
        cells.extend([Cell::Money(*price), text(outcome), text(trouble)]);
    }
    cells
}

/// The filter for the record; what was typed may be a client's phone, so only that something was.
fn told(request: &pb::ListBuyoutsRequest) -> serde_json::Value {
    let pb::ListBuyoutsRequest {
        page: _,
        stages,
        city,
        text,
        active,
        fields: _,
        overdue,
        inspector_id,
        order,
        ascending,
        troubled,
        started_from,
        started_to,
    } = request;
    let seconds = |at: &Option<prost_types::Timestamp>| at.as_ref().map(|at| at.seconds);
    json!({
        "stages": stages,
        "city": city,
        "by_text": !text.trim().is_empty(),
        "active": active,
        "overdue": overdue,
        "inspector": inspector_id,
        "order": order,
        "ascending": ascending,
        "troubled": troubled,
        "started_from": seconds(started_from),
        "started_to": seconds(started_to),
    })
}
