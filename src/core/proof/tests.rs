use serde_json::json;

use super::*;
use crate::api::NcpSecret;
use crate::core::request::parse;
use crate::value::Value;

fn key(text: &str) -> InstallationKey {
    InstallationKey::new(Value::new(text.as_bytes().to_vec()))
}

fn request(uid: &str, source: &serde_json::Value) -> Request {
    let object: NcpSecret = serde_json::from_value(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1",
        "kind": "NcpSecret",
        "metadata": {"name": "orders", "namespace": "shop", "uid": uid, "generation": 1},
        "spec": {"storeRef": {"name": "s"}, "source": source},
    }))
    .unwrap();
    parse(&object).unwrap()
}

fn origin(request: &Request) -> Origin<'_> {
    Origin {
        request,
        region: Region::Kr,
        host: "Regional",
        secret_id: "0f",
    }
}

fn access() -> Access {
    Access {
        hosts: "https://one.example.com".into(),
        store_uid: "store".into(),
        store_generation: 1,
        credentials_uid: "pair".into(),
        credentials_version: "7".into(),
    }
}

#[test]
fn r1_a_sync_proof_holds_for_nothing_but_what_it_is_about() {
    let by_id = json!({"secretId": "0f"});
    let ours = request("our-uid", &by_id);
    let proof = origin(&ours).sync_proof(&key("key"), "k.1");
    assert_eq!(proof, origin(&ours).sync_proof(&key("key"), "k.1"));
    // What only says how the secret is asked for does not matter to what was written.
    let by_name = request("our-uid", &json!({"secretName": "orders"}));
    assert_eq!(proof, origin(&by_name).sync_proof(&key("key"), "k.1"));

    let other = request("other-uid", &by_id);
    let others = [
        (
            "another installation",
            origin(&ours).sync_proof(&key("other"), "k.1"),
        ),
        (
            "another content",
            origin(&ours).sync_proof(&key("key"), "k.2"),
        ),
        (
            "another object",
            origin(&other).sync_proof(&key("key"), "k.1"),
        ),
        (
            "another region",
            Origin {
                region: Region::Jpn,
                ..origin(&ours)
            }
            .sync_proof(&key("key"), "k.1"),
        ),
        (
            "another host",
            Origin {
                host: "Global",
                ..origin(&ours)
            }
            .sync_proof(&key("key"), "k.1"),
        ),
        (
            "another secret",
            Origin {
                secret_id: "1f",
                ..origin(&ours)
            }
            .sync_proof(&key("key"), "k.1"),
        ),
        (
            "a proof of revocation",
            origin(&ours).revocation_proof(&key("key"), &access()),
        ),
    ];
    for (case, other) in others {
        assert_ne!(proof, other, "{case}");
    }
}

#[test]
fn r1_a_proof_of_revocation_holds_only_for_one_way_of_asking() {
    let ours = request("our-uid", &json!({"secretId": "0f"}));
    let prove = |access: &Access| origin(&ours).revocation_proof(&key("key"), access);
    let proof = prove(&access());
    assert_eq!(proof, prove(&access()));
    let by_name = request("our-uid", &json!({"secretName": "orders"}));
    let others = [
        (
            "another source",
            origin(&by_name).revocation_proof(&key("key"), &access()),
        ),
        (
            "other hosts",
            prove(&Access {
                hosts: "https://two.example.com".into(),
                ..access()
            }),
        ),
        (
            "another store of that name",
            prove(&Access {
                store_uid: "other".into(),
                ..access()
            }),
        ),
        (
            "another generation of the store",
            prove(&Access {
                store_generation: 2,
                ..access()
            }),
        ),
        (
            "other credentials",
            prove(&Access {
                credentials_uid: "other".into(),
                ..access()
            }),
        ),
        (
            "changed credentials",
            prove(&Access {
                credentials_version: "8".into(),
                ..access()
            }),
        ),
    ];
    for (case, other) in others {
        assert_ne!(proof, other, "{case}");
    }
}
