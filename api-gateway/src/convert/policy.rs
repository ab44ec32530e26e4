//! Policies on the wire.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::policy::{
    BuyoutPolicy, CrmStages, Deadlines, LegalEntity, Limits, NamedDeadline, Site, check,
    working_day,
};
use domain::refusal::Refusal;
use proto::kite::policy::v1 as pb;
use store::policy::PolicyVersion;

use crate::convert::common::{Reader, money, person, time};

/// Longest name of a city and longest comment, characters.
const CITY_MAX_CHARS: usize = 100;
const COMMENT_MAX_CHARS: usize = 500;

pub(crate) fn policy(version: &PolicyVersion) -> pb::Policy {
    let PolicyVersion {
        city,
        policy,
        created_at,
        created_by,
        comment,
    } = version;
    let BuyoutPolicy {
        version,
        calendar,
        // What an inspection must bring is edited elsewhere.
        template: _,
        limits: the_limits,
        deadlines,
        legal_entity: entity,
        site: the_site,
        stages: the_stages,
    } = policy;
    let (day_starts_min, day_ends_min) = calendar.minutes();
    pb::Policy {
        city: city.clone().unwrap_or_default(),
        version: *version,
        limits: Some(limits(the_limits)),
        deadlines: deadlines.named().into_iter().map(deadline).collect(),
        legal_entity: Some(legal_entity(entity)),
        site: Some(site(the_site)),
        stages: Some(stages(the_stages)),
        created_at: Some(time(*created_at)),
        created_by: created_by.as_ref().map(person),
        time_zone: calendar.tz().to_string(),
        day_starts_min,
        day_ends_min,
        comment: comment.clone(),
    }
}

fn limits(limits: &Limits) -> pb::Limits {
    let Limits {
        price_without_approval,
        market_deviation_bp,
        sbp_max,
        check_freshness_secs,
        bargain_rounds,
        paper_rounds,
        photo_km,
    } = limits;
    pb::Limits {
        price_without_approval: Some(money(*price_without_approval)),
        market_deviation_bp: *market_deviation_bp,
        sbp_max: Some(money(*sbp_max)),
        check_freshness_secs: *check_freshness_secs,
        bargain_rounds: *bargain_rounds,
        paper_rounds: *paper_rounds,
        photo_km: *photo_km,
    }
}

fn deadline(deadline: NamedDeadline) -> pb::Deadline {
    let NamedDeadline {
        name,
        title,
        secs,
        working_time,
    } = deadline;
    pb::Deadline {
        name: name.to_owned(),
        title: title.to_owned(),
        secs,
        working_time,
    }
}

fn legal_entity(entity: &LegalEntity) -> pb::LegalEntity {
    let LegalEntity {
        id,
        name,
        inn,
        kpp,
        ogrn,
        address,
        signatory,
        signatory_basis,
        account,
        bic,
    } = entity.clone();
    pb::LegalEntity {
        id,
        name,
        inn,
        kpp,
        ogrn,
        address,
        signatory,
        signatory_basis,
        account,
        bic,
    }
}

fn site(site: &Site) -> pb::Site {
    let Site {
        id,
        city,
        name,
        address,
    } = site.clone();
    pb::Site {
        id,
        city,
        name,
        address,
    }
}

fn stages(stages: &CrmStages) -> pb::Stages {
    let CrmStages {
        inspection,
        appraisal,
        offer,
        signing,
        payment,
        won,
        lost,
    } = stages.clone();
    pb::Stages {
        inspection,
        appraisal,
        offer,
        signing,
        payment,
        won,
        lost,
    }
}

/// What an administrator asks for.
pub(crate) struct Asked {
    /// `None`: the default.
    pub(crate) city: Option<String>,
    /// The version that they saw.
    pub(crate) seen: u32,
    pub(crate) comment: String,
    policy: pb::Policy,
}

impl Asked {
    pub(crate) fn read(mut policy: pb::Policy) -> Result<Self, Refusal> {
        let mut reader = Reader::default();
        let line = |text: &str, most: usize| {
            text.chars().count() <= most && !text.chars().any(char::is_control)
        };
        let city = std::mem::take(&mut policy.city).trim().to_owned();
        if !line(&city, CITY_MAX_CHARS) {
            reader.fail(
                "policy.city",
                format!("Город — одна строка до {CITY_MAX_CHARS} знаков."),
            );
        }
        let comment = std::mem::take(&mut policy.comment).trim().to_owned();
        if comment.chars().count() > COMMENT_MAX_CHARS {
            reader.fail(
                "policy.comment",
                format!("Комментарий длиннее {COMMENT_MAX_CHARS} знаков."),
            );
        }
        reader.finish(Some(Self {
            city: (!city.is_empty()).then_some(city),
            seen: policy.version,
            comment,
            policy,
        }))
    }

    /// The whole policy over `base`, whose days off and inspection template stay.
    pub(crate) fn over(self, base: &BuyoutPolicy) -> Result<BuyoutPolicy, Refusal> {
        let pb::Policy {
            city: _,
            version: _,
            limits,
            deadlines,
            legal_entity,
            site,
            stages,
            created_at: _,
            created_by: _,
            time_zone,
            day_starts_min,
            day_ends_min,
            comment: _,
        } = self.policy;
        let mut reader = Reader::default();
        let calendar = working_day(&base.calendar, &time_zone, day_starts_min, day_ends_min)
            .map_err(|wrong| reader.take(wrong))
            .ok();
        let limits = read_limits(&mut reader, limits.unwrap_or_default());
        let deadlines = read_deadlines(&mut reader, deadlines);
        let read = calendar.zip(limits).zip(deadlines);
        let policy = read.map(|((calendar, limits), deadlines)| BuyoutPolicy {
            version: base.version,
            calendar,
            template: base.template.clone(),
            limits,
            deadlines,
            legal_entity: read_legal_entity(legal_entity.unwrap_or_default()),
            site: read_site(site.unwrap_or_default()),
            stages: read_stages(stages.unwrap_or_default()),
        });
        if let Some(policy) = &policy {
            reader.take(check(policy));
        }
        reader.finish(policy)
    }
}

fn read_limits(reader: &mut Reader, limits: pb::Limits) -> Option<Limits> {
    let pb::Limits {
        price_without_approval,
        market_deviation_bp,
        sbp_max,
        check_freshness_secs,
        bargain_rounds,
        paper_rounds,
        photo_km,
    } = limits;
    let price = reader.money(
        "policy.limits.price_without_approval",
        price_without_approval,
    );
    let sbp_max: Option<Money> = reader.money("policy.limits.sbp_max", sbp_max);
    Some(Limits {
        price_without_approval: price?,
        market_deviation_bp,
        sbp_max: sbp_max?,
        check_freshness_secs,
        bargain_rounds,
        paper_rounds,
        photo_km,
    })
}

/// Each name once, none unknown and none missing; titles are ours.
fn read_deadlines(reader: &mut Reader, deadlines: Vec<pb::Deadline>) -> Option<Deadlines> {
    let mut secs = BTreeMap::new();
    for pb::Deadline {
        name,
        title: _,
        secs: value,
        working_time: _,
    } in deadlines
    {
        if secs.insert(name.clone(), value).is_some() {
            reader.fail(&format!("policy.deadlines.{name}"), "Срок указан дважды.");
        }
    }
    match Deadlines::from_named(&secs) {
        Ok(deadlines) => {
            let known: Vec<&str> = deadlines.named().iter().map(|known| known.name).collect();
            for name in secs.keys().filter(|name| !known.contains(&name.as_str())) {
                reader.fail("policy.deadlines", format!("Неизвестный срок «{name}»."));
            }
            Some(deadlines)
        }
        Err(missing) => {
            for name in missing {
                reader.fail(&format!("policy.deadlines.{name}"), "Укажите срок.");
            }
            None
        }
    }
}

fn read_legal_entity(entity: pb::LegalEntity) -> LegalEntity {
    let pb::LegalEntity {
        id,
        name,
        inn,
        kpp,
        ogrn,
        address,
        signatory,
        signatory_basis,
        account,
        bic,
    } = entity;
    LegalEntity {
        id,
        name,
        inn,
        kpp,
        ogrn,
        address,
        signatory,
        signatory_basis,
        account,
        bic,
    }
}

fn read_site(site: pb::Site) -> Site {
    let pb::Site {
        id,
        city,
        name,
        address,
    } = site;
    Site {
        id,
        city,
        name,
        address,
    }
}

fn read_stages(stages: pb::Stages) -> CrmStages {
    let pb::Stages {
        inspection,
        appraisal,
        offer,
        signing,
        payment,
        won,
        lost,
    } = stages;
    CrmStages {
        inspection,
        appraisal,
        offer,
        signing,
        payment,
        won,
        lost,
    }
}
