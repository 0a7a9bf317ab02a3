//! The plain manifests in `deploy/`, as the chart renders them: for people without Helm.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// What each folder is rendered with.
const VARIANTS: [(&str, &[&str]); 4] = [
    ("cluster", &[]),
    (
        "cluster-everything",
        &["clusterStores.enabled=true", "restarts.enabled=true"],
    ),
    ("namespaced", &["watchNamespaces={shop}"]),
    (
        "namespaced-everything",
        &["watchNamespaces={shop}", "restarts.enabled=true"],
    ),
];

/// What `kubectl apply -k deploy/` applies: what has to stay when the operator goes, and the operator.
const USUAL: [&str; 2] = [BASE, "cluster"];

/// The namespace and the CRDs.
const BASE: &str = "base";

const NAMESPACE: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: ncp-secrets
  labels:
    pod-security.kubernetes.io/enforce: restricted
";

/// What only Helm needs.
const OF_HELM: [&str; 2] = ["helm.sh/chart:", "app.kubernetes.io/managed-by: Helm"];

/// All files, with their paths in `deploy/`.
pub(super) fn files(
    helm: &Path,
    chart: &Path,
    definitions: &[(String, String)],
) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::from([
        ("kustomization.yaml".into(), kustomization(&USUAL)),
        ("base/namespace.yaml".into(), NAMESPACE.to_owned()),
    ]);
    let mut base = vec!["namespace.yaml"];
    for (file, text) in definitions {
        files.insert(Path::new(BASE).join(file), text.clone());
        base.push(file);
    }
    files.insert("base/kustomization.yaml".into(), kustomization(&base));
    for (folder, values) in VARIANTS {
        let parts = by_file(&render(helm, chart, values)?)?;
        let names = parts.keys().map(String::as_str);
        let resources: Vec<_> = names.collect();
        let folder = Path::new(folder);
        files.insert(folder.join("kustomization.yaml"), kustomization(&resources));
        for (file, text) in parts {
            files.insert(folder.join(file), in_any_namespace(&text)?);
        }
    }
    Ok(files)
}

/// What the policies say in the chart, which knows who the operator is, and in a manifest, which does not: kustomize moves an
/// account to another namespace and looks into no expression.
const IN_EXPRESSIONS: [(&str, &str); 2] = [
    (
        "request.userInfo.username == \"system:serviceaccount:ncp-secrets:ncp-secret-operator\"",
        "request.userInfo.username.matches(\"^system:serviceaccount:[^:]+:ncp-secret-operator$\")",
    ),
    (
        "request.namespace == \"ncp-secrets\"",
        "request.namespace == request.userInfo.username.split(\":\")[2]",
    ),
];

/// Lets policies hold for the account wherever it is.
fn in_any_namespace(manifests: &str) -> Result<String> {
    let text = IN_EXPRESSIONS
        .iter()
        .fold(manifests.to_owned(), |text, (named, any)| {
            text.replace(named, any)
        });
    ensure!(
        !text.contains("\"ncp-secrets\"") && !text.contains("system:serviceaccount:ncp-secrets:"),
        "a policy names the namespace in a way that is not known here"
    );
    Ok(text)
}

fn kustomization(resources: &[&str]) -> String {
    let resources = resources.join("\n- ");
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- {resources}\n"
    )
}

fn render(helm: &Path, chart: &Path, values: &[&str]) -> Result<String> {
    let mut command = Command::new(helm);
    command
        .args(["template", "ncp-secret-operator"])
        .arg(chart)
        .args(["--namespace", "ncp-secrets", "--set", "crds.install=false"]);
    for value in values {
        command.args(["--set", value]);
    }
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", helm.display()))?;
    if !output.status.success() {
        bail!(
            "cannot render the chart: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).context("cannot read what the chart renders")
}

/// What was rendered, by the template, or the folder of templates, that it comes from.
fn by_file(rendered: &str) -> Result<BTreeMap<String, String>> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for object in rendered.split("---\n# Source: ").skip(1) {
        let (source, text) = object.split_once('\n').context("a source ends its line")?;
        let place = source.split('/').nth(2);
        let place = place.with_context(|| format!("cannot understand the source {source}"))?;
        let file = format!("{}.yaml", place.trim_end_matches(".yaml"));
        let lines = text.trim().lines();
        let lines: Vec<_> = lines
            .filter(|line| !OF_HELM.iter().any(|own| line.trim_start().starts_with(own)))
            .flat_map(|line| [line, "\n"])
            .collect();
        let text = lines.concat();
        ensure!(!text.is_empty(), "the template {source} renders nothing");
        let whole = files.entry(file).or_default();
        if !whole.is_empty() {
            whole.push_str("---\n");
        }
        whole.push_str(&text);
    }
    Ok(files)
}
