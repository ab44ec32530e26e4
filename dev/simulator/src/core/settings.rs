//! Where the simulator keeps its things and on which ports it listens.

use std::path::PathBuf;

use super::partner::Partner;

/// What a simulator is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Certificates, ledger and state; a second start with the same folder goes on where the first one stopped.
    pub folder: PathBuf,
    pub ports: Ports,
    /// Decides faults given in percent, so that a run can be repeated.
    pub seed: u64,
}

impl Settings {
    /// Any free ports, seed 1.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            ports: Ports::default(),
            seed: 1,
        }
    }
}

/// Ports of 127.0.0.1; 0 takes any free one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    pub control: u16,
    /// REST and OAuth of the portal over HTTPS, as a real portal is reached.
    pub bitrix24: u16,
    /// The same portal over plain HTTP, for clients that cannot be given a CA.
    pub bitrix24_plain: u16,
    pub onec_alfa: u16,
    pub onec_treasury: u16,
    pub autoteka: u16,
    pub avtocod: u16,
    pub fssp: u16,
    pub yookassa: u16,
    pub bank: u16,
    pub wazzup: u16,
    pub sms: u16,
    pub smtp: u16,
}

impl Ports {
    /// Consecutive ports in the order of the fields, beginning with the control port.
    pub fn from_base(base: u16) -> Self {
        Self {
            control: base,
            bitrix24: base + 1,
            bitrix24_plain: base + 2,
            onec_alfa: base + 3,
            onec_treasury: base + 4,
            autoteka: base + 5,
            avtocod: base + 6,
            fssp: base + 7,
            yookassa: base + 8,
            bank: base + 9,
            wazzup: base + 10,
            sms: base + 11,
            smtp: base + 12,
        }
    }

    /// Port of the partner's protocol; mail speaks SMTP.
    pub fn of(mut self, partner: Partner) -> u16 {
        *self.slot(partner)
    }

    pub(super) fn slot(&mut self, partner: Partner) -> &mut u16 {
        match partner {
            Partner::Bitrix24 => &mut self.bitrix24,
            Partner::OnecAlfa => &mut self.onec_alfa,
            Partner::OnecTreasury => &mut self.onec_treasury,
            Partner::Autoteka => &mut self.autoteka,
            Partner::Avtocod => &mut self.avtocod,
            Partner::Fssp => &mut self.fssp,
            Partner::Yookassa => &mut self.yookassa,
            Partner::Bank => &mut self.bank,
            Partner::Wazzup => &mut self.wazzup,
            Partner::Sms => &mut self.sms,
            Partner::Mail => &mut self.smtp,
        }
    }
}
