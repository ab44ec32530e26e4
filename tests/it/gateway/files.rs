//! Files: an upload by ticket and a download, as the inspector's phone and everybody else try them.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use domain::file::FileKind;
use domain::staff::{PersonId, Role};
use http::StatusCode;
use image::{ImageFormat, RgbImage};
use proto::kite::inspection::v1::CreateUploadTicketRequest;
use serde_json::Value;
use stack::people::Person;
use stack::play::Play;
use store::Ticket;
use tests::World;
use tonic::Code;
use url::Url;

use super::{newcomer, ticket, violations, write_staff};

const MEGABYTE: usize = 1024 * 1024;

/// A run that waits for its inspection, with its inspector.
async fn inspected(world: &World) -> anyhow::Result<(Play<'_>, Person)> {
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    Ok((play, inspector))
}

fn picture(shade: u8) -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| {
        image::Rgb([shade, (x * 5) as u8, (y * 7) as u8])
    })
}

fn encoded(shade: u8, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture(shade)
        .write_to(&mut Cursor::new(&mut bytes), format)
        .expect("an image");
    bytes
}

/// A JPEG with an EXIF block that turns it and names a place, a comment, and bytes after its end.
fn telling_jpeg(shade: u8) -> Vec<u8> {
    let plain = encoded(shade, ImageFormat::Jpeg);
    let mut exif =
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"GPS 68.9585 33.0827 SECRET-PLACE");
    let comment = b"<script>SECRET-COMMENT</script>";
    let mut bytes = plain[..2].to_vec();
    for (marker, block) in [(0xE1_u8, exif.as_slice()), (0xFE, comment.as_slice())] {
        bytes.extend([0xFF, marker]);
        bytes.extend(((block.len() + 2) as u16).to_be_bytes());
        bytes.extend(block);
    }
    bytes.extend(&plain[2..]);
    bytes.extend(b"SECRET-TAIL");
    bytes
}

async fn put(
    world: &World,
    person: &Person,
    url: &Url,
    bytes: Vec<u8>,
) -> anyhow::Result<(StatusCode, Value)> {
    let answer = world
        .stack
        .door
        .http
        .put(url.clone())
        .bearer_auth(&person.token)
        .body(bytes)
        .send()
        .await?;
    let status = answer.status();
    Ok((status, answer.json().await?))
}

async fn get(world: &World, token: Option<&str>, id: &str) -> anyhow::Result<reqwest::Response> {
    let mut request = world
        .stack
        .door
        .http
        .get(world.stack.door.url.join(&format!("files/{id}"))?);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    Ok(request.send().await?)
}

fn id(answer: &Value) -> String {
    answer["file"]["id"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_has_pixels_only_and_what_is_no_picture_is_refused() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (play, inspector) = inspected(&world).await?;
    for (name, sent) in [
        ("JPEG", telling_jpeg(10)),
        ("PNG", encoded(20, ImageFormat::Png)),
        ("WebP", encoded(30, ImageFormat::WebP)),
    ] {
        let url = ticket(&world, &inspector, &play.id, "PHOTO").await?;
        let (status, answer) = put(&world, &inspector, &url, sent.clone()).await?;
        assert_eq!(status, StatusCode::CREATED, "{name}: {answer}");
        assert_eq!(answer["file"]["content_type"], "image/jpeg", "{name}");
        let stored = get(&world, Some(&inspector.token), &id(&answer)).await?;
        assert_eq!(stored.status(), StatusCode::OK, "{name}");
        let header = |name: &str| {
            stored
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        for (header_name, expected) in [
            ("content-type", "image/jpeg"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("cache-control", "private, no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("content-disposition", "inline"),
        ] {
            assert_eq!(header(header_name), expected, "{name}: {header_name}");
        }
        let bytes = stored.bytes().await?;
        assert_eq!(answer["file"]["size"], bytes.len(), "{name}");
        for secret in ["Exif", "SECRET", "GPS", "script"] {
            let there = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!there, "{name} keeps {secret}");
        }
        let drawn = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg)?;
        // The JPEG said that it lies on its side; the others did not.
        let expected = if name == "JPEG" { (32, 48) } else { (48, 32) };
        assert_eq!((drawn.width(), drawn.height()), expected, "{name}");
    }

    // What is refused uses no ticket up.
    let url = ticket(&world, &inspector, &play.id, "PHOTO").await?;
    let jpeg = encoded(40, ImageFormat::Jpeg);
    let mut bomb = encoded(40, ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50]);
    for (name, bytes, status, code) in [
        (
            "a page",
            b"<html><script>alert(1)</script></html>".to_vec(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "TYPE",
        ),
        (
            "a drawing",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "TYPE",
        ),
        (
            "a PDF as a photo",
            b"%PDF-1.7\n%%EOF".to_vec(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "TYPE",
        ),
        (
            "an archive",
            b"PK\x03\x04rest".to_vec(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "TYPE",
        ),
        (
            "half a photo's header",
            jpeg[..60].to_vec(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "IMAGE",
        ),
        (
            "a picture of 50 000 × 50 000",
            bomb,
            StatusCode::UNPROCESSABLE_ENTITY,
            "IMAGE",
        ),
        ("nothing", Vec::new(), StatusCode::BAD_REQUEST, "EMPTY"),
    ] {
        let (answered, answer) = put(&world, &inspector, &url, bytes).await?;
        assert_eq!(
            (answered, answer["code"].as_str()),
            (status, Some(code)),
            "{name}: {answer}"
        );
        assert!(
            answer["message"]
                .as_str()
                .is_some_and(|sentence| sentence.ends_with('.')),
            "{name}: {answer}"
        );
    }
    assert_eq!(
        put(&world, &inspector, &url, jpeg).await?.0,
        StatusCode::CREATED
    );

    // A scan may be a PDF and stays as it is.
    let manager = world.stack.sign_in("manager").await?;
    let pdf = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF".to_vec();
    let url = ticket(&world, &manager, &play.id, "SCAN").await?;
    let (status, answer) = put(&world, &manager, &url, pdf.clone()).await?;
    assert_eq!(
        (status, &answer["file"]["content_type"]),
        (StatusCode::CREATED, &Value::from("application/pdf"))
    );
    let stored = get(&world, Some(&manager.token), &id(&answer)).await?;
    assert_eq!(stored.bytes().await?.as_ref(), pdf.as_slice());

    let request = CreateUploadTicketRequest {
        buyout_id: play.id.clone(),
        kind: "DOCUMENT".to_owned(),
    };
    let refused = inspector
        .inspections()
        .create_upload_ticket(request)
        .await
        .expect_err("a kind of ours alone");
    assert_eq!(
        (refused.code(), violations(&refused)),
        (Code::InvalidArgument, vec!["kind".to_owned()])
    );
    world.stop().await
}

/// Pieces of a body, counted as they are taken; `fail` ends it with an error instead of an end.
fn pieces(count: usize, size: usize, fail: bool) -> (reqwest::Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = taken.clone();
    let good = (0..count).map(move |_| {
        counted.fetch_add(size, Ordering::SeqCst);
        Ok(Bytes::from(vec![0x5A; size]))
    });
    let end = fail.then(|| Err(std::io::Error::other("the network is gone")));
    (
        reqwest::Body::wrap_stream(futures::stream::iter(good.chain(end))),
        taken,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_for_one_file_of_one_person_in_time() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (play, inspector) = inspected(&world).await?;
    let http = &world.stack.door.http;
    let url = ticket(&world, &inspector, &play.id, "PHOTO").await?;
    let photo = encoded(1, ImageFormat::Jpeg);

    // 60 MB that say so are refused before they are sent; 60 MB that do not, as soon as they are too many.
    let (body, taken) = pieces(60 * 16, MEGABYTE / 16, false);
    let request = http
        .put(url.clone())
        .bearer_auth(&inspector.token)
        .header("content-length", 60 * MEGABYTE)
        .body(body);
    assert_eq!(
        request.send().await?.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let sent = taken.load(Ordering::SeqCst);
    assert!(
        sent < 8 * MEGABYTE,
        "{sent} bytes were taken of a body that was refused by its length"
    );
    let (body, taken) = pieces(60 * 16, MEGABYTE / 16, false);
    let request = http
        .put(url.clone())
        .bearer_auth(&inspector.token)
        .body(body);
    assert_eq!(
        request.send().await?.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let sent = taken.load(Ordering::SeqCst);
    assert!(
        (25 * MEGABYTE..40 * MEGABYTE).contains(&sent),
        "{sent} bytes were taken"
    );

    // Cut in the middle, by nobody, by a forged token, by somebody else: the ticket stays good.
    let (body, _) = pieces(4, MEGABYTE / 16, true);
    let cut = http
        .put(url.clone())
        .bearer_auth(&inspector.token)
        .body(body)
        .send()
        .await;
    assert!(cut.is_err() || cut.is_ok_and(|answer| answer.status() == StatusCode::BAD_REQUEST));
    assert_eq!(
        http.put(url.clone())
            .body(photo.clone())
            .send()
            .await?
            .status(),
        StatusCode::UNAUTHORIZED
    );
    let forged = http
        .put(url.clone())
        .bearer_auth("forged.token.here")
        .body(photo.clone())
        .send()
        .await?;
    assert_eq!(forged.status(), StatusCode::UNAUTHORIZED);
    let manager = world.stack.sign_in("manager").await?;
    let (status, answer) = put(&world, &manager, &url, photo.clone()).await?;
    assert_eq!(
        (status, answer["code"].as_str()),
        (StatusCode::GONE, Some("TICKET")),
        "{answer}"
    );

    // Its person sends it eight times at once: one file.
    let racers = (0..8).map(|_| put(&world, &inspector, &url, photo.clone()));
    let answers = futures::future::try_join_all(racers).await?;
    let made = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::CREATED)
        .count();
    let repeated = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::OK)
        .count();
    assert_eq!((made, repeated), (1, 7), "{answers:?}");
    let first = id(&answers[0].1);
    assert!(
        !first.is_empty() && answers.iter().all(|(_, answer)| id(answer) == first),
        "{answers:?}"
    );
    // The same bytes later are the same file, since its answer may have been lost; others are refused.
    let (status, answer) = put(&world, &inspector, &url, photo).await?;
    assert_eq!((status, id(&answer)), (StatusCode::OK, first));
    let (status, _) = put(&world, &inspector, &url, encoded(2, ImageFormat::Jpeg)).await?;
    assert_eq!(status, StatusCode::GONE);

    // Expired, and never issued.
    let expired = Ticket {
        id: "expired-ticket".to_owned(),
        run: domain::buyout::start::BuyoutId(play.id.clone()),
        person: PersonId::new(inspector.id.clone()),
        kind: FileKind::Photo,
        max_bytes: 1_000_000,
        expires_at: chrono::Utc::now() - chrono::Duration::seconds(1),
    };
    world.stack.store.issue_ticket(&expired).await?;
    for name in ["expired-ticket", "no-such-ticket"] {
        let url = world.stack.door.url.join(&format!("files/{name}"))?;
        let (status, _) = put(&world, &inspector, &url, encoded(3, ImageFormat::Jpeg)).await?;
        assert_eq!(status, StatusCode::GONE, "{name}");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_by_those_who_may_see_its_run() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (play, inspector) = inspected(&world).await?;
    let manager = world.stack.sign_in("manager").await?;
    let photo = inspector
        .upload(&play.id, "PHOTO", encoded(1, ImageFormat::Jpeg))
        .await?
        .id;
    let scan = manager
        .upload(&play.id, "SCAN", encoded(2, ImageFormat::Jpeg))
        .await?
        .id;
    let elsewhere = newcomer(&world, "pskov", &[Role::Dispatcher], &["Псков"]).await?;
    let here = newcomer(&world, "murmansk", &[Role::Dispatcher], &["Мурманск"]).await?;
    let colleague = world
        .stack
        .sign_in(if inspector.id == "u-inspector" {
            "inspector2"
        } else {
            "inspector"
        })
        .await?;
    let blocked = newcomer(&world, "leaver", &[Role::BuyoutManager], &[]).await?;
    assert_eq!(
        get(&world, Some(&blocked.token), &photo).await?.status(),
        StatusCode::OK
    );
    write_staff(&world, "leaver", &[Role::BuyoutManager], &[], true).await?;
    for (who, token, photo_status, scan_status) in [
        (
            "its inspector",
            Some(inspector.token.as_str()),
            StatusCode::OK,
            StatusCode::NOT_FOUND,
        ),
        (
            "the manager",
            Some(&manager.token),
            StatusCode::OK,
            StatusCode::OK,
        ),
        (
            "a dispatcher of the city",
            Some(&here.token),
            StatusCode::OK,
            StatusCode::NOT_FOUND,
        ),
        (
            "a dispatcher of another city",
            Some(&elsewhere.token),
            StatusCode::NOT_FOUND,
            StatusCode::NOT_FOUND,
        ),
        (
            "another inspector",
            Some(&colleague.token),
            StatusCode::NOT_FOUND,
            StatusCode::NOT_FOUND,
        ),
        (
            "a blocked person",
            Some(&blocked.token),
            StatusCode::UNAUTHORIZED,
            StatusCode::UNAUTHORIZED,
        ),
        (
            "nobody",
            None,
            StatusCode::UNAUTHORIZED,
            StatusCode::UNAUTHORIZED,
        ),
        (
            "a forger",
            Some("forged.token.here"),
            StatusCode::UNAUTHORIZED,
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        assert_eq!(
            get(&world, token, &photo).await?.status(),
            photo_status,
            "{who}, photo"
        );
        assert_eq!(
            get(&world, token, &scan).await?.status(),
            scan_status,
            "{who}, scan"
        );
    }
    for unknown in ["no-such-file", "..%2F..%2Fetc%2Fpasswd", "%00"] {
        assert_eq!(
            get(&world, Some(&manager.token), unknown).await?.status(),
            StatusCode::NOT_FOUND,
            "{unknown}"
        );
    }
    // Those of other runs bring nothing here, and nobody brings anything to a run that is over.
    let request = CreateUploadTicketRequest {
        buyout_id: play.id.clone(),
        kind: "PHOTO".to_owned(),
    };
    let refused = colleague
        .inspections()
        .create_upload_ticket(request.clone())
        .await
        .expect_err("another's run");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let head = world.stack.sign_in("head").await?;
    let cancel = proto::kite::buyout::v1::CancelBuyoutRequest {
        id: play.id.clone(),
        reason: "Клиент передумал.".to_owned(),
    };
    head.buyouts().cancel_buyout(cancel).await?;
    play.end().await?;
    let refused = manager
        .inspections()
        .create_upload_ticket(request)
        .await
        .expect_err("a run that is over");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    world.stop().await
}
