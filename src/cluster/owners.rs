//! The owner references of a target: ours comes and goes, those of others stay.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::api::GROUP;
use crate::core::observed::Observed;
use crate::core::request::Request;

/// The reference that has a Secret collected with its object.
pub(super) fn owner(request: &Request) -> OwnerReference {
    OwnerReference {
        api_version: format!("{GROUP}/v1alpha1"),
        kind: "NcpSecret".into(),
        name: request.object.name.clone(),
        uid: request.uid.clone(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}

/// The owner references with or without ours; those of others stay.
pub(super) fn owners(request: &Request, observed: &Observed, owned: bool) -> Vec<OwnerReference> {
    let mut owners: Vec<OwnerReference> = observed
        .references
        .iter()
        .filter(|reference| reference.uid != request.uid)
        .map(|reference| OwnerReference {
            api_version: reference.api_version.clone(),
            kind: reference.kind.clone(),
            name: reference.name.clone(),
            uid: reference.uid.clone(),
            controller: reference.controller.then_some(true),
            block_owner_deletion: reference.blocks_deletion.then_some(true),
        })
        .collect();
    if owned {
        owners.push(owner(request));
    }
    owners
}
