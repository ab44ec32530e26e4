//! Which car it is: numbers that differ, numbers that are typed badly, cars without a VIN.

use proto::kite::inspection::v1 as inspection_pb;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use stack::papers;
use stack::play::{Play, Prices};
use tests::{World, wait};

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

/// Another number of the same make: the last character is this one.
fn with_end(number: &str, end: char) -> String {
    let mut characters: Vec<char> = number.chars().collect();
    let last = characters.len() - 1;
    assert_ne!(characters[last], end, "{number}");
    characters[last] = end;
    characters.into_iter().collect()
}

fn reading(place: &str, value: &str) -> inspection_pb::IdentifierReading {
    inspection_pb::IdentifierReading {
        place: place.to_owned(),
        value: value.to_owned(),
        absent: value.is_empty(),
        photo_file_id: String::new(),
    }
}

/// Hands in an inspection with these numbers.
async fn inspect(
    play: &Play<'_>,
    read: Vec<inspection_pb::IdentifierReading>,
) -> anyhow::Result<()> {
    let inspector = play.inspector().await?;
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    let template = inspector.template(&play.id).await?;
    let mut photos = Vec::new();
    for number in 0..template.required_angles.len() as u32 {
        let photo = papers::photo(play.deal as u32 * 97 + number);
        photos.push(inspector.upload(&play.id, "PHOTO", photo).await?.id);
    }
    let mut inspection = papers::inspection(&template, &play.car, &photos);
    inspection.identifiers = read;
    inspector
        .decide(&task, Kind::SubmitInspection(inspection))
        .await?;
    Ok(())
}

fn mismatch(resolution: &str) -> Kind {
    Kind::Mismatch(pb::ResolveMismatch {
        resolution: resolution.to_owned(),
        reason: "Сверено с оригиналом ПТС.".to_owned(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_that_differs_is_named_with_the_one_it_differs_from() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    let own = play.car.identifier.clone();
    let free = |end: char| (!own.ends_with(end)).then(|| with_end(&own, end));
    let mut others = ['2', '3', '4'].into_iter().filter_map(free);
    let (windshield, certificate) = (others.next(), others.next());
    let windshield = windshield.expect("another number");
    let certificate = certificate.expect("a third number");
    inspect(
        &play,
        vec![
            reading("BODY_VIN", &own),
            reading("WINDSHIELD_VIN", &windshield),
            reading("REGISTRATION_CERTIFICATE", &certificate),
            reading("POLICE_PLATE", ""),
        ],
    )
    .await?;
    let security = world.stack.sign_in("security").await?;
    let task = security
        .wait_for(&play.id, "RESOLVE_MISMATCH", play.patience)
        .await?;
    for pair in [
        format!("VIN под стеклом: прочитано «{windshield}», в сделке «{own}»"),
        format!("СТС: прочитано «{certificate}», в сделке «{own}»"),
        format!("полицейская шильда: прочитано «отсутствует», в сделке «{own}»"),
    ] {
        assert!(task.details.contains(&pair), "{pair}: {}", task.details);
    }
    assert!(!task.details.contains("VIN на кузове"), "{}", task.details);
    let head = world.stack.sign_in("head").await?;
    let differing = head.buyout(&play.id).await?.mismatches;
    assert_eq!(differing.len(), 3, "{differing:?}");
    assert!(differing.iter().all(|pair| pair.expected == own));

    // Read once more, and right: nobody is asked any more.
    security.decide(&task, mismatch("REINSPECT")).await?;
    play.inspect().await?;
    play.appraise(PRICES).await?;
    let differing = head.buyout(&play.id).await?.mismatches;
    assert_eq!(differing, [], "{differing:?}");
    // The one whose papers differ for a good reason is taken by security's word.
    let explained = Play::deal(&world.stack, "clean_cheap").await?;
    explained.robot_calls().await?;
    let own = &explained.car.identifier;
    let other = with_end(own, if own.ends_with('5') { '6' } else { '5' });
    inspect(
        &explained,
        vec![
            reading("BODY_VIN", own),
            reading("REGISTRATION_CERTIFICATE", &other),
        ],
    )
    .await?;
    security
        .answer(
            &explained.id,
            "RESOLVE_MISMATCH",
            mismatch("ACCEPT"),
            explained.patience,
        )
        .await?;
    explained.appraise(PRICES).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_knows_the_car_under_another_number_is_not_believed() -> anyhow::Result<()>
{
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    let car = play.catalogue["id"].as_str().expect("a car's id");
    let own = play.car.identifier.clone();
    let other = with_end(&own, if own.ends_with('7') { '8' } else { '7' });
    let register = async |number: Value| {
        let path = format!("catalogue/{car}/register");
        let body = json!({ "number": number });
        world.stack.control.post(&path, body).await
    };
    register(json!(other)).await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let head = world.stack.sign_in("head").await?;
    let task = head
        .wait_for(&play.id, "DECIDE_SOURCES", play.patience)
        .await?;
    let pair = format!("в реестре «{other}», в сделке «{own}»");
    assert!(task.details.contains(&pair), "{}", task.details);
    let run = head.buyout(&play.id).await?;
    for kind in ["WANTED", "RESTRICTIONS", "PLEDGE", "EPTS"] {
        let check = run.checks.iter().find(|check| check.kind == kind);
        let check = check.expect(kind);
        assert_eq!(check.outcome, "UNKNOWN", "{check:?}");
    }
    // The registry's record is put right, and answers for this car.
    register(Value::Null).await?;
    let again = pb::ResolveSources {
        resolution: "ASK_AGAIN".to_owned(),
        reason: String::new(),
    };
    head.decide(&task, Kind::Sources(again)).await?;
    play.appraise(PRICES).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_car_with_a_frame_number_and_no_vin_is_bought_like_any_other() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "frame").await?;
    assert!(play.car.frame, "{:?}", play.car);
    // Near its market of 690 000 ₽, so that nobody else has a word.
    play.up_to_offer(Prices {
        buyout: 380_000,
        stop: 395_000,
        forecast: 690_000,
    })
    .await?;
    play.client_says("ACCEPT", 0, "").await?;
    let head = world.stack.sign_in("head").await?;
    let run = head.buyout(&play.id).await?;
    let car = run.car.clone().unwrap_or_default();
    let plain = |text: &str| text.replace('-', "");
    assert_eq!(plain(&car.identifier), plain(&play.car.identifier));
    assert_eq!(car.identifier_warning, "");
    assert_eq!(run.mismatches, []);
    let silent: Vec<_> = run
        .checks
        .iter()
        .filter(|check| check.outcome == "UNKNOWN")
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let objects = world.stack.control.get("onec_alfa/objects").await?;
    let card = &objects["cars"][0];
    assert_eq!(card["VIN"], "", "{card}");
    let body = card["НомерКузова"].as_str().unwrap_or_default();
    assert_eq!(plain(body), plain(&play.car.identifier), "{card}");
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vin_typed_with_cyrillic_letters_and_spaces_is_read_as_it_was_meant() -> anyhow::Result<()>
{
    let world = World::start().await?;
    let catalogue = world
        .stack
        .control
        .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
        .await?;
    let own = catalogue["vin"].as_str().expect("a VIN").to_owned();
    // As somebody types who did not change the layout of the keyboard.
    let typed: String = own
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'a' => 'а',
            'b' => 'В',
            'c' => 'с',
            'e' => 'е',
            'h' => 'Н',
            'k' => 'к',
            'm' => 'М',
            'p' => 'р',
            't' => 'Т',
            'x' => 'х',
            'y' => 'у',
            other => other,
        })
        .collect();
    assert!(
        !typed.is_ascii(),
        "{typed}: nothing of {own} has a look-alike"
    );
    let (maker, rest): (String, String) = (
        typed.chars().take(3).collect(),
        typed.chars().skip(3).collect(),
    );
    let typed = format!(" {maker}-{rest} ");
    let dirty = json!({ "fields": { "UF_CRM_KITE_VIN": typed } });
    let play = Play::deal_on(&world.stack, catalogue, dirty).await?;
    play.robot_calls().await?;
    play.inspect().await?;
    // The inspector read the number off the car: it is the same, and the sources know it.
    play.appraise(PRICES).await?;
    let head = world.stack.sign_in("head").await?;
    let run = head.buyout(&play.id).await?;
    let car = run.car.clone().unwrap_or_default();
    assert_eq!(car.identifier, own);
    assert_eq!(run.mismatches, []);
    // One car, however it is typed: another deal on it is refused by name.
    let second = Play::deal_on(&world.stack, play.catalogue.clone(), json!({})).await?;
    second.robot_calls().await?;
    assert_eq!(second.end().await?, "CANCELLED");
    let outcome = head.buyout(&second.id).await?.summary.unwrap_or_default();
    assert!(outcome.outcome.contains(&play.id), "{outcome:?}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_check_digit_is_shown_and_stops_nobody() -> anyhow::Result<()> {
    let world = World::start().await?;
    let catalogue = world
        .stack
        .control
        .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
        .await?;
    let own = catalogue["vin"].as_str().expect("a VIN").to_owned();
    // The maker's country prescribes the digit, and this one is not it.
    let wrong = |digit: char| {
        let mut characters: Vec<char> = own.chars().collect();
        characters[0] = 'L';
        characters[8] = digit;
        characters.into_iter().collect::<String>()
    };
    let read = |text: &String| domain::vin::Vin::parse(text).expect("a VIN");
    let typed = ('0'..='9').map(wrong).find(|text| {
        matches!(
            read(text).check_digit(),
            domain::vin::CheckDigit::Invalid { .. }
        )
    });
    let typed = typed.expect("a digit that is not the right one");
    let dirty = json!({ "fields": { "UF_CRM_KITE_VIN": typed } });
    let play = Play::deal_on(&world.stack, catalogue, dirty).await?;
    play.robot_calls().await?;
    play.inspector().await?;
    let head = world.stack.sign_in("head").await?;
    let car = wait::until(play.patience, "the car is shown", async || {
        Ok(head.buyout(&play.id).await?.car)
    })
    .await?;
    assert_eq!(car.identifier, typed);
    assert!(
        car.identifier_warning.contains("Контрольный знак VIN"),
        "{car:?}"
    );
    world.stop().await
}
