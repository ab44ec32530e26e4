//! Everything that reads bytes from outside, with bytes that nobody sends: seeds of `tests/corpus`, changed by
//! a seeded mutator for a few seconds each. `KITE_FUZZ_SECS` makes it longer; `fuzz/` runs the same functions
//! under a coverage-guided fuzzer.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use domain::signed_link::{KeyRing, LinkPurpose, masked};
use image::{ExtendedColorType, ImageEncoder};
use prost::Message;
use proto::kite::policy::v1::Policy;
use proto::kite::task::v1::{self as pb, DecideTaskRequest, decision::Kind};
use stack::papers;
use tests::mutate::Mutator;

/// How long each target runs.
const SECS: u64 = 2;
/// No input may take longer, also on a machine that does other things.
const SLOWEST: Duration = Duration::from_secs(2);

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The seeds of a target, in the order of their names.
fn seeds(target: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let folder = corpus().join(target);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("no seeds in {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    paths.sort();
    Ok(paths.iter().map(std::fs::read).collect::<Result<_, _>>()?)
}

/// Runs the target over its seeds and what is made of them; the first failure names what repeats it.
fn run(name: &str, target: impl Fn(&[u8])) -> anyhow::Result<()> {
    let seeds = seeds(name)?;
    assert!(seeds.len() >= 2, "{name} has {} seeds", seeds.len());
    let secs = std::env::var("KITE_FUZZ_SECS").ok();
    let secs = secs.map_or(Ok(SECS), |text| text.parse())?;
    let until = Instant::now() + Duration::from_secs(secs);
    // A run that lasts longer sees other inputs, not the same ones again.
    let mut mutator = Mutator::new(secs);
    let mut inputs = seeds.clone();
    let mut tried = 0_u64;
    while Instant::now() < until {
        let input = inputs.pop().unwrap_or_else(|| mutator.next(&seeds));
        tried += 1;
        let began = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let took = began.elapsed();
        if done.is_err() || took > SLOWEST {
            let path = std::env::temp_dir().join(format!("kite-fuzz-{name}"));
            std::fs::write(&path, &input)?;
            panic!(
                "{name}: input {tried} {} after {took:?}; it lies in {}; KITE_FUZZ_SECS={secs} repeats it",
                if done.is_err() { "panics" } else { "is slow" },
                path.display()
            );
        }
    }
    assert!(tried > 20, "{name}: only {tried} inputs in {secs} s");
    println!("{name}: {tried} inputs");
    Ok(())
}

#[test]
fn no_answer_of_a_partner_breaks_its_reader() -> anyhow::Result<()> {
    for (name, target) in activities::fuzz::TARGETS {
        run(name, target)?;
    }
    Ok(())
}

#[test]
fn no_message_from_outside_breaks_the_gateway() -> anyhow::Result<()> {
    for (name, target) in api_gateway::fuzz::TARGETS {
        run(name, target)?;
    }
    Ok(())
}

#[test]
fn no_text_is_a_link_but_a_link() -> anyhow::Result<()> {
    let keys = KeyRing::new("k1", [("k1".to_owned(), vec![1; 32])])?;
    let genuine = seeds("signed_link")?;
    run("signed_link", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for purpose in [LinkPurpose::Offer, LinkPurpose::Upload, LinkPurpose::Sign] {
            let read = keys.verify(&text, purpose, chrono::DateTime::UNIX_EPOCH);
            assert!(
                read.is_err() || genuine.iter().any(|seed| seed == bytes),
                "a text that nobody signed is a link"
            );
        }
        let _ = masked(&text);
    })
}

#[test]
fn no_file_breaks_the_intake_and_what_it_stores_is_drawn_anew() -> anyhow::Result<()> {
    run("intake", |bytes| {
        let Some(stored) = api_gateway::fuzz::intake(bytes) else {
            return;
        };
        if bytes.starts_with(b"%PDF-") {
            return;
        }
        assert!(stored.starts_with(&[0xFF, 0xD8, 0xFF]), "not a JPEG");
        for trace in [b"Exif".as_slice(), b"http://ns.adobe.com", b"<script"] {
            assert!(
                !stored.windows(trace.len()).any(|part| part == trace),
                "what the file held besides its picture is kept"
            );
        }
    })
}

/// Peak memory of this process, bytes.
fn peak() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .context("no peak in /proc")?;
    let kib: String = line.chars().filter(char::is_ascii_digit).collect();
    Ok(kib.parse::<u64>()? * 1024)
}

/// Pictures that are small as files and huge as pixels, or say so.
fn bombs() -> anyhow::Result<BTreeMap<&'static str, Vec<u8>>> {
    let mut bombs = BTreeMap::new();
    for (name, width, height) in [
        ("a tall one", 1, 12_000),
        ("a wide one", 12_000, 1),
        ("the largest that may pass", 9_000, 9_000),
        ("one side too long", 12_001, 1),
    ] {
        let mut png = Vec::new();
        let row = vec![0_u8; width as usize * height as usize];
        image::codecs::png::PngEncoder::new_with_quality(
            &mut png,
            image::codecs::png::CompressionType::Best,
            image::codecs::png::FilterType::NoFilter,
        )
        .write_image(&row, width, height, ExtendedColorType::L8)?;
        bombs.insert(name, png);
    }
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg).write_image(
        &[0; 64 * 64 * 3],
        64,
        64,
        ExtendedColorType::Rgb8,
    )?;
    // The size in the frame's header is a claim.
    let frame = jpeg
        .windows(2)
        .position(|marker| marker == [0xFF, 0xC0])
        .context("no frame")?;
    for (name, height, width) in [
        ("a header that lies a little", 11_999_u16, 11_999_u16),
        ("a header that lies a lot", 65_535, 65_535),
    ] {
        let mut lying = jpeg.clone();
        lying[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        lying[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        bombs.insert(name, lying);
    }
    Ok(bombs)
}

#[test]
fn a_picture_that_is_a_bomb_takes_bounded_memory_and_time() -> anyhow::Result<()> {
    for (name, bytes) in bombs()? {
        assert!(
            bytes.len() < 1024 * 1024,
            "{name} has {} bytes",
            bytes.len()
        );
        let before = peak()?;
        let began = Instant::now();
        let stored = api_gateway::fuzz::intake(&bytes);
        let (took, more) = (began.elapsed(), peak()? - before);
        // The limit of a decoded picture, and its copy as RGB.
        assert!(
            more <= 700 * 1024 * 1024,
            "{name} takes {} MiB more",
            more / 1024 / 1024
        );
        assert!(took < Duration::from_secs(60), "{name} takes {took:?}");
        if name.contains("too long") || name.contains("a lot") {
            assert!(stored.is_none(), "{name} was taken");
        }
    }
    Ok(())
}

/// Small pictures in the formats that are taken.
fn pictures() -> Vec<Vec<u8>> {
    let (width, height) = (13, 9);
    let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at * 7) as u8).collect();
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg)
        .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
        .expect("a JPEG");
    // Turned, as by a telephone.
    let tiff: &[u8] = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let mut turned = jpeg[..2].to_vec();
    turned.extend([0xFF, 0xE1]);
    turned.extend(((tiff.len() + 2) as u16).to_be_bytes());
    turned.extend(tiff);
    turned.extend(&jpeg[2..]);
    let mut webp = Vec::new();
    image::codecs::webp::WebPEncoder::new_lossless(&mut webp)
        .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
        .expect("a WebP");
    vec![jpeg, turned, webp]
}

/// Seeds that are made by our own code: messages of the API.
fn made() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let car = papers::PlayedCar {
        identifier: "XTA210990Y2766111".to_owned(),
        frame: false,
        mileage_km: 10_000,
        owner: "Иванов Иван Иванович".to_owned(),
        birthdate: "1980-01-02".to_owned(),
        phone: "79000000000".to_owned(),
        passport_series: "0000".to_owned(),
        passport_number: "000001".to_owned(),
    };
    let files: Vec<String> = (0..9).map(|number| format!("file-{number}")).collect();
    let template = proto::kite::inspection::v1::Template {
        code: "remote".to_owned(),
        version: 1,
        required_angles: vec!["FRONT_LEFT".to_owned(), "ODOMETER".to_owned()],
        painted_elements: vec!["HOOD".to_owned(), "ROOF".to_owned()],
        ..Default::default()
    };
    let reason = || pb::Reason {
        text: "причина".to_owned(),
    };
    let kinds = [
        Kind::SubmitInspection(papers::inspection(&template, &car, &files)),
        Kind::Appraise(papers::appraisal(300_000, 340_000, 400_000)),
        Kind::SubmitPapers(papers::papers(&car, &files)),
        Kind::VerifyPapers(papers::accepted()),
        Kind::Requisites(papers::requisites(&car)),
        Kind::Retry(reason()),
        Kind::ClientAnswer(pb::ClientAnswer {
            round: 1,
            answer: "COUNTER".to_owned(),
            amount: Some(papers::rubles(310_000)),
            reason: String::new(),
        }),
    ];
    let decisions: Vec<Vec<u8>> = kinds
        .into_iter()
        .map(|kind| {
            DecideTaskRequest {
                id: "buyout:portal:1/1".to_owned(),
                version: 1,
                decision: Some(pb::Decision { kind: Some(kind) }),
                request_id: "r-1".to_owned(),
            }
            .encode_to_vec()
        })
        .collect();
    let framed = |message: &Vec<u8>| {
        let mut frame = vec![0];
        frame.extend((message.len() as u32).to_be_bytes());
        frame.extend(message);
        frame
    };
    let as_text = |frame: &Vec<u8>| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD
            .encode(frame)
            .into_bytes()
    };
    let frames: Vec<Vec<u8>> = decisions.iter().map(framed).collect();
    let texts = frames.iter().map(as_text).collect::<Vec<_>>();
    let mut policies = vec![Policy::default().encode_to_vec()];
    policies.push(
        Policy {
            city: "Мурманск".to_owned(),
            time_zone: "Europe/Moscow".to_owned(),
            day_starts_min: 540,
            day_ends_min: 1_260,
            deadlines: stack::seed::policy()
                .deadlines
                .named()
                .into_iter()
                .map(|named| proto::kite::policy::v1::Deadline {
                    name: named.name.to_owned(),
                    secs: named.secs,
                    ..Default::default()
                })
                .collect(),
            limits: Some(Default::default()),
            ..Default::default()
        }
        .encode_to_vec(),
    );
    BTreeMap::from([
        ("intake", pictures()),
        ("decision", decisions),
        ("grpc_web", [frames, texts].concat()),
        ("policy", policies),
    ])
}

/// `KITE_WRITE_CORPUS=1` writes them anew, when a message changed.
#[test]
fn the_seeds_of_our_own_messages_are_those_of_the_code() -> anyhow::Result<()> {
    let write = std::env::var_os("KITE_WRITE_CORPUS").is_some();
    let base = serde_json::to_string_pretty(&stack::seed::policy())? + "\n";
    let path = corpus().join("base_policy.json");
    if write {
        std::fs::write(&path, &base)?;
    }
    assert_eq!(std::fs::read_to_string(&path)?, base);
    for (target, seeds) in made() {
        let folder = corpus().join(target);
        for (number, seed) in seeds.iter().enumerate() {
            let path = folder.join(format!("{number:02}.bin"));
            if write {
                std::fs::create_dir_all(&folder)?;
                std::fs::write(&path, seed)?;
            }
            assert_eq!(&std::fs::read(&path)?, seed, "{}", path.display());
        }
    }
    Ok(())
}
