//! Who may do what: tokens say who calls, Cedar policies say what a role may do where.
//!
//! Separation of duties is not here: it is by person and by run, and the process itself checks it.

mod attempts;
mod cookie;
mod decisions;
mod layer;
mod limiter;
mod oidc;
mod origin;
mod passwords;
mod policies;
mod record;
mod tokens;

use domain::buyout::state::Buyout;
use domain::refusal::{Refusal, RefusalCode};
use domain::staff::Actor;
use domain::task::HumanTask;
use tonic::{Request, Status};

pub(crate) use attempts::Attempts;
pub(crate) use cookie::{SessionKey, hash as secret_hash};
#[cfg(feature = "fuzz")]
pub(crate) use layer::grpc_timeout;
pub(crate) use layer::{AccessLayer, NotAdmitted, bearer, caller, refused};
pub use limiter::Limits;
pub(crate) use limiter::{Limiter, TooMany};
pub use oidc::OidcConfig;
pub(crate) use origin::{Origins, is_grpc, is_local};
pub(crate) use passwords::verify;
pub use passwords::{Cost, hash};
pub(crate) use policies::{Action, Decision, Policies, Resource};
pub(crate) use record::{Read, Reads};
pub use tokens::TokensConfig;
pub(crate) use tokens::{Grant, TokenError, Tokens};

use crate::status;

/// Puts into words what policies decide.
#[derive(Clone)]
pub(crate) struct Access {
    policies: std::sync::Arc<Policies>,
}

impl Access {
    pub(crate) fn new(policies: Policies) -> Self {
        Self {
            policies: std::sync::Arc::new(policies),
        }
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Whether the person may see this run at all.
    pub(crate) fn see_buyout(&self, actor: &Actor, buyout: &Buyout) -> Result<(), Status> {
        let own = buyout
            .assignment
            .as_ref()
            .is_some_and(|a| actor.stands_for(&a.inspector.person))
            || buyout
                .duties
                .holders()
                .any(|(_, person)| person.person == actor.person);
        self.require(
            actor,
            Action::SeeBuyout,
            &Resource {
                city: buyout.city().to_owned(),
                own,
            },
        )
    }

    pub(crate) fn see_task(&self, actor: &Actor, task: &HumanTask) -> Result<(), Status> {
        let own = task
            .assignee
            .as_ref()
            .or(task.owner.as_ref())
            .is_some_and(|p| actor.stands_for(&p.person))
            || task.roles().any(|role| actor.has_role(role));
        self.require(
            actor,
            Action::SeeTask,
            &Resource {
                city: task.city.clone().unwrap_or_default(),
                own,
            },
        )
    }

    /// Heads, ops and administrators see the tasks of every role.
    pub(crate) fn sees_every_task(&self, actor: &Actor) -> bool {
        self.allowed(actor, Action::SeeEveryTask)
    }

    /// An inspector sees the runs that were given to them, and no price (S30).
    pub(crate) fn only_own_inspections(&self, actor: &Actor) -> bool {
        !self.allowed(actor, Action::SeeEveryBuyout)
    }

    /// Whoever stands beside the client learns of no refusal: for them the inspection is put off.
    pub(crate) fn sees_refusals(&self, actor: &Actor) -> bool {
        !self.only_own_inspections(actor)
    }

    /// What arrives from outside and what fits nowhere is for those who may read the inbox.
    pub(crate) fn reads_inbox(&self, actor: &Actor) -> bool {
        let method = "kite.ops.v1.OpsService/ListInbox";
        self.policies.decide(actor, method, &Resource::anywhere()) == Decision::Allow
    }

    pub(crate) fn sees_prices(&self, actor: &Actor) -> bool {
        self.allowed(actor, Action::SeePrices)
    }

    /// The cities of a list: the one asked for, when it is theirs, else all of theirs (empty: every).
    pub(crate) fn cities(&self, actor: &Actor, asked: &str) -> Result<Vec<String>, Status> {
        if asked.is_empty() {
            return Ok(actor.cities.clone());
        }
        if actor.works_in(asked) {
            return Ok(vec![asked.to_owned()]);
        }
        Err(forbidden(&format!(
            "Город «{asked}» не входит в вашу зону."
        )))
    }

    /// Whatever some policy permits the person, somewhere: what a screen may offer.
    pub(crate) fn actions(&self, actor: &Actor) -> Vec<String> {
        self.policies.permitted(actor)
    }

    /// Whether the person may call that method somewhere.
    pub(crate) fn may_call(&self, actor: &Actor, method: &str) -> bool {
        self.policies.decide(actor, method, &Resource::anywhere()) == Decision::Allow
    }

    pub(crate) fn allowed(&self, actor: &Actor, action: Action) -> bool {
        self.policies
            .decide(actor, &action.name(), &Resource::anywhere())
            == Decision::Allow
    }

    fn require(&self, actor: &Actor, action: Action, resource: &Resource) -> Result<(), Status> {
        match self.policies.decide(actor, &action.name(), resource) {
            Decision::Allow => Ok(()),
            Decision::Deny => Err(forbidden("У вашей роли нет доступа к этой записи.")),
        }
    }
}

pub(crate) fn forbidden(sentence: &str) -> Status {
    status::refused(&Refusal::new(RefusalCode::WrongPerson, sentence))
}

/// The person whom the layer recognised.
pub(crate) fn actor_of<T>(request: &Request<T>) -> Result<Actor, Status> {
    request
        .extensions()
        .get::<Actor>()
        .cloned()
        .ok_or_else(|| Status::unauthenticated("Войдите в систему."))
}
