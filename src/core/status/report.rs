//! The parts of status that are no conditions: the source as last seen, and the Secret as last written.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::Subject;
use crate::api::{NcpSecretStatus, SourceStatus, TargetStatus};
use crate::core::outcome::Outcome;
use crate::core::remote::Facts;
use crate::core::rotation::is_rotating;
use crate::core::trouble::Trouble;

/// What the service said, and the proofs that belong to it.
pub(super) fn source(
    facts: &Facts,
    outcome: &Outcome,
    previous: Option<&SourceStatus>,
    now: Timestamp,
) -> SourceStatus {
    let secret_id = shorten(&facts.secret_id, 256);
    let (sync_proof, revocation_proof) = match outcome {
        Outcome::Synced { proof, .. } => (Some(proof.clone()), None),
        Outcome::Failed { revoked, .. } => (
            previous.and_then(|previous| previous.sync_proof.clone()),
            revoked.clone(),
        ),
        Outcome::Quiet
        | Outcome::Suspended
        | Outcome::Interrupted
        | Outcome::Held
        | Outcome::Leaving => (None, None),
    };
    let rotating_since = is_rotating(facts).then(|| {
        previous
            .filter(|previous| previous.secret_id == secret_id)
            .and_then(|previous| previous.rotating_since.clone())
            .unwrap_or(Time(now))
    });
    let time = |moment: Option<Timestamp>| moment.map(|moment| Time(whole_seconds(moment)));
    SourceStatus {
        secret_id,
        secret_name: shorten(&facts.secret_name, 256),
        key_isolation: facts.host.as_str().into(),
        lifecycle: shorten(facts.lifecycle.as_str(), 64),
        rotation_phase: shorten(facts.phase.as_str(), 64),
        rotation_period_days: facts.automatic.then_some(facts.period_days).flatten(),
        next_rotation_time: time(facts.next_rotation.filter(|_| facts.automatic)),
        rotating_since,
        expected_destroy_time: time(facts.expected_destroy),
        update_time: time(facts.updated),
        sync_proof,
        revocation_proof,
    }
}

/// The Secret as this outcome leaves it.
pub(super) fn target(
    outcome: &Outcome,
    subject: &Subject<'_>,
    previous: &NcpSecretStatus,
    now: Timestamp,
) -> Option<TargetStatus> {
    let before = previous.target.as_ref();
    match outcome {
        Outcome::Synced {
            keys,
            changed,
            content,
            ..
        } => {
            // Another hash was written by a pass whose status was lost.
            let unchanged = before.filter(|before| {
                !changed
                    && before.name == subject.target
                    && before.content.as_ref() == Some(content)
            });
            Some(TargetStatus {
                name: subject.target.to_owned(),
                keys: keys.clone(),
                changed_time: unchanged.map_or(Time(now), |before| before.changed_time.clone()),
                content: Some(content.clone()),
                deleted_time: None,
            })
        }
        Outcome::Failed {
            trouble: Trouble::TargetDeleted { .. },
            ..
        } => before.map(|before| TargetStatus {
            keys: Vec::new(),
            content: None,
            deleted_time: before.deleted_time.clone().or(Some(Time(now))),
            ..before.clone()
        }),
        Outcome::Failed { .. }
        | Outcome::Quiet
        | Outcome::Suspended
        | Outcome::Interrupted
        | Outcome::Held
        | Outcome::Leaving => before.cloned(),
    }
}

/// Times in status have whole seconds, as everywhere in Kubernetes.
pub(super) fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn shorten(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
