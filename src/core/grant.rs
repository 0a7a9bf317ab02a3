//! Who may read what through a cluster store.
//!
//! A grant is matched on what the object wrote, before any call: an ID never matches a grant of names, whatever
//! secret it belongs to.

use wildmatch::WildMatch;

use super::remote::SourceRef;
use crate::api::Grant;

/// Whether one of the grants lets the namespace read the source.
#[must_use]
pub fn granted(grants: &[Grant], namespace: &str, source: &SourceRef) -> bool {
    grants.iter().any(|grant| {
        let secrets = match source {
            SourceRef::Id(id) => matches_any(&grant.secret_ids, id),
            SourceRef::Name(name) => matches_any(&grant.secret_names, name),
        };
        secrets && matches_any(&grant.namespaces, namespace)
    })
}

fn matches_any(patterns: &[String], text: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| WildMatch::new(pattern).matches(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(namespaces: &[&str], ids: &[&str], names: &[&str]) -> Grant {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Grant {
            namespaces: own(namespaces),
            secret_ids: own(ids),
            secret_names: own(names),
        }
    }

    fn name(text: &str) -> SourceRef {
        SourceRef::Name(text.into())
    }

    fn id(text: &str) -> SourceRef {
        SourceRef::Id(text.into())
    }

    #[test]
    fn r4_a_cluster_store_grants_only_what_its_grants_match() {
        let shop = grant(&["shop", "shop-*"], &[], &["shop-*"]);
        let cases = [
            ("shop", name("shop-orders"), true),
            ("shop-eu", name("shop-orders"), true),
            ("shopping", name("shop-orders"), false),
            ("my-shop", name("shop-orders"), false),
            ("shop", name("orders"), false),
            ("shop", name("ashop-orders"), false),
            ("shop", id("shop-orders"), false),
            ("Shop", name("shop-orders"), false),
        ];
        for (namespace, source, expected) in cases {
            let grants = std::slice::from_ref(&shop);
            assert_eq!(
                granted(grants, namespace, &source),
                expected,
                "{namespace} {source:?}"
            );
        }
    }

    #[test]
    fn r4_namespaces_and_secrets_must_match_in_one_and_the_same_grant() {
        let grants = [grant(&["a"], &[], &["one"]), grant(&["b"], &["0f"], &[])];
        assert!(granted(&grants, "a", &name("one")));
        assert!(granted(&grants, "b", &id("0f")));
        assert!(!granted(&grants, "b", &name("one")));
        assert!(!granted(&grants, "a", &id("0f")));
    }

    #[test]
    fn r4_no_grants_grant_nothing() {
        assert!(!granted(&[], "a", &name("one")));
        assert!(!granted(&[grant(&["*"], &[], &[])], "a", &name("one")));
    }

    #[test]
    fn a_question_mark_stands_for_one_character_and_brackets_for_themselves() {
        let grants = [grant(&["team-?"], &["*"], &[])];
        assert!(granted(&grants, "team-a", &id("x")));
        assert!(!granted(&grants, "team-", &id("x")));
        assert!(!granted(&grants, "team-ab", &id("x")));
        assert!(!granted(
            &[grant(&["team-[ab]"], &["*"], &[])],
            "team-a",
            &id("x")
        ));
    }
}
