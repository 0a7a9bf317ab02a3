//! What status and events say about the restart of a workload, in sentences.

use crate::api::{RestartResult, WorkloadKind};

/// The sentence for a result.
pub(super) fn sentence(result: RestartResult, kind: WorkloadKind) -> String {
    let name = kind.as_str();
    match result {
        RestartResult::NotRead => "It has not been read yet.".into(),
        RestartResult::UpToDate => {
            "Its pods have what they consume of the Secret; when a key of that changes, they are restarted.".into()
        }
        RestartResult::Waiting => {
            "The content of the Secret has changed. When dueTime comes it is restarted, if a key that it consumes is among the changes.".into()
        }
        RestartResult::Restarted => {
            "It was restarted, because keys of the Secret that it consumes had changed.".into()
        }
        RestartResult::Paused => {
            "Its pod template was changed, because keys of the Secret that it consumes had changed, but it is paused: its pods restart when it is resumed.".into()
        }
        RestartResult::OnDelete => {
            "Its pod template was changed, because keys of the Secret that it consumes had changed, but its updateStrategy is OnDelete: a pod restarts when somebody deletes it.".into()
        }
        RestartResult::NotFound => {
            format!("There was no such {name} in this namespace when it was last looked for. That is done when the content changes; until then, check the name in spec.restart.")
        }
        RestartResult::NotServed => {
            format!("The cluster has no kind {name}. Install what brings it, or take it out of spec.restart.")
        }
        RestartResult::NotConsuming => {
            let elsewhere = match kind {
                WorkloadKind::Rollout => " If the Rollout has a workloadRef, name that workload instead.",
                WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => "",
            };
            format!("Its pod template takes nothing of the Secret by env, envFrom, a volume or a projected volume, so there is no reason to restart it. Correct the template, or take it out of spec.restart.{elsewhere}")
        }
        RestartResult::Forbidden => {
            format!("The API server does not allow the operator to get or patch this {name}. Check the operator's role and admission policies; a restart that is owed is tried again every 5 minutes.")
        }
        RestartResult::Refused => {
            format!("The API server refuses to change the pod template of this {name}. Check admission policies and quotas; a restart that is owed is tried again every 5 minutes.")
        }
    }
}
