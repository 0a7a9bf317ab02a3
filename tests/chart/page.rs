//! The commands in docs/install.md can be pasted: each block of them is run by a shell, with the real tools, on a cluster of
//! its own that has the release already where the block does not install it.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use testbed::{Helm, Sources};

use crate::cluster::Cluster;

const PAGE: &str = include_str!("../../docs/install.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What needs more than an API server: pods that run, or a registry.
const NOT_HERE: [&str; 4] = ["kubectl rollout status", "cosign ", "gh ", "docker "];

/// The commands of each block, without those that cannot be run here.
fn blocks() -> Vec<Vec<String>> {
    let blocks = PAGE.split("```console\n").skip(1);
    let blocks = blocks.map(|block| {
        let (block, _) = block.split_once("```").expect("a block ends");
        let commands = block.split("$ ").skip(1).map(str::to_owned);
        let here =
            commands.filter(|command| !NOT_HERE.iter().any(|start| command.starts_with(start)));
        here.collect::<Vec<_>>()
    });
    blocks.filter(|block| !block.is_empty()).collect()
}

/// A folder like the repository, in which commands may leave files, and another with the tools.
fn prepare(folder: &Path, helm: &Path) {
    for name in ["charts", "crds", "deploy"] {
        symlink(Path::new(ROOT).join(name), folder.join(name)).unwrap();
    }
    let sources = Sources::from_env().unwrap();
    let tools = folder.join("tools");
    std::fs::create_dir(&tools).unwrap();
    symlink(helm, tools.join("helm")).unwrap();
    symlink(sources.find().unwrap().kubectl(), tools.join("kubectl")).unwrap();
}

fn run(command: &str, folder: &Path, kubeconfig: &Path) {
    let tools = folder.join("tools");
    let path = std::env::join_paths(
        [tools, "/usr/bin".into(), "/bin".into()].map(std::path::PathBuf::from),
    );
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path.unwrap())
        .env("KUBECONFIG", kubeconfig)
        .env("HOME", folder)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {complaint}");
}

#[tokio::test]
async fn every_command_of_the_page_does_what_it_is_pasted_for_with_helm_3() {
    let [helm, _] = Helm::find(&Sources::from_env().unwrap()).unwrap().both();
    run_all(&helm).await;
}

#[tokio::test]
async fn every_command_of_the_page_does_what_it_is_pasted_for_with_helm_4() {
    let [_, helm] = Helm::find(&Sources::from_env().unwrap()).unwrap().both();
    run_all(&helm).await;
}

async fn run_all(helm: &Path) {
    let blocks = blocks();
    assert!(blocks.len() > 10, "{blocks:?}");
    let install = blocks[0][0].clone();
    assert!(install.starts_with("helm install"), "{install}");
    for block in blocks {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path(), helm);
        let cluster = Cluster::start().await;
        for namespace in ["shop", "till"] {
            cluster.create_namespace(namespace, json!({})).await;
        }
        let installs = [
            "helm install",
            "helm template",
            "kubectl apply",
            "helm package",
        ];
        if !installs.iter().any(|start| block[0].starts_with(start)) {
            run(&install, folder.path(), cluster.kubeconfig());
        }
        for command in &block {
            run(command, folder.path(), cluster.kubeconfig());
        }
        cluster.plane.stop().await.unwrap();
    }
}
