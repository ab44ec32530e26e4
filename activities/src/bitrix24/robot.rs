//! Robots: their registration on a portal, and the answer to one that waits.

use contracts::bitrix24::{AnswerRobot, RobotAnswered};
use domain::buyout::start::RobotCall;
use domain::money::Money;
use serde::Serialize;
use serde_json::{Value, json};

use super::Bitrix24Activities;
use super::client::{Bitrix24Client, CallError};
use crate::error::PartnerError;

/// A robot as the portal's administrator sees it among the robots of deals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotSpec {
    /// Permanent; also the last segment of the address at which the portal calls us.
    pub code: &'static str,
    /// Russian.
    pub name: &'static str,
    pub description: &'static str,
    /// What the robot gives back to the portal's automation.
    pub returns: &'static [ReturnProperty],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnProperty {
    pub key: &'static str,
    /// Russian.
    pub name: &'static str,
    pub kind: PropertyKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PropertyKind {
    String,
    Text,
    Double,
}

/// Starts the remote buyout of the deal's car and waits for its end.
pub const BUYOUT_ROBOT: RobotSpec = RobotSpec {
    code: "kite_buyout",
    name: "Kite: дистанционный выкуп",
    description: "Начинает выкуп автомобиля по сделке и ждёт его итога.",
    returns: &[
        ReturnProperty {
            key: "result",
            name: "Итог выкупа",
            kind: PropertyKind::String,
        },
        ReturnProperty {
            key: "message",
            name: "Итог словами",
            kind: PropertyKind::Text,
        },
        ReturnProperty {
            key: "price",
            name: "Цена, ₽",
            kind: PropertyKind::Double,
        },
    ],
};

/// What a reconcile did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reconciled {
    pub added: Vec<&'static str>,
    /// Brought to the current description; the portal does not show what it had.
    pub updated: Vec<&'static str>,
}

/// Brings the portal's robots to `robots`: for the start of a worker and for after an installation.
/// Safe to run at any time and from several processes; robots that are not in `robots` are left
/// alone, as deals may be waiting in them.
pub async fn reconcile(
    client: &Bitrix24Client,
    portal: &str,
    robots: &[RobotSpec],
) -> Result<Reconciled, PartnerError> {
    let listed = client
        .call::<Vec<String>>(portal, "bizproc.robot.list", json!({}))
        .await?
        .result;
    let mut done = Reconciled::default();
    for robot in robots {
        if !listed.iter().any(|code| code == robot.code) {
            match add(client, portal, robot).await {
                Ok(()) => {
                    done.added.push(robot.code);
                    continue;
                }
                // Another process was faster.
                Err(CallError::Refused(PartnerError::Rejected { code, .. }))
                    if code == "ERROR_ACTIVITY_ALREADY_INSTALLED" => {}
                Err(error) => return Err(error.into()),
            }
        }
        let update = json!({ "CODE": robot.code, "FIELDS": fields(client, robot) });
        client
            .call::<Value>(portal, "bizproc.robot.update", update)
            .await?;
        done.updated.push(robot.code);
    }
    Ok(done)
}

async fn add(client: &Bitrix24Client, portal: &str, robot: &RobotSpec) -> Result<(), CallError> {
    let mut robot_fields = fields(client, robot);
    robot_fields["CODE"] = json!(robot.code);
    client
        .call::<Value>(portal, "bizproc.robot.add", robot_fields)
        .await
        .map(drop)
}

fn fields(client: &Bitrix24Client, robot: &RobotSpec) -> Value {
    let RobotSpec {
        code,
        name,
        description,
        returns,
    } = robot;
    let returns: serde_json::Map<String, Value> = returns
        .iter()
        .map(|ReturnProperty { key, name, kind }| {
            let property = json!({ "Name": { "ru": name }, "Type": kind });
            ((*key).to_owned(), property)
        })
        .collect();
    json!({
        "HANDLER": client.public_url(["bitrix24", "robots", code]),
        // Always said: sources disagree on what silence means.
        "USE_SUBSCRIPTION": "Y",
        "NAME": { "ru": name },
        "DESCRIPTION": { "ru": description },
        "RETURN_PROPERTIES": returns,
        "DOCUMENT_TYPE": ["crm", "CCrmDocumentDeal", "DEAL"],
        "FILTER": { "INCLUDE": [["crm", "CCrmDocumentDeal"]] },
    })
}

impl Bitrix24Activities {
    /// Gives the answer; a token that is refused is no failure of the process.
    pub(super) async fn answer(&self, answer: &AnswerRobot) -> Result<RobotAnswered, PartnerError> {
        let AnswerRobot {
            portal,
            robot,
            result,
            message,
            price,
            deal_id: _,
        } = answer;
        if !robot.waits {
            return Ok(RobotAnswered::Gone);
        }
        let price = price.map(Money::to_partner);
        let event = json!({
            "EVENT_TOKEN": robot.event_token,
            "RETURN_VALUES": {
                "result": result,
                "message": message,
                "price": price.unwrap_or_default(),
            },
            "LOG_MESSAGE": message,
        });
        let sent = self
            .client
            .call::<Value>(portal, "bizproc.event.send", event)
            .await;
        match sent {
            Ok(_) => Ok(RobotAnswered::Delivered),
            Err(CallError::Failed(error)) => Err(error),
            Err(CallError::Refused(refused)) => {
                if self.still_runs(portal, robot).await? {
                    // It is being written down at this moment, or it is not ours to answer: the
                    // caller's patience decides.
                    return Err(PartnerError::unavailable(format!(
                        "bitrix24 bizproc.event.send: refused ({}) while the workflow runs",
                        code(&refused)
                    )));
                }
                Ok(RobotAnswered::Gone)
            }
        }
    }

    /// Whether the portal's workflow that called the robot is still there. Not allowed to ask counts as
    /// gone: the process has written its end into the timeline before.
    async fn still_runs(&self, portal: &str, robot: &RobotCall) -> Result<bool, PartnerError> {
        let query = json!({
            "filter": { "ID": robot.workflow_id },
            "select": ["ID"],
        });
        let instances = self
            .client
            .call::<Vec<Value>>(portal, "bizproc.workflow.instances", query)
            .await;
        match instances {
            Ok(reply) => Ok(reply.result.iter().any(|instance| {
                instance.get("ID").and_then(Value::as_str) == Some(robot.workflow_id.as_str())
            })),
            Err(CallError::Refused(_)) => Ok(false),
            Err(CallError::Failed(error)) => Err(error),
        }
    }
}

fn code(error: &PartnerError) -> &str {
    match error {
        PartnerError::Rejected { code, .. } => code,
        PartnerError::Conflict { .. }
        | PartnerError::Unavailable { .. }
        | PartnerError::Pending
        | PartnerError::Held { .. }
        | PartnerError::Protocol { .. } => "",
    }
}
