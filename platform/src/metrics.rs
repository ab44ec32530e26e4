//! Our own Prometheus metrics; the SDK serves its registry on an address of its own.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use temporalio_common::telemetry::{
    PrometheusExporterOptions, TelemetryOptions, metrics::CoreMeter,
    start_prometheus_metric_exporter,
};
use temporalio_sdk::{Runtime, runtime::RuntimeOptions};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Where our metrics, health and readiness are served; port 0 takes any.
    pub address: SocketAddr,
    /// Where the Temporal SDK serves its own metrics; absent: not served.
    #[serde(default)]
    pub sdk_address: Option<SocketAddr>,
}

/// Bounds of all histograms, which are of seconds. Fixed ones can be added up over processes, and take little: summaries
/// keep a sketch for each set of labels, tens of kilobytes each.
const SECONDS: [f64; 15] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// The process's recorder; installed once, shared by every component of the process.
pub fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new()
                .set_buckets(&SECONDS)
                .expect("there are bounds")
                .build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!(
                    "another metrics recorder is installed; kite metrics are not exported"
                );
            }
            handle
        })
        .clone()
}

/// The SDK's runtime on the present tokio runtime, with its metrics when an address is given.
pub fn sdk_runtime(sdk_address: Option<SocketAddr>) -> anyhow::Result<Runtime> {
    let options = match sdk_address {
        None => RuntimeOptions::default(),
        Some(address) => {
            let options = PrometheusExporterOptions::builder()
                .socket_addr(address)
                .counters_total_suffix(true)
                .build();
            let exporter = start_prometheus_metric_exporter(options)?;
            let telemetry = TelemetryOptions::builder()
                .metrics(exporter.meter.clone() as Arc<dyn CoreMeter>)
                .build();
            RuntimeOptions::builder()
                .telemetry_options(telemetry)
                .build()
                .map_err(anyhow::Error::msg)?
        }
    };
    Ok(Runtime::from_current_tokio(options)?)
}
