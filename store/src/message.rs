//! Messages to clients: written before they are sent, so that a repeat looks before it sends again
//! and a status from the messenger finds its run. Neither text nor address is kept here.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use strum::{Display, EnumString};

use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "message")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub run: String,
        pub channel: String,
        pub partner_id: Option<String>,
        pub state: String,
        pub changed_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageChannel {
    Messenger,
    Sms,
    Mail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageState {
    /// Written; it may or may not have been sent.
    Intended,
    /// The partner took it.
    Sent,
    /// It reached the client.
    Delivered,
    /// The partner will not deliver it.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Ours, the same in every repeat.
    pub key: String,
    pub run: BuyoutId,
    pub channel: MessageChannel,
    /// The partner's id, once there is one.
    pub partner_id: Option<String>,
    pub state: MessageState,
    pub changed_at: DateTime<Utc>,
}

impl Store {
    /// Writes down that a message is about to be sent, or answers the one that is there.
    ///
    /// [`StoreError::Conflict`]: the key is there for another run or channel.
    pub async fn put_message(
        &self,
        key: &str,
        run: &BuyoutId,
        channel: MessageChannel,
    ) -> Result<MessageRow, StoreError> {
        let write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            key: Set(key.to_owned()),
            run: Set(run.0.clone()),
            channel: Set(channel.to_string()),
            partner_id: Set(None),
            state: Set(MessageState::Intended.to_string()),
            changed_at: Set(column::now()),
        })
        .on_conflict_do_nothing()
        .exec_without_returning(&write.tx)
        .await?;
        let there = row::Entity::find_by_id(key).one(&write.tx).await?;
        write.commit().await?;
        let there = there
            .map(message_row)
            .transpose()?
            .ok_or_else(|| unknown(key))?;
        if (&there.run, there.channel) != (run, channel) {
            return Err(StoreError::Conflict(format!(
                "message {key} exists with other content"
            )));
        }
        Ok(there)
    }

    /// The partner took it under this id. A status that came before this stays.
    pub async fn message_sent(&self, key: &str, partner_id: &str) -> Result<(), StoreError> {
        let write = self.write().await?;
        let updated = row::Entity::update_many()
            .set(row::ActiveModel {
                partner_id: Set(Some(partner_id.to_owned())),
                changed_at: Set(column::now()),
                ..Default::default()
            })
            .filter(row::Column::Key.eq(key))
            .exec(&write.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(unknown(key));
        }
        row::Entity::update_many()
            .set(row::ActiveModel {
                state: Set(MessageState::Sent.to_string()),
                ..Default::default()
            })
            .filter(row::Column::Key.eq(key))
            .filter(row::Column::State.eq(MessageState::Intended.to_string()))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }

    /// Notes what the partner says of it.
    pub async fn set_message_state(
        &self,
        key: &str,
        state: MessageState,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        let updated = row::Entity::update_many()
            .set(row::ActiveModel {
                state: Set(state.to_string()),
                changed_at: Set(column::now()),
                ..Default::default()
            })
            .filter(row::Column::Key.eq(key))
            .exec(&write.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(unknown(key));
        }
        write.commit().await
    }

    pub async fn message(&self, key: &str) -> Result<Option<MessageRow>, StoreError> {
        row::Entity::find_by_id(key)
            .one(&self.db)
            .await?
            .map(message_row)
            .transpose()
    }

    /// What was sent to the run's client, in the order of the last word on it.
    pub async fn messages_of(&self, run: &BuyoutId) -> Result<Vec<MessageRow>, StoreError> {
        row::Entity::find()
            .filter(row::Column::Run.eq(run.as_str()))
            .order_by_asc(row::Column::ChangedAt)
            .order_by_asc(row::Column::Key)
            .all(&self.db)
            .await?
            .into_iter()
            .map(message_row)
            .collect()
    }

    /// Ids are unique within a channel; should two channels use the same one, the newest message counts.
    pub async fn message_by_partner_id(
        &self,
        partner_id: &str,
    ) -> Result<Option<MessageRow>, StoreError> {
        row::Entity::find()
            .filter(row::Column::PartnerId.eq(partner_id))
            .order_by_desc(row::Column::ChangedAt)
            .one(&self.db)
            .await?
            .map(message_row)
            .transpose()
    }
}

fn unknown(key: &str) -> StoreError {
    StoreError::NotFound {
        noun: "message",
        key: key.to_owned(),
    }
}

fn message_row(row: row::Model) -> Result<MessageRow, StoreError> {
    let row::Model {
        key,
        run,
        channel,
        partner_id,
        state,
        changed_at,
    } = row;
    let at = At {
        table: "message",
        key: &key,
    };
    Ok(MessageRow {
        run: BuyoutId(run),
        channel: at.parse("channel", &channel)?,
        partner_id,
        state: at.parse("state", &state)?,
        changed_at,
        key,
    })
}
