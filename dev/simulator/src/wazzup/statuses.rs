//! What the partner tells of messages: statuses of ours, and messages of clients.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Message, State, Status};
use crate::core::{Callback, Partner, Sim};

/// How long the receiver may take.
pub(super) const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Between the statuses of a message.
const PACE: Duration = Duration::from_millis(100);

/// Tells what becomes of a message that was just sent.
pub(super) fn follow(sim: &Sim, message: &Message) {
    let statuses: &[Status] = {
        let settings = &sim.state::<State>().settings;
        match (
            settings.unreachable.contains(&message.chat_id),
            settings.reads,
        ) {
            (true, _) => &[Status::Error],
            (false, true) => &[Status::Sent, Status::Delivered, Status::Read],
            (false, false) => &[Status::Sent],
        }
    };
    for (index, status) in statuses.iter().enumerate() {
        tell(sim, &message.message_id, *status, PACE * index as u32);
    }
}

/// The message has this status now; the receiver is told after the delay.
pub(super) fn tell(sim: &Sim, message_id: &str, status: Status, delay: Duration) {
    let mut told = json!({
        "messageId": message_id,
        "timestamp": sim.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "status": status,
    });
    if status == Status::Error {
        told["error"] = json!({
            "error": "BAD_CONTACT",
            "description": "The contact does not use this messenger",
        });
    }
    {
        let mut state = sim.state::<State>();
        if let Some(message) = state
            .messages
            .iter_mut()
            .find(|m| m.message_id == message_id)
        {
            message.status = status;
        }
    }
    post(sim, "statuses", &json!({ "statuses": [told] }), delay);
}

/// A client wrote.
pub(super) fn tell_incoming(sim: &Sim, message: &Message) {
    let told = json!({
        "messageId": message.message_id,
        "channelId": message.channel_id,
        "chatType": message.chat_type,
        "chatId": message.chat_id,
        "dateTime": message.sent_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "type": "text",
        "status": "inbound",
        "text": message.text,
        "isEcho": false,
        "contact": { "name": message.chat_id, "avatarUri": null },
    });
    post(
        sim,
        "messages",
        &json!({ "messages": [told] }),
        Duration::ZERO,
    );
}

fn post(sim: &Sim, operation: &str, body: &Value, delay: Duration) {
    let callback = {
        let state = sim.state::<State>();
        let wanted = state
            .webhooks
            .as_ref()
            .filter(|w| w.subscriptions.messages_and_statuses);
        let Some(webhooks) = wanted else { return };
        let callback = Callback::json(&webhooks.webhooks_uri, body).delay(delay);
        match &state.settings.crm_key {
            Some(key) => callback.header("authorization", &format!("Bearer {key}")),
            None => callback,
        }
    };
    sim.callbacks().send(Partner::Wazzup, operation, callback);
}
