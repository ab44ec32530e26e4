use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const SILENCE: Duration = Duration::from_millis(90);

async fn lost_after<F>(tell: impl Fn() -> F) -> Option<Duration>
where
    F: Future<Output = Heard>,
{
    let began = Instant::now();
    let lost = tokio::time::timeout(SILENCE * 12, lost(SILENCE, tell)).await;
    lost.is_ok().then(|| began.elapsed())
}

#[tokio::test]
async fn an_attempt_that_the_engine_hears_of_is_kept() {
    assert_eq!(lost_after(|| std::future::ready(Heard::Yes)).await, None);
}

#[tokio::test]
async fn an_attempt_that_the_engine_gave_up_is_let_go() {
    let told = AtomicU32::new(0);
    let after = lost_after(|| {
        std::future::ready(match told.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Heard::Yes,
            _ => Heard::NotOurs,
        })
    });
    assert!(after.await.is_some_and(|after| after >= SILENCE));
    assert_eq!(told.into_inner(), 3, "nothing is told of it afterwards");
}

#[tokio::test]
async fn an_attempt_that_the_engine_does_not_hear_of_is_let_go() {
    let after = lost_after(|| std::future::ready(Heard::No))
        .await
        .expect("lost");
    assert!(after >= SILENCE, "{after:?}");
    // It hangs instead of answering.
    let after = lost_after(std::future::pending);
    assert!(after.await.is_some_and(|after| after >= SILENCE));
}
