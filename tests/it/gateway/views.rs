//! Saved filters: own, shared with a role, and what is refused.

use proto::kite::view::v1::{DeleteViewRequest, ListViewsRequest, SaveViewRequest, View};
use stack::people::Person;
use tests::World;
use tonic::{Code, Status};

use super::events::Ear;
use super::violations;

async fn save(person: &Person, view: View) -> Result<View, Status> {
    let request = SaveViewRequest { view: Some(view) };
    let answer = person.views().save_view(request).await?.into_inner();
    Ok(answer.view.unwrap_or_default())
}

async fn list(person: &Person, list: &str) -> Result<Vec<View>, Status> {
    let request = ListViewsRequest {
        list: list.to_owned(),
    };
    Ok(person.views().list_views(request).await?.into_inner().views)
}

fn view(name: &str, shared_with: &str) -> View {
    View {
        list: "tasks".to_owned(),
        name: name.to_owned(),
        query: "overdue=true".to_owned(),
        shared_with: shared_with.to_owned(),
        ..View::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_kept_shared_changed_and_deleted() -> anyhow::Result<()> {
    let world = World::start().await?;
    let inspector = world.stack.sign_in("inspector").await?;
    let colleague = world.stack.sign_in("inspector2").await?;
    let head = world.stack.sign_in("head").await?;
    let (mut ear, _) = Ear::open(&colleague, "", &["VIEW"]).await?;

    let own = save(&inspector, view("Мои", "")).await?;
    let shared = save(&inspector, view(" Горящие ", "INSPECTOR")).await?;
    assert_eq!(
        (
            shared.name.as_str(),
            shared.query.as_str(),
            shared.shared_with.as_str()
        ),
        ("Горящие", "overdue=true", "INSPECTOR")
    );
    assert_eq!(
        shared.owner.as_ref().map(|owner| owner.id.as_str()),
        Some("u-inspector")
    );
    ear.changes(|change| change.topic == "VIEW" && change.entity_id == shared.id)
        .await?;
    assert_eq!(
        list(&inspector, "tasks").await?,
        [shared.clone(), own.clone()]
    );
    assert_eq!(
        list(&colleague, "tasks").await?,
        std::slice::from_ref(&shared)
    );
    assert_eq!(list(&head, "tasks").await?, []);
    assert_eq!(list(&inspector, "buyouts").await?, []);

    let renamed = View {
        name: "Мои просроченные".to_owned(),
        ..own.clone()
    };
    assert_eq!(save(&inspector, renamed.clone()).await?, renamed);

    // Every wrong field at once; a role that is not theirs; a name that is in use.
    let wrong = View {
        list: "cars".to_owned(),
        query: "?".repeat(2_001),
        ..view(" ", "KING")
    };
    let cases = [
        (
            wrong,
            vec!["view.list", "view.name", "view.query", "view.shared_with"],
        ),
        (
            view("Для начальства", "BUYOUT_HEAD"),
            vec!["view.shared_with"],
        ),
        (view("горящие", ""), vec!["view.name"]),
    ];
    for (wrong, fields) in cases {
        let refused = save(&inspector, wrong).await.expect_err("wrong");
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert_eq!(violations(&refused), fields);
    }
    let refused = list(&inspector, "cars").await.expect_err("no such list");
    assert_eq!(violations(&refused), ["list"]);

    // Others see it and leave it as it is.
    let delete = async |person: &Person, id: &str| {
        let request = DeleteViewRequest { id: id.to_owned() };
        person.views().delete_view(request).await.map(|_| ())
    };
    let refused = save(&colleague, shared.clone())
        .await
        .expect_err("another's");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let refused = delete(&colleague, &shared.id).await.expect_err("another's");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let refused = delete(&head, &own.id).await.expect_err("unknown to them");
    assert_eq!(refused.code(), Code::NotFound, "{refused}");
    delete(&inspector, &shared.id).await?;
    assert_eq!(list(&colleague, "tasks").await?, []);
    world.stop().await
}
