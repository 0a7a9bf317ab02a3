//! The crates of the operator's own build, and which needs which, as `cargo tree` resolves them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use crate::cargo::cargo;
use crate::image::toolchain::{answer, triple};

/// A crate's name and version.
pub(super) type Crate = (String, String);

#[derive(Debug, Default, PartialEq)]
pub(super) struct Tree {
    /// All crates of the build, each with those that it needs.
    pub(super) crates: BTreeMap<Crate, BTreeSet<Crate>>,
    /// Those whose code is in the program; the others run in the build.
    pub(super) linked: BTreeSet<Crate>,
}

impl Tree {
    pub(super) fn resolve() -> Result<Self> {
        let crates = crates(&cargo_tree("normal,build")?)?;
        let linked = self::crates(&cargo_tree("normal,no-proc-macro")?)?;
        Ok(Self {
            crates,
            linked: linked.into_keys().collect(),
        })
    }
}

fn cargo_tree(edges: &str) -> Result<String> {
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--package", "ncp-secret-operator"])
        .args(["--target", &triple(), "--edges", edges])
        .args(["--prefix", "depth", "--format", " {p}"]);
    answer(&mut tree)
}

/// Reads lines such as `2 http v1.5.0 (*)`: the depth, the crate, and what else there is to say.
pub(super) fn crates(tree: &str) -> Result<BTreeMap<Crate, BTreeSet<Crate>>> {
    let mut crates: BTreeMap<Crate, BTreeSet<Crate>> = BTreeMap::new();
    let mut above: Vec<Crate> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let mut words = line.split(' ');
        let (depth, found) = (|| {
            let depth: usize = words.next()?.parse().ok()?;
            let name = words.next()?.to_owned();
            let version = words.next()?.strip_prefix('v')?.to_owned();
            Some((depth, (name, version)))
        })()
        .with_context(|| format!("cargo tree says what is not understood: {line}"))?;
        above.truncate(depth);
        if let Some(parent) = above.last() {
            crates
                .entry(parent.clone())
                .or_default()
                .insert(found.clone());
        }
        crates.entry(found.clone()).or_default();
        above.push(found);
    }
    Ok(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_with_its_edges() {
        let read = crates(
            "0 it v0.1.0 (/here)\n1 a v1.0.0\n2 b v2.0.0\n1 b v2.0.0 (*)\n1 c v3.0.0 (proc-macro)\n",
        );
        let named = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let (it, a) = (named("it", "0.1.0"), named("a", "1.0.0"));
        let (b, c) = (named("b", "2.0.0"), named("c", "3.0.0"));
        let expected = BTreeMap::from([
            (it, BTreeSet::from([a.clone(), b.clone(), c.clone()])),
            (a, BTreeSet::from([b.clone()])),
            (b, BTreeSet::new()),
            (c, BTreeSet::new()),
        ]);
        assert_eq!(read.unwrap(), expected);
    }

    #[test]
    fn the_operator_is_built_with_one_tls_provider() {
        let tree = Tree::resolve().unwrap();
        let linked = |name: &str| tree.linked.iter().any(|(known, _)| known == name);
        let known = |name: &str| tree.crates.keys().any(|(known, _)| known == name);
        assert!(linked("aws-lc-sys") && linked("ncp-secret-operator") && linked("tokio"));
        assert!(known("serde_derive") && !linked("serde_derive"));
        for absent in ["ring", "quinn", "rand", "testbed", "webpki-root-certs"] {
            assert!(!known(absent), "{absent}");
        }
    }
}
