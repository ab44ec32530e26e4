//! SessionService: signing in, staying signed in, coming over from a portal.

use std::time::Duration;

use chrono::Utc;
use domain::buyout::start::BuyoutId;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::{Actor, PersonId, PersonRef, Role};
use proto::kite::session::v1 as pb;
use proto::kite::session::v1::session_service_server::SessionService;
use store::AuditEntry;
use store::city::City;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::{Code, Request, Response, Status};

use crate::access::{
    self, Grant, SessionKey, TokenError, TooMany, actor_of, bearer, is_grpc, secret_hash,
};
use crate::config::Config;
use crate::convert::common::{person, time};
use crate::server::App;
use crate::status;

/// How long the former key of a session is taken: two tabs refresh at once, an answer is lost and asked
/// for again.
const GRACE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) app: App,
}

/// What every way of signing in answers.
struct Entry {
    access_token: String,
    expires_at: prost_types::Timestamp,
    session: pb::Session,
}

impl Sessions {
    /// What the person may see of themselves.
    async fn session(&self, actor: &Actor) -> Result<pb::Session, Status> {
        let store = &self.app.store;
        let me = store.staff(&actor.person).await.map_err(status::store)?;
        let substitute = match me.and_then(|member| member.substitute) {
            Some(substitute) => store.staff(&substitute).await.map_err(status::store)?,
            None => None,
        };
        Ok(pb::Session {
            person: Some(person(&PersonRef::from(actor))),
            roles: actor.roles.iter().map(ToString::to_string).collect(),
            cities: actor.cities.clone(),
            substitutes_for: actor.substitutes_for.iter().map(|p| p.0.clone()).collect(),
            actions: self.app.access.actions(actor),
            substitute: substitute.map(|member| person(&PersonRef::from(&member))),
        })
    }

    async fn actor(&self, person: &PersonId) -> Result<Actor, Status> {
        self.app
            .tokens
            .actor_of(person)
            .await
            .map_err(|error| match error {
                TokenError::Unknown | TokenError::Invalid | TokenError::Expired => ended(),
                TokenError::Unavailable => Status::unavailable(
                    "Справочник сотрудников не отвечает. Повторите через минуту.",
                ),
            })
    }

    /// A password that did not fit, on record for the person whose login was named.
    async fn refused(&self, person: &PersonId) -> Result<(), Status> {
        let entry = AuditEntry {
            at: Utc::now(),
            person: "unknown".to_owned(),
            action: "session.refuse".to_owned(),
            entity: person.0.clone(),
            detail: serde_json::json!({ "reason": "the password does not fit, or the account is blocked" }),
        };
        self.app.store.audit(&entry).await.map_err(status::store)
    }

    async fn enter(&self, actor: &Actor, grant: Grant) -> Result<Entry, Status> {
        let (access_token, expires) = self
            .app
            .tokens
            .issue(&actor.person, grant, Utc::now())
            .map_err(|_| Status::internal("Вход не удался. Повторите."))?;
        Ok(Entry {
            access_token,
            expires_at: time(expires),
            session: self.session(actor).await?,
        })
    }

    /// Begins a session; answers its cookie.
    async fn start(&self, person: &PersonId) -> Result<String, Status> {
        let key = SessionKey::random();
        let life = self.app.tokens.session_life();
        self.app
            .store
            .start_session(person, &key.hash(), Utc::now() + life)
            .await
            .map_err(status::store)?;
        Ok(key.cookie(life))
    }

    /// The key of the cookie, of a call that our own page has made.
    fn key_of(&self, metadata: &MetadataMap) -> Result<Option<SessionKey>, Status> {
        let headers = metadata.clone().into_headers();
        if !self.app.origins.admits(&headers) {
            tracing::warn!("a call with the session's cookie came from another site; refused");
            return Err(Status::permission_denied(
                "Запрос пришёл с чужой страницы. Откройте Kite по его адресу и повторите.",
            ));
        }
        Ok(SessionKey::of(&headers))
    }
}

fn ended() -> Status {
    Status::unauthenticated("Сеанс закончился. Войдите снова, введённое сохранено у вас на экране.")
}

fn too_many_tries(TooMany(wait): TooMany) -> Status {
    status::busy("Слишком много попыток входа. Повторите через минуту.", wait)
}

fn with_cookie<T>(message: T, cookie: &str) -> Result<Response<T>, Status> {
    let mut response = Response::new(message);
    let value: MetadataValue<Ascii> = cookie
        .parse()
        .map_err(|_| Status::internal("Вход не удался. Повторите."))?;
    response.metadata_mut().insert("set-cookie", value);
    Ok(response)
}

/// Issuers to which a button leads.
fn issuers(config: &Config) -> Vec<pb::Issuer> {
    config
        .access
        .oidc
        .iter()
        .filter(|issuer| !issuer.client_id.is_empty())
        .map(|issuer| {
            let host = || {
                url::Url::parse(&issuer.issuer)
                    .ok()?
                    .host_str()
                    .map(str::to_owned)
            };
            let title = Some(issuer.title.clone()).filter(|title| !title.is_empty());
            pb::Issuer {
                issuer: issuer.issuer.clone(),
                client_id: issuer.client_id.clone(),
                title: title.or_else(host).unwrap_or_default(),
                scopes: issuer.scopes.clone(),
            }
        })
        .collect()
}

#[tonic::async_trait]
impl SessionService for Sessions {
    async fn get_sign_in_options(
        &self,
        _request: Request<pb::GetSignInOptionsRequest>,
    ) -> Result<Response<pb::GetSignInOptionsResponse>, Status> {
        let config = &self.app.config;
        Ok(Response::new(pb::GetSignInOptionsResponse {
            development_accounts: config.access.development_accounts,
            issuers: issuers(config),
            temporal_ui: config.web.temporal_ui.clone(),
            temporal_namespace: self.app.namespace.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }))
    }

    async fn sign_in(
        &self,
        request: Request<pb::SignInRequest>,
    ) -> Result<Response<pb::SignInResponse>, Status> {
        // Else another site could sign its visitor in as somebody else.
        if !is_grpc(&request.metadata().clone().into_headers()) {
            return Err(Status::permission_denied(
                "Запрос пришёл с чужой страницы. Откройте Kite по его адресу и повторите.",
            ));
        }
        let pb::SignInRequest { login, password } = request.into_inner();
        if !self.app.config.access.development_accounts {
            return Err(Status::unimplemented(
                "Вход по паролю выключен. Войдите через корпоративную учётную запись.",
            ));
        }
        let attempt = self.app.attempts.begin(&login).map_err(too_many_tries)?;
        let known = self
            .app
            .store
            .staff_by_login(&login)
            .await
            .map_err(status::store)?;
        let stored = known
            .as_ref()
            .filter(|k| !k.blocked)
            .and_then(|k| k.password_hash.clone());
        let fits = access::verify(password, stored).await;
        let tried = known.as_ref().map(|k| k.member.person.clone());
        let Some(member) = known.filter(|_| fits).map(|k| k.member) else {
            if let Some(person) = tried {
                self.refused(&person).await?;
            }
            return Err(Status::unauthenticated("Логин или пароль не подходит."));
        };
        self.app.attempts.forgive(attempt);
        let actor = self.actor(&member.person).await?;
        let Entry {
            access_token,
            expires_at,
            session,
        } = self.enter(&actor, Grant::Session).await?;
        let cookie = self.start(&actor.person).await?;
        let answer = pb::SignInResponse {
            access_token,
            expires_at: Some(expires_at),
            session: Some(session),
        };
        with_cookie(answer, &cookie)
    }

    async fn start_session(
        &self,
        request: Request<pb::StartSessionRequest>,
    ) -> Result<Response<pb::StartSessionResponse>, Status> {
        let actor = actor_of(&request)?;
        let headers = request.metadata().clone().into_headers();
        let grant = bearer(&headers).and_then(|token| self.app.tokens.grant(token));
        if grant == Some(Grant::Ticket) {
            return Err(Status::permission_denied(
                "Вход из Битрикс24 действует только в карточке сделки. Откройте Kite в отдельном окне и войдите.",
            ));
        }
        let Entry {
            access_token,
            expires_at,
            session,
        } = self.enter(&actor, Grant::Session).await?;
        let cookie = self.start(&actor.person).await?;
        let answer = pb::StartSessionResponse {
            access_token,
            expires_at: Some(expires_at),
            session: Some(session),
        };
        with_cookie(answer, &cookie)
    }

    async fn refresh_session(
        &self,
        request: Request<pb::RefreshSessionRequest>,
    ) -> Result<Response<pb::RefreshSessionResponse>, Status> {
        let key = self.key_of(request.metadata())?.ok_or_else(ended)?;
        let next = self.app.tokens.next_key(&key);
        let store = &self.app.store;
        let refreshed = store
            .refresh_session(&key.hash(), &next.hash(), GRACE)
            .await
            .map_err(status::store)?
            .ok_or_else(ended)?;
        let actor = match self.actor(&refreshed.person).await {
            Ok(actor) => actor,
            Err(refused) => {
                if refused.code() == Code::Unauthenticated {
                    store
                        .end_sessions_of(&refreshed.person)
                        .await
                        .map_err(status::store)?;
                }
                return Err(refused);
            }
        };
        let Entry {
            access_token,
            expires_at,
            session,
        } = self.enter(&actor, Grant::Session).await?;
        let cookie = next.cookie(refreshed.expires_at - Utc::now());
        let answer = pb::RefreshSessionResponse {
            access_token,
            expires_at: Some(expires_at),
            session: Some(session),
        };
        with_cookie(answer, &cookie)
    }

    async fn redeem_ticket(
        &self,
        request: Request<pb::RedeemTicketRequest>,
    ) -> Result<Response<pb::RedeemTicketResponse>, Status> {
        let pb::RedeemTicketRequest { ticket } = request.into_inner();
        let store = &self.app.store;
        let ticket = store
            .redeem_portal_ticket(&secret_hash(ticket.as_bytes()))
            .await
            .map_err(status::store)?
            .ok_or_else(|| {
                Status::unauthenticated(
                    "Вход из Битрикс24 устарел или уже использован. Обновите карточку сделки.",
                )
            })?;
        let actor = self.actor(&ticket.person).await?;
        let run = BuyoutId::new(&ticket.portal, ticket.deal_id);
        let known = store.buyout(&run).await.map_err(status::store)?.is_some();
        let Entry {
            access_token,
            expires_at,
            session,
        } = self.enter(&actor, Grant::Ticket).await?;
        Ok(Response::new(pb::RedeemTicketResponse {
            access_token,
            expires_at: Some(expires_at),
            session: Some(session),
            buyout_id: if known { run.0 } else { String::new() },
            deal_id: ticket.deal_id,
        }))
    }

    async fn sign_out(
        &self,
        request: Request<pb::SignOutRequest>,
    ) -> Result<Response<pb::SignOutResponse>, Status> {
        if let Some(key) = self.key_of(request.metadata())? {
            self.app
                .store
                .end_session(&key.hash())
                .await
                .map_err(status::store)?;
        }
        with_cookie(pb::SignOutResponse {}, &SessionKey::cleared())
    }

    async fn get_session(
        &self,
        request: Request<pb::GetSessionRequest>,
    ) -> Result<Response<pb::GetSessionResponse>, Status> {
        let actor = actor_of(&request)?;
        Ok(Response::new(pb::GetSessionResponse {
            session: Some(self.session(&actor).await?),
        }))
    }

    async fn set_substitute(
        &self,
        request: Request<pb::SetSubstituteRequest>,
    ) -> Result<Response<pb::SetSubstituteResponse>, Status> {
        let actor = actor_of(&request)?;
        let id = request.into_inner().substitute_id;
        let substitute = (!id.is_empty()).then(|| PersonId::new(id));
        if let Some(substitute) = &substitute {
            let member = self
                .app
                .store
                .staff(substitute)
                .await
                .map_err(status::store)?;
            let sentence = match &member {
                None => Some("Такого сотрудника нет в справочнике.".to_owned()),
                Some(member) if member.person == actor.person => {
                    Some("Нельзя замещать самого себя.".to_owned())
                }
                Some(member) if !member.roles.iter().any(|role| actor.has_role(*role)) => Some(
                    format!("У сотрудника {} нет ни одной вашей роли.", member.name),
                ),
                Some(_) => None,
            };
            if let Some(sentence) = sentence {
                return Err(status::refused(&Refusal::invalid(vec![
                    FieldViolation::new("substitute_id", sentence),
                ])));
            }
        }
        self.app
            .store
            .set_substitute(&actor.person, substitute.as_ref())
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::SetSubstituteResponse {}))
    }

    async fn list_staff(
        &self,
        request: Request<pb::ListStaffRequest>,
    ) -> Result<Response<pb::ListStaffResponse>, Status> {
        actor_of(&request)?;
        let pb::ListStaffRequest { role, city } = request.into_inner();
        let role: Role = role.parse().map_err(|_| {
            status::refused(&Refusal::invalid(vec![FieldViolation::new(
                "role",
                format!("Неизвестная роль «{role}»."),
            )]))
        })?;
        let staff = self
            .app
            .store
            .staff_in(role, &city)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ListStaffResponse {
            staff: staff
                .iter()
                .map(|member| pb::StaffMember {
                    person: Some(person(&PersonRef::from(member))),
                    roles: member.roles.iter().map(ToString::to_string).collect(),
                    cities: member.cities.clone(),
                    absent: member.substitute.is_some(),
                })
                .collect(),
        }))
    }

    async fn list_cities(
        &self,
        request: Request<pb::ListCitiesRequest>,
    ) -> Result<Response<pb::ListCitiesResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ListCitiesRequest {} = request.into_inner();
        let known = self.app.store.cities().await.map_err(status::store)?;
        Ok(Response::new(pb::ListCitiesResponse {
            cities: of_actor(&actor, known),
        }))
    }
}

/// The cities of a person, also those in which nothing has happened yet; every known one for those who
/// work everywhere.
fn of_actor(actor: &Actor, known: Vec<City>) -> Vec<pb::City> {
    let theirs = match actor.cities.is_empty() {
        true => known,
        false => actor
            .cities
            .iter()
            .map(|name| City {
                name: name.clone(),
                time_zone: known
                    .iter()
                    .find(|city| city.name == *name)
                    .and_then(|city| city.time_zone.clone()),
            })
            .collect(),
    };
    theirs
        .into_iter()
        .map(|City { name, time_zone }| pb::City {
            code: name.clone(),
            title: name,
            time_zone: time_zone.unwrap_or_default(),
        })
        .collect()
}
