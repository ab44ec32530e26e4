use super::*;

/// What a poll brings.
fn given(run: &str, token: &'static str, attempt: i32, query: bool) -> GrpcSuccessResponse {
    let given = Given {
        token: Bytes::from_static(token.as_bytes()),
        execution: Some(Execution {
            run_id: run.to_owned(),
        }),
        attempt,
        query: query.then(Bytes::new),
    };
    GrpcSuccessResponse {
        headers: http::HeaderMap::new(),
        proto: given.encode_to_vec(),
    }
}

async fn polled(tasks: &InHand, response: GrpcSuccessResponse) -> Bytes {
    let polled = tasks.poll(async { Ok(response) }).await.expect("an answer");
    token(&polled)
}

fn token(response: &GrpcSuccessResponse) -> Bytes {
    Given::decode(response.proto.as_slice())
        .expect("a task")
        .token
}

/// A poll to which the server has nothing to say.
async fn waiting(tasks: &InHand) -> Bytes {
    let polled = tasks.poll(std::future::pending()).await;
    token(&polled.expect("an answer"))
}

fn answer(tasks: &InHand, token: &'static str) {
    let answer = Answer {
        token: Bytes::from_static(token.as_bytes()),
    };
    tasks
        .answered(&GrpcRequest {
            service: String::new(),
            rpc: String::new(),
            headers: http::HeaderMap::new(),
            proto: answer.encode_to_vec().into(),
        })
        .expect("an answer");
}

#[tokio::test]
async fn the_next_task_of_a_run_waits_for_the_answer_and_those_of_others_do_not() {
    let tasks = InHand::default();
    assert_eq!(polled(&tasks, given("a", "1", 1, false)).await, "1");
    assert_eq!(polled(&tasks, given("a", "2", 1, false)).await, "", "kept");
    assert_eq!(polled(&tasks, given("b", "3", 1, false)).await, "3");
    answer(&tasks, "1");
    assert_eq!(waiting(&tasks).await, "2");
    // It is in hand itself now.
    assert_eq!(polled(&tasks, given("a", "4", 1, false)).await, "", "kept");
}

#[tokio::test]
async fn an_answered_task_keeps_nobody_waiting() {
    let tasks = InHand::default();
    polled(&tasks, given("a", "1", 1, false)).await;
    answer(&tasks, "1");
    assert_eq!(polled(&tasks, given("a", "2", 1, false)).await, "2");
}

#[tokio::test]
async fn a_second_attempt_and_a_query_are_given_at_once() {
    let tasks = InHand::default();
    polled(&tasks, given("a", "1", 1, false)).await;
    assert_eq!(polled(&tasks, given("a", "q", 0, true)).await, "q");
    assert_eq!(polled(&tasks, given("a", "2", 2, false)).await, "2");
}

#[tokio::test]
async fn a_kept_task_that_was_given_anew_is_not_given_twice() {
    let tasks = InHand::default();
    polled(&tasks, given("a", "1", 1, false)).await;
    polled(&tasks, given("a", "2", 1, false)).await;
    polled(&tasks, given("a", "3", 2, false)).await;
    assert_eq!(polled(&tasks, given("b", "4", 1, false)).await, "4");
    // What was kept was free to come before this one.
    assert_eq!(polled(&tasks, given("c", "5", 1, false)).await, "5");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_never_answered_keeps_the_next_one_no_longer_than_the_server_would() {
    let tasks = InHand::default();
    let began = Instant::now();
    polled(&tasks, given("a", "1", 1, false)).await;
    polled(&tasks, given("a", "2", 1, false)).await;
    assert_eq!(waiting(&tasks).await, "2");
    assert_eq!(began.elapsed().as_secs(), LONGEST.as_secs());
}

#[tokio::test]
async fn a_poll_that_finds_nothing_says_so() {
    let tasks = InHand::default();
    assert_eq!(polled(&tasks, nothing()).await, "");
    assert_eq!(polled(&tasks, nothing()).await, "");
}

#[tokio::test]
async fn a_task_that_came_to_a_poll_already_answered_is_given_to_the_next() {
    let tasks = InHand::default();
    polled(&tasks, given("a", "1", 1, false)).await;
    polled(&tasks, given("a", "2", 1, false)).await;
    answer(&tasks, "1");
    let (give, gives) = tokio::sync::oneshot::channel();
    let slow = async { gives.await.map_err(|_| Status::cancelled("nobody gives")) };
    let freed = tasks.poll(slow).await.expect("an answer");
    assert_eq!(token(&freed), "2");
    give.send(given("b", "3", 1, false))
        .expect("somebody waits");
    assert_eq!(waiting(&tasks).await, "3");
}
