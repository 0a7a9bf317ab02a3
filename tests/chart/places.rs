//! Where each value stands in what is rendered, and what stands there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::helm::{latest, objects};

/// The value, what it is set to, and what else is set for it to matter; then the objects (`Kind`, `Kind name`, or `all`), the
/// place in them, and what stands there. `pod/` and `container/` are short for places in a Deployment. `has` is one element of a
/// list, `begins` the beginning of a text, `-` nothing; objects at `-` are not there at all.
const PLACES: &str = r#"
fullnameOverride | "other" | | Deployment | /metadata/name | "other"
fullnameOverride | "other" | | Service | /metadata/name | "other"
fullnameOverride | "other" | | ServiceAccount | /metadata/name | "other"
fullnameOverride | "other" | | NetworkPolicy | /metadata/name | "other"
fullnameOverride | "other" | | PodDisruptionBudget | /metadata/name | "other"
fullnameOverride | "other" | | ClusterRoleBinding | /roleRef/name | "other"
fullnameOverride | "other" | | RoleBinding | /roleRef/name | "other"
commonLabels | {"team":"platform"} | | all | /metadata/labels/team | "platform"
commonLabels | {"team":"platform"} | | Deployment | /spec/template/metadata/labels/team | "platform"
image.repository | "registry.example/operator" | | Deployment | container/image | begins "registry.example/operator:"
image.tag | "0.0.9" | | Deployment | container/image | "ghcr.io/ncp-secret-operator/ncp-secret-operator:0.0.9"
image.digest | "sha256:0000000000000000000000000000000000000000000000000000000000000000" | | Deployment | container/image | "ghcr.io/ncp-secret-operator/ncp-secret-operator@sha256:0000000000000000000000000000000000000000000000000000000000000000"
image.pullPolicy | "Never" | | Deployment | container/imagePullPolicy | "Never"
image.pullSecrets | [{"name":"registry"}] | | Deployment | pod/imagePullSecrets | [{"name":"registry"}]
crds.install | false | | CustomResourceDefinition | - | -
crds.keep | false | | CustomResourceDefinition | /metadata/annotations/helm.sh~1resource-policy | -
watchNamespaces | ["shop"] | | Deployment | container/args | has "--watch-namespaces=shop"
watchNamespaces | ["shop"] | | Role ncp-secret-operator-namespace | /metadata/namespace | "shop"
watchNamespaces | ["shop"] | | RoleBinding ncp-secret-operator-namespace | /metadata/namespace | "shop"
watchNamespaces | ["shop"] | | ClusterRole | - | -
watchNamespaces | ["shop"] | | ClusterRoleBinding | - | -
clusterStores.enabled | true | | Deployment | container/args | has "--cluster-stores=true"
clusterStores.enabled | true | | ClusterRole ncp-secret-operator | /rules | has {"apiGroups":["ncp-secrets.io"],"resources":["clusterncpsecretstores"],"verbs":["list","watch"]}
serverRole.enabled | true | clusterStores.enabled=true | Deployment | container/args | has "--server-role=true"
serverRole.enabled | true | clusterStores.enabled=true | NetworkPolicy | /spec/egress | has {"to":[{"ipBlock":{"cidr":"169.254.169.254/32"}}],"ports":[{"port":80,"protocol":"TCP"}]}
restarts.enabled | true | | ClusterRole ncp-secret-operator | /rules | has {"apiGroups":["apps"],"resources":["deployments","statefulsets","daemonsets"],"verbs":["get","patch"]}
restarts.enabled | true | | ClusterRole ncp-secret-operator | /rules | has {"apiGroups":["argoproj.io"],"resources":["rollouts"],"verbs":["get","patch"]}
admissionPolicy.enabled | false | | ValidatingAdmissionPolicy | - | -
admissionPolicy.enabled | false | | ValidatingAdmissionPolicyBinding | - | -
aggregatedRoles.enabled | false | | ClusterRole ncp-secret-operator-view | - | -
aggregatedRoles.enabled | false | | ClusterRole ncp-secret-operator-edit | - | -
serviceAccount.create | false | serviceAccount.name="somebody" | ServiceAccount | - | -
serviceAccount.name | "somebody" | | ServiceAccount | /metadata/name | "somebody"
serviceAccount.name | "somebody" | | Deployment | pod/serviceAccountName | "somebody"
serviceAccount.name | "somebody" | | ClusterRoleBinding | /subjects | [{"kind":"ServiceAccount","name":"somebody","namespace":"ncp-secrets"}]
serviceAccount.name | "somebody" | | RoleBinding | /subjects | [{"kind":"ServiceAccount","name":"somebody","namespace":"ncp-secrets"}]
serviceAccount.name | "somebody" | | ValidatingAdmissionPolicy | /spec/matchConditions | has {"name":"it-is-the-operator","expression":"request.userInfo.username == \"system:serviceaccount:ncp-secrets:somebody\""}
serviceAccount.annotations | {"a":"b"} | | ServiceAccount | /metadata/annotations | {"a":"b"}
replicas | 3 | | Deployment | /spec/replicas | 3
podDisruptionBudget.enabled | false | | PodDisruptionBudget | - | -
podDisruptionBudget.maxUnavailable | "50%" | | PodDisruptionBudget | /spec/maxUnavailable | "50%"
podDisruptionBudget.maxUnavailable | 2 | | PodDisruptionBudget | /spec/maxUnavailable | 2
updateStrategy | {"type":"Recreate"} | | Deployment | /spec/strategy | {"type":"Recreate"}
updateStrategy | {"type":"Recreate"} | hostNetwork=true | Deployment | /spec/strategy | {"type":"Recreate"}
topologySpreadConstraints | [] | | Deployment | pod/topologySpreadConstraints | -
topologySpreadConstraints | [{"topologyKey":"zone"}] | | Deployment | pod/topologySpreadConstraints/0/topologyKey | "zone"
topologySpreadConstraints | [{"labelSelector":{"matchLabels":{"a":"b"}}}] | | Deployment | pod/topologySpreadConstraints/0/labelSelector/matchLabels | {"a":"b"}
priorityClassName | "system-cluster-critical" | | Deployment | pod/priorityClassName | "system-cluster-critical"
nodeSelector | {"pool":"infra"} | | Deployment | pod/nodeSelector | {"pool":"infra"}
affinity | {"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[]}} | | Deployment | pod/affinity | {"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[]}}
tolerations | [{"operator":"Exists"}] | | Deployment | pod/tolerations | [{"operator":"Exists"}]
resources.requests | {"cpu":"1"} | | Deployment | container/resources/requests | {"cpu":"1","memory":"64Mi"}
resources.limits | {"memory":"1Gi"} | | Deployment | container/resources/limits | {"memory":"1Gi"}
podAnnotations | {"a":"b"} | | Deployment | /spec/template/metadata/annotations | {"a":"b"}
podLabels | {"a":"b"} | | Deployment | /spec/template/metadata/labels/a | "b"
podSecurityContext | {"fsGroup":1} | | Deployment | pod/securityContext/fsGroup | 1
securityContext | {"runAsUser":65532} | | Deployment | container/securityContext/runAsUser | 65532
hostNetwork | true | | Deployment | pod/hostNetwork | true
hostNetwork | true | | Deployment | pod/dnsPolicy | "ClusterFirstWithHostNet"
hostNetwork | true | | Deployment | /spec/strategy | {"type":"RollingUpdate","rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}
listen.address | "::" | | Deployment | container/args | has "--listen=[::]:8080"
listen.address | "127.0.0.1" | | Deployment | container/args | has "--listen=127.0.0.1:8080"
listen.port | 9090 | | Deployment | container/args | has "--listen=0.0.0.0:9090"
listen.port | 9090 | | Deployment | container/ports | [{"name":"http","containerPort":9090}]
log.filter | "debug" | | Deployment | container/args | has "--log=debug"
log.format | "text" | | Deployment | container/args | has "--log-format=text"
concurrency | 64 | | Deployment | container/args | has "--concurrency=64"
extraArgs | ["--extra-ca-file=/ca"] | | Deployment | container/args | has "--extra-ca-file=/ca"
extraEnv | [{"name":"A","value":"b"}] | | Deployment | container/env | [{"name":"A","value":"b"}]
extraVolumes | [{"name":"ca","emptyDir":{}}] | | Deployment | pod/volumes | [{"name":"ca","emptyDir":{}}]
extraVolumeMounts | [{"name":"ca","mountPath":"/ca"}] | | Deployment | container/volumeMounts | [{"name":"ca","mountPath":"/ca"}]
extraObjects | [{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"more"}}] | | ConfigMap | /metadata/name | "more"
extraObjects | ["{apiVersion: v1, kind: ConfigMap, metadata: {name: of-{{ .Release.Name }}}}"] | | ConfigMap | /metadata/name | "of-ncp-secret-operator"
networkPolicy.enabled | false | | NetworkPolicy | - | -
networkPolicy.dnsPorts | [5300] | | NetworkPolicy | /spec/egress | has {"ports":[{"port":5300,"protocol":"UDP"},{"port":5300,"protocol":"TCP"}]}
networkPolicy.apiServerPorts | [8443] | | NetworkPolicy | /spec/egress | has {"ports":[{"port":443,"protocol":"TCP"},{"port":8443,"protocol":"TCP"}]}
networkPolicy.metricsFrom | [{"podSelector":{}}] | | NetworkPolicy | /spec/ingress | [{"from":[{"podSelector":{}}],"ports":[{"port":"http","protocol":"TCP"}]}]
networkPolicy.extraEgress | [{"ports":[{"port":8443}]}] | | NetworkPolicy | /spec/egress | has {"ports":[{"port":8443}]}
metrics.service.enabled | false | | Service | - | -
metrics.serviceMonitor.enabled | true | | ServiceMonitor | /metadata/name | "ncp-secret-operator"
metrics.serviceMonitor.interval | "1m" | metrics.serviceMonitor.enabled=true | ServiceMonitor | /spec/endpoints/0/interval | "1m"
metrics.serviceMonitor.labels | {"a":"b"} | metrics.serviceMonitor.enabled=true | ServiceMonitor | /metadata/labels/a | "b"
metrics.podMonitor.enabled | true | | PodMonitor | /metadata/name | "ncp-secret-operator"
metrics.podMonitor.interval | "1m" | metrics.podMonitor.enabled=true | PodMonitor | /spec/podMetricsEndpoints/0/interval | "1m"
metrics.podMonitor.labels | {"a":"b"} | metrics.podMonitor.enabled=true | PodMonitor | /metadata/labels/a | "b"
metrics.prometheusRule.enabled | true | | PrometheusRule | /metadata/name | "ncp-secret-operator"
metrics.prometheusRule.labels | {"a":"b"} | metrics.prometheusRule.enabled=true | PrometheusRule | /metadata/labels/a | "b"
metrics.prometheusRule.runbookBaseUrl | "https://wiki.example.com" | metrics.prometheusRule.enabled=true | PrometheusRule | /spec/groups/0/rules/0/annotations/runbook_url | begins "https://wiki.example.com#"
metrics.dashboard.enabled | true | | ConfigMap | /metadata/name | "ncp-secret-operator-dashboard"
metrics.dashboard.labels | {"a":"b"} | metrics.dashboard.enabled=true | ConfigMap | /metadata/labels/a | "b"
metrics.dashboard.annotations | {"a":"b"} | metrics.dashboard.enabled=true | ConfigMap | /metadata/annotations | {"a":"b"}
"#;

/// A row of the table.
struct Place {
    value: &'static str,
    set: String,
    besides: Option<&'static str>,
    object: &'static str,
    pointer: String,
    expected: Expected,
}

enum Expected {
    Is(Value),
    Has(Value),
    Begins(String),
    Nothing,
    NoObject,
}

fn places() -> impl Iterator<Item = Place> {
    PLACES.trim().lines().map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [value, set, besides, object, place, what] = cells[..] else {
            panic!("{line}");
        };
        let json =
            |text| serde_json::from_str(text).unwrap_or_else(|error| panic!("{line}: {error}"));
        let text =
            |text| serde_json::from_str(text).unwrap_or_else(|error| panic!("{line}: {error}"));
        let expected = match what.split_once(' ') {
            _ if place == "-" => Expected::NoObject,
            Some(("has", element)) => Expected::Has(json(element)),
            Some(("begins", beginning)) => Expected::Begins(text(beginning)),
            _ if what == "-" => Expected::Nothing,
            _ => Expected::Is(json(what)),
        };
        let pod = "/spec/template/spec";
        Place {
            value,
            set: format!("{value}={set}"),
            besides: (!besides.is_empty()).then_some(besides),
            object,
            pointer: match place.split_once('/') {
                Some(("pod", below)) => format!("{pod}/{below}"),
                Some(("container", below)) => format!("{pod}/containers/0/{below}"),
                _ => place.to_owned(),
            },
            expected,
        }
    })
}

/// The values that the table has.
pub fn placed() -> BTreeSet<String> {
    places().map(|place| place.value.to_owned()).collect()
}

impl Place {
    fn concerns(&self, object: &Value) -> bool {
        match self.object.split_once(' ') {
            Some((kind, name)) => object["kind"] == kind && object["metadata"]["name"] == name,
            None => self.object == "all" || object["kind"] == self.object,
        }
    }

    /// Whether it stands there in every object that it concerns.
    fn holds(&self, objects: &[Value]) -> bool {
        let mut concerned = objects
            .iter()
            .filter(|object| self.concerns(object))
            .peekable();
        if concerned.peek().is_none() {
            return matches!(self.expected, Expected::NoObject);
        }
        concerned.all(|object| {
            let found = object.pointer(&self.pointer);
            match &self.expected {
                Expected::Is(value) => found == Some(value),
                Expected::Has(value) => found
                    .and_then(Value::as_array)
                    .is_some_and(|found| found.contains(value)),
                Expected::Begins(text) => found
                    .and_then(Value::as_str)
                    .is_some_and(|found| found.starts_with(text.as_str())),
                Expected::Nothing => found.is_none(),
                Expected::NoObject => false,
            }
        })
    }
}

#[test]
fn every_value_stands_in_its_place() {
    let helm = latest();
    let mut rendered: BTreeMap<Vec<&str>, Vec<Value>> = BTreeMap::new();
    let places: Vec<_> = places().collect();
    let mut wrong = Vec::new();
    for place in &places {
        let besides: Vec<_> = place.besides.into_iter().collect();
        let with = [&besides[..], &[place.set.as_str()]].concat();
        let [without, with] = [besides, with].map(|values| {
            let objects = rendered.entry(values.clone()).or_insert_with(|| {
                let text = helm.renders(&values);
                objects(&text.unwrap_or_else(|error| panic!("{values:?}: {error}")))
            });
            place.holds(objects)
        });
        if without || !with {
            let (set, object, pointer) = (&place.set, place.object, &place.pointer);
            wrong.push(json!([set, object, pointer, {"without": without, "with": with}]));
        }
    }
    let wrong: Vec<_> = wrong.iter().map(Value::to_string).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
