//! The document: what the tool lists, cut down to the operator's build and completed with the rest of the image.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use container_image::digest_of;
use serde_json::{Map, Value, json};

use super::Listed;
use super::image::{Contents, Library};
use super::tree::{Crate, Tree};

const AUTHORITIES: &str = "webpki-root-certs";
const PROGRAM: &str = "ncp-secret-operator";

type Fields = Map<String, Value>;

pub(super) struct Document {
    head: Fields,
    components: Vec<Fields>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Document {
    pub(super) fn of(listed: &Listed, tree: &Tree, contents: &Contents) -> Result<Self> {
        let Listed { operator, tasks } = listed;
        let program = operator.pointer("/metadata/component");
        let program = program
            .and_then(Value::as_object)
            .context("the list has no program")?;
        let found: BTreeMap<Crate, &Fields> = components_of(operator)?
            .chain([program])
            .map(|component| (crate_of(component), component))
            .collect();
        let mut document = Self {
            head: operator.as_object().cloned().unwrap_or_default(),
            components: Vec::new(),
            edges: BTreeMap::new(),
        };
        for (known, needed) in &tree.crates {
            let reference = |known: &Crate| {
                found
                    .get(known)
                    .and_then(|component| reference_of(component))
                    .with_context(|| format!("the list of crates lacks {} {}", known.0, known.1))
            };
            let from = reference(known)?;
            for needed in needed {
                document.join(&from, &reference(needed)?);
            }
            let linked = tree.linked.contains(known);
            let scope = if linked { "required" } else { "excluded" };
            let mut component = found.get(known).copied().cloned().unwrap_or_default();
            component.insert("scope".to_owned(), scope.into());
            document.add(component)?;
        }
        document.complete(tasks, contents)?;
        Ok(document)
    }

    /// Adds what is not a crate, and names the image as what the document is about.
    fn complete(&mut self, tasks: &Value, contents: &Contents) -> Result<()> {
        let digest = contents
            .digest
            .strip_prefix("sha256:")
            .context("the image has another kind of digest")?;
        let (name, version) = contents.tagged.rsplit_once(':').context("no tag")?;
        let image = format!("image:{}", contents.digest);
        let about = json!({
            "type": "container",
            "bom-ref": image,
            "name": name,
            "version": version,
            "hashes": sha256(digest),
            "purl": format!(
                "pkg:oci/{PROGRAM}@sha256%3A{digest}?arch={}&repository_url={name}&tag={version}",
                contents.architecture
            ),
        });
        let metadata = self.head.get_mut("metadata");
        metadata
            .and_then(Value::as_object_mut)
            .context("the list has no metadata")?
            .insert("component".to_owned(), about);
        let authorities = components_of(tasks)?
            .find(|component| crate_of(component).0 == AUTHORITIES)
            .with_context(|| format!("the list of crates lacks {AUTHORITIES}"))?;
        let authorities = self.add(authorities.clone())?;
        let mut program = self
            .components
            .iter()
            .find(|component| crate_of(component).0 == PROGRAM)
            .and_then(reference_of)
            .with_context(|| format!("the list of crates lacks {PROGRAM}"))?;
        for (path, hash) in &contents.files {
            let file = self.add(fields([
                ("type", "file".into()),
                ("bom-ref", format!("file:/{path}").into()),
                ("name", format!("/{path}").into()),
                ("scope", "required".into()),
                ("hashes", sha256(hash)),
            ]))?;
            self.join(&image, &file);
            if path == PROGRAM {
                self.join(&file, &program);
                program.clone_from(&file);
            } else {
                self.join(&file, &authorities);
            }
        }
        for library in &contents.libraries {
            let library = self.add(component_of(library))?;
            self.join(&program, &library);
        }
        Ok(())
    }

    /// Adds a component; answers what others call it.
    fn add(&mut self, component: Fields) -> Result<String> {
        let reference = reference_of(&component).context("a component has no name")?;
        self.components.push(component);
        self.edges.entry(reference.clone()).or_default();
        Ok(reference)
    }

    fn join(&mut self, from: &str, to: &str) {
        self.edges
            .entry(from.to_owned())
            .or_default()
            .insert(to.to_owned());
    }

    /// The whole, with a serial number that is made from it.
    pub(super) fn into_json(self) -> Result<Value> {
        let mut json = self.head;
        let edges = self.edges.into_iter();
        let edges = edges.map(|(from, to)| json!({ "ref": from, "dependsOn": to }));
        json.insert("components".to_owned(), self.components.into());
        json.insert("dependencies".to_owned(), edges.collect());
        json.remove("serialNumber");
        let number = serial_number(&digest_of(&serde_json::to_vec(&json)?))?;
        json.insert("serialNumber".to_owned(), number.into());
        Ok(json.into())
    }
}

/// A UUID of version 8, which leaves its bits to whoever makes it.
fn serial_number(digest: &str) -> Result<String> {
    let part = |from, to| digest.get(from..to).context("the digest is too short");
    Ok(format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(0, 8)?,
        part(8, 12)?,
        part(12, 15)?,
        part(15, 18)?,
        part(18, 30)?
    ))
}

fn component_of(library: &Library) -> Fields {
    let mut component = fields([
        ("type", "library".into()),
        ("bom-ref", library.purl.clone().into()),
        ("name", library.name.into()),
        ("version", library.version.clone().into()),
        ("description", library.description.clone().into()),
        ("scope", "required".into()),
        ("licenses", json!([{ "expression": library.license }])),
        ("purl", library.purl.clone().into()),
    ]);
    if let Some(hash) = &library.sha256 {
        component.insert("hashes".to_owned(), sha256(hash));
    }
    component
}

fn fields<const COUNT: usize>(fields: [(&str, Value); COUNT]) -> Fields {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn sha256(hash: &str) -> Value {
    json!([{ "alg": "SHA-256", "content": hash }])
}

fn components_of(listed: &Value) -> Result<impl Iterator<Item = &Fields>> {
    let components = listed.get("components").and_then(Value::as_array);
    let components = components.context("the list has no components")?;
    Ok(components.iter().filter_map(Value::as_object))
}

fn crate_of(component: &Fields) -> Crate {
    let text = |name: &str| {
        let text = component.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    (text("name"), text("version"))
}

fn reference_of(component: &Fields) -> Option<String> {
    Some(component.get("bom-ref")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tree::crates;
    use super::*;

    fn component(name: &str) -> Value {
        json!({ "type": "library", "bom-ref": format!("ref-{name}"), "name": name, "version": "1.0.0", "scope": "required" })
    }

    fn listed() -> Listed {
        Listed {
            operator: json!({
                "bomFormat": "CycloneDX",
                "serialNumber": "urn:uuid:at-random",
                "metadata": { "timestamp": "2026-01-01T00:00:00Z", "component": component(PROGRAM) },
                "components": [component("a"), component("derive"), component("ring"), component("untrusted")],
                "dependencies": [
                    { "ref": format!("ref-{PROGRAM}"), "dependsOn": ["ref-a", "ref-derive", "ref-ring"] },
                    { "ref": "ref-a", "dependsOn": ["ref-ring"] },
                    { "ref": "ref-ring", "dependsOn": ["ref-untrusted"] },
                ],
            }),
            tasks: json!({ "components": [component(AUTHORITIES)] }),
        }
    }

    fn tree() -> Tree {
        let text = format!("0 {PROGRAM} v1.0.0 (/x)\n1 a v1.0.0\n1 derive v1.0.0 (proc-macro)\n");
        let crates = crates(&text).unwrap();
        let linked = crates.keys().filter(|(name, _)| name != "derive");
        Tree {
            linked: linked.cloned().collect(),
            crates,
        }
    }

    fn contents() -> Contents {
        let digest = "12".repeat(32);
        Contents {
            tagged: "example.com/it:1.2.3".to_owned(),
            digest: format!("sha256:{digest}"),
            architecture: "amd64",
            files: BTreeMap::from([
                ("etc/ca.crt".to_owned(), "34".repeat(32)),
                (PROGRAM.to_owned(), "56".repeat(32)),
            ]),
            libraries: vec![Library {
                name: "glibc",
                version: "2.36".to_owned(),
                description: String::new(),
                purl: "pkg:generic/glibc@2.36".to_owned(),
                license: "LGPL-2.1-or-later",
                sha256: Some("78".repeat(32)),
            }],
        }
    }

    fn document() -> Value {
        let document = Document::of(&listed(), &tree(), &contents()).unwrap();
        document.into_json().unwrap()
    }

    #[test]
    fn the_crates_are_those_of_the_build_and_the_rest_of_the_image_is_there_too() {
        let json = document();
        let listed: Vec<_> = components_of(&json)
            .unwrap()
            .map(|it| (it["name"].as_str().unwrap(), it["scope"].as_str().unwrap()))
            .collect();
        let expected = [
            ("a", "required"),
            ("derive", "excluded"),
            (PROGRAM, "required"),
            (AUTHORITIES, "required"),
            ("/etc/ca.crt", "required"),
            ("/ncp-secret-operator", "required"),
            ("glibc", "required"),
        ];
        assert_eq!(listed, expected);
        let about = &json["metadata"]["component"];
        assert_eq!(about["hashes"][0]["content"], "12".repeat(32));
        assert_eq!(
            json["components"][5]["hashes"][0]["content"],
            "56".repeat(32)
        );
    }

    #[test]
    fn no_edge_leads_to_what_is_not_listed() {
        let json = document();
        let image = json["metadata"]["component"]["bom-ref"].clone();
        let known: Vec<_> = components_of(&json)
            .unwrap()
            .map(|it| it["bom-ref"].clone())
            .chain([image.clone()])
            .collect();
        let mut to_program = Vec::new();
        for edge in json["dependencies"].as_array().unwrap() {
            assert!(known.contains(&edge["ref"]), "{edge}");
            for to in edge["dependsOn"].as_array().unwrap() {
                assert!(known.contains(to), "{edge}");
            }
            if edge["ref"] == image {
                to_program.clone_from(edge["dependsOn"].as_array().unwrap());
            }
        }
        assert_eq!(
            to_program,
            ["file:/etc/ca.crt", "file:/ncp-secret-operator"]
        );
        assert!(!json.to_string().contains("ring\""));
    }

    #[test]
    fn the_serial_number_follows_from_the_content() {
        let (one, two) = (document(), document());
        assert_eq!(one, two);
        let number = one["serialNumber"].as_str().unwrap();
        assert_eq!(number.len(), "urn:uuid:".len() + 36);
        let mut other = listed();
        other.operator["metadata"]["timestamp"] = "2027-01-01T00:00:00Z".into();
        let other = Document::of(&other, &tree(), &contents()).unwrap();
        assert_ne!(other.into_json().unwrap()["serialNumber"], number);
    }

    #[test]
    fn a_crate_that_the_tool_did_not_list_is_an_error() {
        let mut listed = listed();
        listed.operator["components"] = json!([component("a")]);
        assert!(Document::of(&listed, &tree(), &contents()).is_err());
    }
}
