//! What the processes do to the world: every activity that has an effect, with the calls that make it. The
//! sweeps and the deaths of the worker are drawn from this table, and a test compares it with the committed
//! list of names: a new activity without a line here fails.

/// A call of a partner that changes something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// As the simulator's ledger and faults name it.
    pub partner: &'static str,
    pub operation: &'static str,
    /// As our client names it.
    pub ours: &'static str,
}

const fn call(partner: &'static str, operation: &'static str, ours: &'static str) -> Call {
    Call {
        partner,
        operation,
        ours,
    }
}

const fn same(partner: &'static str, operation: &'static str) -> Call {
    call(partner, operation, operation)
}

/// An activity that changes something.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    pub activity: &'static str,
    /// Empty: it changes our own database or object store.
    pub calls: &'static [Call],
}

const fn of(activity: &'static str, calls: &'static [Call]) -> Effect {
    Effect { activity, calls }
}

/// Every effect of every process.
pub const EFFECTS: &[Effect] = &[
    of("autoteka.order_report", &[same("autoteka", "buy_report")]),
    of(
        "autoteka.valuate",
        &[same("autoteka", "order_specification")],
    ),
    of("avtocod.make_report", &[same("avtocod", "make_report")]),
    of("bank.create_order", &[same("bank", "create_order")]),
    of(
        "bitrix24.answer_robot",
        &[same("bitrix24", "bizproc.event.send")],
    ),
    of(
        "bitrix24.close_task",
        &[same("bitrix24", "tasks.task.complete")],
    ),
    of(
        "bitrix24.comment",
        &[same("bitrix24", "crm.timeline.comment.add")],
    ),
    of(
        "bitrix24.mirror_task",
        &[same("bitrix24", "tasks.task.add")],
    ),
    of(
        "bitrix24.notify",
        &[call("bitrix24", "im.notify.system.add", "batch")],
    ),
    of(
        "bitrix24.reopen_task",
        &[same("bitrix24", "tasks.task.renew")],
    ),
    of(
        "bitrix24.sweep_portal",
        &[same("bitrix24", "event.offline.clear")],
    ),
    of(
        "bitrix24.tell_user",
        &[same("bitrix24", "im.notify.system.add")],
    ),
    of(
        "bitrix24.update_deal",
        &[same("bitrix24", "crm.item.update")],
    ),
    of("documents.render", &[]),
    of("fssp.search_person", &[same("fssp", "search_person")]),
    of("messages.send_code", &[same("sms", "send_message")]),
    of("messages.send_documents", &[same("mail", "send_mail")]),
    of("messages.send_notice_mail", &[same("mail", "send_mail")]),
    of(
        "messages.send_notice_messenger",
        &[same("wazzup", "send_message")],
    ),
    of("messages.send_offer_mail", &[same("mail", "send_mail")]),
    of(
        "messages.send_offer_messenger",
        &[same("wazzup", "send_message")],
    ),
    of(
        "onec.post_receipt",
        &[call("onec_alfa", "post_receipt", "post")],
    ),
    of(
        "onec.save_car",
        &[call("onec_alfa", "create_car", "create")],
    ),
    of(
        "onec.save_counterparty",
        &[call("onec_alfa", "create_counterparty", "create")],
    ),
    of(
        "onec.save_receipt",
        &[call("onec_alfa", "create_receipt", "create")],
    ),
    of("records.claim_car", &[]),
    of("records.keep_unmatched", &[]),
    of("records.next_number", &[]),
    of("records.release_car", &[]),
    of("records.save_banks", &[]),
    of("records.save_buyout", &[]),
    of("sweep.compare", &[]),
    of("sweep.keep_idle", &[]),
    of(
        "treasury.post_request",
        &[call("onec_treasury", "post_request", "post")],
    ),
    of(
        "treasury.save_request",
        &[call("onec_treasury", "create_request", "create")],
    ),
    of(
        "treasury.withdraw_request",
        &[
            call("onec_treasury", "unpost_request", "unpost"),
            call("onec_treasury", "patch_request", "change"),
        ],
    ),
    // Where `partners.yookassa` has recipients checked, `create_personal_data` goes before, under its own key.
    of(
        "yookassa.create_payout",
        &[same("yookassa", "create_payout")],
    ),
];

/// Activities that ask and change nothing: asked twice, they answer twice.
pub const QUESTIONS: &[&str] = &[
    "autoteka.fetch_report",
    "avtocod.fetch_report",
    "bank.await_order",
    "bank.read_orders",
    "bitrix24.find_idle_deals",
    "bitrix24.read_deal",
    "bitrix24.read_stages",
    "bitrix24.read_task",
    "hold.await_release",
    "hold.held_since",
    "onec.read_receipts",
    "records.capture_policy",
    "records.choose_inspector",
    "records.find_photo_reuse",
    "records.person_of_treasury_user",
    "sweep.expected",
    "sweep.portals",
    "treasury.await_decision",
    "yookassa.await_payout",
    "yookassa.list_banks",
    "yookassa.read_payouts",
];

/// Of the two lists, what other workflows than the buyout do: the sweeps, the list of banks. Their tests are
/// `ops::sweep` and `gateway::details`.
pub const BESIDE_THE_BUYOUT: &[&str] = &[
    "bank.read_orders",
    "bitrix24.find_idle_deals",
    "bitrix24.read_stages",
    "bitrix24.sweep_portal",
    "onec.read_receipts",
    "records.save_banks",
    "sweep.compare",
    "sweep.expected",
    "sweep.keep_idle",
    "sweep.portals",
    "yookassa.list_banks",
    "yookassa.read_payouts",
];

/// The effect of that activity.
pub fn effect(activity: &str) -> Option<&'static Effect> {
    EFFECTS.iter().find(|effect| effect.activity == activity)
}
