//! State of the partners: in memory, saved to `state.json` after each change.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::Notify;

use crate::catalogue::Catalogue;
use crate::{
    autoteka, avtocod, bank, bitrix24, fssp, mail, onec_alfa, onec_treasury, sms, wazzup, yookassa,
};

/// A partner's own memory. `sim.state::<bank::State>()` locks it.
pub trait PartnerState: Serialize + DeserializeOwned + Default + Send + Sized + 'static {
    /// Its place among the states.
    fn slot(states: &States) -> &Mutex<Self>;
}

macro_rules! states {
    ($($module:ident),+ $(,)?) => {
        /// One state per partner.
        #[derive(Default)]
        pub struct States {
            $($module: Mutex<$module::State>,)+
        }

        $(impl PartnerState for $module::State {
            fn slot(states: &States) -> &Mutex<Self> {
                &states.$module
            }
        })+

        impl States {
            /// Each state's name and JSON.
            fn export(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
                Ok(vec![$((stringify!($module), serde_json::to_string(&*locked(&self.$module))?),)+])
            }

            fn import(all: &mut Map<String, Value>) -> Self {
                Self { $($module: Mutex::new(read(all, stringify!($module))),)+ }
            }
        }
    };
}

states!(
    bitrix24,
    onec_alfa,
    onec_treasury,
    autoteka,
    avtocod,
    fssp,
    yookassa,
    bank,
    wazzup,
    sms,
    mail
);

/// A partner whose saved state no longer fits begins anew; the others keep theirs.
fn read<S: DeserializeOwned + Default>(all: &mut Map<String, Value>, name: &str) -> S {
    let Some(saved) = all.remove(name) else {
        return S::default();
    };
    serde_json::from_value(saved).unwrap_or_else(|error| {
        tracing::warn!(partner = name, %error, "saved state was not understood; the partner begins empty");
        S::default()
    })
}

fn locked<S>(state: &Mutex<S>) -> MutexGuard<'_, S> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lock of a partner's state; a change through it is saved soon after.
pub struct StateGuard<'a, S> {
    guard: MutexGuard<'a, S>,
    changed: &'a Notify,
}

impl<'a, S: PartnerState> StateGuard<'a, S> {
    pub(super) fn lock(states: &'a States, changed: &'a Notify) -> Self {
        Self {
            guard: locked(S::slot(states)),
            changed,
        }
    }
}

impl<S> Deref for StateGuard<'_, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.guard
    }
}

impl<S> DerefMut for StateGuard<'_, S> {
    fn deref_mut(&mut self) -> &mut S {
        self.changed.notify_one();
        &mut self.guard
    }
}

/// What the folder holds of an earlier run.
pub(super) fn load(folder: &Path) -> anyhow::Result<(States, Catalogue)> {
    let path = folder.join("state.json");
    if !path.exists() {
        return Ok((States::default(), Catalogue::default()));
    }
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut all: Map<String, Value> = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a saved state; delete it", path.display()))?;
    let catalogue = read(&mut all, "catalogue");
    Ok((States::import(&mut all), catalogue))
}

/// Writes everything down, whole or not at all.
pub(super) fn save(folder: &Path, states: &States, catalogue: &Catalogue) -> anyhow::Result<()> {
    let mut all = states.export()?;
    all.push(("catalogue", serde_json::to_string(catalogue)?));
    let fields: Vec<String> = all
        .into_iter()
        .map(|(name, json)| format!("\"{name}\":{json}"))
        .collect();
    let draft = folder.join("state.json.new");
    std::fs::write(&draft, format!("{{{}}}", fields.join(",")))?;
    std::fs::rename(&draft, folder.join("state.json"))?;
    Ok(())
}
