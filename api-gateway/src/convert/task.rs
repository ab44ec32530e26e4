//! Tasks and decisions.

use chrono::{DateTime, Utc};
use domain::appraisal as a;
use domain::buyout::decision::{
    Decision, MismatchResolution, RemovalResolution, SignedScan, SourcesResolution,
};
use domain::buyout::stage::Stage;
use domain::document::PaperVerdict;
use domain::offer::{BargainDecision, ClientAnswer};
use domain::refusal::Refusal;
use domain::staff::{PersonId, PersonRef};
use domain::task::{HumanTask, TaskKind};
use proto::kite::common::v1 as common;
use proto::kite::task::v1 as pb;
use store::{BuyoutRow, TaskCounts, TaskRow};

use crate::convert::common::{Files, Reader, money, person, time};
use crate::convert::inspection;
use crate::convert::papers::{papers, requisites};

/// What a task shows of its run.
pub(crate) struct OfRun<'a> {
    pub(crate) deal_id: u64,
    pub(crate) stage: Stage,
    pub(crate) car: &'a str,
    pub(crate) identifier: Option<&'a str>,
    pub(crate) plate: Option<&'a str>,
    /// IANA zone of the site.
    pub(crate) time_zone: Option<&'a str>,
}

impl OfRun<'_> {
    /// As it is told to somebody; see [`Stage::told_beside_the_client`].
    pub(crate) fn told(self, refusals: bool) -> Self {
        let stage = if refusals {
            self.stage
        } else {
            self.stage.told_beside_the_client().0
        };
        Self { stage, ..self }
    }
}

impl<'a> From<&'a BuyoutRow> for OfRun<'a> {
    fn from(row: &'a BuyoutRow) -> Self {
        Self {
            deal_id: row.deal_id,
            stage: row.stage,
            car: &row.car,
            identifier: row.identifier.as_deref(),
            plate: row.plate.as_deref(),
            time_zone: row.time_zone.as_deref(),
        }
    }
}

impl<'a> From<&'a TaskRow> for OfRun<'a> {
    fn from(row: &'a TaskRow) -> Self {
        Self {
            deal_id: row.deal_id,
            stage: row.stage,
            car: &row.car,
            identifier: row.identifier.as_deref(),
            plate: row.plate.as_deref(),
            time_zone: row.time_zone.as_deref(),
        }
    }
}

pub(crate) fn task(
    task: &HumanTask,
    run: OfRun<'_>,
    refusal: Option<&Refusal>,
    now: DateTime<Utc>,
) -> pb::Task {
    let HumanTask {
        id,
        number: _,
        kind,
        title,
        details,
        version,
        state,
        role,
        city,
        assignee,
        owner,
        excluded: _,
        created_at,
        due_at,
        escalation: _,
        escalated,
        reminders: _,
        comments,
        closed_by,
        closed_at,
        result,
        bitrix24_task: _,
        waits_for: _,
        due_unheld: _,
    } = task;
    let OfRun {
        deal_id,
        stage,
        car,
        identifier,
        plate,
        time_zone,
    } = run;
    pb::Task {
        id: id.0.clone(),
        buyout_id: id.run().unwrap_or_default().to_owned(),
        kind: kind.to_string(),
        title: title.clone(),
        details: details.clone(),
        version: *version,
        state: state.to_string(),
        role: role.to_string(),
        city: city.clone().unwrap_or_default(),
        assignee: assignee.as_ref().map(person),
        owner: owner.as_ref().map(person),
        created_at: Some(time(*created_at)),
        due_at: Some(time(*due_at)),
        overdue: state.is_open() && *due_at < now,
        escalated: *escalated as u32,
        comments: comments
            .iter()
            .map(|c| pb::Comment {
                author: Some(person(&c.author)),
                text: c.text.clone(),
                at: Some(time(c.at)),
            })
            .collect(),
        result: result.clone().unwrap_or_default(),
        closed_by: closed_by.as_ref().map(person),
        closed_at: closed_at.map(time),
        car: car.to_owned(),
        stage: stage.to_string(),
        refusal: refusal.map(|r| r.sentence.clone()).unwrap_or_default(),
        decided_outside: kind.decided_outside(),
        identifier: identifier.unwrap_or_default().to_owned(),
        plate: plate.unwrap_or_default().to_owned(),
        deal_id,
        time_zone: time_zone.unwrap_or_default().to_owned(),
    }
}

pub(crate) fn counts(kind: TaskKind, counts: TaskCounts) -> pb::TaskCount {
    let TaskCounts {
        all,
        mine,
        overdue,
        escalated,
    } = counts;
    pb::TaskCount {
        kind: kind.to_string(),
        title: kind.title_ru().to_owned(),
        open: all,
        mine,
        overdue,
        escalated,
    }
}

/// Ids of every file that a decision names.
pub(crate) fn file_ids(decision: &pb::Decision) -> Vec<String> {
    match &decision.kind {
        Some(pb::decision::Kind::SubmitInspection(done)) => inspection::file_ids(done),
        Some(pb::decision::Kind::SubmitPapers(papers)) => papers
            .papers
            .iter()
            .flat_map(|p| p.file_ids.clone())
            .collect(),
        Some(pb::decision::Kind::Signed(signed)) => {
            signed.scans.iter().map(|s| s.file_id.clone()).collect()
        }
        Some(_) | None => Vec::new(),
    }
}

/// The person that a decision names, to be looked up in the directory.
pub(crate) fn person_id(decision: &pb::Decision) -> Option<PersonId> {
    match &decision.kind {
        Some(pb::decision::Kind::AssignInspector(assign)) => {
            Some(PersonId::new(assign.person_id.clone()))
        }
        Some(_) | None => None,
    }
}

pub(crate) fn decision(
    message: pb::Decision,
    files: &Files,
    named: Option<PersonRef>,
) -> Result<Decision, Refusal> {
    use pb::decision::Kind;
    let mut read = Reader::default();
    let Some(kind) = message.kind else {
        read.fail("decision", "Решение не указано.");
        return read.finish(None);
    };
    let decision = match kind {
        Kind::AssignInspector(pb::AssignInspector { person_id }) => match named {
            Some(inspector) => Some(Decision::AssignInspector { inspector }),
            None => {
                read.fail(
                    "decision.assign_inspector.person_id",
                    format!("Сотрудника «{person_id}» нет в справочнике."),
                );
                None
            }
        },
        Kind::SubmitInspection(done) => {
            return inspection::inspection(done, files)
                .map(|inspection| Decision::SubmitInspection { inspection });
        }
        Kind::NoShow(pb::Reason { text }) => Some(Decision::NoShow { comment: text }),
        Kind::Mismatch(pb::ResolveMismatch { resolution, reason }) => {
            mismatch(&mut read, &resolution, reason)
        }
        Kind::Sources(pb::ResolveSources { resolution, reason }) => {
            sources(&mut read, &resolution, reason)
        }
        Kind::Removal(pb::ResolveRemoval { resolution, reason }) => {
            removal(&mut read, &resolution, reason)
        }
        Kind::Appraise(message) => {
            appraisal(&mut read, message).map(|appraisal| Decision::Appraise { appraisal })
        }
        Kind::ReturnToInspection(pb::Reason { text }) => {
            Some(Decision::ReturnToInspection { reason: text })
        }
        Kind::ApprovePrice(pb::ApprovePrice { approved, comment }) => {
            Some(Decision::ApprovePrice { approved, comment })
        }
        Kind::ClientAnswer(pb::ClientAnswer {
            round,
            answer,
            amount,
            reason,
        }) => client_answer(&mut read, &answer, amount, reason)
            .map(|answer| Decision::ClientAnswer { round, answer }),
        Kind::Bargain(pb::Bargain {
            decision,
            price,
            reason,
        }) => bargain(&mut read, &decision, price, reason)
            .map(|decision| Decision::Bargain { decision }),
        Kind::SubmitPapers(message) => {
            papers(&mut read, message, files).map(|papers| Decision::SubmitPapers {
                papers: Box::new(papers),
            })
        }
        Kind::VerifyPapers(pb::VerifyPapers { verdicts }) => Some(Decision::VerifyPapers {
            verdicts: verdicts
                .into_iter()
                .filter_map(
                    |pb::PaperVerdict {
                         kind,
                         accepted,
                         remark,
                     }| {
                        Some(PaperVerdict {
                            kind: read.one_of("decision.verify_papers.kind", &kind)?,
                            accepted,
                            remark,
                        })
                    },
                )
                .collect(),
        }),
        Kind::Signed(pb::Signed { scans }) => Some(Decision::Signed {
            scans: scans
                .into_iter()
                .filter_map(|pb::SignedScan { kind, file_id }| {
                    Some(SignedScan {
                        kind: read.one_of("decision.signed.kind", &kind)?,
                        file: read.file("decision.signed.file_id", &file_id, files)?,
                    })
                })
                .collect(),
        }),
        Kind::RefusedToSign(pb::Reason { text }) => Some(Decision::RefusedToSign { reason: text }),
        Kind::Requisites(message) => {
            requisites(&mut read, message).map(|requisites| Decision::Requisites { requisites })
        }
        Kind::GiveUp(pb::Reason { text }) => Some(Decision::GiveUp { reason: text }),
        Kind::ConfirmPayment(pb::Reason { text }) => {
            Some(Decision::ConfirmPayment { comment: text })
        }
        Kind::Retry(pb::Reason { text }) => Some(Decision::Retry { comment: text }),
        Kind::DoneByHand(pb::Reason { text }) => Some(Decision::DoneByHand { comment: text }),
    };
    read.finish(decision)
}

fn unknown<T>(read: &mut Reader, field: &str, value: &str) -> Option<T> {
    read.fail(field, format!("Неизвестное решение «{value}»."));
    None
}

fn mismatch(read: &mut Reader, resolution: &str, reason: String) -> Option<Decision> {
    let resolution = match resolution {
        "REINSPECT" => MismatchResolution::Reinspect { reason },
        "ACCEPT" => MismatchResolution::Accept { reason },
        "REFUSE" => MismatchResolution::Refuse { reason },
        other => return unknown(read, "decision.mismatch.resolution", other),
    };
    Some(Decision::Mismatch { resolution })
}

fn sources(read: &mut Reader, resolution: &str, reason: String) -> Option<Decision> {
    let resolution = match resolution {
        "ASK_AGAIN" => SourcesResolution::AskAgain,
        "PROCEED" => SourcesResolution::Proceed { reason },
        "STOP" => SourcesResolution::Stop { reason },
        other => return unknown(read, "decision.sources.resolution", other),
    };
    Some(Decision::Sources { resolution })
}

fn removal(read: &mut Reader, resolution: &str, reason: String) -> Option<Decision> {
    let resolution = match resolution {
        "RECHECK" => RemovalResolution::Recheck,
        "REFUSE" => RemovalResolution::Refuse { reason },
        other => return unknown(read, "decision.removal.resolution", other),
    };
    Some(Decision::Removal { resolution })
}

/// The appraisal, or everything that is absent or unknown in it.
pub(crate) fn read_appraisal(message: pb::Appraisal) -> Result<a::Appraisal, Refusal> {
    let mut read = Reader::default();
    let appraisal = appraisal(&mut read, message);
    read.finish(appraisal)
}

fn appraisal(read: &mut Reader, message: pb::Appraisal) -> Option<a::Appraisal> {
    let pb::Appraisal {
        channel,
        forecast_price,
        buyout_price,
        stop_price,
        repairs,
        forecasts,
        comment,
    } = message;
    let channel = read.one_of("decision.appraise.channel", &channel);
    let forecast_price = read.money("decision.appraise.forecast_price", forecast_price);
    let buyout_price = read.money("decision.appraise.buyout_price", buyout_price);
    let stop_price = read.money("decision.appraise.stop_price", stop_price);
    let repairs = repairs
        .into_iter()
        .filter_map(
            |pb::RepairLine {
                 element,
                 kind,
                 fix,
                 cost,
             }| {
                Some(a::RepairLine {
                    element: read.one_of("decision.appraise.repairs.element", &element)?,
                    kind: read.one_of("decision.appraise.repairs.kind", &kind)?,
                    fix,
                    cost: read.money("decision.appraise.repairs.cost", cost)?,
                })
            },
        )
        .collect();
    let forecasts = forecasts
        .into_iter()
        .filter_map(
            |pb::ChannelForecast {
                 channel,
                 price,
                 days,
                 costs,
             }| {
                Some(a::ChannelForecast {
                    channel: read.one_of("decision.appraise.forecasts.channel", &channel)?,
                    price: read.money("decision.appraise.forecasts.price", price)?,
                    days,
                    costs: read.money("decision.appraise.forecasts.costs", costs)?,
                })
            },
        )
        .collect();
    Some(a::Appraisal {
        channel: channel?,
        forecast_price: forecast_price?,
        buyout_price: buyout_price?,
        stop_price: stop_price?,
        repairs,
        forecasts,
        comment,
    })
}

pub(crate) fn appraisal_out(appraisal: &a::Appraisal) -> pb::Appraisal {
    let a::Appraisal {
        channel,
        forecast_price,
        buyout_price,
        stop_price,
        repairs,
        forecasts,
        comment,
    } = appraisal;
    pb::Appraisal {
        channel: channel.to_string(),
        forecast_price: Some(money(*forecast_price)),
        buyout_price: Some(money(*buyout_price)),
        stop_price: Some(money(*stop_price)),
        repairs: repairs
            .iter()
            .map(
                |a::RepairLine {
                     element,
                     kind,
                     fix,
                     cost,
                 }| pb::RepairLine {
                    element: element.to_string(),
                    kind: kind.to_string(),
                    fix: *fix,
                    cost: Some(money(*cost)),
                },
            )
            .collect(),
        forecasts: forecasts
            .iter()
            .map(
                |a::ChannelForecast {
                     channel,
                     price,
                     days,
                     costs,
                 }| pb::ChannelForecast {
                    channel: channel.to_string(),
                    price: Some(money(*price)),
                    days: *days,
                    costs: Some(money(*costs)),
                },
            )
            .collect(),
        comment: comment.clone(),
    }
}

fn client_answer(
    read: &mut Reader,
    answer: &str,
    amount: Option<common::Money>,
    reason: String,
) -> Option<ClientAnswer> {
    match answer {
        "ACCEPT" => Some(ClientAnswer::Accept),
        "COUNTER" => Some(ClientAnswer::Counter {
            amount: read.money("decision.client_answer.amount", amount)?,
        }),
        "DECLINE" => Some(ClientAnswer::Decline { reason }),
        "THINK" => Some(ClientAnswer::Think),
        other => unknown(read, "decision.client_answer.answer", other),
    }
}

fn bargain(
    read: &mut Reader,
    decision: &str,
    price: Option<common::Money>,
    reason: String,
) -> Option<BargainDecision> {
    match decision {
        "ACCEPT_COUNTER" => Some(BargainDecision::AcceptCounter),
        "PROPOSE" => Some(BargainDecision::Propose {
            price: read.money("decision.bargain.price", price)?,
        }),
        "HOLD" => Some(BargainDecision::Hold),
        "DECLINE" => Some(BargainDecision::Decline { reason }),
        other => unknown(read, "decision.bargain.decision", other),
    }
}
