//! The staff UI as a browser gets it: files, pages, and the headers that protect them.

use std::path::Path;

use http::{HeaderMap, Method, StatusCode};
use stack::settings::GatewayOptions;
use tempfile::TempDir;
use tests::{Options, World};

const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// What a build leaves, in small.
fn built() -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let dist = folder.path().join("dist");
    std::fs::create_dir_all(dist.join("assets"))?;
    let files = [
        (
            "index.html",
            "<html><meta name=\"csp-nonce\" content=\"__CSP_NONCE__\"><div id=\"root\"></div></html>",
        ),
        ("kite.svg", "<svg/>"),
        ("assets/main-1a2b.js", "the script"),
        ("assets/main-1a2b.js.gz", "the script in gzip"),
        ("assets/main-1a2b.js.br", "the script in brotli"),
    ];
    for (name, text) in files {
        std::fs::write(dist.join(name), text)?;
    }
    std::fs::write(folder.path().join("secret.toml"), "secret")?;
    Ok(folder)
}

async fn serving(dist: &Path) -> anyhow::Result<World> {
    let gateway = GatewayOptions {
        web: Some(dist.to_owned()),
        temporal_ui: "http://127.0.0.1:8233".to_owned(),
        ..GatewayOptions::default()
    };
    World::with(Options {
        gateway,
        ..Options::default()
    })
    .await
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The directive of the Content-Security-Policy.
    fn policy(&self, directive: &str) -> String {
        self.header("content-security-policy")
            .split(';')
            .filter_map(|part| part.trim().split_once(' '))
            .find_map(|(name, value)| (name == directive).then(|| value.to_owned()))
            .unwrap_or_default()
    }
}

async fn ask(
    world: &World,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> anyhow::Result<Got> {
    let mut request = world
        .stack
        .door
        .http
        .request(method, world.stack.door.url.join(path)?);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await?;
    Ok(Got {
        status: answer.status(),
        headers: answer.headers().clone(),
        body: answer.text().await?,
    })
}

async fn page(world: &World, path: &str) -> anyhow::Result<Got> {
    ask(world, Method::GET, path, &[("accept", HTML)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_with_a_nonce_and_files_as_they_are() -> anyhow::Result<()> {
    let folder = built()?;
    let world = serving(&folder.path().join("dist")).await?;
    let mut nonces = std::collections::BTreeSet::new();
    for path in [
        "",
        "index.html",
        "tasks",
        "tasks/task:1?tab=history",
        "embed/deal/5",
        "sign-in/callback",
    ] {
        let got = page(&world, path).await?;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        assert_eq!(got.header("cache-control"), "no-cache", "{path}");
        assert_eq!(
            got.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        let (_, rest) = got.body.split_once("content=\"").unwrap_or_default();
        let nonce = rest.split('"').next().unwrap_or_default().to_owned();
        assert_eq!(nonce.len(), 24, "{path}: {}", got.body);
        assert_eq!(
            got.policy("style-src"),
            format!("'self' 'nonce-{nonce}'"),
            "{path}"
        );
        assert!(nonces.insert(nonce), "{path}: a nonce came twice");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            // The tests' gateway is localhost: not even under TLS.
            ("strict-transport-security", ""),
        ] {
            assert_eq!(got.header(name), value, "{path}: {name}");
        }
        let permissions = got.header("permissions-policy");
        for stands in [
            "camera=(self)",
            "geolocation=(self)",
            "microphone=()",
            "payment=()",
        ] {
            assert!(permissions.contains(stands), "{path}: {permissions}");
        }
        for (directive, value) in [
            ("default-src", "'none'"),
            ("script-src", "'self'"),
            ("img-src", "'self' blob: data:"),
            ("connect-src", "'self'"),
            ("frame-src", "'self'"),
            ("form-action", "'self'"),
            ("base-uri", "'none'"),
            ("object-src", "'none'"),
        ] {
            assert_eq!(got.policy(directive), value, "{path}: {directive}");
        }
        assert!(!got.header("content-security-policy").contains("unsafe"));
    }
    let head = ask(&world, Method::HEAD, "tasks", &[("accept", HTML)]).await?;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));

    let script = ask(
        &world,
        Method::GET,
        "assets/main-1a2b.js",
        &[("accept", "*/*")],
    )
    .await?;
    assert_eq!(script.body, "the script");
    assert_eq!(
        script.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert!(script.header("content-type").contains("javascript"));
    assert_eq!(script.header("x-content-type-options"), "nosniff");
    for (accepted, encoding, body) in [
        ("gzip, br", "br", "the script in brotli"),
        ("gzip", "gzip", "the script in gzip"),
    ] {
        let headers = [("accept-encoding", accepted)];
        let got = ask(&world, Method::GET, "assets/main-1a2b.js", &headers).await?;
        assert_eq!(
            (got.header("content-encoding"), got.body.as_str()),
            (encoding, body)
        );
    }
    let icon = ask(&world, Method::GET, "kite.svg", &[]).await?;
    assert_eq!(
        (icon.body.as_str(), icon.header("cache-control")),
        ("<svg/>", "no-cache")
    );
    assert_eq!(icon.header("content-type"), "image/svg+xml");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_fall_back_and_nothing_else_leaves_the_folder() -> anyhow::Result<()> {
    let folder = built()?;
    let world = serving(&folder.path().join("dist")).await?;
    for path in [
        "kite.money.v1.MoneyService/SendAll",
        "files/no-such-ticket/x",
        "codec/x/y/z",
        "callbacks",
        "bitrix24",
        "healthz",
        "readyz",
        "metrics",
        "assets/gone-1a2b.js",
        "assets/",
        ".well-known/openid-configuration",
    ] {
        let got = page(&world, path).await?;
        assert!(!got.body.contains("root"), "{path}: {}", got.body);
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}: {}", got.body);
    }
    for (method, headers) in [
        (Method::GET, vec![("accept", "*/*")]),
        (Method::GET, vec![("accept", "application/json")]),
        (Method::GET, vec![]),
        (Method::POST, vec![("accept", HTML)]),
        (Method::DELETE, vec![("accept", HTML)]),
    ] {
        let got = ask(&world, method.clone(), "no/such/page", &headers).await?;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{method} {headers:?}");
    }
    // reqwest would tidy these up: they go over the wire as they are.
    for path in [
        "/../secret.toml",
        "/assets/../../secret.toml",
        "/..%2fsecret.toml",
        "/%2e%2e/secret.toml",
        "/assets/%2e%2e/%2e%2e/secret.toml",
        "/..%5csecret.toml",
        "//secret.toml",
        "/assets/%00",
        "/%ff",
    ] {
        let answer = raw(&world, path).await?;
        assert!(!answer.contains("\r\n\r\nsecret"), "{path}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
    }
    assert!(raw(&world, "/kite.svg").await?.ends_with("<svg/>"));
    world.stop().await
}

/// A request line that no client would write.
async fn raw(world: &World, path: &str) -> anyhow::Result<String> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let port = world.stack.settings.ports.gateway;
    let pem = std::fs::read(world.stack.settings.folder.join("tls/ca.pem"))?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate?)?;
    }
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
    let mut stream = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config))
        .connect("localhost".try_into()?, stream)
        .await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // A peer that closes without a word is fine.
    let _ = stream.read_to_end(&mut answer).await;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_portals_frame_and_only_the_embedded_pages() -> anyhow::Result<()> {
    let folder = built()?;
    let world = serving(&folder.path().join("dist")).await?;
    let portal = world.stack.partner(simulator::Partner::Bitrix24);
    let port = portal.port().unwrap_or_default();
    let expected = format!(
        "'self' https://127.0.0.1:{port} https://localhost:{port} https://portal.localhost:{port}"
    );
    for path in ["embed", "embed/deal/5"] {
        let got = page(&world, path).await?;
        assert_eq!(got.policy("frame-ancestors"), expected, "{path}");
    }
    for path in [
        "",
        "tasks",
        "embedded",
        "assets/main-1a2b.js",
        "x/embed/deal/5",
    ] {
        let got = page(&world, path).await?;
        assert_eq!(got.policy("frame-ancestors"), "'none'", "{path}");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbuilt_ui_says_how_to_build_it() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let world = serving(&folder.path().join("dist")).await?;
    for path in ["", "tasks"] {
        let got = page(&world, path).await?;
        assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(got.body.contains("npm run build"), "{path}: {}", got.body);
        assert_eq!(got.policy("default-src"), "'none'", "{path}");
    }
    let got = ask(&world, Method::GET, "assets/x.js", &[]).await?;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    world.stop().await
}
