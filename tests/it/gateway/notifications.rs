//! What people are told while a buyout runs: live, to them alone, and until they read it.

use std::collections::BTreeSet;

use domain::staff::Role;
use proto::kite::buyout::v1::PostMessageRequest;
use proto::kite::common::v1::PageRequest;
use proto::kite::notification::v1::{
    ListNotificationsRequest, ListNotificationsResponse, MarkReadRequest,
};
use stack::people::Person;
use stack::play::{Play, Prices};
use tests::World;
use tonic::Code;

use super::events::{Ear, fence, is_fence};
use super::{newcomer, until, violations};

async fn told(person: &Person, unread: bool) -> anyhow::Result<ListNotificationsResponse> {
    let request = ListNotificationsRequest { page: None, unread };
    let answer = person.notifications().list_notifications(request).await?;
    Ok(answer.into_inner())
}

/// Waits until the person was told of that in the run.
async fn wait_told(person: &Person, kind: &str, title: &str) -> anyhow::Result<()> {
    until(
        &format!("{} is told {kind}: {title}", person.name),
        async || {
            let found = told(person, false).await?.notifications;
            let fits = |n: &&proto::kite::notification::v1::Notification| {
                n.kind == kind && n.title.contains(title)
            };
            Ok(found.iter().find(fits).map(|_| ()))
        },
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyout_tells_each_person_what_concerns_them() -> anyhow::Result<()> {
    let world = World::start().await?;
    let sign_in = async |login| world.stack.sign_in(login).await;
    let (manager, appraiser, head) = (
        sign_in("manager").await?,
        sign_in("appraiser").await?,
        sign_in("head").await?,
    );
    let far = newcomer(&world, "far", &[Role::Appraiser], &["Псков"]).await?;
    let (mut near_ear, _) = Ear::open(&appraiser, "", &["NOTIFICATION", "STAFF"]).await?;
    let (mut head_ear, _) = Ear::open(&head, "", &["NOTIFICATION", "STAFF"]).await?;

    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(Prices {
        buyout: 440_000,
        stop: 470_000,
        forecast: 560_000,
    })
    .await?;
    wait_told(&appraiser, "TASK", "Новая задача: Оценить автомобиль").await?;
    wait_told(&manager, "TASK", "Новая задача: Предложить цену клиенту").await?;
    assert_eq!(told(&far, false).await?.notifications.len(), 0);
    fence(&world, "fence").await?;
    let heard = near_ear.changes(is_fence("fence")).await?;
    let mine = |change: &proto::kite::event::v1::Change| change.topic == "NOTIFICATION";
    assert!(heard.iter().any(mine), "{heard:?}");
    for change in heard.iter().filter(|change| mine(change)) {
        assert_eq!(
            (change.entity_id.as_str(), change.buyout_id.as_str()),
            (appraiser.id.as_str(), play.id.as_str())
        );
    }
    let heard = head_ear.changes(is_fence("fence")).await?;
    assert!(
        heard
            .iter()
            .filter(|c| mine(c))
            .all(|c| c.entity_id == head.id),
        "another's: {heard:?}"
    );

    // A message with a mention, which its author is not told of.
    let message = PostMessageRequest {
        id: play.id.clone(),
        text: "@head, клиент Иванов ждёт".to_owned(),
        request_id: String::new(),
    };
    appraiser.buyouts().post_message(message).await?;
    wait_told(&head, "CHAT", "Вас упомянули").await?;
    let own = told(&appraiser, false).await?.notifications;
    assert!(own.iter().all(|n| n.kind != "CHAT"), "{own:?}");

    play.client_accepts().await?;
    wait_told(&appraiser, "CLIENT", "Клиент согласился с ценой").await?;
    play.up_to_payment().await?;
    wait_told(&manager, "PAYMENT", "Выплата прошла").await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    for person in [&manager, &appraiser] {
        wait_told(person, "ENDED", "Сделка завершена").await?;
    }

    let all = told(&appraiser, false).await?;
    let count = all.page.as_ref().map_or(0, |page| page.total);
    assert_eq!((all.unread, count), (count, all.notifications.len() as u64));
    let ids: BTreeSet<&str> = all.notifications.iter().map(|n| n.id.as_str()).collect();
    assert_eq!(ids.len(), all.notifications.len());
    for told in &all.notifications {
        assert_eq!(told.buyout_id, play.id);
        assert!(told.at.is_some() && !told.read);
        let words = format!("{} {}", told.title, told.text);
        for secret in ["440", "470", "Иванов", "+7"] {
            assert!(!words.contains(secret), "{words}");
        }
    }
    assert!(
        all.notifications
            .iter()
            .any(|n| n.kind == "TASK" && n.task_id.starts_with(&play.id)),
        "{:?}",
        all.notifications
    );

    // Page by page, then read: one, then the rest; nobody reads for another.
    let request = ListNotificationsRequest {
        page: Some(PageRequest {
            size: 1,
            cursor: String::new(),
        }),
        unread: true,
    };
    let first = appraiser
        .notifications()
        .list_notifications(request)
        .await?
        .into_inner();
    assert_eq!(first.notifications, all.notifications[..1]);
    assert_ne!(first.page.unwrap_or_default().next_cursor, "");
    let mark = |ids: Vec<String>, all| MarkReadRequest { ids, all };
    let one = vec![all.notifications[0].id.clone()];
    let foreign = manager
        .notifications()
        .mark_read(mark(one.clone(), false))
        .await?;
    assert_eq!(
        foreign.into_inner().unread,
        told(&manager, true).await?.notifications.len() as u64
    );
    let left = appraiser
        .notifications()
        .mark_read(mark(one, false))
        .await?;
    assert_eq!(left.into_inner().unread, count - 1);
    assert_eq!(
        told(&appraiser, true).await?.notifications.len() as u64,
        count - 1
    );
    let none = appraiser
        .notifications()
        .mark_read(mark(Vec::new(), true))
        .await?;
    assert_eq!(none.into_inner().unread, 0);
    let read = told(&appraiser, false).await?.notifications;
    assert!(read.iter().all(|n| n.read) && read.len() as u64 == count);
    assert_ne!(
        told(&manager, true).await?.unread,
        0,
        "the manager read nothing"
    );

    let many = vec!["x".to_owned(); 501];
    let refused = appraiser
        .notifications()
        .mark_read(mark(many, false))
        .await
        .expect_err("too many");
    assert_eq!(
        (refused.code(), violations(&refused)),
        (Code::InvalidArgument, vec!["ids".to_owned()])
    );
    world.stop().await
}
