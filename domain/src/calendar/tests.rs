//! Days and hours by hand, and properties over three years of moments.

use chrono_tz::{America, Asia, Europe, Pacific};
use proptest::prelude::*;

use super::*;

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn moscow(text: &str) -> DateTime<Utc> {
    format!("{text}:00+03:00").parse().unwrap()
}

/// Five days 09:00-18:00 by the production calendar of 2026.
fn office() -> WorkingCalendar {
    WorkingCalendar::new(
        Europe::Moscow,
        hour(9),
        hour(18),
        [Weekday::Sat, Weekday::Sun],
    )
    .unwrap()
    .with_holidays(russian_holidays(2026).unwrap())
    .with_holidays(russian_holidays(2027).unwrap())
}

fn dealer() -> WorkingCalendar {
    WorkingCalendar::dealer(Europe::Moscow)
}

#[test]
fn a_dealer_works_every_day_but_the_first_two_of_january() {
    for (at, open) in [
        ("2026-11-22T09:00", true),
        ("2026-11-22T08:59", false),
        ("2026-11-22T20:59", true),
        ("2026-11-22T21:00", false),
        ("2026-12-31T12:00", true),
        ("2027-01-01T12:00", false),
        ("2031-01-02T12:00", false),
        ("2031-01-03T12:00", true),
    ] {
        assert_eq!(dealer().is_open(moscow(at)), open, "{at}");
    }
}

#[test]
fn working_time_passes_over_closings_holidays_and_new_year() {
    for (calendar, start, hours, end) in [
        (dealer(), "2026-11-23T20:00", 2, "2026-11-24T10:00"),
        (dealer(), "2026-11-23T09:00", 12, "2026-11-23T21:00"),
        (dealer(), "2026-11-23T23:30", 0, "2026-11-24T09:00"),
        (dealer(), "2026-11-23T21:00", 0, "2026-11-24T09:00"),
        (dealer(), "2026-11-23T14:00", 0, "2026-11-23T14:00"),
        (dealer(), "2026-11-23T14:00", -5, "2026-11-23T14:00"),
        (dealer(), "2026-12-31T20:00", 2, "2027-01-03T10:00"),
        (dealer(), "2026-11-30T15:00", 24, "2026-12-02T15:00"),
        (office(), "2026-11-20T17:00", 2, "2026-11-23T10:00"),
        (office(), "2026-03-06T17:00", 2, "2026-03-10T10:00"),
        (office(), "2026-05-08T17:00", 2, "2026-05-12T10:00"),
        (office(), "2026-01-01T00:00", 0, "2026-01-12T09:00"),
        (office(), "2026-12-30T17:00", 2, "2027-01-11T10:00"),
    ] {
        assert_eq!(
            calendar.add_working(moscow(start), Duration::hours(hours)),
            moscow(end),
            "{start} + {hours} h"
        );
    }
}

#[test]
fn working_time_between_two_moments() {
    for (from, to, minutes) in [
        ("2026-11-20T17:00", "2026-11-23T10:00", 120),
        ("2026-11-21T10:00", "2026-11-22T10:00", 0),
        ("2026-11-23T10:00", "2026-11-23T10:01", 1),
        ("2026-11-23T10:00", "2026-11-20T10:00", 0),
        ("2026-11-23T03:00", "2026-11-24T03:00", 540),
    ] {
        let passed = office().working_between(moscow(from), moscow(to));
        assert_eq!(passed, Duration::minutes(minutes), "{from} to {to}");
    }
}

#[test]
fn an_extra_workday_wins() {
    let saturday = date(2026, 11, 21);
    let new_year = date(2027, 1, 1);
    let calendar = office()
        .with_yearly_holidays(MonthDay::new(1, 1))
        .with_extra_workdays([saturday, new_year]);
    assert!(calendar.is_workday(saturday) && calendar.is_workday(new_year));
    assert!(!office().is_workday(saturday) && !office().is_workday(new_year));
}

#[test]
fn an_office_works_247_days_in_2026_as_published() {
    let workdays = date(2026, 1, 1)
        .iter_days()
        .take_while(|day| day.year() == 2026)
        .filter(|day| office().is_workday(*day))
        .count();
    assert_eq!(workdays, 247);
}

#[test]
fn a_moment_is_shown_on_the_sites_clock() {
    let at = moscow("2026-11-23T14:05");
    assert_eq!(dealer().format_ru(at), "23 ноября, 14:05");
    let vladivostok = WorkingCalendar::dealer(chrono_tz::Asia::Vladivostok);
    assert_eq!(
        vladivostok.format_ru(moscow("2026-12-31T20:00")),
        "1 января, 03:00"
    );
}

#[test]
fn a_calendar_without_working_time_is_refused() {
    let week = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
        Weekday::Sun,
    ];
    let new = |opens, closes, days_off: &[Weekday]| {
        WorkingCalendar::new(Europe::Moscow, opens, closes, days_off.iter().copied())
    };
    assert_eq!(
        new(hour(9), hour(21), &week),
        Err(CalendarError::NoWorkingDay)
    );
    assert_eq!(new(hour(21), hour(9), &[]), Err(CalendarError::Hours));
    assert_eq!(new(hour(9), hour(9), &[]), Err(CalendarError::Hours));
    assert!(new(hour(9), hour(0), &week[..6]).is_ok());
    let json = r#"{"tz":"Europe/Moscow","opens":"21:00:00","closes":"09:00:00"}"#;
    assert!(serde_json::from_str::<WorkingCalendar>(json).is_err());
}

#[test]
fn is_written_as_plain_json() {
    let calendar = office().with_extra_workdays([date(2026, 11, 21)]);
    let json = serde_json::to_string(&calendar).unwrap();
    assert_eq!(
        serde_json::from_str::<WorkingCalendar>(&json).unwrap(),
        calendar
    );
    assert_eq!(
        serde_json::to_string(&dealer()).unwrap(),
        r#"{"tz":"Europe/Moscow","opens":"09:00:00","closes":"21:00:00","days_off":[],"holidays":[],"yearly_holidays":["01-01","01-02"],"extra_workdays":[]}"#
    );
}

#[test]
fn moments_that_a_clock_skips_or_shows_twice_are_handled() {
    let night = WorkingCalendar::new(America::New_York, hour(1), hour(4), []).unwrap();
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    // 8 March 2026: 02:00 becomes 03:00, two hours of three are left.
    let spring = night.working_between(at("2026-03-08T05:00:00Z"), at("2026-03-08T17:00:00Z"));
    assert_eq!(spring, Duration::hours(2));
    // 1 November 2026: 02:00 becomes 01:00, four hours of three.
    let autumn = night.working_between(at("2026-11-01T04:00:00Z"), at("2026-11-01T17:00:00Z"));
    assert_eq!(autumn, Duration::hours(4));
    // Samoa had no 30 December 2011.
    let samoa = WorkingCalendar::dealer(Pacific::Apia);
    assert_eq!(samoa.hours(date(2011, 12, 30)), None);
}

#[test]
fn an_absurd_duration_ends_within_a_century() {
    let start = moscow("2026-11-23T12:00");
    let end = dealer().add_working(start, Duration::MAX);
    assert!(end > start + Duration::days(36_000) && end < start + Duration::days(36_600));
}

#[test]
fn a_deadline_that_falls_into_the_night_or_a_day_off_moves_by_the_sites_own_clock() {
    let office_in = |tz| {
        let office =
            WorkingCalendar::new(tz, hour(9), hour(18), [Weekday::Sat, Weekday::Sun]).unwrap();
        office
            .with_holidays(russian_holidays(2026).unwrap())
            .with_holidays(russian_holidays(2027).unwrap())
    };
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    for (tz, start, minutes, end) in [
        // One moment, three sites: at noon in Moscow it is eleven in Kaliningrad and evening in the east.
        (
            Europe::Moscow,
            "2026-11-23T12:00:00+03:00",
            60,
            "2026-11-23T13:00:00+03:00",
        ),
        (
            Europe::Kaliningrad,
            "2026-11-23T12:00:00+03:00",
            60,
            "2026-11-23T12:00:00+02:00",
        ),
        (
            Asia::Vladivostok,
            "2026-11-23T12:00:00+03:00",
            60,
            "2026-11-24T10:00:00+10:00",
        ),
        // Saturday has begun in the east while the west still works on Friday.
        (
            Asia::Kamchatka,
            "2026-11-20T16:00:00+03:00",
            30,
            "2026-11-23T09:30:00+12:00",
        ),
        (
            Europe::Moscow,
            "2026-11-20T16:00:00+03:00",
            30,
            "2026-11-20T16:30:00+03:00",
        ),
        // At night, before the opening, and on a Sunday.
        (
            Europe::Moscow,
            "2026-11-24T02:15:00+03:00",
            30,
            "2026-11-24T09:30:00+03:00",
        ),
        (
            Europe::Moscow,
            "2026-11-22T15:00:00+03:00",
            30,
            "2026-11-23T09:30:00+03:00",
        ),
        // Moved days of 2026: 8 March and 9 May fell on weekends, 3 January to the 9th, 4 January to 31 December.
        (
            Europe::Moscow,
            "2026-01-08T12:00:00+03:00",
            30,
            "2026-01-12T09:30:00+03:00",
        ),
        (
            Europe::Moscow,
            "2026-03-06T17:45:00+03:00",
            30,
            "2026-03-10T09:15:00+03:00",
        ),
        (
            Europe::Moscow,
            "2026-05-08T17:45:00+03:00",
            30,
            "2026-05-12T09:15:00+03:00",
        ),
        (
            Asia::Yekaterinburg,
            "2026-12-30T17:45:00+05:00",
            30,
            "2027-01-11T09:15:00+05:00",
        ),
    ] {
        let due = office_in(tz).add_working(at(start), Duration::minutes(minutes));
        assert_eq!(due, at(end), "{tz}: {start} + {minutes} min");
    }
}

#[test]
fn a_saturday_that_is_worked_instead_of_a_friday_takes_the_deadline() {
    // As in 2024: 27 April was worked, 29 and 30 April were not.
    let calendar = WorkingCalendar::new(
        Europe::Moscow,
        hour(9),
        hour(18),
        [Weekday::Sat, Weekday::Sun],
    )
    .unwrap()
    .with_holidays(russian_holidays(2024).unwrap())
    .with_holidays([date(2024, 4, 29), date(2024, 4, 30)])
    .with_extra_workdays([date(2024, 4, 27)]);
    let due = |start: &str| calendar.add_working(moscow(start), Duration::hours(1));
    assert_eq!(due("2024-04-26T17:30"), moscow("2024-04-27T09:30"));
    assert_eq!(due("2024-04-27T17:30"), moscow("2024-05-02T09:30"));
}

fn calendars() -> impl Strategy<Value = WorkingCalendar> {
    prop_oneof![
        Just(dealer()),
        Just(office()),
        Just(WorkingCalendar::always_open(Europe::Moscow)),
        Just(WorkingCalendar::dealer(America::New_York)),
        Just(WorkingCalendar::new(America::New_York, hour(0), hour(3), [Weekday::Mon]).unwrap()),
    ]
}

/// Moments from November 2025 to February 2028.
fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (1_762_000_000_i64..1_834_000_000, 0_u32..1_000_000_000)
        .prop_map(|(secs, nanos)| DateTime::from_timestamp(secs, nanos).unwrap())
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0_i64..60 * 24 * 3_600).prop_map(Duration::seconds),
        (0_i64..200).prop_map(Duration::hours),
        (0_i64..10_000_000).prop_map(Duration::microseconds),
    ]
}

proptest! {
    #[test]
    fn between_undoes_add(calendar in calendars(), start in moments(), d in durations()) {
        let end = calendar.add_working(start, d);
        prop_assert!(end >= start);
        prop_assert_eq!(calendar.working_between(start, end), d);
    }

    #[test]
    fn later_and_longer_is_never_earlier(
        calendar in calendars(),
        (a, b) in (moments(), moments()),
        (d, e) in (durations(), durations()),
    ) {
        prop_assert!(
            calendar.add_working(a.min(b), d.min(e)) <= calendar.add_working(a.max(b), d.max(e))
        );
    }

    #[test]
    fn two_steps_are_one(
        calendar in calendars(),
        start in moments(),
        (d, e) in (durations(), durations()),
    ) {
        let e = e + Duration::microseconds(1);
        prop_assert_eq!(
            calendar.add_working(calendar.add_working(start, d), e),
            calendar.add_working(start, d + e)
        );
    }

    #[test]
    fn the_next_opening_is_open_and_nothing_before_it_is(calendar in calendars(), at in moments()) {
        let next = calendar.next_open(at);
        prop_assert!(calendar.is_open(next));
        prop_assert_eq!(calendar.is_open(at), next == at);
        prop_assert_eq!(calendar.working_between(at, next), Duration::zero());
    }

    #[test]
    fn round_the_clock_working_time_is_wall_time(start in moments(), d in durations()) {
        let calendar = WorkingCalendar::always_open(Europe::Moscow);
        prop_assert_eq!(calendar.add_working(start, d), start + d);
    }
}
