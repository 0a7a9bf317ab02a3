//! The chart as a part of a bigger one.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;
use tempfile::TempDir;

use crate::helm::{CHART, Tool, both, objects, of_kind};

const PARENT: &str = "
apiVersion: v2
name: platform
version: 1.0.0
dependencies:
- name: ncp-secret-operator
  version: '*'
  condition: ncp-secret-operator.enabled
";

/// A chart that brings this one, with values of its own.
fn parent(values: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("charts")).unwrap();
    symlink(CHART, folder.path().join("charts/ncp-secret-operator")).unwrap();
    fs::write(folder.path().join("Chart.yaml"), PARENT).unwrap();
    fs::write(folder.path().join("values.yaml"), values).unwrap();
    folder
}

fn rendered(helm: &Tool, values: &str, set: &[&str]) -> Result<Vec<Value>, String> {
    let folder = parent(values);
    let chart = folder.path().to_str().unwrap();
    let set = set.iter().flat_map(|value| ["--set-json", value]);
    let arguments = ["platform", chart, "--namespace", "platform"].into_iter();
    let text = helm.template(&arguments.chain(set).collect::<Vec<_>>())?;
    Ok(objects(&text))
}

#[test]
fn a_parent_chart_switches_it_on_and_off_and_may_have_values_for_all_its_parts() {
    let values = "
global: {region: KR}
ncp-secret-operator: {enabled: true, replicas: 3}
";
    for helm in both() {
        let objects = rendered(&helm, values, &[]).unwrap();
        let deployment = of_kind(&objects, "Deployment").unwrap();
        assert_eq!(
            deployment["metadata"]["name"],
            "platform-ncp-secret-operator"
        );
        assert_eq!(deployment["spec"]["replicas"], 3);
        let off = rendered(&helm, values, &["ncp-secret-operator.enabled=false"]);
        assert_eq!(off.unwrap(), [Value::Null; 0]);
    }
}

#[test]
fn a_switch_that_no_parent_reads_is_refused() {
    for helm in both() {
        let refused = helm.renders(&["enabled=false"]).unwrap_err();
        assert!(
            refused.contains("name it as the condition of the dependency"),
            "{refused}"
        );
        helm.renders(&["enabled=true", "global={\"a\":1}"]).unwrap();
    }
}

/// Some versions of Helm let a parent take defaults away by `null`, others keep the default: neither leaves a hole.
#[test]
fn a_parent_chart_cannot_take_away_what_is_needed() {
    let usual = |helm: &Tool| rendered(helm, "", &[]).unwrap();
    for helm in both() {
        for null in [
            "concurrency: null",
            "admissionPolicy: {enabled: null}",
            "image: {repository: null}",
        ] {
            let set = rendered(&helm, &format!("ncp-secret-operator: {{{null}}}"), &[]);
            match set {
                Ok(objects) => assert_eq!(objects, usual(&helm), "{null}"),
                Err(refused) => assert!(refused.contains("schema"), "{null}: {refused}"),
            }
        }
        let null = rendered(&helm, "", &["ncp-secret-operator.concurrency=null"]);
        assert!(null.unwrap_err().contains("schema"));
    }
}
