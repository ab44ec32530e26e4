//! Inspections.

use domain::file::FileRef;
use domain::inspection as d;
use domain::refusal::Refusal;
use proto::kite::inspection::v1 as pb;

use crate::convert::common::{Files, Reader, file, person, time};

/// Ids of every file that an inspection names.
pub(crate) fn file_ids(inspection: &pb::Inspection) -> Vec<String> {
    let mut ids: Vec<String> = inspection
        .photos
        .iter()
        .map(|p| p.file_id.clone())
        .collect();
    ids.extend(
        inspection
            .identifiers
            .iter()
            .map(|i| i.photo_file_id.clone()),
    );
    ids.extend(
        inspection
            .defects
            .iter()
            .flat_map(|d| d.photo_file_ids.clone()),
    );
    ids.retain(|id| !id.is_empty());
    ids
}

pub(crate) fn inspection(message: pb::Inspection, files: &Files) -> Result<d::Inspection, Refusal> {
    let pb::Inspection {
        template_code,
        template_version,
        identifiers,
        mileage_km,
        photos,
        defects,
        paint,
        comment,
    } = message;
    let mut read = Reader::default();
    let identifiers = identifiers
        .into_iter()
        .filter_map(
            |pb::IdentifierReading {
                 place,
                 value,
                 absent,
                 photo_file_id,
             }| {
                if !absent && value.trim().is_empty() {
                    read.fail(
                        "inspection.identifiers",
                        "Укажите прочитанное значение или отметьте, что элемента нет.",
                    );
                }
                Some(d::IdentifierReading {
                    place: read.one_of("inspection.identifiers.place", &place)?,
                    value: (!absent).then_some(value),
                    photo: if photo_file_id.is_empty() {
                        None
                    } else {
                        Some(read.file(
                            "inspection.identifiers.photo_file_id",
                            &photo_file_id,
                            files,
                        )?)
                    },
                })
            },
        )
        .collect();
    let photos = photos
        .into_iter()
        .filter_map(|pb::Photo { angle, file_id }| {
            Some(d::InspectionPhoto {
                angle: read.one_of("inspection.photos.angle", &angle)?,
                file: read.file("inspection.photos.file_id", &file_id, files)?,
            })
        })
        .collect();
    let defects = defects
        .into_iter()
        .filter_map(
            |pb::Defect {
                 element,
                 kind,
                 comment,
                 photo_file_ids,
             }| {
                Some(d::Defect {
                    element: read.one_of("inspection.defects.element", &element)?,
                    kind: read.one_of("inspection.defects.kind", &kind)?,
                    comment,
                    photos: photo_file_ids
                        .iter()
                        .filter_map(|id| read.file("inspection.defects.photo_file_ids", id, files))
                        .collect(),
                })
            },
        )
        .collect();
    let paint = paint
        .into_iter()
        .filter_map(
            |pb::PaintReading {
                 element,
                 microns,
                 unmeasurable_reason,
             }| {
                let microns = match microns.map(u16::try_from) {
                    Some(Ok(um)) => Some(um),
                    Some(Err(_)) => {
                        read.fail("inspection.paint.microns", "Толщина ЛКП больше 65 535 мкм.");
                        None
                    }
                    None => None,
                };
                Some(d::PaintReading {
                    element: read.one_of("inspection.paint.element", &element)?,
                    microns,
                    unmeasurable_reason: (!unmeasurable_reason.is_empty())
                        .then_some(unmeasurable_reason),
                })
            },
        )
        .collect();
    read.finish(Some(d::Inspection {
        template_code,
        template_version,
        identifiers,
        mileage_km,
        photos,
        defects,
        paint,
        comment,
    }))
}

pub(crate) fn template(template: &d::InspectionTemplate) -> pb::Template {
    let d::InspectionTemplate {
        code,
        version,
        title,
        required_angles,
        painted_elements,
        paint_min_um,
        paint_max_um,
        min_identifiers,
    } = template;
    pb::Template {
        code: code.clone(),
        version: *version,
        title: title.clone(),
        required_angles: required_angles.iter().map(ToString::to_string).collect(),
        painted_elements: painted_elements.iter().map(ToString::to_string).collect(),
        paint_min_um: u32::from(*paint_min_um),
        paint_max_um: u32::from(*paint_max_um),
        min_identifiers: u32::from(*min_identifiers),
    }
}

pub(crate) fn submitted(done: &d::SubmittedInspection) -> pb::SubmittedInspection {
    let d::SubmittedInspection {
        inspection,
        inspector,
        at,
    } = done;
    let d::Inspection {
        template_code,
        template_version,
        identifiers,
        mileage_km,
        photos,
        defects,
        paint,
        comment,
    } = inspection;
    let mut files: Vec<FileRef> = photos.iter().map(|p| p.file.clone()).collect();
    files.extend(identifiers.iter().filter_map(|i| i.photo.clone()));
    files.extend(defects.iter().flat_map(|d| d.photos.clone()));
    pb::SubmittedInspection {
        inspection: Some(pb::Inspection {
            template_code: template_code.clone(),
            template_version: *template_version,
            identifiers: identifiers
                .iter()
                .map(
                    |d::IdentifierReading {
                         place,
                         value,
                         photo,
                     }| pb::IdentifierReading {
                        place: place.to_string(),
                        value: value.clone().unwrap_or_default(),
                        absent: value.is_none(),
                        photo_file_id: photo.as_ref().map(|f| f.id.clone()).unwrap_or_default(),
                    },
                )
                .collect(),
            mileage_km: *mileage_km,
            photos: photos
                .iter()
                .map(|d::InspectionPhoto { angle, file }| pb::Photo {
                    angle: angle.to_string(),
                    file_id: file.id.clone(),
                })
                .collect(),
            defects: defects
                .iter()
                .map(
                    |d::Defect {
                         element,
                         kind,
                         comment,
                         photos,
                     }| pb::Defect {
                        element: element.to_string(),
                        kind: kind.to_string(),
                        comment: comment.clone(),
                        photo_file_ids: photos.iter().map(|f| f.id.clone()).collect(),
                    },
                )
                .collect(),
            paint: paint
                .iter()
                .map(
                    |d::PaintReading {
                         element,
                         microns,
                         unmeasurable_reason,
                     }| pb::PaintReading {
                        element: element.to_string(),
                        microns: microns.map(u32::from),
                        unmeasurable_reason: unmeasurable_reason.clone().unwrap_or_default(),
                    },
                )
                .collect(),
            comment: comment.clone(),
        }),
        inspector: Some(person(inspector)),
        at: Some(time(*at)),
        files: files.iter().map(file).collect(),
    }
}
