//! What people bring in a played buyout: photos, readings, papers. Invented, but complete.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use proto::kite::common::v1::Money;
use proto::kite::inspection::v1 as inspection_pb;
use proto::kite::task::v1 as pb;

/// A photo of its own: a pattern drawn from `seed`, as PNG.
pub fn photo(seed: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(320, 200, |x, y| {
        let wave =
            (x.wrapping_mul(seed % 7 + 1) ^ y.wrapping_mul(seed % 11 + 3)).wrapping_add(seed);
        Rgb([
            (wave % 251) as u8,
            (x % 256) as u8,
            (y.wrapping_mul(seed) % 256) as u8,
        ])
    });
    let mut file = Cursor::new(Vec::new());
    picture
        .write_to(&mut file, ImageFormat::Png)
        .expect("memory takes a picture");
    file.into_inner()
}

/// The car as the played inspector and manager know it.
#[derive(Debug, Clone)]
pub struct PlayedCar {
    /// VIN or frame number as stamped on the car.
    pub identifier: String,
    pub frame: bool,
    pub mileage_km: u32,
    /// Name of the owner, who is the seller.
    pub owner: String,
    pub birthdate: String,
    pub phone: String,
    pub passport_series: String,
    pub passport_number: String,
}

/// A complete inspection under the template; `photos` are ids of uploaded files, one per angle.
pub fn inspection(
    template: &inspection_pb::Template,
    car: &PlayedCar,
    photos: &[String],
) -> inspection_pb::Inspection {
    let place = if car.frame { "FRAME" } else { "BODY_VIN" };
    inspection_pb::Inspection {
        template_code: template.code.clone(),
        template_version: template.version,
        identifiers: [place, "REGISTRATION_CERTIFICATE"]
            .into_iter()
            .map(|place| inspection_pb::IdentifierReading {
                place: place.to_owned(),
                value: car.identifier.clone(),
                absent: false,
                photo_file_id: String::new(),
            })
            .collect(),
        mileage_km: car.mileage_km,
        photos: template
            .required_angles
            .iter()
            .zip(photos)
            .map(|(angle, id)| inspection_pb::Photo {
                angle: angle.clone(),
                file_id: id.clone(),
            })
            .collect(),
        defects: vec![inspection_pb::Defect {
            element: "FRONT_BUMPER".to_owned(),
            kind: "SCRATCH".to_owned(),
            comment: "Царапина 12 см слева, до пластика.".to_owned(),
            photo_file_ids: Vec::new(),
        }],
        paint: template
            .painted_elements
            .iter()
            .enumerate()
            .map(|(index, element)| inspection_pb::PaintReading {
                element: element.clone(),
                microns: Some(98 + (index as u32 * 7) % 40),
                unmeasurable_reason: String::new(),
            })
            .collect(),
        comment: "Автомобиль чистый, заводится с первого раза.".to_owned(),
    }
}

pub fn rubles(amount: i64) -> Money {
    Money {
        kopecks: amount * 100,
    }
}

/// An appraisal: first price, stop price and forecast in roubles.
pub fn appraisal(buyout: i64, stop: i64, forecast: i64) -> pb::Appraisal {
    pb::Appraisal {
        channel: "RETAIL".to_owned(),
        forecast_price: Some(rubles(forecast)),
        buyout_price: Some(rubles(buyout)),
        stop_price: Some(rubles(stop)),
        repairs: vec![pb::RepairLine {
            element: "FRONT_BUMPER".to_owned(),
            kind: "SCRATCH".to_owned(),
            fix: true,
            cost: Some(rubles(8_500)),
        }],
        forecasts: vec![pb::ChannelForecast {
            channel: "RETAIL".to_owned(),
            price: Some(rubles(forecast)),
            days: 28,
            costs: Some(rubles(22_000)),
        }],
        comment: "Ликвидный автомобиль, один мелкий дефект.".to_owned(),
    }
}

/// A complete set of papers; `scans` are ids of four uploaded files.
pub fn papers(car: &PlayedCar, scans: &[String]) -> pb::Papers {
    let kinds = [
        "PASSPORT",
        "VEHICLE_PASSPORT",
        "REGISTRATION_CERTIFICATE",
        "PERSONAL_DATA_CONSENT",
    ];
    pb::Papers {
        papers: kinds
            .into_iter()
            .zip(scans)
            .map(|(kind, id)| pb::Paper {
                kind: kind.to_owned(),
                file_ids: vec![id.clone()],
            })
            .collect(),
        fields: Some(pb::PaperFields {
            seller_full_name: car.owner.clone(),
            seller_birthdate: car.birthdate.clone(),
            passport_series: car.passport_series.clone(),
            passport_number: car.passport_number.clone(),
            passport_issued_by: "отделом внутренних дел вымышленного района".to_owned(),
            passport_issued_on: "2012-05-14".to_owned(),
            seller_address: "г. Мурманск, ул. Примерная, д. 1, кв. 2".to_owned(),
            owner_full_name: car.owner.clone(),
            vehicle_passport_number: "164301000000001".to_owned(),
            vehicle_passport_issued_on: "2021-03-02".to_owned(),
            registration_certificate_number: "9900 000001".to_owned(),
            engine_number: "SQRE4T15C-000001".to_owned(),
            chassis_number: String::new(),
            body_number: String::new(),
            color: "белый".to_owned(),
            power_hp: 147,
            keys: 2,
            vehicle_passport_issued_by: "АО «Вымышленный автомобильный завод»".to_owned(),
            vehicle_kind: "легковой универсал".to_owned(),
            vehicle_category: "B (M1)".to_owned(),
        }),
        requisites: Some(requisites(car)),
    }
}

/// Requisites for both rails.
pub fn requisites(car: &PlayedCar) -> pb::Requisites {
    pb::Requisites {
        recipient_name: car.owner.clone(),
        sbp: Some(pb::SbpRequisites {
            phone: car.phone.clone(),
            bank_id: "100000000111".to_owned(),
        }),
        account: Some(pb::AccountRequisites {
            account: "40817810000000000001".to_owned(),
            bic: "044525225".to_owned(),
            correspondent_account: "30101810400000000225".to_owned(),
            bank_name: "Вымышленный банк".to_owned(),
            inn: "0".to_owned(),
        }),
    }
}

/// Every paper accepted.
pub fn accepted() -> pb::VerifyPapers {
    let kinds = [
        "PASSPORT",
        "VEHICLE_PASSPORT",
        "REGISTRATION_CERTIFICATE",
        "PERSONAL_DATA_CONSENT",
    ];
    pb::VerifyPapers {
        verdicts: kinds
            .into_iter()
            .map(|kind| pb::PaperVerdict {
                kind: kind.to_owned(),
                accepted: true,
                remark: String::new(),
            })
            .collect(),
    }
}
