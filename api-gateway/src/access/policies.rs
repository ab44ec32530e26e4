//! Cedar policies: role × action × city × own. A method without a policy stops the gateway at start.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision as CedarDecision, Entities, Entity, EntityUid, PolicySet,
    Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use domain::staff::Actor;
use prost::Message;
use prost_types::FileDescriptorSet;

use crate::access::decisions::{Decisions, Question};

const POLICIES: &str = include_str!("policies.cedar");

/// Methods that need no token.
const OPEN: [&str; 5] = [
    "kite.session.v1.SessionService/GetSignInOptions",
    "kite.session.v1.SessionService/SignIn",
    "kite.session.v1.SessionService/RefreshSession",
    "kite.session.v1.SessionService/RedeemTicket",
    "kite.session.v1.SessionService/SignOut",
];

/// Questions of our own, beside the gRPC methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    SeeBuyout,
    SeeEveryBuyout,
    SeeTask,
    SeeEveryTask,
    SeePrices,
    SeeClient,
    SeePapers,
    ReadFile,
    DecodePayloads,
}

impl Action {
    const ALL: [Self; 9] = [
        Self::SeeBuyout,
        Self::SeeEveryBuyout,
        Self::SeeTask,
        Self::SeeEveryTask,
        Self::SeePrices,
        Self::SeeClient,
        Self::SeePapers,
        Self::ReadFile,
        Self::DecodePayloads,
    ];

    pub(crate) fn name(self) -> String {
        match self {
            Self::SeeBuyout => "buyout.see",
            Self::SeeEveryBuyout => "buyout.see_every",
            Self::SeeTask => "task.see",
            Self::SeeEveryTask => "task.see_every",
            Self::SeePrices => "price.see",
            Self::SeeClient => "client.see",
            Self::SeePapers => "papers.see",
            Self::ReadFile => "file.read",
            Self::DecodePayloads => "codec.decode",
        }
        .to_owned()
    }
}

/// What an action is done to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Resource {
    /// Empty: no city.
    pub(crate) city: String,
    /// The person has a part in it.
    pub(crate) own: bool,
}

impl Resource {
    pub(crate) fn anywhere() -> Self {
        Self {
            city: String::new(),
            own: true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Deny,
}

impl From<CedarDecision> for Decision {
    fn from(decided: CedarDecision) -> Self {
        match decided {
            CedarDecision::Allow => Self::Allow,
            CedarDecision::Deny => Self::Deny,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    #[error("access policies do not parse: {0}")]
    Parse(String),
    #[error("access policies do not fit their schema: {0}")]
    Schema(String),
    #[error("these methods have no access policy: {}", .0.join(", "))]
    Uncovered(Vec<String>),
}

type AskError = Box<dyn std::error::Error + Send + Sync>;

/// A person before a thing: what questions have in common.
struct Asker {
    person: EntityUid,
    thing: EntityUid,
    entities: Entities,
}

pub(crate) struct Policies {
    methods: HashSet<String>,
    /// Methods and questions of our own.
    actions: Vec<String>,
    policies: PolicySet,
    schema: Schema,
    authorizer: Authorizer,
    decided: Decisions,
}

impl Policies {
    /// Parses and validates the policies, and refuses to exist when a method of the API has none.
    pub(crate) fn load() -> Result<Self, PolicyError> {
        Self::from_text(POLICIES, &methods())
    }

    fn from_text(text: &str, methods: &[String]) -> Result<Self, PolicyError> {
        let policies =
            PolicySet::from_str(text).map_err(|error| PolicyError::Parse(error.to_string()))?;
        let actions: Vec<String> = methods
            .iter()
            .cloned()
            .chain(Action::ALL.iter().map(|action| action.name()))
            .collect();
        let schema = Schema::from_str(&schema(&actions))
            .map_err(|error| PolicyError::Schema(error.to_string()))?;
        let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if !result.validation_passed() {
            let errors: Vec<String> = result
                .validation_errors()
                .map(ToString::to_string)
                .collect();
            return Err(PolicyError::Schema(errors.join("; ")));
        }
        let covered = covered(&policies);
        let uncovered: Vec<String> = actions
            .iter()
            .filter(|action| !OPEN.contains(&action.as_str()) && !covered.contains(*action))
            .cloned()
            .collect();
        if !uncovered.is_empty() {
            return Err(PolicyError::Uncovered(uncovered));
        }
        Ok(Self {
            methods: methods.iter().cloned().collect(),
            actions,
            policies,
            schema,
            authorizer: Authorizer::new(),
            decided: Decisions::default(),
        })
    }

    /// Whether the API has that method.
    pub(crate) fn knows(&self, method: &str) -> bool {
        self.methods.contains(method)
    }

    pub(crate) fn is_open(method: &str) -> bool {
        OPEN.contains(&method)
    }

    /// Denies whatever cannot be decided: an unknown action, a malformed request.
    pub(crate) fn decide(&self, actor: &Actor, action: &str, resource: &Resource) -> Decision {
        let question = Question::new(actor, action, resource);
        let decided = self.decided.or_ask(question, || {
            let asker = self.asker(actor, resource)?;
            self.ask(&asker, action).map(Decision::from)
        });
        match decided {
            Ok(decision) => decision,
            Err(error) => {
                tracing::error!(%action, %error, "an access question could not be asked; denied");
                Decision::Deny
            }
        }
    }

    /// Every action that is allowed to the person somewhere, in their order.
    pub(crate) fn permitted(&self, actor: &Actor) -> Vec<String> {
        let asker = match self.asker(actor, &Resource::anywhere()) {
            Ok(asker) => asker,
            Err(error) => {
                tracing::error!(%error, "access questions could not be asked; all are denied");
                return Vec::new();
            }
        };
        let mut permitted: Vec<String> = self
            .actions
            .iter()
            .filter(|action| matches!(self.ask(&asker, action), Ok(CedarDecision::Allow)))
            .cloned()
            .collect();
        permitted.sort();
        permitted
    }

    fn ask(&self, asker: &Asker, action: &str) -> Result<CedarDecision, AskError> {
        let action = EntityUid::from_type_name_and_id("Action".parse()?, action.parse()?);
        let request = Request::new(
            asker.person.clone(),
            action,
            asker.thing.clone(),
            Context::empty(),
            Some(&self.schema),
        )?;
        Ok(self
            .authorizer
            .is_authorized(&request, &self.policies, &asker.entities)
            .decision())
    }

    fn asker(&self, actor: &Actor, resource: &Resource) -> Result<Asker, AskError> {
        let person = EntityUid::from_type_name_and_id("Person".parse()?, actor.person.0.parse()?);
        let thing = EntityUid::from_type_name_and_id("Thing".parse()?, "asked".parse()?);
        let set = |values: Vec<String>| {
            RestrictedExpression::new_set(values.into_iter().map(RestrictedExpression::new_string))
        };
        let roles = actor.roles.iter().map(ToString::to_string).collect();
        let person_entity = Entity::new(
            person.clone(),
            HashMap::from([
                ("roles".to_owned(), set(roles)),
                ("cities".to_owned(), set(actor.cities.clone())),
                (
                    "everywhere".to_owned(),
                    RestrictedExpression::new_bool(actor.cities.is_empty()),
                ),
            ]),
            HashSet::new(),
        )?;
        let thing_entity = Entity::new(
            thing.clone(),
            HashMap::from([
                (
                    "city".to_owned(),
                    RestrictedExpression::new_string(resource.city.clone()),
                ),
                (
                    "own".to_owned(),
                    RestrictedExpression::new_bool(resource.own),
                ),
            ]),
            HashSet::new(),
        )?;
        let entities = Entities::from_entities([person_entity, thing_entity], Some(&self.schema))?;
        Ok(Asker {
            person,
            thing,
            entities,
        })
    }
}

/// Every method of every service, as `package.Service/Method`.
pub(crate) fn methods() -> Vec<String> {
    let descriptors = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap_or_default();
    let mut methods = Vec::new();
    for file in &descriptors.file {
        for service in &file.service {
            for method in &service.method {
                methods.push(format!(
                    "{}.{}/{}",
                    file.package(),
                    service.name(),
                    method.name()
                ));
            }
        }
    }
    methods
}

/// The schema has an action for each method, so a policy that names a method that is gone is an error.
fn schema(actions: &[String]) -> String {
    let names: Vec<String> = actions
        .iter()
        .map(|action| format!("\"{action}\""))
        .collect();
    format!(
        "entity Person = {{ roles: Set<String>, cities: Set<String>, everywhere: Bool }};\n\
         entity Thing = {{ city: String, own: Bool }};\n\
         action {} appliesTo {{ principal: [Person], resource: [Thing], context: {{}} }};\n",
        names.join(", ")
    )
}

/// Actions that some permit names; a policy over all actions covers none.
fn covered(policies: &PolicySet) -> BTreeSet<String> {
    use cedar_policy::ActionConstraint;
    let mut covered = BTreeSet::new();
    for policy in policies.policies() {
        match policy.action_constraint() {
            ActionConstraint::Any => {}
            ActionConstraint::In(uids) => {
                covered.extend(uids.iter().map(|uid| uid.id().unescaped().to_owned()))
            }
            ActionConstraint::Eq(uid) => {
                covered.insert(uid.id().unescaped().to_owned());
            }
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use domain::staff::{PersonId, Role};
    use strum::IntoEnumIterator;

    use super::*;

    fn actor(role: Role, cities: &[&str]) -> Actor {
        Actor {
            person: PersonId::new("p"),
            name: "П".to_owned(),
            roles: vec![role],
            cities: cities.iter().map(|c| (*c).to_owned()).collect(),
            substitutes_for: Vec::new(),
        }
    }

    #[test]
    fn every_method_has_a_policy() {
        assert!(methods().len() > 15, "descriptors were read");
        Policies::load()
            .map(|_| ())
            .unwrap_or_else(|error| panic!("{error}"));
    }

    #[test]
    fn a_method_without_a_policy_stops_the_start() {
        let mut all = methods();
        all.push("kite.money.v1.MoneyService/SendAll".to_owned());
        let error = Policies::from_text(POLICIES, &all)
            .err()
            .map(|e| e.to_string());
        assert_eq!(
            error.as_deref(),
            Some("these methods have no access policy: kite.money.v1.MoneyService/SendAll")
        );
    }

    #[test]
    fn a_policy_over_a_method_that_is_gone_stops_the_start() {
        let text = format!(
            "{POLICIES}\npermit(principal, action == Action::\"kite.x.v1.Gone/Method\", resource);"
        );
        assert!(matches!(
            Policies::from_text(&text, &methods()),
            Err(PolicyError::Schema(_))
        ));
    }

    #[test]
    fn an_inspector_sees_own_runs_of_the_city_and_no_prices() {
        let policies = Policies::load().unwrap_or_else(|error| panic!("{error}"));
        let inspector = actor(Role::Inspector, &["Мурманск"]);
        let own = Resource {
            city: "Мурманск".to_owned(),
            own: true,
        };
        let other = Resource {
            city: "Мурманск".to_owned(),
            own: false,
        };
        assert_eq!(
            policies.decide(&inspector, "buyout.see", &own),
            Decision::Allow
        );
        assert_eq!(
            policies.decide(&inspector, "buyout.see", &other),
            Decision::Deny
        );
        assert_eq!(
            policies.decide(&inspector, "price.see", &Resource::anywhere()),
            Decision::Deny
        );
        assert_eq!(
            policies.decide(&inspector, "no.such.action", &own),
            Decision::Deny
        );
    }

    #[test]
    fn another_city_is_closed_to_everybody_but_those_without_a_city() {
        let policies = Policies::load().unwrap_or_else(|error| panic!("{error}"));
        let elsewhere = Resource {
            city: "Псков".to_owned(),
            own: true,
        };
        for role in Role::iter() {
            assert_eq!(
                policies.decide(&actor(role, &["Мурманск"]), "buyout.see", &elsewhere),
                Decision::Deny,
                "{role} of Murmansk in Pskov"
            );
            assert_eq!(
                policies.decide(&actor(role, &[]), "buyout.see", &elsewhere),
                Decision::Allow,
                "{role} of the head office in Pskov"
            );
        }
    }

    #[test]
    fn what_is_permitted_is_what_would_be_decided() {
        let policies = Policies::load().unwrap_or_else(|error| panic!("{error}"));
        let inspector = policies.permitted(&actor(Role::Inspector, &["Мурманск"]));
        for (action, permitted) in [
            ("kite.inspection.v1.InspectionService/ReportVisit", true),
            ("kite.task.v1.TaskService/DecideTask", true),
            ("client.see", true),
            ("price.see", false),
            ("kite.buyout.v1.BuyoutService/CancelBuyout", false),
            ("kite.session.v1.SessionService/SignIn", false),
        ] {
            assert_eq!(
                inspector.iter().any(|own| own == action),
                permitted,
                "{action}"
            );
        }
        let mut nobody = actor(Role::Inspector, &[]);
        nobody.roles.clear();
        assert_eq!(policies.permitted(&nobody), ["buyout.see", "task.see"]);
    }

    #[test]
    fn the_matrix_of_roles_and_actions() {
        let policies = Policies::load().unwrap_or_else(|error| panic!("{error}"));
        let mut table = String::new();
        let actions = methods()
            .into_iter()
            .chain(Action::ALL.iter().map(|a| a.name()));
        for action in actions.filter(|a| !Policies::is_open(a)) {
            let allowed: Vec<String> = Role::iter()
                .filter(|role| {
                    policies.decide(&actor(*role, &[]), &action, &Resource::anywhere())
                        == Decision::Allow
                })
                .map(|role| role.to_string())
                .collect();
            let cell = if allowed.len() == Role::iter().count() {
                "every role".to_owned()
            } else {
                allowed.join(" ")
            };
            table.push_str(&format!("{action}: {cell}\n"));
        }
        let expected = include_str!("matrix.txt");
        assert_eq!(
            table, expected,
            "the access matrix changed; if that is meant, update access/matrix.txt"
        );
    }
}
