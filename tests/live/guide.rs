//! The manifests of the guide are ones that the API server and the code take.

use ncp_secret_operator::api::NcpSecret;
use ncp_secret_operator::core::request;
use serde_json::Value;

use crate::scene::Scene;

const GUIDE: &str = include_str!("../../docs/guide.md");

/// The manifests in the fenced blocks.
fn manifests() -> Vec<Value> {
    let blocks = GUIDE.split("```yaml\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0)
        .flat_map(|block| block.split("---\n"))
        .map(|manifest| serde_saphyr::from_str(manifest).unwrap())
        .collect()
}

#[tokio::test]
async fn every_manifest_of_the_guide_is_taken() {
    let scene = Scene::without_operator().await;
    let manifests = manifests();
    assert!(manifests.len() >= 5, "{}", manifests.len());
    for manifest in manifests {
        let kind = manifest["kind"].as_str().unwrap();
        let name = &manifest["metadata"]["name"];
        let verdict = scene.verdict(kind, &manifest["spec"]).await;
        assert_eq!(verdict, Ok(()), "{kind} {name}");
        if kind == "NcpSecret" {
            let object: NcpSecret = serde_json::from_value(manifest.clone()).unwrap();
            assert!(request::parse(&object).is_ok(), "{kind} {name}");
        }
    }
}
