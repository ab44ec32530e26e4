//! An inspection: what the inspector saw, recorded against a version of a template.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::file::FileRef;
use crate::money::Money;
use crate::place::GeoPoint;
use crate::refusal::FieldViolation;
use crate::staff::PersonRef;
use crate::vin::{CarIdentifier, Frame, Vin};

/// What an inspection of one type must contain. A running inspection keeps the version it began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectionTemplate {
    pub code: String,
    pub version: u32,
    pub title: String,
    /// Angles that must be photographed.
    pub required_angles: Vec<PhotoAngle>,
    /// Body elements whose paint is measured.
    pub painted_elements: Vec<BodyElement>,
    /// Readings outside are not believed (µm).
    pub paint_min_um: u16,
    pub paint_max_um: u16,
    /// At least this many identifiers must be read off the car.
    pub min_identifiers: u8,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum PhotoAngle {
    FrontLeft,
    FrontRight,
    RearLeft,
    RearRight,
    VinPlate,
    Odometer,
    Interior,
    Underhood,
    Other,
}

impl PhotoAngle {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::FrontLeft => "спереди слева",
            Self::FrontRight => "спереди справа",
            Self::RearLeft => "сзади слева",
            Self::RearRight => "сзади справа",
            Self::VinPlate => "табличка VIN",
            Self::Odometer => "одометр",
            Self::Interior => "салон",
            Self::Underhood => "подкапотное пространство",
            Self::Other => "прочее",
        }
    }
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum BodyElement {
    Hood,
    Roof,
    Trunk,
    FrontLeftFender,
    FrontRightFender,
    FrontLeftDoor,
    FrontRightDoor,
    RearLeftDoor,
    RearRightDoor,
    RearLeftFender,
    RearRightFender,
    FrontBumper,
    RearBumper,
    Windshield,
    Headlights,
    Engine,
    Suspension,
    Interior,
}

impl BodyElement {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Hood => "капот",
            Self::Roof => "крыша",
            Self::Trunk => "крышка багажника",
            Self::FrontLeftFender => "переднее левое крыло",
            Self::FrontRightFender => "переднее правое крыло",
            Self::FrontLeftDoor => "передняя левая дверь",
            Self::FrontRightDoor => "передняя правая дверь",
            Self::RearLeftDoor => "задняя левая дверь",
            Self::RearRightDoor => "задняя правая дверь",
            Self::RearLeftFender => "заднее левое крыло",
            Self::RearRightFender => "заднее правое крыло",
            Self::FrontBumper => "передний бампер",
            Self::RearBumper => "задний бампер",
            Self::Windshield => "лобовое стекло",
            Self::Headlights => "фары",
            Self::Engine => "двигатель",
            Self::Suspension => "подвеска",
            Self::Interior => "салон",
        }
    }
}

/// Where on the car an identifier was read (S41).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum IdentifierPlace {
    BodyVin,
    WindshieldVin,
    PolicePlate,
    BodyNumber,
    Frame,
    /// Свидетельство о регистрации: read off the paper, not off the car.
    RegistrationCertificate,
}

impl IdentifierPlace {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::BodyVin => "VIN на кузове",
            Self::WindshieldVin => "VIN под стеклом",
            Self::PolicePlate => "полицейская шильда",
            Self::BodyNumber => "номер кузова",
            Self::Frame => "номер рамы",
            Self::RegistrationCertificate => "СТС",
        }
    }
}

/// One identifier as read; `value` is `None` where the element is absent, itself a sign of fraud (S44).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierReading {
    pub place: IdentifierPlace,
    pub value: Option<String>,
    #[serde(default)]
    pub photo: Option<FileRef>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectionPhoto {
    pub angle: PhotoAngle,
    pub file: FileRef,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum DefectKind {
    Chip,
    Crack,
    Scratch,
    Dent,
    Rust,
    Fogging,
    RepairTraces,
    Wear,
    Malfunction,
    Missing,
}

impl DefectKind {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Chip => "скол",
            Self::Crack => "трещина",
            Self::Scratch => "царапина",
            Self::Dent => "вмятина",
            Self::Rust => "коррозия",
            Self::Fogging => "запотевание",
            Self::RepairTraces => "следы ремонта",
            Self::Wear => "износ",
            Self::Malfunction => "неисправность",
            Self::Missing => "элемент отсутствует",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    pub element: BodyElement,
    pub kind: DefectKind,
    #[serde(default)]
    pub comment: String,
    #[serde(default)]
    pub photos: Vec<FileRef>,
}

/// Thickness of paint at one element, µm; `None` with a reason where it could not be measured (S54).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaintReading {
    pub element: BodyElement,
    pub microns: Option<u16>,
    #[serde(default)]
    pub unmeasurable_reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    pub template_code: String,
    pub template_version: u32,
    pub identifiers: Vec<IdentifierReading>,
    pub mileage_km: u32,
    pub photos: Vec<InspectionPhoto>,
    #[serde(default)]
    pub defects: Vec<Defect>,
    #[serde(default)]
    pub paint: Vec<PaintReading>,
    #[serde(default)]
    pub comment: String,
}

/// An inspection that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmittedInspection {
    pub inspection: Inspection,
    pub inspector: PersonRef,
    pub at: DateTime<Utc>,
}

/// What is missing for the inspection to be complete under the template; empty when complete.
pub fn missing(inspection: &Inspection, template: &InspectionTemplate) -> Vec<FieldViolation> {
    let mut missing = Vec::new();
    if (
        inspection.template_code.as_str(),
        inspection.template_version,
    ) != (template.code.as_str(), template.version)
    {
        missing.push(FieldViolation::new(
            "inspection.template_version",
            format!(
                "Осмотр идёт по шаблону «{}» версии {}.",
                template.title, template.version
            ),
        ));
    }
    if inspection.mileage_km == 0 {
        missing.push(FieldViolation::new(
            "inspection.mileage_km",
            "Укажите пробег.",
        ));
    }
    for angle in &template.required_angles {
        if !inspection.photos.iter().any(|photo| photo.angle == *angle) {
            missing.push(FieldViolation::new(
                "inspection.photos",
                format!("Нет фото: {}.", angle.title_ru()),
            ));
        }
    }
    if inspection.identifiers.len() < usize::from(template.min_identifiers) {
        missing.push(FieldViolation::new(
            "inspection.identifiers",
            format!(
                "Снимите не меньше {} идентификаторов; отсутствующий отметьте как отсутствующий.",
                template.min_identifiers
            ),
        ));
    }
    for element in &template.painted_elements {
        match inspection
            .paint
            .iter()
            .find(|reading| reading.element == *element)
        {
            None => missing.push(FieldViolation::new(
                "inspection.paint",
                format!("Нет замера ЛКП: {}.", element.title_ru()),
            )),
            Some(PaintReading {
                microns: None,
                unmeasurable_reason: None,
                ..
            }) => missing.push(FieldViolation::new(
                "inspection.paint",
                format!(
                    "Замер ЛКП ({}): укажите значение или причину, почему не измерить.",
                    element.title_ru()
                ),
            )),
            Some(PaintReading {
                microns: Some(um), ..
            }) if !(template.paint_min_um..=template.paint_max_um).contains(um) => {
                missing.push(FieldViolation::new(
                    "inspection.paint",
                    format!(
                        "Замер ЛКП ({}): {um} мкм вне пределов прибора {}–{} мкм.",
                        element.title_ru(),
                        template.paint_min_um,
                        template.paint_max_um
                    ),
                ))
            }
            Some(_) => {}
        }
    }
    missing
}

/// A pair of sources that name different cars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierMismatch {
    pub source: String,
    pub expected: String,
    pub found: String,
}

/// Compares every identifier read off the car and its papers with what the deal claims. Each pair
/// that differs is named; an absent element is a mismatch of its own.
pub fn identifier_mismatches(
    claimed: &CarIdentifier,
    readings: &[IdentifierReading],
) -> Vec<IdentifierMismatch> {
    readings
        .iter()
        .filter_map(|reading| {
            let found = match &reading.value {
                None => "отсутствует".to_owned(),
                Some(value) => {
                    let same = match claimed {
                        CarIdentifier::Vin(vin) => Vin::parse(value).is_ok_and(|read| read == *vin),
                        CarIdentifier::Frame(frame) => {
                            Frame::parse(value).is_ok_and(|read| read == *frame)
                        }
                    };
                    if same {
                        return None;
                    }
                    value.clone()
                }
            };
            Some(IdentifierMismatch {
                source: reading.place.title_ru().to_owned(),
                expected: claimed.as_str().to_owned(),
                found,
            })
        })
        .collect()
}

/// A photo whose bytes were already used in an earlier inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoReuse {
    pub file: String,
    pub buyout: String,
}

/// A photo that was taken far from where the visit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarPhoto {
    pub angle: PhotoAngle,
    pub km: u64,
}

/// Photos whose camera said that it was farther than `limit_km` from the address, the farthest first. Nothing is
/// told of a camera or an address that does not say where it is; a limit of 0 looks at nothing.
pub fn far_photos(
    inspection: &Inspection,
    address: Option<GeoPoint>,
    limit_km: u32,
) -> Vec<FarPhoto> {
    let Some(address) = address.filter(|_| limit_km > 0) else {
        return Vec::new();
    };
    let mut far: Vec<FarPhoto> = inspection
        .photos
        .iter()
        .filter_map(|photo| {
            let metres = photo.file.taken_at?.metres_to(address);
            (metres > u64::from(limit_km) * 1_000).then_some(FarPhoto {
                angle: photo.angle,
                km: metres / 1_000,
            })
        })
        .collect();
    far.sort_by_key(|photo| (std::cmp::Reverse(photo.km), photo.angle));
    far
}

/// Sum of repair costs that the appraiser decided to spend.
pub fn repair_total(lines: &[crate::appraisal::RepairLine]) -> Money {
    lines
        .iter()
        .filter(|line| line.fix)
        .map(|line| line.cost)
        .sum()
}
