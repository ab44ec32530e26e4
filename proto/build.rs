//! Generates the crate from the `.proto` files without protoc: protox compiles the descriptors,
//! tonic generates the services; the same descriptors feed reflection and the access tests.

use std::path::PathBuf;

use prost::Message;

const FILES: [&str; 14] = [
    "kite/common/v1/common.proto",
    "kite/session/v1/session.proto",
    "kite/task/v1/task.proto",
    "kite/buyout/v1/buyout.proto",
    "kite/inspection/v1/inspection.proto",
    "kite/event/v1/event.proto",
    "kite/notification/v1/notification.proto",
    "kite/view/v1/view.proto",
    "kite/report/v1/report.proto",
    "kite/staff/v1/staff.proto",
    "kite/policy/v1/policy.proto",
    "kite/ops/v1/ops.proto",
    "kite/template/v1/template.proto",
    "kite/audit/v1/audit.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=kite");
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("kite.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_client(true)
        .build_server(true)
        .compile_fds(descriptors)?;
    Ok(())
}
