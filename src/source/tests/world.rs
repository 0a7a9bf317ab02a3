//! An account, and two hosts that answer by a script.

use std::sync::Arc;

use jiff::SignedDuration;

use super::listener::plenty;
use super::listener::{Bench, PATIENT, Script, Scripted, Seen, bench, credentials, success};
use crate::api::terms::{KeyIsolation, Region, Stage};
use crate::core::remote::{Failure, LookError, Reading, Remote, SourceRef, Wanted};
use crate::source::Account;

/// An account, and the two hosts of Korea that it asks.
pub(super) struct World {
    pub(super) regional: Script,
    pub(super) global: Script,
    pub(super) regional_seen: Arc<Seen>,
    pub(super) global_seen: Arc<Seen>,
    pub(super) bench: Bench,
    pub(super) account: Arc<Account>,
}

impl World {
    pub(super) async fn new(isolation: KeyIsolation) -> Self {
        let (regional, global) = (Script::default(), Script::default());
        let (regional_address, regional_seen) = regional.listen().await;
        let (global_address, global_seen) = global.listen().await;
        let bench = bench(
            &format!("http://{regional_address}"),
            &format!("http://{global_address}"),
            PATIENT,
            None,
        );
        let transport = bench.transport.clone();
        let account = Account::new(transport, Region::Kr, isolation, credentials());
        Self {
            regional,
            global,
            regional_seen,
            global_seen,
            bench,
            account: Arc::new(account.unwrap()),
        }
    }

    pub(super) async fn look(&self, stage: Stage) -> Result<Remote, LookError> {
        let source = SourceRef::Id("SID".to_owned());
        self.account
            .look(&source, Wanted::Stage(stage), &plenty())
            .await
    }

    pub(super) async fn look_error(&self) -> LookError {
        self.look(Stage::Active).await.err().unwrap()
    }

    /// The ID that the name leads to.
    pub(super) async fn id_of(&self, name: &str) -> Result<String, LookError> {
        let source = SourceRef::Name(name.to_owned());
        let remote = self
            .account
            .look(&source, Wanted::Stage(Stage::Active), &plenty())
            .await?;
        Ok(remote.facts.secret_id)
    }

    /// How often each host was asked for a list since the last time.
    pub(super) fn lists(&self) -> (usize, usize) {
        let (regional, global) = self.asked();
        let lists = |asked: Vec<String>| asked.iter().filter(|path| path.starts_with('?')).count();
        (lists(regional), lists(global))
    }

    pub(super) fn wait(&self, seconds: i64) {
        self.bench
            .steering
            .advance(SignedDuration::from_secs(seconds));
    }

    /// What was asked for at each host since the last time, without the part that all paths share.
    pub(super) fn asked(&self) -> (Vec<String>, Vec<String>) {
        (asked(&self.regional_seen), asked(&self.global_seen))
    }
}

fn asked(seen: &Seen) -> Vec<String> {
    let targets = seen.take_targets();
    let short = |target: String| target.strip_prefix("/api/v1/secrets").unwrap().to_owned();
    targets.into_iter().map(short).collect()
}

pub(super) fn detail(id: &str, name: &str, status: &str) -> Scripted {
    success(&format!(
        r#"{{"secretId":"{id}","secretName":"{name}","secretStatus":"{status}","rotationPhase":"NONE"}}"#
    ))
}

pub(super) fn value(text: &str) -> Scripted {
    let text = serde_json::to_string(text).unwrap();
    success(&format!(
        r#"{{"decryptedSecretValue":{{"value":{text}}},"rotationTargets":[]}}"#
    ))
}

/// A page of secrets, each written as `ID name STATUS`.
pub(super) fn page(of: u32, secrets: &[&str]) -> Scripted {
    let entry = |secret: &&str| {
        let mut words = secret.split(' ');
        let mut next = || words.next().unwrap();
        format!(
            r#"{{"secretId":"{}","secretName":"{}","secretStatus":"{}"}}"#,
            next(),
            next(),
            next()
        )
    };
    let list: Vec<_> = secrets.iter().map(entry).collect();
    success(&format!(
        r#"{{"totalPageNo":{of},"currentPageNo":1,"totalCount":2,"secretList":[{}]}}"#,
        list.join(",")
    ))
}

/// What a reading came to, with every value in plain sight.
pub(super) fn shown(reading: &Reading) -> String {
    match reading {
        Reading::Value(pairs) => pairs
            .iter()
            .map(|(name, value)| format!("{name}={};", String::from_utf8_lossy(value.expose())))
            .collect::<Vec<_>>()
            .concat(),
        Reading::Empty => "empty".to_owned(),
        Reading::Withheld => "withheld".to_owned(),
        Reading::Unreadable(unreadable) => format!("{unreadable:?}"),
        Reading::Failed(error) => format!("{error:?}"),
    }
}

pub(super) fn unavailable(failure: Failure) -> LookError {
    LookError::Unavailable {
        failure,
        retry_after: None,
    }
}
