//! Waiting for what should come about.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{sleep, timeout};

/// A pod on a loaded machine takes seconds; two intervals of a refresh take a minute.
const PATIENCE: Duration = Duration::from_mins(3);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Waits until a probe answers something; its errors are told if it never does.
pub(super) async fn until<T>(
    what: &str,
    mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let mut last = None;
    let seen = timeout(PATIENCE, async {
        loop {
            match probe().await {
                Ok(Some(seen)) => return seen,
                Ok(None) => last = None,
                Err(error) => last = Some(error),
            }
            sleep(LOOK_EVERY).await;
        }
    })
    .await;
    match (seen, last) {
        (Ok(seen), _) => Ok(seen),
        (Err(late), None) => Err(late).with_context(|| format!("waited in vain until {what}")),
        (Err(_), Some(error)) => Err(error).with_context(|| format!("waited in vain until {what}")),
    }
}
