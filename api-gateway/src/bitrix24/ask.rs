//! A question to the portal with a token that somebody brought: whether it is what they say.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// The longest answer that is read.
const MAX_ANSWER: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// The portal said nothing about the token. The address is not part of the text.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("no answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("HTTP {0}")]
    Failed(u16),
    #[error("the portal's address is not a base of addresses")]
    Address,
}

/// Calls a method without parameters. `None`: the portal refuses the token, or says something else than
/// the protocol does.
pub(super) async fn ask(
    http: &reqwest::Client,
    endpoint: &Url,
    method: &str,
    token: &str,
) -> Result<Option<Value>, AskError> {
    #[derive(Deserialize)]
    struct Answer {
        result: Option<Value>,
    }
    let url = endpoint.join(method).map_err(|_| AskError::Address)?;
    let mut answer = http
        .post(url)
        .timeout(PATIENCE)
        .form(&[("auth", token)])
        .send()
        .await
        .map_err(reqwest::Error::without_url)?;
    let status = answer.status();
    if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
        return Err(AskError::Failed(status.as_u16()));
    }
    if !status.is_success() {
        return Ok(None);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice::<Answer>(&body)
        .ok()
        .and_then(|answer| answer.result))
}
