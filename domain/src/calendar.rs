//! Working time of a site: its hours, days off and holidays, in its own time zone.

mod month_day;
mod russia;

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Timelike, Utc, Weekday,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use self::month_day::{MonthDay, MonthDayError};
pub use self::russia::russian_holidays;

/// Searches end here: a century. A longer deadline is a mistyped setting, and must not hang a process.
const HORIZON_DAYS: usize = 36_525;

/// Minutes after midnight.
const END_OF_DAY: u32 = 24 * 60;

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

    /// The same days in another zone or with other hours; `closes` as in [`WorkingCalendar::new`].
    pub fn with_hours(
        mut self,
        tz: Tz,
        opens: NaiveTime,
        closes: NaiveTime,
    ) -> Result<Self, CalendarError> {
        if closes != NaiveTime::MIN && closes <= opens {
            return Err(CalendarError::Hours);
        }
        (self.tz, self.opens, self.closes) = (tz, opens, closes);
        Ok(self)
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

    /// Opening and closing on the site's clock, minutes after midnight; 1440 is the end of the day.
    pub fn minutes(&self) -> (u32, u32) {
        let minutes = |time: NaiveTime| time.num_seconds_from_midnight() / 60;
        let closes = match minutes(self.closes) {
            0 => END_OF_DAY,
            minutes => minutes,
        };
        (minutes(self.opens), closes)
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
mod tests;
