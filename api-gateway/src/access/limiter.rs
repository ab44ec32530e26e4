//! How often one address and one person may call.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use domain::staff::PersonId;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::Request;
use serde::Deserialize;

/// Requests per second and in one burst, per person and per address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<IpAddr>,
}

/// Too many calls; the next one may come after this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany(pub(crate) Duration);

impl TooMany {
    /// For `Retry-After`: whole seconds, at least one.
    pub(crate) fn seconds(self) -> u64 {
        self.0.as_secs() + u64::from(self.0.subsec_nanos() > 0).max(u64::from(self.0.is_zero()))
    }
}

#[derive(Clone)]
pub(crate) struct Limiter {
    inner: Arc<Inner>,
}

struct Inner {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    by_person: DefaultKeyedRateLimiter<String>,
    trusted: Vec<IpAddr>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let quota = Quota::per_second(limits.per_second).allow_burst(limits.burst);
        Self {
            inner: Arc::new(Inner {
                by_address: RateLimiter::keyed(quota),
                by_person: RateLimiter::keyed(quota),
                trusted: limits
                    .trusted_proxies
                    .iter()
                    .map(IpAddr::to_canonical)
                    .collect(),
            }),
        }
    }

    /// Counts a call of the request's address.
    pub(crate) fn address<B>(&self, request: &Request<B>) -> Result<(), TooMany> {
        match self.caller(request) {
            Some(address) => checked(&self.inner.by_address, &network(address)),
            None => Ok(()),
        }
    }

    /// Counts a call of the person.
    pub(crate) fn person(&self, person: &PersonId) -> Result<(), TooMany> {
        checked(&self.inner.by_person, &person.0)
    }

    /// Forgets whoever has been quiet, so that many addresses fill no memory.
    pub(crate) fn forget_quiet(&self) {
        self.inner.by_address.retain_recent();
        self.inner.by_person.retain_recent();
    }

    /// The caller's address (`::ffff:192.0.2.1` is `192.0.2.1`); a forwarded one only from a trusted proxy: the last that was not its own.
    fn caller<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        let peer = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()?
            .0
            .ip()
            .to_canonical();
        if !self.inner.trusted.contains(&peer) {
            return Some(peer);
        }
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .collect();
        // Read from the end: what stands before the first unreadable or foreign hop, anybody may have written.
        for hop in hops.iter().rev() {
            match hop.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
                Ok(ip) if self.inner.trusted.contains(&ip) => {}
                Ok(ip) => return Some(ip),
                Err(_) => break,
            }
        }
        Some(peer)
    }
}

fn checked<K: Clone + std::hash::Hash + Eq>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> Result<(), TooMany> {
    limiter
        .check_key(key)
        .map_err(|wait| TooMany(wait.wait_time_from(DefaultClock::default().now())))
}

/// One subscriber has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(burst: u32) -> Limiter {
        Limiter::new(&Limits {
            per_second: NonZeroU32::MIN,
            burst: NonZeroU32::new(burst).expect("a burst"),
            trusted_proxies: vec!["192.0.2.1".parse().expect("an address")],
        })
    }

    fn request(peer: &str, forwarded: Option<&str>) -> Request<()> {
        let mut request = Request::new(());
        let peer: SocketAddr = peer.parse().expect("a socket address");
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(forwarded) = forwarded {
            request
                .headers_mut()
                .insert("x-forwarded-for", forwarded.parse().expect("a header"));
        }
        request
    }

    #[test]
    fn a_forwarded_address_counts_from_a_trusted_proxy_only() {
        let limiter = limiter(1);
        let caller = |peer: &str, forwarded| {
            limiter
                .caller(&request(peer, forwarded))
                .map(|ip| ip.to_string())
        };
        assert_eq!(
            caller("198.51.100.7:1", Some("203.0.113.9")).as_deref(),
            Some("198.51.100.7")
        );
        assert_eq!(
            caller("192.0.2.1:1", Some("203.0.113.9")).as_deref(),
            Some("203.0.113.9")
        );
        assert_eq!(
            caller("[::ffff:192.0.2.1]:1", Some("203.0.113.9")).as_deref(),
            Some("203.0.113.9")
        );
        // What the client itself wrote stands before what the proxy added.
        assert_eq!(
            caller("192.0.2.1:1", Some("10.0.0.1, 203.0.113.9, 192.0.2.1")).as_deref(),
            Some("203.0.113.9")
        );
        assert_eq!(
            caller("192.0.2.1:1", Some("203.0.113.9, nonsense")).as_deref(),
            Some("192.0.2.1")
        );
        assert_eq!(caller("192.0.2.1:1", None).as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn a_burst_passes_and_the_next_call_learns_how_long_to_wait() {
        let limiter = limiter(2);
        let from = |peer: &str| limiter.address(&request(peer, None));
        assert_eq!(from("198.51.100.7:1"), Ok(()));
        assert_eq!(from("198.51.100.7:2"), Ok(()));
        let wait = from("198.51.100.7:3").err().map(TooMany::seconds);
        assert_eq!(wait, Some(1));
        assert_eq!(
            from("198.51.100.8:1"),
            Ok(()),
            "another address has its own quota"
        );
        // Addresses of one /64 are one subscriber.
        assert_eq!(from("[2001:db8::1]:1"), Ok(()));
        assert_eq!(from("[2001:db8::2]:1"), Ok(()));
        assert!(from("[2001:db8::3]:1").is_err());
        assert_eq!(from("[2001:db8:0:1::1]:1"), Ok(()));
    }

    #[test]
    fn people_are_counted_apart() {
        let limiter = limiter(1);
        assert_eq!(limiter.person(&PersonId::new("a")), Ok(()));
        assert!(limiter.person(&PersonId::new("a")).is_err());
        assert_eq!(limiter.person(&PersonId::new("b")), Ok(()));
    }

    #[test]
    fn retry_after_is_never_nought() {
        assert_eq!(TooMany(Duration::ZERO).seconds(), 1);
        assert_eq!(TooMany(Duration::from_millis(10)).seconds(), 1);
        assert_eq!(TooMany(Duration::from_secs(2)).seconds(), 2);
    }
}
