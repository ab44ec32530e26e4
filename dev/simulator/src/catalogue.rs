//! Invented cars and their owners: what all partners of the simulator agree upon.
//!
//! Deterministic: the n-th car of a kind is the same in every run with the same seed. The catalogue
//! begins with one car of each kind, whose id is the kind's name; [`Catalogue::fresh`] adds more.

mod car;
mod control;
mod invent;
mod kind;
pub(crate) mod models;
mod numbers;
mod person;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::car::{
    Ban, Car, Certificate, Crash, Engine, Leasing, Market, Mileage, MileageSource, Outcome,
    OwnerKind, Pledge, Registration, Source, TaxiPermit, VehiclePassport, Wanted, Wheel,
};
pub use self::control::control;
pub use self::kind::Kind;
pub use self::person::{Debt, Passport, Person};

#[derive(Debug, Serialize, Deserialize)]
pub struct Catalogue {
    seed: u64,
    book: Mutex<Book>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Book {
    cars: BTreeMap<String, Car>,
    /// The highest number given out of each kind.
    last: BTreeMap<Kind, u32>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Catalogue {
    pub fn new(seed: u64) -> Self {
        let mut book = Book::default();
        for kind in Kind::ALL {
            let car = invent::car(kind, 0, seed);
            book.cars.insert(car.id.clone(), car);
        }
        Self {
            seed,
            book: Mutex::new(book),
        }
    }

    /// All cars, by id.
    pub fn cars(&self) -> Vec<Car> {
        self.book().cars.values().cloned().collect()
    }

    pub fn car(&self, id: &str) -> Option<Car> {
        self.book().cars.get(id).cloned()
    }

    /// The n-th car of a kind (n from 1), entered into the catalogue. Asked again, the car comes as
    /// it is now, with its ban lifted if it was.
    pub fn fresh(&self, kind: Kind, n: u32) -> Car {
        let mut book = self.book();
        let last = book.last.entry(kind).or_default();
        *last = n.max(*last);
        let seed = self.seed;
        book.cars
            .entry(invent::id(kind, n))
            .or_insert_with(|| invent::car(kind, n, seed))
            .clone()
    }

    /// A car of the kind that nobody had before.
    pub fn next(&self, kind: Kind) -> Car {
        let n = self.book().last.get(&kind).copied().unwrap_or_default() + 1;
        self.fresh(kind, n)
    }

    /// By VIN, frame number, body number or plate, however it is typed; never a car that no partner
    /// knows.
    pub fn find(&self, number: &str) -> Option<Car> {
        let wanted = canonical(number);
        if wanted.is_empty() {
            return None;
        }
        self.book()
            .cars
            .values()
            .filter(|car| car.outcome.known)
            .find(|car| {
                [car.identifier(), &car.body_number, &car.plate]
                    .into_iter()
                    .any(|own| canonical(own) == wanted)
            })
            .cloned()
    }

    /// The owner of this name and birthday; case, spaces and ё do not matter.
    pub fn person(&self, full_name: &str, birthdate: NaiveDate) -> Option<Person> {
        let name = folded(full_name);
        self.book()
            .cars
            .values()
            .map(|car| &car.owner)
            .find(|owner| owner.birthdate == birthdate && folded(&owner.full_name()) == name)
            .cloned()
    }

    /// The owner of a proceeding, and the proceeding.
    pub fn proceeding(&self, number: &str) -> Option<(Person, Debt)> {
        let book = self.book();
        book.cars.values().find_map(|car| {
            let debt = car.owner.debts.iter().find(|d| d.number == number)?;
            Some((car.owner.clone(), debt.clone()))
        })
    }

    /// The owner paid: the ban and the debt behind it are gone.
    pub fn lift_ban(&self, id: &str) -> Option<Car> {
        self.change(id, |car| {
            if let Some(ban) = car.outcome.ban.take() {
                car.owner.debts.retain(|debt| debt.number != ban.proceeding);
            }
        })
    }

    /// What the checks find of this car from now on, is what they find of cars of that kind: somebody stole
    /// it, pledged it, was banned.
    pub fn turn(&self, id: &str, kind: Kind) -> Option<Car> {
        self.change(id, |car| {
            let of_kind = Car {
                kind,
                owner: Person {
                    debts: invent::debts(kind, car.n),
                    ..car.owner.clone()
                },
                ..car.clone()
            };
            car.outcome = invent::outcome(&of_kind);
            car.owner = of_kind.owner;
        })
    }

    /// Which sources do not answer for this car from now on.
    pub fn silence(&self, id: &str, sources: Vec<Source>) -> Option<Car> {
        self.change(id, |car| car.outcome.silent = sources)
    }

    /// Changes one car; what it is now.
    pub fn change(&self, id: &str, how: impl FnOnce(&mut Car)) -> Option<Car> {
        let mut book = self.book();
        let car = book.cars.get_mut(id)?;
        how(car);
        Some(car.clone())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing under the lock can be left half done.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Upper case, Latin look-alikes, letters and digits alone.
fn canonical(number: &str) -> String {
    number
        .chars()
        .flat_map(char::to_uppercase)
        .map(|c| match c {
            'А' => 'A',
            'В' => 'B',
            'С' => 'C',
            'Е' => 'E',
            'Н' => 'H',
            'К' => 'K',
            'М' => 'M',
            'О' => 'O',
            'Р' => 'P',
            'Т' => 'T',
            'У' => 'Y',
            'Х' => 'X',
            other => other,
        })
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

fn folded(name: &str) -> String {
    let name = name.to_lowercase().replace('ё', "е");
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A day; the catalogue names existing ones only.
const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}
