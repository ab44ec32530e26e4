//! The first page of a pack: what a judge or an auditor reads before anything else. Russian, plain text.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::buyout::state::{Buyout, ProcessEvent};
use domain::staff::Actor;

use super::contents::{File, acted};

struct Page {
    text: String,
    zone: Tz,
}

impl Page {
    fn line(&mut self, line: &str) {
        // What somebody wrote in several lines must not look like lines of this page.
        let line: String = line
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        self.text.push('\n');
        self.line(title);
        self.line(&"-".repeat(title.chars().count()));
    }

    fn fact(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.line(&format!("{name}: {value}"));
        }
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone)
            .format("%d.%m.%Y %H:%M:%S")
            .to_string()
    }
}

pub(super) fn write(
    buyout: &Buyout,
    events: &[ProcessEvent],
    files: &[File],
    actor: &Actor,
    at: DateTime<Utc>,
) -> String {
    let zone = buyout
        .policy
        .as_ref()
        .map_or(Tz::UTC, |policy| policy.calendar.tz());
    let mut page = Page {
        text: String::new(),
        zone,
    };
    page.line(&format!(
        "Материалы дела по выкупу, сделка {}",
        buyout.deal_id
    ));
    page.line("Содержит персональные данные. Передавать только тем, кому это разрешено.");
    page.text.push('\n');
    page.fact("Дело", buyout.id.as_str());
    page.fact("Время в этом файле", zone.name());
    page.fact("Выгружено", &page.moment(at));
    page.fact(
        "Кто выгрузил",
        &format!("{} ({})", actor.name, actor.person.0),
    );
    deal(&mut page, buyout);
    money(&mut page, buyout);
    checks(&mut page, buyout);
    decisions(&mut page, buyout);
    page.title("Кто что делал");
    for (event, name) in acted(events) {
        let line = format!("{}  {name}: {}", page.moment(event.at), event.text);
        page.line(&line);
    }
    kept(&mut page, files);
    page.title("Как проверить");
    page.line("kite evidence verify ФАЙЛ --key КЛЮЧ");
    page.line("Ключ берут у компании отдельно от этого файла. Команда не требует сети: она сверяет каждый байт");
    page.line("архива с описью manifest.json и опись с подписью manifest.sig.json.");
    page.text
}

fn deal(page: &mut Page, buyout: &Buyout) {
    page.title("Сделка");
    if let Some(policy) = &buyout.policy {
        let entity = &policy.legal_entity;
        page.fact(
            "Юридическое лицо",
            &format!("{}, ИНН {}", entity.name, entity.inn),
        );
        page.fact("Площадка", &policy.site.name);
        page.fact("Версия правил", &policy.version.to_string());
    }
    if let Some(deal) = &buyout.deal {
        page.fact("Автомобиль", &deal.car.title());
        page.fact("VIN или номер кузова", deal.car.identifier.as_str());
        let plate = deal.car.plate.as_ref().map(ToString::to_string);
        page.fact("Госномер", &plate.unwrap_or_default());
        page.fact("Клиент", &deal.client.full_name());
        page.fact("Город", &deal.visit.city);
    }
    page.fact("Начато", &page.moment(buyout.started_at));
    page.fact("Этап", buyout.stage.title_ru());
    if let Some(ended) = buyout.ended_at {
        page.fact("Завершено", &page.moment(ended));
    }
    if let Some(outcome) = &buyout.outcome {
        page.fact("Итог", &outcome.sentence());
    }
}

fn money(page: &mut Page, buyout: &Buyout) {
    page.title("Цена и деньги");
    if let Some(set) = &buyout.appraisal {
        let line = format!(
            "{}  {} назначил цену {}, предел {}",
            page.moment(set.at),
            set.appraiser.name,
            set.appraisal.buyout_price,
            set.appraisal.stop_price
        );
        page.line(&line);
    }
    if let Some(word) = &buyout.price_approval {
        let what = if word.approved {
            "согласовал"
        } else {
            "не согласовал"
        };
        let line = format!(
            "{}  {} {what} цену. {}",
            page.moment(word.at),
            word.by.name,
            word.comment
        );
        page.line(&line);
    }
    if let Some(offer) = &buyout.offer {
        let line = format!(
            "{}  предложение клиенту, круг {}: {}",
            page.moment(offer.made_at),
            offer.round,
            offer.price
        );
        page.line(&line);
    }
    if let Some(price) = buyout.agreed_price {
        page.fact("Согласованная цена", &price.to_string());
    }
    for payment in &buyout.payments {
        let mut line = format!("Выплата, попытка {}: {}", payment.attempt, payment.amount);
        if let Some(by) = &payment.approved_by {
            let _ = write!(line, ", согласовал {}", by.name);
        }
        match payment.paid_at {
            Some(paid) => {
                let _ = write!(line, ", проведена {}", page.moment(paid));
            }
            None => line.push_str(", не проведена"),
        }
        page.line(&line);
    }
}

fn checks(page: &mut Page, buyout: &Buyout) {
    page.title("Проверки");
    for check in &buyout.checks {
        let line = format!(
            "{}  {} ({}): {}",
            page.moment(check.taken_at),
            check.kind.title_ru(),
            check.source,
            check.outcome
        );
        page.line(&line);
        for finding in &check.findings {
            page.line(&format!("    {}", finding.text));
        }
    }
}

fn decisions(page: &mut Page, buyout: &Buyout) {
    page.title("Решения");
    let mut closed: Vec<_> = buyout
        .tasks
        .values()
        .filter_map(|task| Some((task.closed_at?, task)))
        .collect();
    closed.sort_by_key(|(at, task)| (*at, task.number));
    for (at, task) in closed {
        let who = task
            .closed_by
            .as_ref()
            .map_or("система", |by| by.name.as_str());
        let line = format!(
            "{}  {} (версия {}) — {who}: {}",
            page.moment(at),
            task.title,
            task.version,
            task.result.as_deref().unwrap_or("закрыто без решения")
        );
        page.line(&line);
    }
}

fn kept(page: &mut Page, files: &[File]) {
    page.title("Файлы");
    for file in files {
        let line = format!(
            "{}  {}  {}  sha256 {}",
            page.moment(file.row.created_at),
            file.path,
            file.title,
            file.row.file.sha256
        );
        page.line(&line);
    }
}
