//! What holds for any request and any Secret that was ours once.

use proptest::prelude::*;

use super::*;

fn words(keys: &'static str) -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(keys, "[xy]", 0..4)
}

prop_compose! {
    fn any_request()(labels in words("[a-d]"), annotations in words("[a-d]"), orphan in any::<bool>()) -> Request {
        let policy = if orphan { "Orphan" } else { "Owner" };
        request(&json!({"labels": labels, "annotations": annotations, "creationPolicy": policy}))
    }
}

prop_compose! {
    /// A Secret that was ours at some time, and that others edited in any way.
    fn any_observed()(
        first in any_request(),
        (theirs, others) in (words("[a-f]"), words("[a-f]")),
        lost in prop::collection::vec(0..6_u8, 0..3),
        claims in prop::collection::btree_map("[a-d]", Just(()), 0..2),
        foreign_writer in prop::option::of("kubectl"),
    ) -> Observed {
        let mut there = created(&first);
        there.labels.get_or_insert_default().extend(theirs);
        there.annotations.get_or_insert_default().extend(others);
        there.our_labels.extend(claims.into_keys());
        there.foreign_writer = foreign_writer;
        for what in lost {
            match what {
                0 => there.labels = None,
                1 => there.references.clear(),
                2 => there.content = None,
                3 => { there.keys.remove("a"); }
                4 => there.our_labels.clear(),
                _ => {
                    there.annotations.get_or_insert_default().insert(OWNER_UID.into(), "old".into());
                    there.owner = Some(Owner { name: "orders".into(), uid: "old".into() });
                }
            }
        }
        let managed = there.labels.as_ref().is_some_and(|labels| labels.contains_key(MANAGED_BY));
        there.managed = managed;
        if there.content.is_none() && let Some(annotations) = &mut there.annotations {
            annotations.remove(CONTENT);
        }
        there
    }
}

proptest! {
    #[test]
    fn r7_r13_what_a_plan_made_needs_no_further_plan(request in any_request(), there in any_observed()) {
        let Ok(plan) = planned(&request, Some(&there), None, MARK) else { return Ok(()) };
        let after = carried_out(plan, Some(there));
        let settled = after.resource_version.clone();
        prop_assert_eq!(planned(&request, Some(&after), Some(&settled), MARK), Ok(Plan::Nothing));
        let keys: Vec<_> = after.keys.iter().cloned().collect();
        prop_assert!(!drifted(&request, &after, Some(&settled), &keys));
    }

    #[test]
    fn r2_labels_and_annotations_of_others_stay_as_they_are(request in any_request(), there in any_observed()) {
        let Ok(plan) = planned(&request, Some(&there), None, MARK) else { return Ok(()) };
        let after = carried_out(plan, Some(there.clone()));
        for (before, after, ours, wanted) in [
            (there.labels, after.labels, there.our_labels, &request.target.labels),
            (there.annotations, after.annotations, there.our_annotations, &request.target.annotations),
        ] {
            let after = after.unwrap_or_default();
            for (key, value) in before.unwrap_or_default() {
                let reserved = key.starts_with(RESERVED_PREFIX) || key == MANAGED_BY;
                if !ours.contains(&key) && !wanted.contains_key(&key) && !reserved {
                    prop_assert_eq!(after.get(&key), Some(&value));
                }
            }
            for key in &ours {
                let reserved = key.starts_with(RESERVED_PREFIX) || key == MANAGED_BY;
                prop_assert!(wanted.contains_key(key) || reserved || !after.contains_key(key));
            }
            prop_assert!(wanted.iter().all(|(key, value)| after.get(key) == Some(value)));
        }
    }

    #[test]
    fn drift_is_seen_exactly_when_a_plan_for_the_same_content_would_write(
        request in any_request(), there in any_observed(), settles in any::<bool>(),
    ) {
        let settled = settles.then(|| there.resource_version.clone());
        let mark = there.content.clone().unwrap_or_else(|| MARK.into());
        let Ok(plan) = planned(&request, Some(&there), settled.as_deref(), &mark) else { return Ok(()) };
        let known = ["a".to_owned(), "b".to_owned()];
        let drift = drifted(&request, &there, settled.as_deref(), &known);
        prop_assert_eq!(drift, plan != Plan::Nothing, "{:?}", plan);
    }
}
