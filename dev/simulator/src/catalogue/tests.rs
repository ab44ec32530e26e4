use std::collections::BTreeSet;

use super::*;

#[test]
fn the_catalogue_begins_with_a_car_of_each_kind() {
    let catalogue = Catalogue::new(1);
    for kind in Kind::ALL {
        let car = catalogue.car(kind.slug()).expect("the kind's first car");
        assert_eq!((car.kind, car.n), (kind, 0));
    }
    assert!(catalogue.car("clean_cheap").unwrap().market.average_rub < 400_000);
    assert!(catalogue.car("expensive").unwrap().market.average_rub > 1_000_000);
}

#[test]
fn the_same_seed_makes_the_same_cars() {
    let (one, other) = (Catalogue::new(7), Catalogue::new(7));
    assert_eq!(one.fresh(Kind::Pledged, 3), other.fresh(Kind::Pledged, 3));
    assert_ne!(
        one.fresh(Kind::Pledged, 3).vin,
        Catalogue::new(8).fresh(Kind::Pledged, 3).vin
    );
}

#[test]
fn no_two_cars_share_a_number_and_no_two_owners_a_name_with_birthday() {
    let catalogue = Catalogue::new(1);
    let mut seen = BTreeSet::new();
    let mut cars = 0;
    for kind in Kind::ALL {
        for n in 0..400 {
            let car = catalogue.fresh(kind, n);
            cars += 1;
            seen.insert(car.identifier().to_owned());
            seen.insert(car.plate);
            seen.insert(car.passport.number);
            seen.insert(car.certificate.number);
            seen.insert(car.owner.phone.clone());
            seen.insert(car.owner.account.clone());
            seen.insert(format!("{} {}", car.owner.full_name(), car.owner.birthdate));
        }
    }
    assert_eq!(seen.len(), cars * 7);
}

#[test]
fn a_vin_has_seventeen_characters_and_a_valid_check_digit() {
    let catalogue = Catalogue::new(1);
    for kind in Kind::ALL {
        for n in 0..50 {
            let Some(vin) = catalogue.fresh(kind, n).vin else {
                assert_eq!(kind, Kind::Frame);
                continue;
            };
            assert_eq!(vin.len(), 17, "{vin}");
            assert!(!vin.contains(['I', 'O', 'Q']), "{vin}");
            let bytes = vin.as_bytes();
            assert_eq!(numbers::check_digit(bytes), bytes[8], "{vin}");
        }
    }
}

#[test]
fn a_car_is_found_by_any_number_however_typed() {
    let catalogue = Catalogue::new(1);
    let car = catalogue.fresh(Kind::Clean, 5);
    let frame = catalogue.car("frame").unwrap();
    let vin = car.vin.clone().unwrap().to_lowercase();
    assert_eq!(catalogue.find(&vin).unwrap().id, car.id);
    assert_eq!(catalogue.find(&car.plate).unwrap().id, car.id);
    let number = frame.frame.clone().unwrap().replace('-', " ");
    assert_eq!(catalogue.find(&number).unwrap().id, frame.id);
    assert!(catalogue.find("").is_none());
    let unknown = catalogue.car("unknown").unwrap();
    assert!(catalogue.find(unknown.identifier()).is_none());
}

#[test]
fn a_lifted_ban_takes_its_debt_along_and_stays_lifted() {
    let catalogue = Catalogue::new(1);
    let car = catalogue.fresh(Kind::Banned, 2);
    let proceeding = car.outcome.ban.clone().unwrap().proceeding;
    assert!(catalogue.proceeding(&proceeding).is_some());
    assert!(catalogue.lift_ban(&car.id).unwrap().outcome.ban.is_none());
    let again = catalogue.fresh(Kind::Banned, 2);
    assert!(again.outcome.ban.is_none());
    assert!(catalogue.proceeding(&proceeding).is_none());
    assert!(catalogue.lift_ban("no-such-car").is_none());
}

#[test]
fn a_car_turns_into_what_befell_it_and_stays_itself() {
    let catalogue = Catalogue::new(1);
    let clean = catalogue.next(Kind::Clean);
    let banned = catalogue.turn(&clean.id, Kind::Banned).unwrap();
    let ban = banned.outcome.ban.clone().unwrap();
    assert!(catalogue.proceeding(&ban.proceeding).is_some());
    assert_eq!(
        (banned.identifier(), banned.owner.full_name()),
        (clean.identifier(), clean.owner.full_name())
    );
    assert!(catalogue.lift_ban(&clean.id).unwrap().outcome.ban.is_none());
    let wanted = catalogue.turn(&clean.id, Kind::Wanted).unwrap();
    assert!(wanted.outcome.wanted.is_some() && wanted.owner.debts.is_empty());
    assert_eq!(catalogue.turn(&clean.id, Kind::Clean), Some(clean));
    assert!(catalogue.turn("no-such-car", Kind::Wanted).is_none());
}

#[test]
fn the_odometer_of_a_clean_car_never_went_back() {
    let catalogue = Catalogue::new(1);
    for car in catalogue.cars() {
        let most = car.mileages.iter().map(|m| m.km).max().unwrap_or_default();
        assert_eq!(
            most > car.mileage_km,
            car.kind == Kind::RolledBack,
            "{}",
            car.id
        );
    }
}

#[test]
fn the_catalogue_survives_a_restart() {
    let catalogue = Catalogue::new(3);
    catalogue.next(Kind::Taxi);
    catalogue.lift_ban("banned");
    let saved = serde_json::to_string(&catalogue).unwrap();
    let restored: Catalogue = serde_json::from_str(&saved).unwrap();
    assert_eq!(restored.cars(), catalogue.cars());
    assert_eq!(restored.next(Kind::Taxi).id, "taxi-2");
}

#[test]
fn an_owner_is_found_by_name_and_birthday() {
    let catalogue = Catalogue::new(1);
    let owner = catalogue.car("debtor").unwrap().owner;
    let typed = owner.full_name().to_uppercase().replace('Ё', "Е");
    let found = catalogue.person(&typed, owner.birthdate).unwrap();
    assert_eq!(found, owner);
    let next_day = owner.birthdate.succ_opt().unwrap();
    assert!(catalogue.person(&typed, next_day).is_none());
}
