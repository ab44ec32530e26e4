//! Photos that were not taken where the car is.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use proto::kite::buyout::v1::ListBuyoutEventsRequest;
use proto::kite::task::v1::decision::Kind;
use serde_json::json;
use stack::papers;
use stack::people::Person;
use stack::play::Play;
use tests::World;

/// A JPEG whose camera says where it is: degrees, minutes and hundredths of seconds, north and east.
fn taken_at(shade: u8, lat: [u32; 3], lon: [u32; 3]) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0".to_vec();
    exif.extend(8_u32.to_le_bytes());
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let mut bytes = tag.to_le_bytes().to_vec();
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value);
        bytes
    };
    let directory = entry(0x8825, 4, 1, 26_u32.to_le_bytes());
    let places = [
        entry(1, 2, 2, *b"N\0\0\0"),
        entry(2, 5, 3, 80_u32.to_le_bytes()),
        entry(3, 2, 2, *b"E\0\0\0"),
        entry(4, 5, 3, 104_u32.to_le_bytes()),
    ];
    exif.extend(1_u16.to_le_bytes());
    exif.extend(directory);
    exif.extend(0_u32.to_le_bytes());
    exif.extend(4_u16.to_le_bytes());
    exif.extend(places.concat());
    exif.extend(0_u32.to_le_bytes());
    for [degrees, minutes, hundredths] in [lat, lon] {
        for (above, below) in [(degrees, 1_u32), (minutes, 1), (hundredths, 100)] {
            exif.extend(above.to_le_bytes());
            exif.extend(below.to_le_bytes());
        }
    }
    let picture = RgbImage::from_fn(64, 48, |x, y| image::Rgb([shade, x as u8, y as u8]));
    let mut plain = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut plain), ImageFormat::Jpeg)
        .expect("an image");
    let mut bytes = plain[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend(((exif.len() + 2) as u16).to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&plain[2..]);
    bytes
}

/// Hands in an inspection with a photo an angle.
async fn inspect(play: &Play<'_>, photos: &[Vec<u8>]) -> anyhow::Result<Person> {
    let inspector = play.inspector().await?;
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    let template = inspector.template(&play.id).await?;
    assert_eq!(template.required_angles.len(), photos.len());
    let mut ids = Vec::new();
    for photo in photos {
        let file = inspector.upload(&play.id, "PHOTO", photo.clone()).await?;
        ids.push(file.id);
    }
    let inspection = papers::inspection(&template, &play.car, &ids);
    inspector
        .decide(&task, Kind::SubmitInspection(inspection))
        .await?;
    Ok(inspector)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_taken_far_from_the_address_is_pointed_out_to_the_appraiser() -> anyhow::Result<()>
{
    let world = World::start().await?;
    let catalogue = world
        .stack
        .control
        .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
        .await?;
    // The portal's field of the type "address" knows where the address is.
    let located = json!({ "address": "ул. Вымышленная, д. 1|68.9585;33.0827|77" });
    let play = Play::deal_on(&world.stack, catalogue, located.clone()).await?;
    play.robot_calls().await?;
    let here = |shade| taken_at(shade, [68, 57, 3060], [33, 4, 5772]);
    // Апатиты, 156 km to the south; a photo that says nothing of its place.
    let mut photos: Vec<Vec<u8>> = (1..=5).map(here).collect();
    photos[2] = taken_at(90, [67, 33, 5040], [33, 24, 1116]);
    photos.push(papers::photo(9_300));
    let inspector = inspect(&play, &photos).await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    let told: Vec<&str> = task
        .details
        .lines()
        .filter(|line| line.contains("от адреса осмотра"))
        .collect();
    assert_eq!(told.len(), 1, "{}", task.details);
    assert!(
        told[0].contains("Фото «сзади слева» снято в 15") && told[0].contains(" км"),
        "{told:?}"
    );
    let request = ListBuyoutEventsRequest {
        id: play.id.clone(),
        after_seq: 0,
    };
    let events = appraiser.buyouts().list_buyout_events(request).await?;
    let events = events.into_inner().events;
    let noted = events
        .iter()
        .filter(|e| e.text.contains("от адреса осмотра"));
    assert_eq!(noted.count(), 1, "{events:?}");
    // The address reads like an address, and the inspector is told nothing of the kind.
    let visit = appraiser.buyout(&play.id).await?.visit.unwrap_or_default();
    assert_eq!(visit.address, "ул. Вымышленная, д. 1");
    let seen = format!("{:?}", inspector.buyout(&play.id).await?);
    assert!(!seen.contains("от адреса осмотра"), "{seen}");

    // All of them taken here: nothing to say.
    let catalogue = world
        .stack
        .control
        .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
        .await?;
    let play = Play::deal_on(&world.stack, catalogue, located).await?;
    play.robot_calls().await?;
    let photos: Vec<Vec<u8>> = (101..=106).map(here).collect();
    inspect(&play, &photos).await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    assert!(
        !task.details.contains("от адреса осмотра"),
        "{}",
        task.details
    );
    world.stop().await
}
