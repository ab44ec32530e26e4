use super::*;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smoke() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let mut child = tokio::process::Command::new("/work/main/.kite/tools/bin/temporal")
        .args(["server", "start-dev", "--ip", "127.0.0.1", "--port", "17233", "--headless", "--log-level", "error", "--namespace", "kite"])
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let shown: String = crate::config::DEFAULTS
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .filter(|line| !line.starts_with([' ', '#']) && !line.is_empty())
        .skip_while(|line| !line.starts_with("[partners."))
        .take_while(|line| !line.starts_with("sdk_address"))
        .map(|l| format!("{l}\n"))
        .collect();
    let shown = shown.replace("https://1c.example.com", "http://127.0.0.1:9");
    let file = format!(
        "[temporal]\naddress = \"127.0.0.1:17233\"\nnamespace = \"kite\"\n[codec]\ncurrent = \"dev\"\n[codec.keys]\ndev = \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n[links]\ncurrent = \"dev\"\n[links.keys]\ndev = \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n[gateway]\ncallbacks_secret = \"0123456789abcdef\"\n[messages]\ncompany = \"Кайт\"\n[store]\nurl = \"sqlite://{}/kite.db?mode=rwc\"\n[objects]\nkind = \"folder\"\npath = \"{}/objects\"\n[metrics]\naddress=\"127.0.0.1:0\"\nsdk_address=\"127.0.0.1:17466\"\n[log]\nfilter=\"info,temporalio=warn\"\n{shown}",
        dir.path().display(),
        dir.path().display()
    );
    let path = dir.path().join("w.toml");
    std::fs::write(&path, file).unwrap();
    for round in 0..2 {
        let path = path.clone();
        let (tx, rx) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let out = rt.block_on(async move {
                let config: Config = platform::config::load(crate::config::DEFAULTS, Some(&path)).unwrap();
                platform::logging::init(&config.log);
                let socket = TcpListener::bind("127.0.0.1:0").unwrap();
                let stop = CancellationToken::new();
                tx.send((socket.local_addr().unwrap(), stop.clone())).unwrap();
                run(config, socket, stop).await
            });
            out
        });
        let (addr, stop) = rx.await.unwrap();
        let began = std::time::Instant::now();
        loop {
            if let Ok(a) = reqwest::get(format!("http://{addr}/readyz")).await {
                let ok = a.status().is_success();
                let t = a.text().await.unwrap();
                if ok {
                    eprintln!("round {round} ready in {:?}: {t}", began.elapsed());
                    break;
                }
            }
            if thread.is_finished() { panic!("ended: {:?}", thread.join().unwrap()); }
            assert!(began.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let m = reqwest::get("http://127.0.0.1:17466/metrics").await.unwrap().text().await.unwrap();
        eprintln!("sdk metrics {} bytes", m.len());
        let m = reqwest::get(format!("http://{addr}/metrics")).await.unwrap().text().await.unwrap();
        eprintln!("{m}");
        let began = std::time::Instant::now();
        stop.cancel();
        let out = tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
        eprintln!("round {round} stopped in {:?}: {out:?}", began.elapsed());
        out.unwrap();
    }
    child.kill().await.unwrap();
}
