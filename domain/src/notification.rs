//! Who is to learn of what happened in a run, and in which words.
//!
//! A pure difference: the run as it was last written, as it is now, and the events in between. The
//! sentences go to a list that many people read, so they name the car and the deal and no client, and
//! no price, which not every role may see.

mod tell;

use strum::{Display, EnumIter, EnumString};

use crate::buyout::state::{Buyout, ProcessEvent};
use crate::staff::{PersonId, PersonRef, Role};
use crate::task::TaskId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString, EnumIter)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum NotificationKind {
    /// A task was opened for me or handed to me.
    Task,
    /// The deadline of a task passed, and I am called in.
    Escalation,
    /// A message of the chat, a comment on a task, a mention.
    Chat,
    /// The client opened the offer or answered it.
    Client,
    /// The payment went through or was refused.
    Payment,
    /// Something failed that people of operations look after.
    Trouble,
    /// A run in which I took part is over.
    Ended,
}

/// Whom something concerns; roles and mentions become people when the notice is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressee {
    Person(PersonId),
    /// Holders of the role who work in the city; an empty city means everywhere.
    Role {
        role: Role,
        city: String,
        except: Vec<PersonId>,
    },
    /// `@name` in a text: the login or the id of somebody.
    Mentioned(String),
}

/// Something that happened and whom it concerns. Whoever did it is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Names this very occurrence within one execution of the run: the same one is told once.
    pub cause: String,
    pub kind: NotificationKind,
    /// Russian.
    pub title: String,
    /// Russian; empty when the title says it all.
    pub text: String,
    /// Where it leads; `None`: to the run.
    pub task: Option<TaskId>,
    pub actor: Option<PersonRef>,
    pub to: Vec<Addressee>,
}

/// Longest text of a notice in characters; what is longer is cut.
pub const TEXT_MAX_CHARS: usize = 500;
/// Of one message so many mentions count.
const MENTIONS_MAX: usize = 20;

/// What is to be told of a run that was `before` and is now `after`; `events` are those that were added
/// meanwhile.
///
/// An earlier execution of the same id is no `before`: a run that was started anew begins anew.
pub fn notices(before: Option<&Buyout>, after: &Buyout, events: &[ProcessEvent]) -> Vec<Notice> {
    let before = before.filter(|before| before.started_at == after.started_at);
    let mut notices = Vec::new();
    for task in after.tasks.values() {
        let known = before.and_then(|run| run.tasks.get(&task.id));
        tell::task(known, task, after, events, &mut notices);
    }
    tell::chat(before, after, &mut notices);
    tell::client(before, after, &mut notices);
    tell::payments(before, after, &mut notices);
    tell::end(before, after, &mut notices);
    tell::trouble(after, events, &mut notices);
    notices
}

/// The names after "@" in a text, lower case: "@u-head", "@ivanov".
pub fn mentions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        // An address of mail is no mention.
        if c == '@' && !before.is_alphanumeric() {
            let name: String = text[at + 1..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
                .collect();
            let name = name.trim_end_matches(['.', '-']).to_lowercase();
            if !name.is_empty() && !found.contains(&name) && found.len() < MENTIONS_MAX {
                found.push(name);
            }
        }
        before = c;
    }
    found
}

#[cfg(test)]
mod tests;
