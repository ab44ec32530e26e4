use super::*;

fn valuate() -> Valuate {
    Valuate {
        buyout: BuyoutId::new("portal", 1),
        identifier: identifier(),
        make: "BMW".to_owned(),
        model: "X3".to_owned(),
        year: 2015,
        mileage_km: 98_000,
        city: "Самара".to_owned(),
    }
}

fn ordered() -> Reply {
    Reply::json(
        200,
        &json!({"result": {"specification": {"specificationId": 4}}}),
    )
}

fn specification(status: &str) -> Reply {
    let specification = json!({
        "status": status,
        "normalizedSpecification": {
            "brand": {"value": "BMW", "valueId": 1},
            "model": {"value": "X3", "valueId": 2},
            "generation": {"value": "II", "valueId": 3},
            "modification": {"value": "2.0 AT", "valueId": 4},
            "year": {"value": 2015, "valueId": 5},
            "bodyType": null,
            "complectation": null,
            "doorsCount": {"value": 5, "valueId": 6},
        },
    });
    Reply::json(200, &json!({"result": {"specification": specification}}))
}

fn field(id: i64, label: &str, values: &[(&str, i64)]) -> Value {
    let values: Vec<Value> = values
        .iter()
        .map(|(label, id)| json!({"label": label, "valueId": id}))
        .collect();
    json!({"id": id, "label": label, "dataType": "string", "values": values})
}

fn catalogue(fields: &[Value]) -> Reply {
    Reply::json(200, &json!({"result": {"fields": fields}}))
}

fn owner_field() -> Value {
    let values = [("1", 101), ("2", 102), ("3", 103), ("4+", 104)];
    field(19, "Владельцев по ПТС", &values)
}

fn valued() -> Reply {
    let valuation = json!({
        "avgPriceWithCondition": 936_000, "minPrice": 800_000, "maxPrice": 1_000_000,
        "marketNormalPriceRange": {"min": 900_000, "max": 990_000}, "itemsCount": 121,
    });
    Reply::json(
        200,
        &json!({"result": {"status": "success", "valuation": valuation}}),
    )
}

#[tokio::test]
async fn the_price_follows_from_specification_catalogue_and_owners() {
    let brand = field(11, "Марка", &[("Audi", 9), ("BMW", 1)]);
    let model = field(12, "Модель", &[("X3", 2)]);
    let fixture = fixture([
        ordered(),
        specification("success"),
        catalogue(std::slice::from_ref(&brand)),
        catalogue(&[brand, model, owner_field()]),
        report("success", &data()),
        valued(),
    ])
    .await;
    let now = Utc::now();
    fixture
        .activities
        .remember(&order(), 7, now)
        .await
        .expect("kept");
    let found = fixture.activities.value(&valuate()).await.expect("a price");
    assert_eq!(found.results[0].kind, CheckKind::Market);
    assert_eq!(found.results[0].outcome, CheckOutcome::Clear);
    let market = found.market.expect("a market");
    assert_eq!(market.average, Money::from_rubles(936_000));
    assert_eq!(market.min, Money::from_rubles(900_000));
    assert_eq!(market.max, Money::from_rubles(990_000));
    assert_eq!(market.items, 121);
    let requests = fixture.script.requests();
    let chosen = json!({"fieldsValueIds": [{"id": 11, "valueId": 1}]});
    assert_eq!(requests[4].json(), chosen);
    let query = requests[6].json();
    assert_eq!(query["mileage"], 98_000);
    assert_eq!(query["location"], json!({"lat": 53.2, "long": 50.1}));
    let specification = &query["specification"];
    assert_eq!(
        specification["ownersCount"],
        json!({"label": "1", "valueId": 101})
    );
    assert_eq!(
        specification["year"],
        json!({"label": "2015", "valueId": 5})
    );
    assert_eq!(specification.get("bodyType"), None);
}

#[tokio::test]
async fn without_a_report_the_price_is_the_most_prudent_and_says_so() {
    let fixture = fixture([
        ordered(),
        specification("success"),
        catalogue(&[owner_field()]),
        valued(),
    ])
    .await;
    let found = fixture.activities.value(&valuate()).await.expect("a price");
    assert_eq!(found.results[0].outcome, CheckOutcome::Attention);
    assert_eq!(codes(&found.results[0]), ["market.owners_unknown"]);
    let query = fixture.script.requests()[4].json();
    assert_eq!(query["specification"]["ownersCount"]["label"], "4+");
}

#[tokio::test]
async fn the_specification_is_ordered_once_however_often_it_is_asked_for() {
    let fixture = fixture([
        ordered(),
        specification("processing"),
        specification("hitherto unknown"),
        specification("notFound"),
    ])
    .await;
    for _ in 0..2 {
        let pending = fixture.activities.value(&valuate()).await;
        assert_eq!(pending, Err(PartnerError::Pending));
    }
    let unknown = fixture
        .activities
        .value(&valuate())
        .await
        .expect("a result");
    assert_eq!(unknown.results[0].outcome, CheckOutcome::Unknown);
    assert_eq!(unknown.market, None);
    let calls = fixture.script.calls();
    let orders = calls.iter().filter(|call| call.ends_with("/by-vehicle-id"));
    assert_eq!(orders.count(), 1);
}

#[tokio::test]
async fn a_car_without_comparable_ones_has_no_price() {
    let nothing = json!({"result": {"status": "notFound", "valuation": null}});
    let fixture = fixture([
        ordered(),
        specification("success"),
        catalogue(&[owner_field()]),
        Reply::json(200, &nothing),
    ])
    .await;
    let found = fixture
        .activities
        .value(&valuate())
        .await
        .expect("a result");
    assert_eq!(found.results[0].outcome, CheckOutcome::Unknown);
    assert_eq!(found.market, None);
}
