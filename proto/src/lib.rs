//! Messages and services of the gateway, generated from `proto/kite`. Only `api-gateway` and clients
//! know this crate.

#![allow(
    clippy::large_enum_variant,
    reason = "generated: a decision is as large as its largest form"
)]

/// The descriptors of every file, for reflection and for tests over all methods.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/kite.bin"));

pub mod kite {
    pub mod common {
        pub mod v1 {
            tonic::include_proto!("kite.common.v1");
        }
    }
    pub mod session {
        pub mod v1 {
            tonic::include_proto!("kite.session.v1");
        }
    }
    pub mod task {
        pub mod v1 {
            tonic::include_proto!("kite.task.v1");
        }
    }
    pub mod buyout {
        pub mod v1 {
            tonic::include_proto!("kite.buyout.v1");
        }
    }
    pub mod inspection {
        pub mod v1 {
            tonic::include_proto!("kite.inspection.v1");
        }
    }
    pub mod event {
        pub mod v1 {
            tonic::include_proto!("kite.event.v1");
        }
    }
}
