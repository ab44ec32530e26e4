//! Working time of a site: its hours, days off and holidays, in its own time zone.

mod month_day;
mod russia;

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use self::month_day::{MonthDay, MonthDayError};
pub use self::russia::russian_holidays;

/// Searches end here: a century. A longer deadline is a mistyped setting, and must not hang a process.
const HORIZON_DAYS: usize = 36_525;

const MONTHS_GENITIVE: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// When people of a site work. A moment of opening is working time, a moment of closing is not.
///
/// Whether a date is worked is decided in this order: `extra_workdays` yes; `holidays` and
/// `yearly_holidays` no; `days_off` no; else yes. Shortened days before holidays are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct WorkingCalendar {
    tz: Tz,
    opens: NaiveTime,
    closes: NaiveTime,
    days_off: Vec<Weekday>,
    holidays: BTreeSet<NaiveDate>,
    yearly_holidays: BTreeSet<MonthDay>,
    extra_workdays: BTreeSet<NaiveDate>,
}

/// The calendar as it is written in configuration and in a process's input, before it is checked.
#[derive(Serialize, Deserialize)]
struct Fields {
    tz: Tz,
    opens: NaiveTime,
    closes: NaiveTime,
    #[serde(default)]
    days_off: Vec<Weekday>,
    #[serde(default)]
    holidays: BTreeSet<NaiveDate>,
    #[serde(default)]
    yearly_holidays: BTreeSet<MonthDay>,
    #[serde(default)]
    extra_workdays: BTreeSet<NaiveDate>,
}

/// Why a calendar cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("a working day opens before it closes (closing at 00:00 is the end of the day)")]
    Hours,
    #[error("at least one day of the week is worked")]
    NoWorkingDay,
}

impl WorkingCalendar {
    /// `closes` at 00:00 is the end of the day, so 00:00-00:00 is round the clock.
    pub fn new(
        tz: Tz,
        opens: NaiveTime,
        closes: NaiveTime,
        days_off: impl IntoIterator<Item = Weekday>,
    ) -> Result<Self, CalendarError> {
        let mut days_off: Vec<Weekday> = days_off.into_iter().collect();
        days_off.sort_by_key(Weekday::num_days_from_monday);
        days_off.dedup();
        if days_off.len() == 7 {
            return Err(CalendarError::NoWorkingDay);
        }
        if closes != NaiveTime::MIN && closes <= opens {
            return Err(CalendarError::Hours);
        }
        Ok(Self {
            tz,
            opens,
            closes,
            days_off,
            holidays: BTreeSet::new(),
            yearly_holidays: BTreeSet::new(),
            extra_workdays: BTreeSet::new(),
        })
    }

    /// A dealer's hall: every day 09:00-21:00 except the 1st and 2nd of January.
    pub fn dealer(tz: Tz) -> Self {
        Self {
            tz,
            opens: hour(9),
            closes: hour(21),
            days_off: Vec::new(),
            holidays: BTreeSet::new(),
            yearly_holidays: [MonthDay::NEW_YEAR, MonthDay::SECOND_OF_JANUARY].into(),
            extra_workdays: BTreeSet::new(),
        }
    }

    /// Round the clock, every day: working time is wall time.
    pub fn always_open(tz: Tz) -> Self {
        Self {
            tz,
            opens: NaiveTime::MIN,
            closes: NaiveTime::MIN,
            days_off: Vec::new(),
            holidays: BTreeSet::new(),
            yearly_holidays: BTreeSet::new(),
            extra_workdays: BTreeSet::new(),
        }
    }

    /// Adds dates that are not worked, for example [`russian_holidays`].
    pub fn with_holidays(mut self, dates: impl IntoIterator<Item = NaiveDate>) -> Self {
        self.holidays.extend(dates);
        self
    }

    /// Adds dates that are not worked in any year.
    pub fn with_yearly_holidays(mut self, dates: impl IntoIterator<Item = MonthDay>) -> Self {
        self.yearly_holidays.extend(dates);
        self
    }

    /// Adds dates that are worked whatever else is said of them.
    pub fn with_extra_workdays(mut self, dates: impl IntoIterator<Item = NaiveDate>) -> Self {
        self.extra_workdays.extend(dates);
        self
    }

    pub fn tz(&self) -> Tz {
        self.tz
    }

    /// Whether people of the site work on this local date.
    pub fn is_workday(&self, date: NaiveDate) -> bool {
        let holiday =
            self.holidays.contains(&date) || self.yearly_holidays.contains(&MonthDay::of(date));
        self.extra_workdays.contains(&date) || !holiday && !self.days_off.contains(&date.weekday())
    }

    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.hours(self.local(at).date_naive())
            .is_some_and(|(opens, closes)| opens <= at && at < closes)
    }

    /// The moment at which `duration` of working time has passed since `start`.
    ///
    /// Zero (and less) gives `start` itself if it is working time, else the next opening. A duration
    /// that is used up exactly at closing ends at closing, not at the next opening. Never later than
    /// a century after `start`.
    pub fn add_working(&self, start: DateTime<Utc>, duration: Duration) -> DateTime<Utc> {
        let mut left = duration.max(Duration::zero());
        let mut reached = start;
        for (opens, closes) in self.hours_from(start) {
            let from = opens.max(start);
            if from >= closes {
                continue;
            }
            let available = closes - from;
            if left <= available {
                return from + left;
            }
            left -= available;
            reached = closes;
        }
        reached
    }

    /// `at` itself if it is working time, else the next opening.
    pub fn next_open(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.add_working(at, Duration::zero())
    }

    /// Working time from `from` to `to`, at most a century's; zero if `to` is not later.
    pub fn working_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        self.hours_from(from)
            .take_while(|(opens, _)| *opens < to)
            .map(|(opens, closes)| (closes.min(to) - opens.max(from)).max(Duration::zero()))
            .fold(Duration::zero(), |total, day| total + day)
    }

    /// The moment on the site's clock.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<Tz> {
        at.with_timezone(&self.tz)
    }

    /// The moment for people of the site: "23 ноября, 14:05" on the site's clock.
    pub fn format_ru(&self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        let month = MONTHS_GENITIVE[local.month0() as usize];
        format!("{} {month}, {}", local.day(), local.format("%H:%M"))
    }

    /// Date and time as documents write them: ("23 ноября 2026 г.", "14:05") on the site's clock.
    pub fn date_and_time_ru(&self, at: DateTime<Utc>) -> (String, String) {
        let local = self.local(at);
        let month = MONTHS_GENITIVE[local.month0() as usize];
        let date = format!("{} {month} {} г.", local.day(), local.year());
        (date, local.format("%H:%M").to_string())
    }

    /// Working hours day by day from the local date of `start` up to the horizon.
    fn hours_from(
        &self,
        start: DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        let first = self.local(start).date_naive();
        first
            .iter_days()
            .take(HORIZON_DAYS)
            .filter_map(|date| self.hours(date))
    }

    /// Opening and closing of a local date, `None` if it is not worked.
    fn hours(&self, date: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if !self.is_workday(date) {
            return None;
        }
        let closing_date = if self.closes == NaiveTime::MIN {
            date.succ_opt()?
        } else {
            date
        };
        let opens = self.instant(date, self.opens)?;
        let closes = self.instant(closing_date, self.closes)?;
        (opens < closes).then_some((opens, closes))
    }

    /// The moment that a local clock shows: the first one if the clock was put back over it, the
    /// first minute that exists if the clock was put forward over it.
    fn instant(&self, date: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
        // A zone may skip a whole day (a move across the date line), hence two days of minutes.
        (0..=2 * 24 * 60).find_map(|minutes| {
            let local = date
                .and_time(time)
                .checked_add_signed(Duration::minutes(minutes))?;
            Some(self.tz.from_local_datetime(&local).earliest()?.to_utc())
        })
    }
}

impl TryFrom<Fields> for WorkingCalendar {
    type Error = CalendarError;

    fn try_from(fields: Fields) -> Result<Self, CalendarError> {
        let Fields {
            tz,
            opens,
            closes,
            days_off,
            holidays,
            yearly_holidays,
            extra_workdays,
        } = fields;
        Ok(Self::new(tz, opens, closes, days_off)?
            .with_holidays(holidays)
            .with_yearly_holidays(yearly_holidays)
            .with_extra_workdays(extra_workdays))
    }
}

impl From<WorkingCalendar> for Fields {
    fn from(calendar: WorkingCalendar) -> Self {
        let WorkingCalendar {
            tz,
            opens,
            closes,
            days_off,
            holidays,
            yearly_holidays,
            extra_workdays,
        } = calendar;
        Self {
            tz,
            opens,
            closes,
            days_off,
            holidays,
            yearly_holidays,
            extra_workdays,
        }
    }
}

const fn hour(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour of the day")
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Europe, Pacific};
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

    fn calendars() -> impl Strategy<Value = WorkingCalendar> {
        prop_oneof![
            Just(dealer()),
            Just(office()),
            Just(WorkingCalendar::always_open(Europe::Moscow)),
            Just(WorkingCalendar::dealer(America::New_York)),
            Just(
                WorkingCalendar::new(America::New_York, hour(0), hour(3), [Weekday::Mon]).unwrap()
            ),
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
}
