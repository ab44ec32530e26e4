//! Values as Russian texts spell them.

use chrono::NaiveDate;
use domain::money::Money;

/// Stands where a document has nothing to say.
pub(super) const DASH: &str = "—";

/// "1 529 000 ₽" for pages and messages; kopecks only where there are any.
pub(super) fn price(amount: Money) -> String {
    let full = amount.to_string();
    match full.split_once(",00") {
        Some((rubles, sign)) => format!("{rubles}{sign}"),
        None => full,
    }
}

/// "1 529 000,00 руб." for documents: their font has no rouble sign.
pub(super) fn price_in_document(amount: Money) -> String {
    amount.to_string().replace('₽', "руб.")
}

/// "45 210 км", the spaces no-break ones.
pub(super) fn kilometres(count: u32) -> String {
    // An amount of roubles is grouped the same way.
    let grouped = Money::from_rubles(count.into()).to_string();
    let digits = grouped.split(',').next().unwrap_or_default();
    format!("{digits}\u{a0}км")
}

/// "Договор купли-продажи"
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

/// "23.11.2026"
pub(super) fn date(date: NaiveDate) -> String {
    date.format("%d.%m.%Y").to_string()
}

/// "181 л. с. (133,1 кВт)"; a metric horsepower is 735,49875 W.
pub(super) fn power(horsepower: u32) -> String {
    let kilowatts = format!("{:.1}", f64::from(horsepower) * 0.735_498_75).replace('.', ",");
    format!("{horsepower}\u{a0}л.\u{a0}с. ({kilowatts}\u{a0}кВт)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spelled_as_people_read_them() {
        assert_eq!(
            price(Money::from_rubles(1_529_000)),
            "1\u{a0}529\u{a0}000\u{a0}₽"
        );
        assert_eq!(
            price(Money::from_kopecks(152_900_050)),
            "1\u{a0}529\u{a0}000,50\u{a0}₽"
        );
        assert_eq!(
            price_in_document(Money::from_rubles(1_529_000)),
            "1\u{a0}529\u{a0}000,00\u{a0}руб."
        );
        assert_eq!(kilometres(45_210), "45\u{a0}210\u{a0}км");
        assert_eq!(kilometres(0), "0\u{a0}км");
        assert_eq!(power(181), "181\u{a0}л.\u{a0}с. (133,1\u{a0}кВт)");
        assert_eq!(
            NaiveDate::from_ymd_opt(2026, 2, 3).map(date).as_deref(),
            Some("03.02.2026")
        );
    }
}
