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

/// The right to one verb on one resource, or on one object of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
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
        let right = Right {
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
        self.group == asked.group
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
        match &self.name {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

/// The rights that the roles of the operator grant; those that are aggregated are for people.
fn granted(manifests: &str) -> Result<BTreeSet<Right>> {
    let mut rights = BTreeSet::new();
    for manifest in manifests.split("---\n") {
        let role: Role = serde_saphyr::from_str(manifest).context("cannot read a manifest")?;
        if manifest.contains("rbac.authorization.k8s.io/aggregate-to-") {
            continue;
        }
        for rule in role.rules {
            rights.extend(rule.rights());
        }
    }
    Ok(rights)
}

#[derive(Deserialize)]
struct Role {
    #[serde(default)]
    rules: Vec<Rule>,
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
    fn rights(&self) -> Vec<Right> {
        let mut names: Vec<_> = self.resource_names.iter().cloned().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        let mut rights = Vec::new();
        for group in &self.api_groups {
            for resource in &self.resources {
                for verb in &self.verbs {
                    rights.extend(names.iter().map(|name| Right {
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
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [mine]
  verbs: [get, patch]
---
kind: RoleBinding
---
kind: ClusterRole
metadata: {labels: {rbac.authorization.k8s.io/aggregate-to-view: \"true\"}}
rules:
- apiGroups: [a]
  resources: [b]
  verbs: [c]
";

    fn right(verb: &str, name: &str) -> Right {
        Right {
            group: "coordination.k8s.io".into(),
            resource: "leases".into(),
            verb: verb.into(),
            name: Some(name.into()),
        }
    }

    #[test]
    fn what_is_missing_and_what_is_unused_is_told() {
        let granted = granted(RULES).unwrap();
        let differ =
            |used: &[Right]| differ(&granted, &used.iter().cloned().collect()).collect::<Vec<_>>();
        assert_eq!(
            differ(&[right("get", "mine"), right("patch", "mine")]),
            [""; 0]
        );
        assert_eq!(
            differ(&[
                right("get", "mine"),
                right("patch", "mine"),
                right("get", "other")
            ]),
            ["does not grant what the operator asked for: get leases.coordination.k8s.io"]
        );
        assert_eq!(
            differ(&[right("get", "mine")]),
            ["grants what no live test needed: patch leases.coordination.k8s.io mine"]
        );
    }
}
