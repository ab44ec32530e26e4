//! When a task wants attention: a reminder at half of its time, one at its deadline, then each step of
//! the escalation.

use chrono::{DateTime, Duration, Utc};

use crate::calendar::WorkingCalendar;
use crate::staff::Role;
use crate::task::HumanTask;

/// What a task came to by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    HalfTime,
    Due,
    /// The deadline has passed: this role may take the task too.
    CalledIn(Role),
}

impl HumanTask {
    /// The next moment to remind or to escalate, `None` when nobody is left to be called in.
    ///
    /// Half of the time and the steps are working time, so that nobody is woken for what can only be
    /// done in the morning; without a calendar (no policy is known yet) they are wall time. `step` is
    /// the time between two steps of the escalation, the first of which comes `step` after the deadline.
    pub fn next_milestone(
        &self,
        calendar: Option<&WorkingCalendar>,
        step: Duration,
    ) -> Option<DateTime<Utc>> {
        match self.reminders {
            0 => Some(self.half(calendar)),
            1 => Some(self.due_at),
            _ if self.escalated < self.escalation.len() => {
                let after = (0..=self.escalated).fold(Duration::zero(), |sum, _| sum + step);
                Some(match calendar {
                    Some(calendar) => calendar.add_working(self.due_at, after),
                    None => self.due_at + after,
                })
            }
            _ => None,
        }
    }

    /// The task gets another deadline: reminders and escalation begin anew. Half of the time that is over
    /// already is not reminded of.
    pub fn move_due(
        &mut self,
        due_at: DateTime<Utc>,
        now: DateTime<Utc>,
        calendar: Option<&WorkingCalendar>,
    ) {
        self.due_at = due_at;
        self.escalated = 0;
        self.reminders = u32::from(self.half(calendar) <= now);
        self.version += 1;
    }

    /// Time in which nobody could do it is no time of the task: `held` of it, from its beginning on, is added to
    /// the deadline. Reminders that were given stay given.
    pub fn stand_still(&mut self, held: Duration, calendar: Option<&WorkingCalendar>) {
        if held <= Duration::zero() && self.due_unheld.is_none() {
            return;
        }
        let due_at = *self.due_unheld.get_or_insert(self.due_at);
        self.due_at = match calendar {
            Some(calendar) => calendar.add_working(due_at, held),
            None => due_at + held,
        };
    }

    /// Goes past the next moment: reminds at half of the time and at its end, then calls in the next role of
    /// the chain. `None` when nobody is left to be called in.
    pub fn reach_milestone(&mut self) -> Option<Milestone> {
        match self.reminders {
            0 => {
                self.reminders = 1;
                Some(Milestone::HalfTime)
            }
            1 => {
                self.reminders = 2;
                Some(Milestone::Due)
            }
            _ => self.escalate().map(Milestone::CalledIn),
        }
    }

    fn half(&self, calendar: Option<&WorkingCalendar>) -> DateTime<Utc> {
        let half = match calendar {
            Some(calendar) => calendar.add_working(
                self.created_at,
                calendar.working_between(self.created_at, self.due_at) / 2,
            ),
            None => self.created_at + (self.due_at - self.created_at) / 2,
        };
        half.min(self.due_at)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;
    use chrono_tz::{Asia, Europe, Tz};

    use super::*;
    use crate::task::{TaskId, TaskKind, TaskState};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    /// Monday to Friday, 09:00-18:00.
    fn office(tz: Tz) -> WorkingCalendar {
        let hour = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour");
        WorkingCalendar::new(tz, hour(9), hour(18), [Weekday::Sat, Weekday::Sun]).expect("hours")
    }

    fn appraisal(created_at: DateTime<Utc>, due_at: DateTime<Utc>) -> HumanTask {
        HumanTask {
            id: TaskId::new("buyout:portal:1", 2),
            number: 2,
            kind: TaskKind::Appraise,
            title: TaskKind::Appraise.title_ru().to_owned(),
            details: String::new(),
            version: 1,
            state: TaskState::Open,
            role: Role::Appraiser,
            city: None,
            assignee: None,
            owner: None,
            excluded: Vec::new(),
            created_at,
            due_at,
            escalation: TaskKind::Appraise.escalation(),
            escalated: 0,
            reminders: 0,
            comments: Vec::new(),
            closed_by: None,
            closed_at: None,
            result: None,
            bitrix24_task: None,
            waits_for: None,
            due_unheld: None,
        }
    }

    /// Every milestone in order, as the process goes through them.
    fn milestones(mut task: HumanTask, calendar: Option<&WorkingCalendar>) -> Vec<DateTime<Utc>> {
        let mut moments = Vec::new();
        while let Some(moment) = task.next_milestone(calendar, Duration::minutes(15)) {
            moments.push(moment);
            task.reach_milestone().expect("somebody to call in");
        }
        moments
    }

    #[test]
    fn an_appraisal_reminds_twice_then_calls_in_the_senior_and_the_head() {
        let calendar = office(Europe::Moscow);
        let created = at("2026-11-23T12:00:00+03:00");
        let due = calendar.add_working(created, Duration::minutes(30));
        assert_eq!(
            milestones(appraisal(created, due), Some(&calendar)),
            ["12:15", "12:30", "12:45", "13:00"]
                .map(|time| at(&format!("2026-11-23T{time}:00+03:00")))
        );
    }

    #[test]
    fn nobody_is_reminded_while_the_site_is_closed() {
        let calendar = office(Europe::Moscow);
        // Friday, ten minutes before closing: the rest of the half hour is on Monday.
        let created = at("2026-11-20T17:50:00+03:00");
        let due = calendar.add_working(created, Duration::minutes(30));
        assert_eq!(
            milestones(appraisal(created, due), Some(&calendar)),
            ["09:05", "09:20", "09:35", "09:50"]
                .map(|time| at(&format!("2026-11-23T{time}:00+03:00")))
        );
        // A deadline at the very end of a day escalates on the next one.
        let created = at("2026-11-20T17:30:00+03:00");
        let due = calendar.add_working(created, Duration::minutes(30));
        assert_eq!(
            milestones(appraisal(created, due), Some(&calendar)),
            [
                "2026-11-20T17:45",
                "2026-11-20T18:00",
                "2026-11-23T09:15",
                "2026-11-23T09:30"
            ]
            .map(|time| at(&format!("{time}:00+03:00")))
        );
    }

    #[test]
    fn a_site_far_in_the_east_is_reminded_by_its_own_clock() {
        let calendar = office(Asia::Vladivostok);
        // 19:00 in Vladivostok, noon in Moscow.
        let created = at("2026-11-23T12:00:00+03:00");
        let due = calendar.add_working(created, Duration::minutes(30));
        assert_eq!(due, at("2026-11-24T09:30:00+10:00"));
        assert_eq!(
            milestones(appraisal(created, due), Some(&calendar))[0],
            at("2026-11-24T09:15:00+10:00")
        );
    }

    #[test]
    fn a_wait_by_the_wall_clock_is_reminded_in_working_time_and_never_after_its_end() {
        let calendar = office(Europe::Moscow);
        // Two weeks from Saturday night: half of their 90 working hours are over on Friday evening.
        let created = at("2026-11-21T23:00:00+03:00");
        let fortnight = appraisal(created, created + Duration::days(14));
        assert_eq!(
            milestones(fortnight, Some(&calendar))[0],
            at("2026-11-27T18:00:00+03:00")
        );
        let overnight = appraisal(created, created + Duration::hours(2));
        assert_eq!(
            milestones(overnight.clone(), Some(&calendar))[0],
            overnight.due_at
        );
    }

    #[test]
    fn a_moved_deadline_reminds_and_escalates_anew() {
        let calendar = office(Europe::Moscow);
        let created = at("2026-11-23T12:00:00+03:00");
        let due = calendar.add_working(created, Duration::minutes(30));
        let mut task = appraisal(created, due);
        task.reminders = 2;
        task.escalate().expect("a role to call in");
        let now = at("2026-11-23T12:50:00+03:00");
        let later = at("2026-11-23T15:00:00+03:00");
        let version = task.version;
        task.move_due(later, now, Some(&calendar));
        assert_eq!((task.due_at, task.version), (later, version + 1));
        assert_eq!(
            milestones(task.clone(), Some(&calendar)),
            ["13:30", "15:00", "15:15", "15:30"]
                .map(|time| at(&format!("2026-11-23T{time}:00+03:00")))
        );
        // Half of the time is over already: the deadline itself is next.
        let soon = at("2026-11-23T13:10:00+03:00");
        task.move_due(soon, now, Some(&calendar));
        assert_eq!(milestones(task, Some(&calendar))[0], soon);
    }

    #[test]
    fn time_that_stood_still_is_added_to_the_deadline_and_reminders_stay() {
        let calendar = office(Europe::Moscow);
        let created = at("2026-11-23T17:00:00+03:00");
        let due = calendar.add_working(created, Duration::minutes(30));
        let mut task = appraisal(created, due);
        task.reminders = 1;
        let version = task.version;
        task.stand_still(Duration::zero(), Some(&calendar));
        assert_eq!((task.due_at, task.due_unheld), (due, None));
        task.stand_still(Duration::minutes(45), Some(&calendar));
        // Half an hour of it is today, the rest in the morning.
        assert_eq!(task.due_at, at("2026-11-24T09:15:00+03:00"));
        assert_eq!((task.reminders, task.version), (1, version));
        // Less than was thought: the whole of it counts, not what came last.
        task.stand_still(Duration::minutes(10), Some(&calendar));
        assert_eq!(task.due_at, at("2026-11-23T17:40:00+03:00"));
        assert_eq!(task.due_unheld, Some(due));
    }

    #[test]
    fn without_a_calendar_time_is_wall_time() {
        let created = at("2026-11-21T23:00:00+03:00");
        assert_eq!(
            milestones(appraisal(created, created + Duration::hours(2)), None),
            [
                "2026-11-22T00:00",
                "2026-11-22T01:00",
                "2026-11-22T01:15",
                "2026-11-22T01:30"
            ]
            .map(|time| at(&format!("{time}:00+03:00")))
        );
    }
}
