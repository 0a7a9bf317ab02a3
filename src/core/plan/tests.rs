use serde_json::json;

use super::*;
use crate::api::{NcpSecret, RESERVED_PREFIX};
use crate::core::observed::{Owner, Reference};
use crate::core::pairs;
use crate::core::remote::Pairs;
use crate::core::request::{Keys, parse};
use crate::core::shape::{AllKeys, render};
use crate::core::trouble::Holder;

mod laws;

const MARK: &str = "0f0f0f0f.aa";

fn request(target: &serde_json::Value) -> Request {
    let object: NcpSecret = serde_json::from_value(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1",
        "kind": "NcpSecret",
        "metadata": {"name": "orders", "namespace": "shop", "uid": "our-uid", "generation": 1},
        "spec": {"storeRef": {"name": "s"}, "source": {"secretId": "0f"}, "target": target},
    }))
    .unwrap();
    parse(&object).unwrap()
}

fn values(text: &str) -> Pairs {
    pairs::parse(text.as_bytes()).unwrap()
}

fn planned(
    request: &Request,
    observed: Option<&Observed>,
    settled: Option<&str>,
    mark: &str,
) -> Result<Plan, Trouble> {
    let pairs = values(r#"{"a":"1","b":"2"}"#);
    let every_key = Keys {
        chosen: Vec::new(),
        all: Some(AllKeys::default()),
    };
    let content = render(&every_key, "Opaque", &pairs).ok().unwrap();
    plan(request, observed, settled, &content, mark)
}

fn controller(kind: &str, name: &str, uid: &str) -> Reference {
    Reference {
        api_version: "example.com/v1".into(),
        kind: kind.into(),
        name: name.into(),
        uid: uid.into(),
        controller: true,
        blocks_deletion: true,
    }
}

/// What the cluster holds after the plan: what Kubernetes does with a POST or with the patch.
fn carried_out(plan: Plan, observed: Option<Observed>) -> Observed {
    let keys = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    let ours = controller("NcpSecret", "orders", "our-uid");
    let (mut after, labels, annotations, owned, content) = match plan {
        Plan::Nothing => return observed.unwrap(),
        Plan::Create(creation) => {
            assert!(observed.is_none());
            let set = |map| MapChange {
                absent: true,
                set: map,
                remove: BTreeSet::new(),
            };
            let (labels, annotations) = (set(creation.labels), set(creation.annotations));
            let after = Observed {
                uid: "new".into(),
                ..Observed::default()
            };
            (after, labels, annotations, Some(creation.owned), true)
        }
        Plan::Change(change) => {
            let before = observed.unwrap();
            assert_eq!(change.uid, before.uid);
            assert_eq!(change.resource_version, before.resource_version);
            (
                before,
                change.labels,
                change.annotations,
                change.owned,
                change.content,
            )
        }
    };
    after.resource_version.push('+');
    (after.labels, after.our_labels) = written(after.labels, after.our_labels, labels);
    (after.annotations, after.our_annotations) =
        written(after.annotations, after.our_annotations, annotations);
    if let Some(owned) = owned {
        after
            .references
            .retain(|reference| reference.uid != ours.uid);
        after.references.extend(owned.then_some(ours));
    }
    if content {
        after.keys = keys;
    }
    let note = |name: &str| after.annotations.as_ref()?.get(name).cloned();
    after.owner = note(OWNER)
        .zip(note(OWNER_UID))
        .map(|(name, uid)| Owner { name, uid });
    after.content = note(CONTENT);
    let managed = after
        .labels
        .as_ref()
        .and_then(|labels| labels.get(MANAGED_BY));
    after.managed = managed.is_some_and(|manager| manager == MANAGER);
    after
}

type Map = Option<BTreeMap<String, String>>;

fn written(map: Map, mut ours: BTreeSet<String>, change: MapChange) -> (Map, BTreeSet<String>) {
    assert_eq!(
        change.absent,
        map.is_none(),
        "a patch into a map that is not there fails"
    );
    if change.is_empty() {
        return (map, ours);
    }
    let mut map = map.unwrap_or_default();
    for key in &change.remove {
        assert!(
            map.remove(key).is_some(),
            "a patch that removes what is not there fails"
        );
        ours.remove(key);
    }
    ours.extend(change.set.keys().cloned());
    map.extend(change.set);
    (Some(map), ours)
}

/// The Secret that a first pass leaves.
fn created(request: &Request) -> Observed {
    carried_out(planned(request, None, None, MARK).unwrap(), None)
}

fn change(plan: Result<Plan, Trouble>) -> Change {
    match plan {
        Ok(Plan::Change(change)) => change,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_secret_is_created_with_all_marks() {
    let request = request(&json!({"labels": {"team": "orders"}, "annotations": {"note": "n"}}));
    let map = |entries: &[(&str, &str)]| {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let expected = Creation {
        labels: map(&[("team", "orders"), (MANAGED_BY, MANAGER)]),
        annotations: map(&[
            ("note", "n"),
            (OWNER, "orders"),
            (OWNER_UID, "our-uid"),
            (CONTENT, MARK),
        ]),
        owned: true,
    };
    assert_eq!(
        planned(&request, None, None, MARK),
        Ok(Plan::Create(expected))
    );
    let orphan = self::request(&json!({"creationPolicy": "Orphan"}));
    let plan = planned(&orphan, None, None, MARK);
    assert!(matches!(
        plan,
        Ok(Plan::Create(Creation { owned: false, .. }))
    ));
}

#[test]
fn r7_a_secret_as_it_should_be_is_left_alone() {
    let request = request(&json!({}));
    assert_eq!(
        planned(&request, Some(&created(&request)), None, MARK),
        Ok(Plan::Nothing)
    );
}

#[test]
fn r2_a_foreign_secret_is_never_written() {
    let request = request(&json!({}));
    let ours = created(&request);
    let named = |name: &str, uid: &str| {
        Some(Owner {
            name: name.into(),
            uid: uid.into(),
        })
    };
    let controlled = vec![controller("Certificate", "c", "another")];
    let certificate = Holder::Controller {
        kind: "Certificate".into(),
        name: "c".into(),
    };
    let other = Holder::Other {
        name: "other".into(),
    };
    let cases = [
        (
            Observed {
                owner: None,
                references: vec![],
                ..ours.clone()
            },
            Holder::Unknown,
        ),
        (Observed::default(), Holder::Unknown),
        (
            Observed {
                references: controlled,
                ..ours.clone()
            },
            certificate,
        ),
        (
            Observed {
                owner: named("other", "another"),
                ..ours.clone()
            },
            other,
        ),
        (
            Observed {
                deleting: true,
                ..ours
            },
            Holder::Deleting,
        ),
    ];
    for (observed, holder) in cases {
        let version = observed.resource_version.clone();
        for settled in [None, Some(&*version)] {
            for mark in [MARK, "0f0f0f0f.bb"] {
                let plan = planned(&request, Some(&observed), settled, mark);
                assert_eq!(
                    plan,
                    Err(Trouble::NotOwned {
                        holder: holder.clone()
                    })
                );
            }
        }
    }
}

#[test]
fn r1_other_content_is_written_whole() {
    let request = request(&json!({}));
    let there = created(&request);
    let without = |key: &str| {
        let mut observed = there.clone();
        observed.keys.remove(key);
        observed
    };
    let mut more = there.clone();
    more.keys.insert("c".into());
    let unmarked = Observed {
        content: None,
        ..there.clone()
    };
    for (case, observed, mark) in [
        ("another value", &there, "0f0f0f0f.bb"),
        ("another installation key", &there, "ffffffff.aa"),
        ("a key too few", &without("a"), MARK),
        ("a key too many", &more, MARK),
        ("no mark", &unmarked, MARK),
    ] {
        let change = change(planned(&request, Some(observed), None, mark));
        assert!(change.content, "{case}");
        assert_eq!(change.uid, there.uid, "{case}");
        assert_eq!(change.resource_version, there.resource_version, "{case}");
    }
}

#[test]
fn a_foreign_writer_is_answered_once_and_not_at_the_version_of_our_own_write() {
    let request = request(&json!({}));
    let edited = Observed {
        foreign_writer: Some("kubectl".into()),
        ..created(&request)
    };
    assert!(change(planned(&request, Some(&edited), None, MARK)).content);
    assert!(change(planned(&request, Some(&edited), Some("older"), MARK)).content);
    let version = edited.resource_version.clone();
    assert_eq!(
        planned(&request, Some(&edited), Some(&version), MARK),
        Ok(Plan::Nothing)
    );
}

#[test]
fn an_orphan_is_adopted_with_everything_that_makes_it_ours() {
    let request = request(&json!({}));
    let mut orphan = created(&self::request(&json!({"creationPolicy": "Orphan"})));
    orphan
        .annotations
        .as_mut()
        .unwrap()
        .insert(OWNER_UID.into(), "earlier".into());
    orphan.owner = Some(Owner {
        name: "orders".into(),
        uid: "earlier".into(),
    });
    let change = change(planned(&request, Some(&orphan), None, MARK));
    assert!(
        change.content,
        "who left it may have been made to hold anything"
    );
    assert_eq!(change.owned, Some(true));
    assert_eq!(
        change.annotations.set,
        BTreeMap::from([(OWNER_UID.to_owned(), "our-uid".to_owned())])
    );
    let adopted = carried_out(Plan::Change(change), Some(orphan));
    assert_eq!(
        planned(&request, Some(&adopted), None, MARK),
        Ok(Plan::Nothing)
    );
}

#[test]
fn a_new_policy_changes_the_owner_reference_and_nothing_else() {
    let (owner, orphan) = (
        request(&json!({})),
        request(&json!({"creationPolicy": "Orphan"})),
    );
    for (from, to, owned) in [(&owner, &orphan, false), (&orphan, &owner, true)] {
        let there = created(from);
        let change = change(planned(to, Some(&there), None, MARK));
        assert_eq!(change.owned, Some(owned));
        assert!(!change.content && change.labels.is_empty() && change.annotations.is_empty());
    }
}

#[test]
fn what_the_spec_drops_is_taken_back_and_what_others_set_stays() {
    let before = request(&json!({"labels": {"a": "1", "b": "1"}, "annotations": {"c": "1"}}));
    let after = request(&json!({"labels": {"b": "2"}}));
    let mut there = created(&before);
    there
        .labels
        .as_mut()
        .unwrap()
        .insert("theirs".into(), "x".into());
    let change = change(planned(&after, Some(&there), None, MARK));
    assert_eq!(
        change.labels.set,
        BTreeMap::from([("b".to_owned(), "2".to_owned())])
    );
    assert_eq!(change.labels.remove, BTreeSet::from(["a".to_owned()]));
    assert_eq!(change.annotations.remove, BTreeSet::from(["c".to_owned()]));
    let there = carried_out(Plan::Change(change), Some(there));
    assert_eq!(
        there.labels.unwrap().get("theirs").map(String::as_str),
        Some("x")
    );
}
