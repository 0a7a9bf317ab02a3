//! Whether the chart grants exactly what the operator needs: its rules beside the audit log of the live tests, which run
//! under these rules. A verb that is missing is an error, and so is one that nobody used; in each mode of the chart.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;
use testbed::{Cluster, Request};

use crate::cargo::repository;

/// An operator that asks for this follows all namespaces.
const ONLY_IN_CLUSTER_MODE: &str = "clusterncpsecretstores";

/// An account of tests that are about missing rights.
const BARRED: &str = "ncp-secret-operator";

/// Where the rules of a mode are, with everything switched on.
const MODES: [(&str, Mode); 2] = [
    ("deploy/cluster-everything/rbac.yaml", Mode::Cluster),
    ("deploy/namespaced-everything/rbac.yaml", Mode::Namespaced),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Cluster,
    Namespaced,
}

/// Where a right holds, or is made use of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// In the operator's own namespace.
    Own,
    /// In a namespace that it works for.
    WorkedFor,
    /// In all namespaces, and for what is in none.
    Everywhere,
}

/// The right to one verb on one resource, or on one object of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    place: Place,
    group: String,
    resource: String,
    verb: String,
    name: Option<String>,
}

/// What operators asked for.
#[derive(Default)]
struct Asked {
    by: Vec<(String, BTreeSet<Right>)>,
}

/// What differs, for people; nothing when all is as it should be.
pub(crate) fn compare(cluster: &Cluster) -> Result<Vec<String>> {
    let mut asked = Asked::default();
    let mut audits = cluster.audits_of_others()?;
    audits.push(cluster.audit());
    for audit in audits {
        audit.each(|request| asked.note(request))?;
    }
    let mut differences = Vec::new();
    for (file, mode) in MODES {
        let text = fs::read_to_string(repository().join(file))
            .with_context(|| format!("cannot read {file}"))?;
        let granted = granted(&text).with_context(|| format!("cannot understand {file}"))?;
        let used = asked.in_mode(mode);
        differences.extend(differ(&granted, &used).map(|what| format!("{file} {what}")));
    }
    Ok(differences)
}

impl Asked {
    fn note(&mut self, request: Request) {
        let account = request.user.strip_prefix("system:serviceaccount:test-");
        if account.is_none_or(|account| account.ends_with(&format!(":{BARRED}"))) {
            return;
        }
        let is_status = !request.subresource.is_empty();
        let resource = match request.resource {
            resource if is_status => format!("{resource}/{}", request.subresource),
            // Discovery and the like are everybody's.
            resource if resource.is_empty() => return,
            resource => resource,
        };
        let place = match request.namespace.as_str() {
            "" => Place::Everywhere,
            namespace if request.user.split(':').nth(2) == Some(namespace) => Place::Own,
            _ => Place::WorkedFor,
        };
        let right = Right {
            place,
            group: request.api_group,
            resource,
            verb: request.verb,
            name: Some(request.name),
        };
        let known = self.by.iter_mut().find(|(user, _)| *user == request.user);
        match known {
            Some((_, rights)) => {
                rights.insert(right);
            }
            None => self.by.push((request.user, BTreeSet::from([right]))),
        }
    }

    fn in_mode(&self, mode: Mode) -> BTreeSet<Right> {
        let is_of_it = |rights: &BTreeSet<Right>| {
            let everywhere = rights
                .iter()
                .any(|right| right.resource == ONLY_IN_CLUSTER_MODE);
            everywhere == (mode == Mode::Cluster)
        };
        let of_it = self.by.iter().filter(|(_, rights)| is_of_it(rights));
        of_it.flat_map(|(_, rights)| rights.clone()).collect()
    }
}

/// What is used and not granted, and what is granted and not used.
fn differ(granted: &BTreeSet<Right>, used: &BTreeSet<Right>) -> impl Iterator<Item = String> {
    let missing: BTreeSet<Right> = used
        .iter()
        .filter(|used| !granted.iter().any(|granted| granted.covers(used)))
        .map(|used| Right {
            name: None,
            ..used.clone()
        })
        .collect();
    let unused = granted
        .iter()
        .filter(|granted| !used.iter().any(|used| granted.covers(used)));
    let missing = missing
        .iter()
        .map(|right| format!("does not grant what the operator asked for: {right}"));
    let unused = unused.map(|right| format!("grants what no live test needed: {right}"));
    missing.chain(unused).collect::<Vec<_>>().into_iter()
}

impl Right {
    /// Whether it is a right to that, which was asked for.
    fn covers(&self, asked: &Self) -> bool {
        (self.place == asked.place || self.place == Place::Everywhere)
            && self.group == asked.group
            && self.resource == asked.resource
            && self.verb == asked.verb
            && (self.name.is_none() || self.name == asked.name)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if let Some(name) = &self.name {
            write!(f, " {name}")?;
        }
        f.write_str(match self.place {
            Place::Own => " in its own namespace",
            Place::WorkedFor => " in a namespace that it works for",
            Place::Everywhere => " everywhere",
        })
    }
}

/// The rights that the roles of the operator grant.
fn granted(manifests: &str) -> Result<BTreeSet<Right>> {
    let mut rights = BTreeSet::new();
    for manifest in manifests.split("---\n") {
        let role: Role = serde_saphyr::from_str(manifest).context("cannot read a manifest")?;
        let place = match role.metadata.namespace.as_deref() {
            None => Place::Everywhere,
            Some("ncp-secrets") => Place::Own,
            Some(_) => Place::WorkedFor,
        };
        for rule in role.rules {
            rights.extend(rule.rights(place));
        }
    }
    Ok(rights)
}

#[derive(Deserialize)]
struct Role {
    metadata: Metadata,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Metadata {
    namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    #[serde(default)]
    resource_names: Vec<String>,
    verbs: Vec<String>,
}

impl Rule {
    fn rights(&self, place: Place) -> Vec<Right> {
        let mut names: Vec<_> = self.resource_names.iter().cloned().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        let mut rights = Vec::new();
        for group in &self.api_groups {
            for resource in &self.resources {
                for verb in &self.verbs {
                    rights.extend(names.iter().map(|name| Right {
                        place,
                        group: group.clone(),
                        resource: resource.clone(),
                        verb: verb.clone(),
                        name: name.clone(),
                    }));
                }
            }
        }
        rights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "\
kind: Role
metadata: {namespace: ncp-secrets}
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [mine]
  verbs: [get, patch]
---
kind: RoleBinding
metadata: {namespace: ncp-secrets}
---
kind: ClusterRole
metadata: {}
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [list]
";

    fn right(place: Place, verb: &str, name: &str) -> Right {
        Right {
            place,
            group: "coordination.k8s.io".into(),
            resource: "leases".into(),
            verb: verb.into(),
            name: Some(name.into()),
        }
    }

    #[test]
    fn what_is_missing_and_what_is_unused_is_told() {
        use Place::{Everywhere, Own, WorkedFor};
        let granted = granted(RULES).unwrap();
        let differ =
            |used: &[Right]| differ(&granted, &used.iter().cloned().collect()).collect::<Vec<_>>();
        let mut used = vec![
            right(Own, "get", "mine"),
            right(Own, "patch", "mine"),
            right(Everywhere, "list", ""),
        ];
        assert_eq!(differ(&used), [""; 0]);
        used.push(right(WorkedFor, "list", ""));
        assert_eq!(differ(&used), [""; 0], "what holds everywhere holds there");
        for (place, name, expected) in [
            (Own, "other", "in its own namespace"),
            (WorkedFor, "mine", "in a namespace that it works for"),
        ] {
            let more = [&used[..], &[right(place, "get", name)]].concat();
            let expected = format!(
                "does not grant what the operator asked for: get leases.coordination.k8s.io {expected}"
            );
            assert_eq!(differ(&more), [expected]);
        }
        used.retain(|right| right.verb != "patch");
        assert_eq!(
            differ(&used),
            [
                "grants what no live test needed: patch leases.coordination.k8s.io mine in its own namespace"
            ]
        );
    }

    #[test]
    fn a_switch_that_is_off_takes_its_own_rights_away_and_no_others() {
        let of = |folder: &str| {
            let file = repository().join("deploy").join(folder).join("rbac.yaml");
            granted(&fs::read_to_string(file).unwrap()).unwrap()
        };
        for mode in ["cluster", "namespaced"] {
            let (usual, everything) = (of(mode), of(&format!("{mode}-everything")));
            assert!(usual.is_subset(&everything), "{mode}");
            let switched: BTreeSet<_> = everything
                .difference(&usual)
                .map(|right| right.resource.split('/').next().unwrap_or_default())
                .collect();
            let mut expected =
                BTreeSet::from(["daemonsets", "deployments", "rollouts", "statefulsets"]);
            if mode == "cluster" {
                expected.insert(ONLY_IN_CLUSTER_MODE);
            }
            assert_eq!(switched, expected, "{mode}");
        }
    }
}
