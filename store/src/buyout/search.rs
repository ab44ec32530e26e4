//! What a person may look a run up by, in a narrow table of its own with an index over every three letters that
//! follow one another. What belongs to the client stands apart, for those who may see it.

use domain::buyout::state::Buyout;
use sea_orm::sea_query::extension::postgres::PgBinOper;
use sea_orm::sea_query::extension::sqlite::SqliteExpr;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbBackend, EntityTrait};

use crate::error::StoreError;
use crate::search::{self, Among};

/// Letters; the index knows no shorter part of a word.
const TRIGRAM: usize = 3;
/// See [`is_number`] and [`end`].
const NUMBER: usize = 9;
const END: usize = 6;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "buyout_search")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run: String,
        pub words: String,
        pub client_words: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The words of a run, folded.
#[derive(PartialEq, Eq)]
pub(crate) struct Words {
    /// Deal, VIN or frame number, plate, car.
    pub(crate) open: String,
    /// Name and phone of the client.
    pub(crate) client: String,
}

impl Words {
    pub(crate) fn of(buyout: &Buyout) -> Self {
        let deal_id = buyout.deal_id.to_string();
        let Some(deal) = &buyout.deal else {
            return Self {
                open: search::words([deal_id.as_str()]),
                client: String::new(),
            };
        };
        let title = deal.car.title();
        let plate = deal.car.plate.as_ref().map_or("", |plate| plate.as_str());
        let name = deal.client.full_name();
        let phone = deal.client.phone.as_ref().map_or("", |p| p.digits());
        Self {
            open: search::words([
                deal_id.as_str(),
                deal.car.identifier.as_str(),
                plate,
                &title,
            ]),
            client: search::words([name.as_str(), phone]),
        }
    }
}

/// `before`: what is there.
pub(super) async fn save(
    tx: &DatabaseTransaction,
    before: Option<&Buyout>,
    buyout: &Buyout,
) -> Result<(), StoreError> {
    let words = Words::of(buyout);
    if before.is_some_and(|before| Words::of(before) == words) {
        return Ok(());
    }
    let Words { open, client } = words;
    row::Entity::insert(row::ActiveModel {
        run: Set(buyout.id.0.clone()),
        words: Set(open),
        client_words: Set(client),
    })
    .on_conflict(
        OnConflict::column(row::Column::Run)
            .update_columns([row::Column::Words, row::Column::ClientWords])
            .to_owned(),
    )
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// Runs that fit what somebody typed, as a subquery; `None` when nothing was typed. `clients`: names and
/// phones of clients are looked through too.
pub(crate) fn found(typed: &str, clients: bool, backend: DbBackend) -> Option<SelectStatement> {
    let fits = search::matches(typed, clients, |among, word| match backend {
        DbBackend::Sqlite if is_number(word) => {
            by_index(among, end(word)).and(by_row(among, |column| search::like(column, word)))
        }
        DbBackend::Sqlite if word.chars().count() >= TRIGRAM => by_index(among, word),
        DbBackend::Postgres if is_number(word) => by_row(among, |column| {
            let whole = Expr::col(column).binary(PgBinOper::Concatenate, "");
            search::like(column, end(word)).and(search::has(whole, word))
        }),
        _ => by_row(among, |column| search::like(column, word)),
    })?;
    Some(
        Query::select()
            .column(row::Column::Run)
            .from(row::Entity)
            .and_where(fits)
            .take(),
    )
}

/// SQLite: the index is asked for its rows. A word in quotes is a phrase of its trigrams, whatever is in it.
fn by_index(among: Among, word: &str) -> Expr {
    let columns = match among {
        Among::Open => "{words} : ",
        Among::Client => "{client_words} : ",
        Among::Both => "",
    };
    let phrase = format!("{columns}\"{}\"", word.replace('"', "\"\""));
    let numbers = Query::select()
        .column("rowid")
        .from("buyout_search_part")
        .and_where(Expr::col("buyout_search_part").matches(phrase))
        .take();
    Expr::col("number").in_subquery(numbers)
}

/// Longer than a word that means something, and with digits: a VIN, a frame number, a phone.
fn is_number(word: &str) -> bool {
    word.chars().count() > NUMBER && word.chars().any(|c| c.is_ascii_digit())
}

/// The last letters. Both databases intersect the rows of each trigram, and cars of one make have the first ten letters of
/// a VIN in common: only the last ones are worth asking the index for. The whole word is looked for in what they leave.
fn end(word: &str) -> &str {
    let from = word.char_indices().rev().nth(END - 1);
    from.map_or(word, |(from, _)| &word[from..])
}

/// PostgreSQL finds its index by itself; words shorter than a trigram have none anywhere, and rows that are found already
/// need none.
fn by_row(among: Among, fits: impl Fn(row::Column) -> Expr) -> Expr {
    let open = || fits(row::Column::Words);
    let client = || fits(row::Column::ClientWords);
    match among {
        Among::Open => open(),
        Among::Client => client(),
        Among::Both => open().or(client()),
    }
}
