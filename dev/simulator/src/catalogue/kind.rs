//! Kinds of cars: what the partners have to say of them.

use serde::{Deserialize, Serialize};

/// Every outcome of the checks that a process has to cope with has a kind of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nothing to find; worth about 560 000 ₽.
    Clean,
    /// Nothing to find; market price below 400 000 ₽.
    CleanCheap,
    /// Nothing to find; the payout is above the 500 000 ₽ that go by SBP.
    Expensive,
    /// A bailiff's ban on registration, because of the owner's debt; control can lift it.
    Banned,
    /// Searched for by the police.
    Wanted,
    /// In the register of pledges.
    Pledged,
    /// Less on the odometer than the history has.
    RolledBack,
    /// With a taxi permit that is in force.
    Taxi,
    /// ГИБДД's search and the register of pledges do not answer.
    Incomplete,
    /// Right-hand drive from Japan: a frame number and no VIN.
    Frame,
    /// Five owners, one of them a company.
    ManyOwners,
    /// The paper passport is a duplicate.
    Duplicate,
    /// Clean car, but the owner owes.
    Debtor,
    /// Sold at a salvage auction after a heavy accident.
    Crashed,
    /// A leasing contract that is not over.
    Leased,
    /// The electronic passport is cancelled.
    Cancelled,
    /// No partner knows it.
    Unknown,
}

impl Kind {
    pub const ALL: [Self; 17] = [
        Self::Clean,
        Self::CleanCheap,
        Self::Expensive,
        Self::Banned,
        Self::Wanted,
        Self::Pledged,
        Self::RolledBack,
        Self::Taxi,
        Self::Incomplete,
        Self::Frame,
        Self::ManyOwners,
        Self::Duplicate,
        Self::Debtor,
        Self::Crashed,
        Self::Leased,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// The id of the catalogue's first car of this kind.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::CleanCheap => "clean_cheap",
            Self::Expensive => "expensive",
            Self::Banned => "banned",
            Self::Wanted => "wanted",
            Self::Pledged => "pledged",
            Self::RolledBack => "rolled_back",
            Self::Taxi => "taxi",
            Self::Incomplete => "incomplete",
            Self::Frame => "frame",
            Self::ManyOwners => "many_owners",
            Self::Duplicate => "duplicate",
            Self::Debtor => "debtor",
            Self::Crashed => "crashed",
            Self::Leased => "leased",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// Place in the list, from which numbers are made.
    pub(super) fn index(self) -> u64 {
        self as u64
    }
}

/// Model, year, odometer and market price of a kind's cars.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    /// Position in [`super::models::MODELS`].
    pub(super) model: usize,
    pub(super) year: u16,
    pub(super) mileage_km: u32,
    /// Roubles; the n-th car of a kind differs by up to 4 %.
    pub(super) market_rub: u64,
}

impl Kind {
    pub(super) fn profile(self) -> Profile {
        let (model, year, mileage_km, market_rub) = match self {
            Self::Clean => (0, 2020, 84_300, 560_000),
            Self::CleanCheap => (0, 2018, 121_700, 372_000),
            Self::Expensive => (1, 2023, 38_200, 2_310_000),
            Self::Banned => (2, 2019, 97_400, 1_240_000),
            Self::Wanted => (3, 2021, 61_500, 3_120_000),
            Self::Pledged => (4, 2022, 44_800, 1_690_000),
            Self::RolledBack => (5, 2017, 92_000, 1_080_000),
            Self::Taxi => (4, 2021, 148_600, 1_130_000),
            Self::Incomplete => (6, 2020, 71_900, 1_520_000),
            Self::Frame => (7, 2012, 143_200, 690_000),
            Self::ManyOwners => (5, 2014, 187_300, 830_000),
            Self::Duplicate => (2, 2016, 118_900, 940_000),
            Self::Debtor => (0, 2019, 99_100, 498_000),
            Self::Crashed => (6, 2019, 83_600, 1_180_000),
            Self::Leased => (8, 2023, 52_300, 2_050_000),
            Self::Cancelled => (8, 2022, 40_700, 1_870_000),
            Self::Unknown => (1, 2022, 33_400, 1_990_000),
        };
        Profile {
            model,
            year,
            mileage_km,
            market_rub,
        }
    }
}
