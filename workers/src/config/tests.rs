use super::*;

/// Everything that has no safe default.
pub(crate) const REQUIRED: &str = r#"
[codec]
current = "dev"
[codec.keys]
dev = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
[links]
current = "dev"
[links.keys]
dev = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
[gateway]
callbacks_secret = "0123456789abcdef"
[messages]
company = "Кайт"
"#;

/// The partners' sections as the defaults show them: lines that are off, without their mark.
fn shown() -> String {
    DEFAULTS
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .filter(|line| !line.starts_with([' ', '#']) && !line.is_empty())
        .skip_while(|line| !line.starts_with("[partners."))
        .take_while(|line| !line.starts_with("sdk_address"))
        .collect::<Vec<_>>()
        .join("\n")
}

pub(crate) fn load(file: &str) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("worker.toml");
    std::fs::write(&path, file).expect("a file");
    platform::config::load(DEFAULTS, Some(&path))
}

fn whole() -> String {
    format!("{REQUIRED}{}", shown())
}

fn problem(file: &str) -> String {
    let checked = load(file).and_then(|config| config.check());
    checked.expect_err("a refusal").to_string()
}

#[test]
fn the_defaults_with_the_sections_that_they_show_are_a_configuration() {
    let config = load(&whole()).expect("a configuration");
    config.check().expect("checked");
    assert_eq!(config.served().count(), queues::ALL.len());
    assert_eq!(config.limits.of(queues::ONEC_ALFA), (4, None));
    assert_eq!(config.limits.of(queues::BANK), (20, None));
    let onec = config.partners.onec_alfa.expect("a section");
    assert_eq!(onec.organizations["kite-murmansk"], "5190000010");
}

#[test]
fn the_defaults_alone_name_what_is_required() {
    let config: Config = platform::config::load(DEFAULTS, None).expect("a configuration");
    let error = config.check().expect_err("a refusal").to_string();
    assert!(
        error.starts_with("configuration: codec.current:"),
        "{error}"
    );
}

#[test]
fn a_queue_without_its_partner_names_the_section() {
    for section in ["bitrix24", "onec_alfa", "onec_treasury", "autoteka", "mail"] {
        let without: Vec<String> = whole()
            .split("\n[")
            .filter(|part| !part.starts_with(&format!("partners.{section}")))
            .map(str::to_owned)
            .collect();
        let error = problem(&without.join("\n["));
        assert!(
            error.starts_with(&format!("configuration: partners.{section}: is required")),
            "{error}"
        );
    }
}

#[test]
fn a_worker_of_some_queues_needs_only_their_partners() {
    let file = format!("{REQUIRED}[queues]\nserve = [\"kite\"]\n");
    let config = load(&file).expect("a configuration");
    config.check().expect("checked");
    assert_eq!(config.served().collect::<Vec<_>>(), ["kite"]);
}

#[test]
fn a_wrong_value_is_one_sentence_naming_its_key() {
    let whole = whole();
    let with = |more: &str| problem(&format!("{whole}\n{more}"));
    for (file, sentence) in [
        (
            whole.replace("0123456789abcdef\"\n[messages]", "short\"\n[messages]"),
            "configuration: gateway.callbacks_secret: must be at least 16 characters",
        ),
        (
            whole.replace("company = \"Кайт\"", "company = \" \""),
            "configuration: messages.company: must not be empty",
        ),
        (
            format!("{whole}\n[queues]\nserve = [\"partner.moon\"]"),
            "configuration: queues.serve: there is no queue \"partner.moon\"",
        ),
        (
            format!("{whole}\n[limits]\nactivities = 0"),
            "configuration: limits.activities: must be at least 1",
        ),
        (
            format!("{whole}\n[limits.queues]\n\"partner.moon\" = {{ activities = 1 }}"),
            "configuration: limits.queues.\"partner.moon\": there is no such queue",
        ),
        (
            format!("{whole}\n[limits.queues]\n\"partner.bank\" = {{ per_second = 0.0 }}"),
            "configuration: limits.queues.\"partner.bank\".per_second: must be greater than 0",
        ),
        (
            format!("{whole}\n[records]\ninspector_capacity = 0"),
            "configuration: records.inspector_capacity: must be at least 1",
        ),
    ] {
        assert_eq!(problem(&file), sentence);
    }
    for (more, key) in [
        ("[records]\ntime_zone = \"Moscow\"", "records.time_zone"),
        ("[stop]\ngrace_secs = \"long\"", "stop.grace_secs"),
        ("[partners.moon]\nbase_url = \"http://moon/\"", "moon"),
        ("[metrics]\naddress = \"everywhere\"", "metrics.address"),
    ] {
        let error = with(more);
        assert!(error.contains(key), "{error}");
    }
    let error = problem(&whole.replace("user = \"kite\"\n", "usr = \"kite\"\n"));
    assert!(error.contains("partners.onec_alfa"), "{error}");
}

#[test]
fn secrets_do_not_print() {
    let config = load(&whole()).expect("a configuration");
    let printed = format!("{config:?}");
    for secret in [
        "0123456789abcdef\"",
        "of the contract",
        "of the account",
        "of the exchange",
    ] {
        assert!(!printed.contains(secret), "{secret}");
    }
}
