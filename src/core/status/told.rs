//! What a status says: the questions that are asked of it.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::api::{NcpSecretStatus, Reason, StoreStatus, condition};

/// Whether the Ready condition is True.
#[must_use]
pub fn is_ready(status: &NcpSecretStatus) -> bool {
    find(status, condition::READY).is_some_and(|ready| ready.status == "True")
}

/// The trouble that the status of a store of that generation tells of, and since when.
#[must_use]
pub fn told_trouble(status: Option<&StoreStatus>, generation: i64) -> Option<(Reason, Timestamp)> {
    let ready = store_ready(status, generation)?;
    let reason = Reason::parse(&ready.reason).filter(|_| ready.status == "False")?;
    Some((reason, ready.last_transition_time.0))
}

/// What the status of a store of that generation tells of that all its objects share.
#[must_use]
pub fn told_reason(status: Option<&StoreStatus>, generation: i64) -> Option<Reason> {
    let ready = store_ready(status, generation)?;
    Reason::parse(&ready.reason).filter(|reason| *reason != Reason::Configured)
}

fn store_ready(status: Option<&StoreStatus>, generation: i64) -> Option<&Condition> {
    let status = status.filter(|status| status.observed_generation == generation)?;
    let mut conditions = status.conditions.iter();
    conditions.find(|condition| condition.type_ == condition::READY)
}

/// The reason of the Ready condition.
#[must_use]
pub fn previous_reason(status: &NcpSecretStatus) -> Option<Reason> {
    find(status, condition::READY).and_then(|ready| Reason::parse(&ready.reason))
}

/// The reason of the condition that tells of rotation.
#[must_use]
pub fn rotation_reason(status: &NcpSecretStatus) -> Option<Reason> {
    let health = find(status, condition::ROTATION_HEALTHY)?;
    Reason::parse(&health.reason)
}

/// What the condition that tells of rotation says to people.
#[must_use]
pub fn rotation_message(status: &NcpSecretStatus) -> &str {
    find(status, condition::ROTATION_HEALTHY).map_or("", |health| &health.message)
}

/// Whether the deletion of the source was requested, by what was seen last.
#[must_use]
pub fn is_revoked(status: &NcpSecretStatus) -> bool {
    why_false(status, condition::SOURCE_AVAILABLE) == Some(Reason::SourceRevoked)
}

/// Why the Secret is not good, if the status says that.
#[must_use]
pub fn not_ready(status: &NcpSecretStatus) -> Option<Reason> {
    why_false(status, condition::READY)
}

/// Why rotation is not healthy, if the status says that.
#[must_use]
pub fn rotation_unhealthy(status: &NcpSecretStatus) -> Option<Reason> {
    why_false(status, condition::ROTATION_HEALTHY)
}

fn why_false(status: &NcpSecretStatus, type_: &str) -> Option<Reason> {
    let condition = find(status, type_).filter(|condition| condition.status == "False")?;
    Reason::parse(&condition.reason)
}

/// Whether the Secret was written once.
#[must_use]
pub const fn was_synced(status: &NcpSecretStatus) -> bool {
    status.target.is_some()
}

/// Whether the Secret was deleted with its source.
#[must_use]
pub fn was_deleted(status: &NcpSecretStatus) -> bool {
    let target = status.target.as_ref();
    target.is_some_and(|target| target.deleted_time.is_some())
}

/// The condition of that type.
pub(super) fn find<'status>(
    status: &'status NcpSecretStatus,
    type_: &str,
) -> Option<&'status Condition> {
    status
        .conditions
        .iter()
        .find(|condition| condition.type_ == type_)
}
