//! The configuration files of a development stack: real files of the real binaries, so that either of
//! them can also be run by hand with `--config`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use simulator::{Partner, Simulator};

use crate::settings::{GatewayOptions, Issuer, Settings};

pub struct Files {
    pub gateway: PathBuf,
    pub worker: PathBuf,
}

/// Writes both files into the stack's folder, readable by their owner only.
pub fn write(settings: &Settings, simulator: &Simulator) -> anyhow::Result<Files> {
    let gateway = settings.folder.join("gateway.toml");
    let worker = settings.folder.join("worker.toml");
    keep(&gateway, &gateway_file(settings, simulator))?;
    keep(&worker, &worker_file(settings, simulator))?;
    Ok(Files { gateway, worker })
}

fn keep(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("{}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Sections that both binaries have.
fn shared(settings: &Settings, connections: u32) -> String {
    let Settings {
        folder,
        keys,
        temporal_address,
        namespace,
        store_url,
        ui_origin,
        ..
    } = settings;
    let objects = quoted(&folder.join("objects"));
    format!(
        "[temporal]\naddress = \"{temporal_address}\"\nnamespace = \"{namespace}\"\nui_url = \"{ui_origin}\"\n\n\
         [codec]\ncurrent = \"dev\"\n[codec.keys]\ndev = \"{codec}\"\n\n\
         [links]\ncurrent = \"dev\"\n[links.keys]\ndev = \"{links}\"\n\n\
         [store]\nurl = \"{store_url}\"\nmax_connections = {connections}\n\n\
         [objects]\nkind = \"folder\"\npath = {objects}\n\n\
         [log]\nformat = \"readable\"\nfilter = \"{filter}\"\n\n",
        codec = keys.codec,
        links = keys.links,
        filter = settings.log_filter,
    )
}

fn gateway_file(settings: &Settings, simulator: &Simulator) -> String {
    let Settings {
        folder,
        keys,
        ports,
        ui_origin,
        gateway,
        ..
    } = settings;
    let GatewayOptions {
        per_second,
        burst,
        starts_at_once,
        starts_soon_ms,
        starts_forget_secs,
        early_secs,
        trusted_proxies,
        deadline_secs,
        issuers,
        web,
        temporal_ui,
    } = gateway;
    // The portal under its other names, so that a browser takes its pages for another site.
    let portal = simulator.url(Partner::Bitrix24);
    let host = portal.host_str().unwrap_or_default();
    let portal = portal.port().unwrap_or_default();
    let web = web.as_deref().unwrap_or(Path::new(""));
    let mut text = format!(
        "{shared}[server]\naddress = \"127.0.0.1:{api}\"\npublic_url = \"{public}\"\n\
         deadline_secs = {deadline_secs}\n\
         [server.tls]\nmode = \"development\"\nfolder = {tls}\n\n\
         [codec_server]\nui_origin = \"{ui_origin}\"\ndevelopment_token = \"{token}\"\n\n\
         [signing]\ncurrent = \"dev\"\n[signing.keys]\ndev = \"{signing}\"\n\n\
         [access]\nsecret = \"{secret}\"\ndevelopment_accounts = true\n\n\
         [limits]\nper_second = {per_second}\nburst = {burst}\ntrusted_proxies = {trusted_proxies:?}\n\n\
         [starts]\nat_once = {starts_at_once}\nsoon_ms = {starts_soon_ms}\n\
         forget_secs = {starts_forget_secs}\n\n\
         [bitrix24]\nhosts = [\"{host}\"]\nca_file = {ca}\nclient_id = \"{client_id}\"\n\
         frame_ancestors = [\"https://portal.localhost:{portal}\", \"https://127.0.0.1:{portal}\"]\n\n\
         [web]\nfolder = {web}\ntemporal_ui = \"{temporal_ui}\"\n\n\
         [callbacks]\nsecret = \"{callbacks}\"\nearly_secs = {early_secs}\n\n\
         [metrics]\naddress = \"127.0.0.1:{metrics}\"\n",
        shared = shared(settings, 8),
        api = ports.gateway,
        public = public_url(settings),
        tls = quoted(&folder.join("tls")),
        token = keys.codec_token,
        signing = keys.signing,
        secret = keys.tokens,
        ca = quoted(simulator.authority()),
        client_id = simulator::bitrix24::CLIENT_ID,
        web = quoted(web),
        callbacks = keys.callbacks,
        metrics = ports.gateway_metrics,
    );
    for Issuer {
        url,
        audience,
        client_id,
    } in issuers
    {
        let _ = write!(
            text,
            "\n[[access.oidc]]\nissuer = \"{url}\"\naudience = \"{audience}\"\nalgorithms = [\"RS256\"]\n\
             person_claim = \"login\"\nclient_id = \"{client_id}\"\nreread_secs = 0\n"
        );
    }
    text
}

fn worker_file(settings: &Settings, simulator: &Simulator) -> String {
    let ca = quoted(simulator.authority());
    let public = public_url(settings);
    let callbacks = &settings.keys.callbacks;
    let entity = &settings.policy.legal_entity;
    let site = &settings.policy.site;
    let mut text = shared(settings, 4);
    let _ = write!(
        text,
        "[gateway]\npublic_url = \"{public}\"\ncallbacks_secret = \"{callbacks}\"\n\n\
         [messages]\ncompany = '{company}'\n\n\
         [metrics]\naddress = \"127.0.0.1:{metrics}\"\n{sdk}\n\
         [partners.bitrix24]\nclient_id = \"{id}\"\nclient_secret = \"{secret}\"\n\
         oauth_url = \"{oauth}\"\nrate_per_minute = {portal_per_minute}\npublic_url = \"{public}\"\nextra_ca = {ca}\n\n",
        company = entity.name,
        metrics = settings.ports.worker_metrics,
        sdk = match settings.ports.sdk_metrics {
            Some(port) => format!("sdk_address = \"127.0.0.1:{port}\"\n"),
            None => String::new(),
        },
        id = simulator::bitrix24::CLIENT_ID,
        secret = simulator::bitrix24::CLIENT_SECRET,
        oauth = simulator.url(Partner::Bitrix24),
        portal_per_minute = settings.portal_per_minute,
    );
    let organizations = format!(
        "organizations = {{ \"{}\" = \"{}\" }}",
        entity.id, entity.inn
    );
    let base = "user = \"kite\"\npassword = \"kite-dev\"";
    let sections = [
        (
            Partner::OnecAlfa,
            format!(
                "{base}\n{organizations}\nsites = {{ \"{}\" = \"{}\" }}",
                site.id, site.name
            ),
        ),
        (Partner::OnecTreasury, format!("{base}\n{organizations}")),
        (
            Partner::Autoteka,
            "client_id = \"kite\"\nclient_secret = \"kite-dev\"".to_owned(),
        ),
        (
            Partner::Avtocod,
            "user = \"kite@dealer\"\npassword = \"kite-dev\"\nreport_type = \"kite@dealer\""
                .to_owned(),
        ),
        (Partner::Fssp, "key = \"kite-dev\"".to_owned()),
        (
            Partner::Yookassa,
            format!(
                "gateway_id = \"{}\"\nsecret = \"{}\"",
                simulator::yookassa::GATEWAY_ID,
                simulator::yookassa::SECRET
            ),
        ),
        (
            Partner::Bank,
            format!("access_token = \"{}\"", simulator::bank::ACCESS_TOKEN),
        ),
        (
            Partner::Wazzup,
            format!(
                "api_key = \"kite-dev\"\nchannel_id = \"{}\"",
                simulator::wazzup::CHANNEL
            ),
        ),
        (
            Partner::Sms,
            "api_key = \"kite-dev\"\nsender = \"KITE\"".to_owned(),
        ),
    ];
    for (partner, rest) in sections {
        // A base of 1C has no such limit: it takes few calls at once.
        let limit = match (partner, settings.partners_per_minute) {
            (Partner::OnecAlfa | Partner::OnecTreasury, _) | (_, None) => String::new(),
            (_, Some(rate)) => format!("rate_per_minute = {rate}\n"),
        };
        let _ = write!(
            text,
            "[partners.{partner}]\nbase_url = \"{}\"\n{limit}{rest}\n\n",
            simulator.url(partner)
        );
    }
    let _ = write!(
        text,
        "[partners.mail]\nhost = \"localhost\"\nport = {port}\ntls = \"starttls\"\nextra_ca = {ca}\n\
         from = \"Выкуп <buyout@kite.example>\"\n",
        port = simulator.smtp().port(),
    );
    text.push('\n');
    text.push_str(&settings.worker);
    text
}

/// How links and callbacks name the gateway.
pub fn public_url(settings: &Settings) -> String {
    format!("https://localhost:{}/", settings.ports.gateway)
}

/// A path as a TOML string.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}
