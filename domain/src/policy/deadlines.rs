//! Deadlines by name, for forms. A new deadline does not compile before it has a title here.

use std::collections::BTreeMap;

use super::Deadlines;

/// A deadline as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDeadline {
    /// Permanent: the field's name.
    pub name: &'static str,
    /// Russian.
    pub title: &'static str,
    pub secs: u64,
    /// Counted in working time of the site; the others run round the clock.
    pub working_time: bool,
}

macro_rules! deadlines {
    ($($field:ident: $title:literal, $working_time:literal;)*) => {
        impl Deadlines {
            /// All of them, in the order of a form.
            pub fn named(&self) -> Vec<NamedDeadline> {
                let Self { $($field),* } = self;
                vec![$(NamedDeadline {
                    name: stringify!($field),
                    title: $title,
                    secs: *$field,
                    working_time: $working_time,
                }),*]
            }

            /// Reads them back; the names that are missing otherwise.
            pub fn from_named(secs: &BTreeMap<String, u64>) -> Result<Self, Vec<&'static str>> {
                let mut missing = Vec::new();
                let mut read = |name: &'static str| {
                    secs.get(name).copied().unwrap_or_else(|| {
                        missing.push(name);
                        0
                    })
                };
                let deadlines = Self { $($field: read(stringify!($field))),* };
                if missing.is_empty() { Ok(deadlines) } else { Err(missing) }
            }
        }
    };
}

deadlines! {
    dispatch_secs: "Назначить осмотрщика", true;
    inspect_secs: "Осмотреть автомобиль", true;
    no_show_secs: "Неявку можно отметить через", false;
    appraise_secs: "Оценить", true;
    approve_price_secs: "Согласовать цену", true;
    offer_call_secs: "Позвонить клиенту с предложением", true;
    offer_valid_secs: "Срок предложения", false;
    offer_last_reminder_secs: "Последнее напоминание клиенту до конца срока", false;
    signing_grace_secs: "Предложение чтится после начала подписания", false;
    papers_secs: "Собрать документы", true;
    verify_secs: "Проверить документы", true;
    sign_secs: "Подписать договор и акт", true;
    approve_payment_secs: "Согласовать оплату", true;
    confirm_payment_secs: "Подтвердить выплату", true;
    ops_secs: "Разобрать сбой", true;
    removal_secs: "Клиент снимает запрет", false;
    escalation_step_secs: "Шаг эскалации после срока", true;
    source_secs: "Ждать ответа источника", false;
    partner_secs: "Повторять запрос к партнёру", false;
    poll_secs: "Пауза между вопросами о статусе", false;
    courtesy_secs: "Повторять уведомление", false;
    question_secs: "Ждать решения в 1С и банке, затем спросить заново", false;
    heartbeat_secs: "Начать вызов заново, если обработчик молчит", false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_back_by_their_names() {
        let mut secs = BTreeMap::new();
        let none = Deadlines::from_named(&secs).unwrap_err();
        assert_eq!(
            (none.len(), none[0], none[22]),
            (23, "dispatch_secs", "heartbeat_secs")
        );
        for (number, name) in none.iter().enumerate() {
            secs.insert((*name).to_owned(), number as u64 + 1);
        }
        let read = Deadlines::from_named(&secs).unwrap();
        assert_eq!(
            (read.dispatch_secs, read.papers_secs, read.question_secs),
            (1, 10, 22)
        );
        let named: BTreeMap<String, u64> = read
            .named()
            .into_iter()
            .map(|d| (d.name.to_owned(), d.secs))
            .collect();
        assert_eq!(named, secs);
        secs.remove("poll_secs");
        assert_eq!(Deadlines::from_named(&secs).unwrap_err(), ["poll_secs"]);
    }
}
