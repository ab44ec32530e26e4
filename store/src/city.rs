//! Cities that somebody may ask for: those with rules of their own, and those in which runs were.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, Func, Query};
use sea_orm::{ColumnTrait, ConnectionTrait};

use crate::buyout::row as buyout_row;
use crate::connect::Store;
use crate::error::StoreError;
use crate::search;

/// A city as runs, tasks and people's records spell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct City {
    pub name: String,
    /// IANA zone of the working calendar there; `None` when no rules are known.
    pub time_zone: Option<String>,
}

impl Store {
    /// By name. One reading of the newest policies, and one step over an index for each city of a run.
    pub async fn cities(&self) -> Result<Vec<City>, StoreError> {
        let mut default = None;
        // By the folded name: the time zone, and how the policy spells it.
        let mut ruled: BTreeMap<String, (String, String)> = BTreeMap::new();
        for version in self.policies().await? {
            let time_zone = version.policy.calendar.tz().name().to_owned();
            match version.city {
                Some(city) => {
                    ruled.insert(search::fold(&city), (time_zone, city));
                }
                None => default = Some(time_zone),
            }
        }
        let mut cities = Vec::new();
        // Spelled as the runs spell them, since that is what filters compare with.
        let mut seen = BTreeSet::new();
        let mut after = String::new();
        while let Some(name) = self.next_city(&after).await? {
            after.clone_from(&name);
            let key = search::fold(&name);
            let own = ruled.get(&key).map(|(time_zone, _)| time_zone.clone());
            seen.insert(key);
            cities.push(City {
                name,
                time_zone: own.or_else(|| default.clone()),
            });
        }
        ruled.retain(|key, _| !seen.contains(key));
        cities.extend(ruled.into_values().map(|(time_zone, name)| City {
            name,
            time_zone: Some(time_zone),
        }));
        cities.sort_by_cached_key(|city| search::fold(&city.name));
        Ok(cities)
    }

    async fn next_city(&self, after: &str) -> Result<Option<String>, StoreError> {
        let next = Query::select()
            .expr_as(Func::min(Expr::col(buyout_row::Column::City)), "city")
            .from(buyout_row::Entity)
            .and_where(buyout_row::Column::City.gt(after))
            .take();
        match self.db.query_one(&next).await? {
            Some(row) => Ok(row.try_get("", "city")?),
            None => Ok(None),
        }
    }
}
