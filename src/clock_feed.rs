//! Taking the time from an emulator, so that a demo or a test can move both clocks with one hand.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use steerable_clock::{Clock, Reading, Steering};

const ASK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// The emulator answers within 25 s when nothing changes.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

/// Why an emulator's time cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// Somebody else's time would be taken while real systems are talked to.
    #[error(
        "failed to take the time from {url}: {what} is not on a loopback address, and a borrowed clock is for local tests only"
    )]
    NotLocal {
        /// Where the time was to come from.
        url: String,
        /// What is not local.
        what: String,
    },
    /// There is no answer, or not the one of an emulator.
    #[error("failed to read the clock of the emulator at {url}: is it running?")]
    Silent {
        /// Where the time was to come from.
        url: String,
        /// What happened.
        source: reqwest::Error,
    },
}

/// A clock that shows what the emulator's clock shows, now and whenever that is moved.
///
/// # Errors
///
/// [`ClockError::NotLocal`] unless all of `others`, each a name and a URL, are on loopback like the clock itself.
pub async fn follow_clock(url: &str, others: &[(&str, String)]) -> Result<Clock, ClockError> {
    let all = others
        .iter()
        .map(|(name, other)| (*name, other.as_str()))
        .chain([("it", url)]);
    for (what, other) in all {
        if !is_loopback(other) {
            return Err(ClockError::NotLocal {
                url: url.to_owned(),
                what: what.to_owned(),
            });
        }
    }
    let silent = |source| ClockError::Silent {
        url: url.to_owned(),
        source,
    };
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(ANSWER_WITHIN)
        .build()
        .map_err(silent)?;
    let first = ask(&client, url, None).await.map_err(silent)?;
    let (clock, steering) = Clock::steered(Timestamp::UNIX_EPOCH);
    steering.adopt(first.reading);
    tokio::spawn(keep_following(
        client,
        url.to_owned(),
        steering,
        first.version,
    ));
    Ok(clock)
}

#[derive(Deserialize)]
struct Answer {
    version: u64,
    reading: Reading,
}

async fn keep_following(
    client: reqwest::Client,
    url: String,
    steering: Steering,
    mut version: u64,
) {
    loop {
        match ask(&client, &url, Some(version)).await {
            Ok(answer) => {
                version = answer.version;
                if answer.reading != steering.reading() {
                    steering.adopt(answer.reading);
                }
            }
            Err(_) => tokio::time::sleep(ASK_AGAIN_AFTER).await,
        }
    }
}

async fn ask(
    client: &reqwest::Client,
    url: &str,
    after: Option<u64>,
) -> Result<Answer, reqwest::Error> {
    let url = after.map_or_else(
        || url.to_owned(),
        |version| format!("{url}?after={version}"),
    );
    client
        .get(url)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = url.parse::<http::Uri>() else {
        return false;
    };
    url.host().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_borrowed_clock_is_refused_when_anything_is_not_local() {
        for (name, url) in [
            ("the API server", "https://10.0.0.1:443"),
            ("the API server", "https://127.0.0.1.example.com"),
            ("an endpoint", "https://ocapi-kr.ncloud.com/secretmanager"),
            ("an endpoint", "not a url"),
        ] {
            let refused = follow_clock("http://127.0.0.1:1/clock", &[(name, url.into())]).await;
            let message = refused.map(|_| ()).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }
}
