//! What a running operator says of itself, read from its metrics.

use std::time::Duration;

use anyhow::{Context, Result};

/// The metrics of one operator.
pub(super) struct Samples {
    client: reqwest::Client,
    url: String,
}

impl Samples {
    /// Those of the operator that serves there.
    pub(super) fn of(probes: &str) -> Result<Self> {
        Ok(Self {
            client: reqwest::Client::builder().no_proxy().build()?,
            url: format!("{probes}/metrics"),
        })
    }

    /// One of them, by its name without the common prefix.
    pub(super) async fn get(&self, name: &str) -> Result<usize> {
        let text = self.client.get(&self.url).send().await?.text().await?;
        let start = format!("ncp_secret_operator_{name} ");
        let number = text
            .lines()
            .find_map(|line| line.strip_prefix(&start))
            .with_context(|| format!("the operator has no metric {name}"))?;
        number
            .parse()
            .with_context(|| format!("the metric {name} is {number}"))
    }

    /// Waits until one of them is as wanted.
    pub(super) async fn until(&self, name: &str, wanted: impl Fn(usize) -> bool) -> Result<()> {
        while !wanted(self.get(name).await?) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}
