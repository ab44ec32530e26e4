//! Employees of the portal.

/// The administrator who installed the application.
pub(super) const ADMIN: u64 = 1;

pub(super) struct Employee {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) email: &'static str,
    pub(super) position: &'static str,
}

const fn employee(
    id: u64,
    name: &'static str,
    last_name: &'static str,
    email: &'static str,
    position: &'static str,
) -> Employee {
    Employee {
        id,
        name,
        last_name,
        email,
        position,
    }
}

pub(super) const EMPLOYEES: [Employee; 14] = [
    employee(
        1,
        "Антон",
        "Коршунов",
        "admin@kite.example",
        "Администратор портала",
    ),
    employee(11, "Игорь", "Ветров", "inspector@kite.example", "Осмотрщик"),
    employee(12, "Лев", "Морозов", "inspector2@kite.example", "Осмотрщик"),
    employee(
        13,
        "Дарья",
        "Зимина",
        "dispatcher@kite.example",
        "Диспетчер",
    ),
    employee(14, "Ольга", "Крылова", "appraiser@kite.example", "Оценщик"),
    employee(
        15,
        "Семён",
        "Дроздов",
        "senior@kite.example",
        "Старший оценщик",
    ),
    employee(
        16,
        "Мария",
        "Лебедева",
        "manager@kite.example",
        "Менеджер выкупа",
    ),
    employee(
        17,
        "Вера",
        "Соколова",
        "verifier@kite.example",
        "Верификатор",
    ),
    employee(18, "Павел", "Орлов", "approver@kite.example", "Казначей"),
    employee(
        19,
        "Борис",
        "Ястребов",
        "security@kite.example",
        "Служба безопасности",
    ),
    employee(
        20,
        "Глеб",
        "Чайкин",
        "head@kite.example",
        "Руководитель выкупа",
    ),
    employee(
        21,
        "Сергей",
        "Стрижов",
        "ops@kite.example",
        "Инженер сопровождения",
    ),
    employee(
        22,
        "Анна",
        "Синицына",
        "accountant@kite.example",
        "Бухгалтер",
    ),
    // Works on the portal only: Kite does not know her.
    employee(23, "Нина", "Осипова", "secretary@kite.example", "Секретарь"),
];

pub(super) fn find(id: u64) -> Option<&'static Employee> {
    EMPLOYEES.iter().find(|employee| employee.id == id)
}

impl Employee {
    pub(super) fn full_name(&self) -> String {
        format!("{} {}", self.name, self.last_name)
    }

    pub(super) fn is_admin(&self) -> bool {
        self.id == ADMIN
    }
}
