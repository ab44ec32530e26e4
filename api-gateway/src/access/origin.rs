//! Calls that a browser makes with our cookie must come from our own page.
//!
//! `SameSite=Strict` says so to the browser. Here it is said once more: gRPC's content types cannot be
//! sent to another origin without a preflight, which nobody is granted, and an `Origin` that is
//! not ours is refused.

use http::{HeaderMap, header};
use url::{Host, Url};

/// Where our pages are served from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origins(Vec<String>);

impl Origins {
    /// The public address; on a development machine under both of its names.
    pub(crate) fn of(public_url: &Url) -> Self {
        let mut origins = vec![public_url.origin().ascii_serialization()];
        if is_local(public_url) {
            for host in ["localhost", "127.0.0.1"] {
                let mut twin = public_url.clone();
                if twin.set_host(Some(host)).is_ok() {
                    origins.push(twin.origin().ascii_serialization());
                }
            }
        }
        origins.sort();
        origins.dedup();
        Self(origins)
    }

    /// Whether a call that acts by the cookie may be answered. A call without `Origin` is no page's.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(header::ORIGIN).iter();
        is_grpc(headers)
            && named.all(|origin| self.0.iter().any(|own| own.as_bytes() == origin.as_bytes()))
    }
}

/// Whether the call has a content type that no form and no simple request of another site can have.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    // gRPC-web has become gRPC when it comes here.
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/grpc"))
}

pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(kind: Option<&str>, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, kind.parse().expect("a header"));
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("a header"));
        }
        headers
    }

    fn admits(public: &str, kind: Option<&str>, origin: Option<&str>) -> bool {
        Origins::of(&public.parse().expect("an address")).admits(&call(kind, origin))
    }

    #[test]
    fn only_our_own_page_acts_by_the_cookie() {
        let ours = "https://kite.example/app/";
        let grpc = Some("application/grpc");
        for (origin, admitted) in [
            (None, true),
            (Some("https://kite.example"), true),
            (Some("https://kite.example:8443"), false),
            (Some("http://kite.example"), false),
            (Some("https://kite.example.evil.example"), false),
            (Some("https://localhost"), false),
            (Some("null"), false),
            (Some(""), false),
        ] {
            assert_eq!(admits(ours, grpc, origin), admitted, "{origin:?}");
        }
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
        ] {
            assert!(
                !admits(ours, kind, Some("https://kite.example")),
                "{kind:?}"
            );
        }
        assert!(admits(ours, Some("application/grpc-web+proto"), None));
    }

    #[test]
    fn a_development_machine_has_two_names() {
        let grpc = Some("application/grpc");
        for public in ["https://localhost:8443/", "https://127.0.0.1:8443/"] {
            for (origin, admitted) in [
                ("https://localhost:8443", true),
                ("https://127.0.0.1:8443", true),
                ("https://localhost:9443", false),
                ("http://localhost:8443", false),
            ] {
                assert_eq!(
                    admits(public, grpc, Some(origin)),
                    admitted,
                    "{public} {origin}"
                );
            }
        }
    }
}
