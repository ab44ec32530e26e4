//! Small versions of images, as galleries ask for them.

use std::io::Cursor;

use domain::staff::Role;
use http::StatusCode;
use image::{ImageFormat, RgbImage};
use serde_json::Value;
use stack::people::Person;
use stack::play::Play;
use tests::World;

use super::{newcomer, ticket};

async fn brought(
    world: &World,
    person: &Person,
    run: &str,
    kind: &str,
    bytes: Vec<u8>,
) -> anyhow::Result<String> {
    let url = ticket(world, person, run, kind).await?;
    let request = world.stack.door.http.put(url).bearer_auth(&person.token);
    let answer: Value = request
        .body(bytes)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    Ok(answer["file"]["id"].as_str().unwrap_or_default().to_owned())
}

async fn get(world: &World, token: Option<&str>, file: &str) -> anyhow::Result<reqwest::Response> {
    let url = world.stack.door.url.join(&format!("files/{file}"))?;
    let mut request = world.stack.door.http.get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    Ok(request.send().await?)
}

fn size(jpeg: &[u8]) -> anyhow::Result<(u32, u32)> {
    let image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)?;
    Ok((image.width(), image.height()))
}

fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    RgbImage::from_fn(1_200, 900, |x, y| image::Rgb([x as u8, y as u8, 90]))
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg)
        .expect("an image");
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_has_a_small_version_for_those_who_may_see_the_photo() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let photo = brought(&world, &inspector, &play.id, "PHOTO", picture()).await?;
    let whole = get(&world, Some(&inspector.token), &photo).await?;
    let small = get(
        &world,
        Some(&inspector.token),
        &format!("{photo}?size=thumb"),
    )
    .await?;
    assert_eq!(small.status(), StatusCode::OK);
    for name in [
        "content-type",
        "content-security-policy",
        "cache-control",
        "x-content-type-options",
        "cross-origin-resource-policy",
    ] {
        assert_eq!(
            small.headers().get(name),
            whole.headers().get(name),
            "{name}"
        );
    }
    let (whole, small) = (whole.bytes().await?, small.bytes().await?);
    assert_eq!((size(&whole)?, size(&small)?), ((1_200, 900), (480, 360)));
    assert!(small.len() < whole.len() / 2);

    // The same refusals as for the photo itself, and no other sizes.
    let other = newcomer(&world, "other", &[Role::Inspector], &["Мурманск"]).await?;
    for (token, expected) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some(other.token.as_str()), StatusCode::NOT_FOUND),
    ] {
        let refused = get(&world, token, &format!("{photo}?size=thumb")).await?;
        assert_eq!(refused.status(), expected);
    }
    let token = Some(inspector.token.as_str());
    let odd = get(&world, token, &format!("{photo}?size=huge")).await?;
    assert_eq!(odd.status(), StatusCode::BAD_REQUEST);
    let absent = get(&world, token, "no-such-file?size=thumb").await?;
    assert_eq!(absent.status(), StatusCode::NOT_FOUND);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_version_that_is_not_there_is_drawn_and_a_pdf_has_none() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let photo = brought(&world, &inspector, &play.id, "PHOTO", picture()).await?;
    let small = async || {
        let token = Some(inspector.token.as_str());
        let answer = get(&world, token, &format!("{photo}?size=thumb")).await?;
        assert_eq!(answer.status(), StatusCode::OK);
        size(&answer.bytes().await?)
    };
    // A photo of before has no small version beside it.
    let objects = world.stack.settings.folder.join("objects");
    let removed = remove_thumbs(&objects)?;
    assert_eq!(removed, 1, "below {}", objects.display());
    assert_eq!(small().await?, (480, 360));
    assert_eq!(remove_thumbs(&objects)?, 1, "it is kept again");
    assert_eq!(small().await?, (480, 360));

    let pdf = b"%PDF-1.7\n%scan".to_vec();
    let manager = world.stack.sign_in("manager").await?;
    let scan = brought(&world, &manager, &play.id, "SCAN", pdf).await?;
    let none = get(&world, Some(&manager.token), &format!("{scan}?size=thumb")).await?;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
    let told: Value = none.json().await?;
    assert_eq!(told["code"], "NO_THUMB");
    assert_eq!(told["content_type"], "application/pdf");
    world.stop().await
}

fn remove_thumbs(folder: &std::path::Path) -> anyhow::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            removed += remove_thumbs(&path)?;
        } else if path.extension().is_some_and(|ending| ending == "thumb") {
            std::fs::remove_file(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}
