//! Public holidays of Russia.

use std::collections::BTreeSet;

use chrono::NaiveDate;

/// Non-working days of a year in Russia, besides Saturdays and Sundays.
///
/// 2026 is the full production calendar: the holidays of article 112 of the Labour Code (Трудовой
/// кодекс, ст. 112), those that fall on a weekend carried over to the next working day by the same
/// article (8 March to the 9th, 9 May to the 11th), and the days off that the government moved
/// (постановление Правительства РФ от 24.09.2025 № 1466: 3 January to the 9th, 4 January to
/// 31 December). No Saturday of 2026 is worked.
///
/// Any other year is the holidays of article 112 alone: the moves differ every year and come from
/// the decree of that year, to be added to the site's calendar. `None` before 2013, when the article
/// got its present list.
pub fn russian_holidays(year: i32) -> Option<BTreeSet<NaiveDate>> {
    const FIRST_YEAR_OF_THE_LIST: i32 = 2013;
    const ARTICLE_112: [(u32, u32); 14] = [
        (1, 1),
        (1, 2),
        (1, 3),
        (1, 4),
        (1, 5),
        (1, 6),
        (1, 7),
        (1, 8),
        (2, 23),
        (3, 8),
        (5, 1),
        (5, 9),
        (6, 12),
        (11, 4),
    ];
    const MOVED_2026: [(u32, u32); 4] = [(1, 9), (3, 9), (5, 11), (12, 31)];

    if year < FIRST_YEAR_OF_THE_LIST {
        return None;
    }
    let moved: &[(u32, u32)] = if year == 2026 { &MOVED_2026 } else { &[] };
    ARTICLE_112
        .iter()
        .chain(moved)
        .map(|(month, day)| NaiveDate::from_ymd_opt(year, *month, *day))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_2026_is_the_production_calendar() {
        let days: Vec<String> = russian_holidays(2026)
            .unwrap()
            .iter()
            .map(|d| d.format("%m-%d").to_string())
            .collect();
        assert_eq!(
            days.join(" "),
            "01-01 01-02 01-03 01-04 01-05 01-06 01-07 01-08 01-09 02-23 03-08 03-09 05-01 05-09 \
             05-11 06-12 11-04 12-31"
        );
    }

    #[test]
    fn other_years_have_the_statutory_days_only() {
        assert_eq!(russian_holidays(2027).unwrap().len(), 14);
        assert!(
            !russian_holidays(2027)
                .unwrap()
                .contains(&NaiveDate::from_ymd_opt(2027, 12, 31).unwrap())
        );
        assert_eq!(russian_holidays(2012), None);
        assert_eq!(russian_holidays(i32::MAX), None);
    }
}
