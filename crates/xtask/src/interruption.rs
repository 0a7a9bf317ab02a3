//! The wish of a person or a supervisor that this process ends.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for interruptions from its making on, so that from then on none ends the process half-way.
pub(crate) struct Interruption {
    signals: [(Signal, i32); 3],
}

impl Interruption {
    pub(crate) fn listen() -> Result<Self> {
        let listen = |kind: SignalKind| {
            let signal = signal(kind).context("cannot listen for signals")?;
            anyhow::Ok((signal, kind.as_raw_value()))
        };
        Ok(Self {
            signals: [
                listen(SignalKind::interrupt())?,
                listen(SignalKind::terminate())?,
                listen(SignalKind::hangup())?,
            ],
        })
    }

    /// Waits for one, and answers the exit status that tells of it.
    pub(crate) async fn received(&mut self) -> u8 {
        let [(interrupt, two), (terminate, fifteen), (hangup, one)] = &mut self.signals;
        let number = tokio::select! {
            _ = interrupt.recv() => *two,
            _ = terminate.recv() => *fifteen,
            _ = hangup.recv() => *one,
        };
        status_of(number)
    }
}

/// The status by which shells tell that a process was ended by a signal.
pub(crate) fn status_of(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
