//! An upload in parts over a network that goes away.

use bytes::Bytes;
use futures::StreamExt;
use http::StatusCode;
use serde_json::Value;
use stack::people::Person;
use stack::play::Play;
use tests::World;
use url::Url;

use super::{ticket, until};

struct Sender<'a> {
    world: &'a World,
    person: &'a Person,
    url: Url,
}

impl Sender<'_> {
    /// `Upload-Offset` and whether the upload is complete.
    async fn head(&self) -> anyhow::Result<(StatusCode, Option<usize>, bool)> {
        let answer = self
            .world
            .stack
            .door
            .http
            .head(self.url.clone())
            .bearer_auth(&self.person.token)
            .send()
            .await?;
        let complete = answer
            .headers()
            .get("upload-complete")
            .is_some_and(|value| value == "?1");
        Ok((answer.status(), offset(&answer), complete))
    }

    fn patch(&self, from: usize, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        let http = &self.world.stack.door.http;
        http.patch(self.url.clone())
            .bearer_auth(&self.person.token)
            .header("upload-offset", from)
            .body(body)
    }
}

fn offset(answer: &reqwest::Response) -> Option<usize> {
    answer
        .headers()
        .get("upload-offset")?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// A scan that is larger than a few packets.
fn pdf() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..3_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8));
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_upload_goes_on_where_it_broke_off() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspector().await?;
    let manager = world.stack.sign_in("manager").await?;
    let url = ticket(&world, &manager, &play.id, "SCAN").await?;
    let sender = Sender {
        world: &world,
        person: &manager,
        url: url.clone(),
    };
    let whole = pdf();

    assert_eq!(
        sender.head().await?,
        (StatusCode::NO_CONTENT, Some(0), false)
    );
    let answer = sender.patch(0, whole[..1_000_000].to_vec()).send().await?;
    assert_eq!(
        (answer.status(), offset(&answer)),
        (StatusCode::NO_CONTENT, Some(1_000_000))
    );
    // From another place than where we are: told where to go on, nothing changed.
    for wrong in [0, 999_999, 1_000_001] {
        let answer = sender.patch(wrong, whole[..10].to_vec()).send().await?;
        assert_eq!(
            (answer.status(), offset(&answer)),
            (StatusCode::CONFLICT, Some(1_000_000)),
            "from {wrong}"
        );
    }

    // The network goes away in the middle of a part: what arrived is kept.
    // More of it than buffers hold was on the way by then.
    let pieces = whole[1_000_000..2_900_000].chunks(16_384);
    let pieces: Vec<_> = pieces
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let broken = futures::stream::iter(pieces).chain(futures::stream::iter([Err(
        std::io::Error::other("the network is gone"),
    )]));
    let cut = sender
        .patch(1_000_000, reqwest::Body::wrap_stream(broken))
        .send()
        .await;
    assert!(cut.is_err() || cut.is_ok_and(|answer| answer.status() == StatusCode::BAD_REQUEST));
    let here = until("what came of the cut part is kept", async || {
        Ok(sender.head().await?.1.filter(|here| *here > 1_000_000))
    })
    .await?;
    assert!(here <= 2_900_000, "{here}");

    // Two phones, one person, the same place: one of them is taken.
    let (one, other) = tokio::try_join!(
        sender
            .patch(here, whole[here..here + 100_000].to_vec())
            .send(),
        sender
            .patch(here, whole[here..here + 100_000].to_vec())
            .send(),
    )?;
    let mut statuses = [one.status(), other.status()];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
    let here = here + 100_000;
    assert_eq!(sender.head().await?.1, Some(here));

    // Nobody else goes on with it or learns how far it is; nonsense is refused.
    let other = world.stack.sign_in("head").await?;
    let stranger = Sender {
        world: &world,
        person: &other,
        url: url.clone(),
    };
    assert_eq!(stranger.head().await?.0, StatusCode::GONE);
    assert_eq!(
        stranger.patch(here, "x").send().await?.status(),
        StatusCode::GONE
    );
    let http = &world.stack.door.http;
    assert_eq!(
        http.head(url.clone()).send().await?.status(),
        StatusCode::UNAUTHORIZED
    );
    let blind = http
        .patch(url.clone())
        .bearer_auth(&manager.token)
        .body("x")
        .send()
        .await?;
    assert_eq!(blind.status(), StatusCode::BAD_REQUEST);
    let huge = vec![0_u8; 26 * 1024 * 1024 - here];
    assert_eq!(
        sender.patch(here, huge).send().await?.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );

    let answer = sender
        .patch(here, whole[here..].to_vec())
        .header("upload-complete", "?1")
        .send()
        .await?;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let file: Value = answer.json().await?;
    let id = file["file"]["id"].as_str().unwrap_or_default().to_owned();
    let stored = http
        .get(world.stack.door.url.join(&format!("files/{id}"))?)
        .bearer_auth(&manager.token)
        .send()
        .await?;
    assert!(
        stored.bytes().await? == whole,
        "the parts together are another file"
    );

    // Complete: a sender whose last answer was lost finds the file, and can add nothing.
    let answer = http.head(url).bearer_auth(&manager.token).send().await?;
    assert_eq!(
        answer
            .headers()
            .get("location")
            .and_then(|l| l.to_str().ok()),
        Some(format!("/files/{id}").as_str())
    );
    assert_eq!(sender.head().await?, (StatusCode::NO_CONTENT, None, true));
    assert_eq!(
        sender.patch(whole.len(), "more").send().await?.status(),
        StatusCode::GONE
    );
    // The parts are gone from the object store.
    let left = files_below(&world.stack.settings.folder.join("objects/uploads"))?;
    assert_eq!(left, 0, "parts of a finished upload are still there");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_make_no_file_leave_nothing_and_the_ticket_stays() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let url = ticket(&world, &inspector, &play.id, "PHOTO").await?;
    let sender = Sender {
        world: &world,
        person: &inspector,
        url,
    };
    assert_eq!(
        sender.patch(0, "<html>").send().await?.status(),
        StatusCode::NO_CONTENT
    );
    let answer = sender
        .patch(6, "</html>")
        .header("upload-complete", "?1")
        .send()
        .await?;
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(
        sender.head().await?,
        (StatusCode::NO_CONTENT, Some(0), false)
    );
    let photo = stack::papers::photo(5);
    let (half, rest) = photo.split_at(photo.len() / 2);
    assert_eq!(
        sender.patch(0, half.to_vec()).send().await?.status(),
        StatusCode::NO_CONTENT
    );
    let answer = sender
        .patch(half.len(), rest.to_vec())
        .header("upload-complete", "?1")
        .send()
        .await?;
    assert_eq!(answer.status(), StatusCode::CREATED);
    world.stop().await
}

fn files_below(folder: &std::path::Path) -> anyhow::Result<usize> {
    let mut count = 0;
    if !folder.exists() {
        return Ok(0);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        count += if path.is_dir() {
            files_below(&path)?
        } else {
            1
        };
    }
    Ok(count)
}
