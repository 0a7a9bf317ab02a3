//! The lint that keeps the layers of the operator apart: it reads what a file names, and says what it may not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

mod layers;
mod mentions;
mod tokens;

use layers::{ARROWS, CLOCK};
pub use layers::{LAYERS, Layer};
use mentions::{Form, Mention, mentions};

/// Something that a file may not name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offence {
    /// Its line.
    pub line: usize,
    /// What it names.
    pub what: String,
    /// Why it may not.
    pub why: &'static str,
}

/// How this crate is called from outside.
const OWN_NAME: &str = "ncp_secret_operator";

/// All files of a folder that the rules are for: not those of tests.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_test {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What a file of that layer names and may not; the file is given by its path within `src`.
pub fn offences(layer: &Layer, file: &Path, text: &str) -> Vec<Offence> {
    let mentions = mentions(&module_of(file), text);
    let names = names(&mentions);
    let mut found: Vec<_> = mentions
        .iter()
        .filter_map(|mention| judge(layer, mention, &names))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn module_of(file: &Path) -> Vec<String> {
    let within = file.with_extension("");
    let parts = within
        .iter()
        .map(|part| part.to_string_lossy().into_owned());
    let mut module: Vec<_> = std::iter::once("crate".to_owned()).chain(parts).collect();
    module.pop_if(|last| last == "mod");
    module
}

type Names = BTreeMap<String, Vec<String>>;

/// What the names stand for that the file brings in.
fn names(mentions: &[Mention]) -> Names {
    mentions
        .iter()
        .filter_map(|mention| match &mention.form {
            Form::Named(name) => Some((name.clone(), rooted(mention))),
            _ => None,
        })
        .filter(|(name, path)| path.first() != Some(name))
        .collect()
}

/// The path from the root of its crate, as far as that shows without knowing names.
fn rooted(mention: &Mention) -> Vec<String> {
    let mut base = Vec::new();
    let mut rest = &mention.path[..];
    while let [first, tail @ ..] = rest {
        match first.as_str() {
            _ if mention.absolute => break,
            "self" if base.is_empty() => base.clone_from(&mention.module),
            "super" => {
                if base.is_empty() {
                    base.clone_from(&mention.module);
                }
                base.pop();
            }
            _ => break,
        }
        rest = tail;
    }
    base.extend(rest.iter().cloned());
    match base.first_mut() {
        Some(first) if first == OWN_NAME => "crate".clone_into(first),
        _ => {}
    }
    base
}

/// The most renamings that stand behind each other; more are a circle.
const MOST_RENAMINGS: usize = 9;

fn resolved(mention: &Mention, names: &Names) -> Vec<String> {
    let mut path = rooted(mention);
    for _ in 0..MOST_RENAMINGS {
        let meant = path.first().and_then(|first| names.get(first));
        let Some(meant) = meant.filter(|_| !mention.absolute) else {
            break;
        };
        path = meant.iter().chain(path.iter().skip(1)).cloned().collect();
    }
    path
}

fn judge(layer: &Layer, mention: &Mention, names: &Names) -> Option<Offence> {
    let path = resolved(mention, names);
    let what = path.join("::");
    let offence = |why| {
        Some(Offence {
            line: mention.line,
            what: what.clone(),
            why,
        })
    };
    if mention.form == Form::Pulled {
        return offence("a file that is pulled in from elsewhere escapes the rules of its folder");
    }
    if layer
        .allowed
        .iter()
        .any(|allowed| begins_with(&path, allowed))
    {
        return None;
    }
    for (forbidden, why) in layer.forbidden {
        let whole = mention.form != Form::Spoken && encloses(&path, forbidden);
        if whole || begins_with(&path, forbidden) {
            return offence(why);
        }
    }
    if let (Some(own), [root, rest @ ..]) = (layer.own_modules, &path[..])
        && root == "crate"
        && !rest
            .first()
            .is_some_and(|module| own.contains(&module.as_str()))
    {
        return offence(ARROWS);
    }
    let reads_clock = layer.timeless && path.iter().skip(1).any(|segment| segment == "now");
    reads_clock.then(|| offence(CLOCK)).flatten()
}

/// Whether the path is the prefix or something in it.
fn begins_with(path: &[String], prefix: &str) -> bool {
    let mut parts = path.iter();
    prefix
        .split("::")
        .all(|expected| parts.next().is_some_and(|part| part == expected))
}

/// Whether what is forbidden is something in the path, so that bringing in the path brings it along.
fn encloses(path: &[String], forbidden: &str) -> bool {
    let mut parts = forbidden.split("::");
    path.iter()
        .all(|expected| parts.next().is_some_and(|part| part == expected))
}
