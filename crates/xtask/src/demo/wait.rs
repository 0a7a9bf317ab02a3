//! Waits until the cluster shows what the tour tells of.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::playground::Playground;

const PATIENCE: Duration = Duration::from_mins(1);
const ROTATION: &str = "get ncpsecret orders-db -n shop -o 'jsonpath={.status.conditions[?(@.type==\"RotationHealthy\")].reason}'";

pub(super) async fn until_rotation_is(playground: &Playground, reason: &str) -> Result<()> {
    let what = format!("the rotation is {reason}");
    until_is(playground, &what, ROTATION, reason).await
}

/// Waits until kubectl answers just that.
pub(super) async fn until_is(
    playground: &Playground,
    what: &str,
    ask: &str,
    answer: &str,
) -> Result<()> {
    until(playground, what, ask, |now| now == answer).await
}

pub(super) async fn until_ready_is(
    playground: &Playground,
    name: &str,
    reason: &str,
) -> Result<()> {
    let ask = format!(
        "get ncpsecret {name} -n shop -o 'jsonpath={{.metadata.generation}} {{.status.observedGeneration}} {{.status.conditions[?(@.type==\"Ready\")].reason}}'"
    );
    let seen = |text: &str| {
        let words: Vec<&str> = text.split(' ').collect();
        matches!(words.as_slice(), [generation, observed, now] if generation == observed && *now == reason)
    };
    until(playground, &format!("{name} says {reason}"), &ask, seen).await
}

pub(super) async fn until(
    playground: &Playground,
    what: &str,
    ask: &str,
    seen: impl Fn(&str) -> bool,
) -> Result<()> {
    eprintln!("waiting until {what}");
    let asking = async {
        loop {
            if seen(&playground.kubectl.run(ask).await?) {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if let Ok(answer) = tokio::time::timeout(PATIENCE, asking).await {
        return answer;
    }
    let log = std::fs::read_to_string(&playground.operator_log).unwrap_or_default();
    bail!("it did not come true that {what}; the operator's log:\n{log}")
}
