//! What a release brings to a cluster before its operator starts, as the shipped manifests have it: CRDs, policies, and the
//! rights of the operator's account.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::runtime::{conditions, wait::await_condition};
use kube::{Api, Client, ResourceExt};
use ncp_secret_operator::api::manifests;
use serde_json::json;

use crate::scene::PATIENCE;

/// What the chart grants with everything switched on, in its two modes, and how it confines that.
pub const RIGHTS_IN_A_NAMESPACE: &str =
    include_str!("../../deploy/namespaced-everything/rbac.yaml");
pub const RIGHTS_EVERYWHERE: &str = include_str!("../../deploy/cluster-everything/rbac.yaml");
const POLICIES: &str = include_str!("../../deploy/cluster-everything/admission-policy.yaml");

/// Installs the CRDs, the rights in all namespaces, and the policies that confine the operators of all scenes.
pub async fn install(client: &Client) {
    let apply_params = PatchParams::apply("tests").force();
    for (_, manifest) in manifests().unwrap() {
        let definition: CustomResourceDefinition = serde_saphyr::from_str(&manifest).unwrap();
        let api: Api<CustomResourceDefinition> = Api::all(client.clone());
        let name = definition.name_any();
        api.patch(&name, &apply_params, &Patch::Apply(&definition))
            .await
            .unwrap();
        let established = await_condition(api, &name, conditions::is_crd_established());
        tokio::time::timeout(PATIENCE, established)
            .await
            .unwrap()
            .unwrap();
    }
    for role in of_kind(RIGHTS_EVERYWHERE, "ClusterRole") {
        apply(client, role).await;
    }
    // The operators of scenes have accounts of other names.
    let policies = POLICIES.replace(
        "^system:serviceaccount:[^:]+:ncp-secret-operator$",
        "^system:serviceaccount:test-[^:]+:[^:]+$",
    );
    for kind in ["", "Binding"] {
        for policy in of_kind(&policies, &format!("ValidatingAdmissionPolicy{kind}")) {
            apply(client, policy).await;
        }
    }
}

/// The account of an operator whose own namespace is `home`.
pub struct Account<'names> {
    pub home: &'names str,
    pub name: &'names str,
}

impl Account<'_> {
    /// Applies those of the manifests that are of these kinds, Roles or their bindings: those of the operator's own
    /// namespace, and those of a namespace that it works for, if there is one.
    pub async fn grant(
        &self,
        client: &Client,
        manifests: &str,
        kinds: &[&str],
        works_for: Option<&str>,
    ) {
        for mut object in kinds.iter().flat_map(|kind| of_kind(manifests, kind)) {
            let is_own = object.namespace().as_deref() == Some("ncp-secrets");
            let Some(namespace) = (if is_own { Some(self.home) } else { works_for }) else {
                continue;
            };
            object.metadata.namespace = Some(namespace.to_owned());
            if object.data.get("subjects").is_some() {
                object.metadata.name = Some(format!("{}-{}", object.name_any(), self.name));
                self.bind(&mut object);
            }
            apply(client, object).await;
        }
    }

    /// Gives it what an operator of all namespaces has in all of them.
    pub async fn grant_everywhere(&self, client: &Client) {
        for mut binding in of_kind(RIGHTS_EVERYWHERE, "ClusterRoleBinding") {
            binding.metadata.name = Some(self.home.to_owned());
            self.bind(&mut binding);
            apply(client, binding).await;
        }
    }

    fn bind(&self, binding: &mut DynamicObject) {
        let subject = json!({"kind": "ServiceAccount", "name": self.name, "namespace": self.home});
        binding.data["subjects"] = json!([subject]);
    }
}

/// The objects of that kind in a text with several.
fn of_kind(manifests: &str, kind: &str) -> impl Iterator<Item = DynamicObject> {
    manifests
        .split("---\n")
        .filter(move |text| text.contains(&format!("\nkind: {kind}\n")))
        .map(|text| serde_saphyr::from_str(text).unwrap())
}

async fn apply(client: &Client, object: DynamicObject) {
    let gvk = GroupVersionKind::try_from(object.types.as_ref().unwrap()).unwrap();
    let resource = ApiResource::from_gvk(&gvk);
    let api: Api<DynamicObject> = match object.namespace() {
        Some(namespace) => Api::namespaced_with(client.clone(), &namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    let params = PatchParams::apply("tests").force();
    api.patch(&object.name_any(), &params, &Patch::Apply(&object))
        .await
        .unwrap();
}
