//! Every condition with every reason, put into statuses as the operator would write them.

use ncp_secret_operator::api::Reason;
use serde_json::{Value, json};

use super::program::shown;

/// An object with a status about it, seen by the operator.
fn object(kind: &str, conditions: &[Value], was_synced: bool) -> Value {
    let mut status = json!({"observedGeneration": 3, "conditions": conditions});
    if was_synced {
        status["target"] =
            json!({"name": "a", "keys": ["k"], "changedTime": "2026-11-22T12:00:00Z"});
    }
    json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": kind,
        "metadata": {"name": "a", "namespace": "shop", "generation": 3},
        "spec": {},
        "status": status,
    })
}

fn condition(type_: &str, status: &str, reason: Reason) -> Value {
    json!({
        "type": type_, "status": status, "reason": reason.as_str(), "observedGeneration": 3,
        "lastTransitionTime": "2026-11-22T12:00:00Z",
        "message": format!("{type_} is {status}: {}.", reason.as_str()),
    })
}

/// What the operator says of an object whose Ready is False.
fn not_ready(reason: Reason) -> Vec<Value> {
    let mut conditions = vec![
        condition("Ready", "False", reason),
        condition("SourceAvailable", "Unknown", Reason::NotRead),
        condition("RotationHealthy", "Unknown", Reason::NotRead),
    ];
    if reason.needs_a_person() {
        conditions.push(condition("Stalled", "True", reason));
    }
    conditions
}

#[test]
fn every_reason_that_a_secret_is_not_good_has_its_word() {
    let cases: Vec<_> = Reason::ALL
        .into_iter()
        .flat_map(|reason| [(reason, false), (reason, true)])
        .collect();
    let objects: Vec<_> = cases
        .iter()
        .map(|(reason, was_synced)| object("NcpSecret", &not_ready(*reason), *was_synced))
        .collect();
    for ((reason, was_synced), shown) in cases.iter().zip(shown(&objects)) {
        let expected = match (reason.needs_a_person(), was_synced) {
            (true, _) => ("Degraded", "Failed"),
            (false, true) => ("Degraded", "InProgress"),
            (false, false) => ("Progressing", "InProgress"),
        };
        assert_eq!(shown.words(), expected, "{reason:?}, synced: {was_synced}");
        let message = format!("Ready is False: {}.", reason.as_str());
        assert_eq!(shown.argo.message, message);
    }
}

#[test]
fn a_good_secret_is_healthy_whatever_source_and_rotation_say() {
    let mut cases = Vec::new();
    for ready in [
        Reason::Synced,
        Reason::RefreshFailing,
        Reason::DriftConflict,
    ] {
        for status in ["True", "False", "Unknown"] {
            for reason in Reason::ALL {
                cases.push((ready, "RotationHealthy", status, reason));
                cases.push((ready, "SourceAvailable", status, reason));
            }
        }
    }
    let objects: Vec<_> = cases
        .iter()
        .map(|(ready, type_, status, reason)| {
            let conditions = [
                condition("Ready", "True", *ready),
                condition(type_, status, *reason),
            ];
            object("NcpSecret", &conditions, true)
        })
        .collect();
    for ((ready, type_, status, reason), shown) in cases.iter().zip(shown(&objects)) {
        assert_eq!(shown.words(), ("Healthy", "Current"), "{type_} {reason:?}");
        let mut message = format!("Ready is True: {}.", ready.as_str());
        if (*type_, *status) == ("RotationHealthy", "False") {
            message = format!("{message} RotationHealthy is False: {}.", reason.as_str());
        }
        assert_eq!(shown.argo.message, message);
    }
}

#[test]
fn a_store_is_healthy_or_degraded_by_its_only_condition() {
    for kind in ["NcpSecretStore", "ClusterNcpSecretStore"] {
        for (status, expected) in [
            ("True", ("Healthy", "Current")),
            ("False", ("Degraded", "InProgress")),
        ] {
            let stores: Vec<_> = Reason::ALL
                .iter()
                .map(|reason| object(kind, &[condition("Ready", status, *reason)], false))
                .collect();
            for shown in shown(&stores) {
                assert_eq!(shown.words(), expected, "{kind}: {}", shown.argo.message);
            }
        }
    }
}

#[test]
fn a_suspended_object_lets_no_wave_of_argo_cd_begin_and_is_for_flux_what_it_was() {
    let mut cases: Vec<_> = Reason::ALL
        .into_iter()
        .flat_map(|reason| [(not_ready(reason), false), (not_ready(reason), true)])
        .collect();
    for ready in [Reason::Synced, Reason::RefreshFailing] {
        cases.push((vec![condition("Ready", "True", ready)], true));
    }
    let before: Vec<_> = cases
        .iter()
        .map(|(conditions, was_synced)| object("NcpSecret", conditions, *was_synced))
        .collect();
    let suspended: Vec<_> = before
        .iter()
        .map(|object| {
            let mut object = object.clone();
            object["spec"] = json!({"suspend": true});
            object
        })
        .collect();
    for (was, is) in shown(&before).into_iter().zip(shown(&suspended)) {
        // Any word but Healthy keeps later waves waiting.
        assert_eq!(is.argo.status, "Suspended", "{}", was.argo.message);
        assert_eq!(is.flux.status, was.flux.status, "{}", was.argo.message);
    }
    let told =
        "It waits for a Suspended object too, without end:** only Healthy lets later waves begin.";
    assert!(super::DOCUMENTED.contains(told));
}

#[test]
fn what_the_operator_has_not_seen_is_progressing() {
    let synced = [condition("Ready", "True", Reason::Synced)];
    let mut older = object("NcpSecret", &synced, true);
    older["metadata"]["generation"] = json!(4);
    let mut fresh = object("NcpSecret", &[], false);
    fresh["status"] = json!({"observedGeneration": -1});
    let mut bare = object("NcpSecret", &[], false);
    bare.as_object_mut().unwrap().remove("status");
    bare.as_object_mut().unwrap().remove("spec");
    for (case, shown) in ["older", "fresh", "bare"]
        .iter()
        .zip(shown(&[older, fresh, bare]))
    {
        assert_eq!(shown.argo.status, "Progressing", "{case}");
        assert_eq!(shown.argo.message, "The operator has not answered yet.");
    }
}
