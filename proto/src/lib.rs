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
    pub mod notification {
        pub mod v1 {
            tonic::include_proto!("kite.notification.v1");
        }
    }
    pub mod view {
        pub mod v1 {
            tonic::include_proto!("kite.view.v1");
        }
    }
    pub mod report {
        pub mod v1 {
            tonic::include_proto!("kite.report.v1");
        }
    }
    pub mod staff {
        pub mod v1 {
            tonic::include_proto!("kite.staff.v1");
        }
    }
    pub mod policy {
        pub mod v1 {
            tonic::include_proto!("kite.policy.v1");
        }
    }
    pub mod ops {
        pub mod v1 {
            tonic::include_proto!("kite.ops.v1");
        }
    }
    pub mod audit {
        pub mod v1 {
            tonic::include_proto!("kite.audit.v1");
        }
    }
    pub mod template {
        pub mod v1 {
            tonic::include_proto!("kite.template.v1");
        }
    }
}
