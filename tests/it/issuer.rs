//! An identity provider as a company has one: discovery, keys, and sign-in by authorization code with PKCE.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Form, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

pub(crate) const AUDIENCE: &str = "kite-test";

/// A signing key of the issuer.
pub(crate) struct Key {
    id: &'static str,
    pub(crate) private: RsaPrivateKey,
}

impl Key {
    pub(crate) fn new(id: &'static str) -> anyhow::Result<Self> {
        Ok(Self {
            id,
            private: RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2_048)?,
        })
    }

    fn jwk(&self) -> Value {
        let number = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        let public = self.private.to_public_key();
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": number(public.n()), "e": number(public.e()) })
    }

    pub(crate) fn sign(&self, claims: &Value) -> anyhow::Result<String> {
        let pem = self.private.to_pkcs1_pem(LineEnding::LF)?;
        let key = EncodingKey::from_rsa_pem(pem.as_bytes())?;
        let header = Header {
            kid: Some(self.id.to_owned()),
            ..Header::new(Algorithm::RS256)
        };
        Ok(jsonwebtoken::encode(&header, claims, &key)?)
    }
}

/// Somebody signed in and their browser is on the way back with a code.
struct Granted {
    login: String,
    challenge: String,
    redirect_uri: String,
}

#[derive(Default)]
struct Inner {
    keys: Vec<Value>,
    away: bool,
    /// Signs the tokens of those who sign in by browser.
    signing: Option<Key>,
    granted: HashMap<String, Granted>,
}

/// What the issuer serves; changed by the test while it runs.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Issuer {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let issuer = Self {
            url: format!("http://{}", listener.local_addr()?),
            inner: Arc::default(),
        };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/enter", post(enter))
            .route("/token", post(token))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(issuer)
    }

    /// From now on this key is the issuer's only one.
    pub(crate) fn publish(&self, key: &Key) {
        self.locked().keys = vec![key.jwk()];
    }

    /// Tokens of those who sign in by browser are signed with this key, which is published.
    pub(crate) fn sign_with(&self, key: Key) {
        self.publish(&key);
        self.locked().signing = Some(key);
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.locked().away = away;
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pages of any origin may read it: the code is worth nothing without its verifier.
fn shared(answer: impl IntoResponse) -> Response {
    let mut answer = answer.into_response();
    answer.headers_mut().insert(
        HeaderName::from_static("access-control-allow-origin"),
        HeaderValue::from_static("*"),
    );
    answer
}

async fn discovery(State(issuer): State<Issuer>) -> Response {
    let url = &issuer.url;
    shared(Json(json!({
        "issuer": url,
        "jwks_uri": format!("{url}/keys"),
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
    })))
}

async fn keys(State(issuer): State<Issuer>) -> Response {
    let inner = issuer.locked();
    if inner.away {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    shared(Json(json!({ "keys": inner.keys })))
}

/// The page on which a person names themselves.
async fn authorize(Query(asked): Query<HashMap<String, String>>) -> Response {
    let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    if of("response_type") != "code" || of("code_challenge_method") != "S256" {
        return (StatusCode::BAD_REQUEST, "only code with PKCE").into_response();
    }
    let hidden: String = ["state", "redirect_uri", "code_challenge"]
        .iter()
        .map(|name| {
            let value = of(name).replace('&', "&amp;").replace('"', "&quot;");
            format!("<input type=hidden name={name} value=\"{value}\">")
        })
        .collect();
    Html(format!(
        "<!doctype html><title>Вход в компанию</title><form method=post action=/enter>{hidden}\
         <label>Учётная запись <input name=login></label><button>Продолжить</button></form>"
    ))
    .into_response()
}

async fn enter(
    State(issuer): State<Issuer>,
    Form(mut asked): Form<HashMap<String, String>>,
) -> Response {
    let mut take = |name: &str| asked.remove(name).unwrap_or_default();
    let (state, redirect_uri) = (take("state"), take("redirect_uri"));
    let Ok(mut back) = Url::parse(&redirect_uri) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let code = uuid::Uuid::new_v4().simple().to_string();
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &state);
    let granted = Granted {
        login: take("login"),
        challenge: take("code_challenge"),
        redirect_uri,
    };
    issuer.locked().granted.insert(code, granted);
    Redirect::to(back.as_str()).into_response()
}

/// A code is good once, and only with the verifier whose hash the browser sent before.
async fn token(
    State(issuer): State<Issuer>,
    Form(asked): Form<HashMap<String, String>>,
) -> Response {
    let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let mut inner = issuer.locked();
    let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(of("code_verifier")));
    let granted = inner.granted.remove(of("code")).filter(|granted| {
        granted.challenge == verifier && granted.redirect_uri == of("redirect_uri")
    });
    let (Some(granted), Some(key)) = (granted, &inner.signing) else {
        return shared((
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_grant" })),
        ));
    };
    let now = chrono::Utc::now().timestamp();
    let claims = |audience: &str| {
        json!({
            "iss": issuer.url, "aud": audience, "sub": granted.login, "login": granted.login,
            "iat": now, "nbf": now - 5, "exp": now + 600,
        })
    };
    match (
        key.sign(&claims(AUDIENCE)),
        key.sign(&claims(of("client_id"))),
    ) {
        (Ok(access), Ok(id)) => shared(Json(json!({
            "access_token": access, "id_token": id, "token_type": "Bearer", "expires_in": 600,
        }))),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
