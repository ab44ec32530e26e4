//! Accepting connections.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::session::{End, Session};
use crate::core::{Partner, Sim};

/// Longest time that a connection may take to end when the simulator stops.
const GRACE: Duration = Duration::from_secs(2);

/// The SMTP side: serves the listener until told to stop.
pub async fn smtp(sim: Sim, listener: TcpListener, tls: TlsAcceptor, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors: connections that end free some.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (sim, tls, stop) = (sim.clone(), tls.clone(), stop.clone());
        connections.spawn(async move {
            let talk = talk(sim, stream, tls);
            tokio::select! {
                () = stop.cancelled() => {}
                ended = talk => if let Err(error) = ended {
                    tracing::debug!(partner = %Partner::Mail, %error, "connection ended");
                }
            }
        });
    }
    connections.close();
    let _ = tokio::time::timeout(GRACE, connections.wait()).await;
}

async fn talk(sim: Sim, stream: TcpStream, tls: TlsAcceptor) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    match Session::new(sim.clone(), stream, false).run().await? {
        End::Closed => Ok(()),
        End::StartTls(stream) => {
            // What was said before the encryption is forgotten, as RFC 3207 demands.
            let stream = tls.accept(stream).await?;
            match Session::new(sim, stream, true).run().await? {
                End::Closed | End::StartTls(_) => Ok(()),
            }
        }
    }
}
