//! What the contract and the act have in common: the parties and the vehicle.

use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::policy::LegalEntity;
use domain::vin::CarIdentifier;
use serde::Serialize;

use super::words::{self, DASH};
use crate::{clean, pdf};

/// The number of an electronic passport (ЭПТС) has 15 digits; a paper one has a series with letters
/// or 10 characters.
const ELECTRONIC_PASSPORT_DIGITS: usize = 15;
/// A run of characters without a space may break after so many, or it would leave its cell.
const UNBROKEN: usize = 24;
/// Where a line may break though nothing is seen there.
const BREAK: char = '\u{200b}';

/// Text in a document: one line, a dash when there is nothing. A character that no embedded font can
/// draw becomes "?", so that an emoji in a remark does not keep a document from being made.
pub(super) fn text(value: &str) -> String {
    let mut line = String::with_capacity(value.len());
    let mut run = 0;
    for c in clean::line(value).trim().chars() {
        if run == UNBROKEN {
            line.push(BREAK);
            run = 0;
        }
        run = if c == ' ' || c == '-' { 0 } else { run + 1 };
        line.push(if pdf::printable(c) { c } else { '?' });
    }
    if line.is_empty() {
        DASH.to_owned()
    } else {
        line
    }
}

pub(super) fn text_or_dash(value: Option<&str>) -> String {
    value.map_or_else(|| DASH.to_owned(), text)
}

/// The buyer, one of our legal entities.
#[derive(Serialize)]
pub(super) struct Buyer {
    name: String,
    inn: String,
    kpp: String,
    ogrn: String,
    address: String,
    signatory: String,
    signatory_basis: String,
    account: String,
    bic: String,
}

impl From<&LegalEntity> for Buyer {
    fn from(entity: &LegalEntity) -> Self {
        let LegalEntity {
            id: _,
            name,
            inn,
            kpp,
            ogrn,
            address,
            signatory,
            signatory_basis,
            account,
            bic,
        } = entity;
        Self {
            name: text(name),
            inn: text(inn),
            kpp: text(kpp),
            ogrn: text(ogrn),
            address: text(address),
            signatory: text(signatory),
            signatory_basis: text(signatory_basis),
            account: text(account),
            bic: text(bic),
        }
    }
}

/// The seller, a natural person, as in the passport.
#[derive(Serialize)]
pub(super) struct Seller {
    name: String,
    birthdate: String,
    passport: String,
    passport_issued: String,
    address: String,
    phone: String,
    email: String,
}

#[derive(Serialize)]
pub(super) struct Vehicle {
    make_model: String,
    kind: String,
    category: String,
    year: u16,
    vin: String,
    engine: String,
    chassis: String,
    body: String,
    color: String,
    power: String,
    plate: String,
    /// "ПТС" or "ЭПТС".
    passport_kind: &'static str,
    /// Whether a change of owner is entered in the register of electronic passports.
    electronic: bool,
    passport: String,
    passport_issued: String,
    certificate: String,
}

/// What is handed over, and by whom.
#[derive(Serialize)]
pub(super) struct HandedOver {
    seller: Seller,
    vehicle: Vehicle,
    keys: u8,
}

impl HandedOver {
    /// The papers say who sells and what, the CRM how the seller is reached.
    pub(super) fn new(client: &Client, car: &CarClaim, fields: &PaperFields) -> Self {
        let Client {
            contact_id: _,
            last_name: _,
            first_name: _,
            middle_name: _,
            birthdate: _,
            phone,
            email,
        } = client;
        let CarClaim {
            identifier,
            plate,
            make,
            model,
            year,
        } = car;
        let PaperFields {
            seller_full_name,
            seller_birthdate,
            passport_series,
            passport_number,
            passport_issued_by,
            passport_issued_on,
            seller_address,
            // The seller is the owner: papers of anybody else are not accepted.
            owner_full_name: _,
            vehicle_passport_number,
            vehicle_passport_issued_on,
            vehicle_passport_issued_by,
            vehicle_kind,
            vehicle_category,
            registration_certificate_number,
            engine_number,
            chassis_number,
            body_number,
            color,
            power_hp,
            keys,
        } = fields;
        // A car made for the Japanese market has a frame number instead of a VIN; papers give it
        // as the number of the body.
        let (vin, frame) = match identifier {
            CarIdentifier::Vin(vin) => (vin.to_string(), None),
            CarIdentifier::Frame(frame) => ("отсутствует".to_owned(), Some(frame.as_str())),
        };
        let electronic = is_electronic(vehicle_passport_number);
        Self {
            seller: Seller {
                name: text(seller_full_name),
                birthdate: words::date(*seller_birthdate),
                passport: text(&format!("серия {passport_series} № {passport_number}")),
                passport_issued: issued(Some(passport_issued_by), words::date(*passport_issued_on)),
                address: text(seller_address),
                phone: phone
                    .as_ref()
                    .map_or_else(|| DASH.to_owned(), ToString::to_string),
                email: text_or_dash(email.as_deref()),
            },
            vehicle: Vehicle {
                make_model: text(&format!("{make} {model}")),
                kind: text_or_dash(vehicle_kind.as_deref()),
                category: text_or_dash(vehicle_category.as_deref()),
                year: *year,
                vin,
                engine: text_or_dash(engine_number.as_deref()),
                chassis: text_or_dash(chassis_number.as_deref()),
                body: text_or_dash(body_number.as_deref().or(frame)),
                color: text(color),
                power: power_hp.map_or_else(|| DASH.to_owned(), words::power),
                plate: plate
                    .as_ref()
                    .map_or_else(|| DASH.to_owned(), ToString::to_string),
                passport_kind: if electronic { "ЭПТС" } else { "ПТС" },
                electronic,
                passport: text(vehicle_passport_number),
                passport_issued: issued(
                    vehicle_passport_issued_by.as_deref(),
                    words::date(*vehicle_passport_issued_on),
                ),
                certificate: text(registration_certificate_number),
            },
            keys: *keys,
        }
    }
}

fn is_electronic(passport_number: &str) -> bool {
    let number = passport_number.trim();
    number.len() == ELECTRONIC_PASSPORT_DIGITS && number.bytes().all(|b| b.is_ascii_digit())
}

/// By whom and when, as far as it is known.
fn issued(by: Option<&str>, on: String) -> String {
    match by {
        Some(by) => format!("{}, {on}", text(by)),
        None => on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_printable_line_that_can_break() {
        assert_eq!(text(" \r\n "), DASH);
        assert_eq!(text("скол\nдо грунта \u{1f697}"), "скол до грунта ?");
        assert_eq!(text("\u{202e}руб. 1"), "руб. 1");
        let broken = text(&"ж".repeat(60));
        assert_eq!(
            broken
                .split(BREAK)
                .map(|part| part.chars().count())
                .collect::<Vec<_>>(),
            [24, 24, 12]
        );
        assert_eq!(text("LVVDB21B0MD000001"), "LVVDB21B0MD000001");
    }

    #[test]
    fn an_electronic_passport_is_known_by_its_number() {
        assert!(is_electronic("164301000000001"));
        assert!(is_electronic(" 164301000000001 "));
        assert!(!is_electronic("51 ТН 000001"));
        assert!(!is_electronic("16430100000000Х"));
    }
}
