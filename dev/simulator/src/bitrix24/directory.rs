//! The funnel of buyouts and its stages.

use serde_json::{Value, json};

use super::answer::{Done, RestError};
use super::filter::fits;
use super::methods::Call;

/// The funnel "Выкуп автомобилей".
pub(super) const CATEGORY: u64 = 9;
const STAGES_OF: &str = "DEAL_STAGE_9";

pub(super) struct Stage {
    pub(super) id: &'static str,
    name: &'static str,
    colour: &'static str,
    /// `S` won, `F` lost, nothing in between.
    pub(super) semantics: Option<&'static str>,
}

const fn stage_of(
    id: &'static str,
    name: &'static str,
    colour: &'static str,
    semantics: Option<&'static str>,
) -> Stage {
    Stage {
        id,
        name,
        colour,
        semantics,
    }
}

static STAGES: [Stage; 8] = [
    stage_of("C9:NEW", "Новая", "#39A8EF", None),
    stage_of("C9:INSPECTION", "Осмотр", "#2FC6F6", None),
    stage_of("C9:APPRAISAL", "Оценка", "#55D0E0", None),
    stage_of("C9:OFFER", "Предложение", "#47E4C2", None),
    stage_of("C9:SIGNING", "Подписание", "#FFA900", None),
    stage_of("C9:PAYMENT", "Выплата", "#FFC800", None),
    stage_of("C9:WON", "Автомобиль выкуплен", "#7BD500", Some("S")),
    stage_of("C9:LOSE", "Сделка провалена", "#FF5752", Some("F")),
];

pub(super) fn stage(id: &str) -> Option<&'static Stage> {
    STAGES.iter().find(|stage| stage.id == id)
}

pub(super) fn categories(call: &Call<'_>) -> Result<Done, RestError> {
    if call.params.number("entityTypeId") != Some(2) {
        return Err(RestError::refused("NOT_FOUND", "Смарт-процесс не найден"));
    }
    let category = |id: u64, name: &str, sort: u64, default: &str| {
        json!({ "id": id, "name": name, "sort": sort, "entityTypeId": 2, "isDefault": default,
                "originId": "", "originatorId": "" })
    };
    let categories = [
        category(CATEGORY, "Выкуп автомобилей", 200, "N"),
        category(0, "Общая", 300, "Y"),
    ];
    Ok(Done {
        result: json!({ "categories": categories }),
        total: Some(categories.len()),
        next: None,
    })
}

pub(super) fn statuses(call: &Call<'_>) -> Result<Done, RestError> {
    let filter = call.params.map("filter").unwrap_or_default();
    let rows: Vec<Value> = STAGES
        .iter()
        .enumerate()
        .map(|(index, stage)| {
            let Stage {
                id,
                name,
                colour,
                semantics,
            } = stage;
            let extra = match semantics {
                Some("S") => "success",
                Some(_) => "failure",
                None => "process",
            };
            json!({
                "ID": (901 + index).to_string(),
                "ENTITY_ID": STAGES_OF,
                "STATUS_ID": id,
                "NAME": name,
                "NAME_INIT": "",
                "SORT": ((index + 1) * 10).to_string(),
                "SYSTEM": "N",
                "CATEGORY_ID": CATEGORY.to_string(),
                "COLOR": colour,
                "SEMANTICS": semantics,
                "EXTRA": { "SEMANTICS": extra, "COLOR": colour },
            })
        })
        .filter(|row| fits(&filter, &|name| row.get(name).cloned()))
        .collect();
    Ok(Done {
        total: Some(rows.len()),
        next: None,
        result: Value::Array(rows),
    })
}
