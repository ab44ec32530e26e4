//! The vehicle's passport, electronic or on paper.

use domain::checks::CheckOutcome;

use super::dto::{self, Content};
use super::interpret::Judged;

/// Ends of an electronic passport after which the car cannot be registered.
const DEAD: [&str; 4] = ["аннулир", "утилизир", "погаш", "прекращ"];

/// A passport in force is clear, an unfinished one the owner can finish, a dead one ends the deal. A paper
/// passport has no status and needs none.
pub(super) fn epts(content: &Content) -> Option<Judged> {
    let dto::VehicleInfo {
        passport,
        restriction,
        utilization_tax,
    } = content.additional_info.as_ref()?.vehicle.as_ref()?;
    let dto::Passport {
        has_dublicate,
        kind,
        status,
    } = passport.as_ref()?;
    let mut judged = Judged::clear();
    match (kind.as_deref(), status.as_deref()) {
        (None, None) => return None,
        (Some(kind), None) if kind.to_lowercase().contains("электронн") => return None,
        (Some(_), None) => {}
        (_, Some(status)) => judge_status(status, &mut judged),
    }
    if *has_dublicate == Some(true) {
        judged.add(
            CheckOutcome::Attention,
            "papers.duplicate",
            "Паспорт автомобиля — дубликат.",
        );
    }
    if let Some(dto::PassportRestriction { customs, other }) = restriction {
        for (text, title) in [(customs, "таможенные ограничения"), (other, "ограничения")]
        {
            if let Some(text) = text.as_deref().filter(|text| !says_none(text)) {
                judged.add(
                    CheckOutcome::Removable,
                    "papers.restrictions",
                    format!("В паспорте автомобиля {title}: {text}."),
                );
            }
        }
    }
    if let Some(tax) = utilization_tax.as_deref().filter(|tax| !is_paid(tax)) {
        judged.add(
            CheckOutcome::Attention,
            "papers.utilization_tax",
            format!("Утилизационный сбор: {tax}."),
        );
    }
    Some(judged)
}

fn judge_status(status: &str, judged: &mut Judged) {
    let lower = status.trim().to_lowercase();
    let text = format!("Статус электронного паспорта: {status}.");
    if lower == "действующий" {
        return;
    }
    let outcome = if DEAD.iter().any(|end| lower.contains(end)) {
        CheckOutcome::Fatal
    } else if lower.contains("незаверш") {
        CheckOutcome::Removable
    } else {
        CheckOutcome::Unknown
    };
    judged.add(outcome, "papers.epts", text);
}

/// "Отсутствуют", "СВЕДЕНИЯ ОБ ОГРАНИЧЕНИЯХ ОТСУТСТВУЮТ".
fn says_none(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    lower.is_empty() || lower.contains("отсутств")
}

fn is_paid(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    lower.is_empty() || lower.contains("уплачен") && !lower.contains("не уплачен")
}
