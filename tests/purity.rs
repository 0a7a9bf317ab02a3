//! The lint that keeps the layers apart is not fooled, neither by how a name is spelled nor by what only looks like one.

#[path = "../build/purity.rs"]
mod purity;

use std::path::Path;

use purity::{LAYERS, Offence, files, offences};

/// What a file of that layer names and may not.
fn of(folder: &str, file: &str, text: &str) -> Vec<Offence> {
    let layers = LAYERS.iter().filter(|layer| layer.folder == folder);
    layers
        .flat_map(|layer| offences(layer, Path::new(file), text))
        .collect()
}

/// What a file of the core names and may not.
fn found(text: &str) -> Vec<String> {
    names(of("core", "core/plan.rs", text))
}

fn names(offences: Vec<Offence>) -> Vec<String> {
    offences.into_iter().map(|offence| offence.what).collect()
}

#[track_caller]
fn refused(text: &str, what: &str) {
    assert!(
        found(text).iter().any(|name| name == what),
        "{text}: {:?}",
        found(text)
    );
}

#[track_caller]
fn fine(text: &str) {
    assert_eq!(found(text), Vec::<String>::new(), "{text}");
}

#[test]
fn every_way_to_name_a_crate_is_seen() {
    for (text, what) in [
        ("use tokio::time::sleep;", "tokio::time::sleep"),
        ("use tokio;", "tokio"),
        ("use ::kube::Client;", "kube::Client"),
        ("use {tokio as t};", "tokio"),
        (
            "use {std::fmt, ::kube::{Api, Client as C}};",
            "kube::Client",
        ),
        ("use r#tokio::time;", "tokio::time"),
        ("pub(crate) use reqwest::Client as _;", "reqwest::Client"),
        ("use tokio::{self};", "tokio"),
        ("use tokio::*;", "tokio"),
        ("use\n  tokio\n  ::\n  time;", "tokio::time"),
        ("use /* a */ tokio /* :: */ :: /* b */ time;", "tokio::time"),
        ("extern crate kube;", "kube"),
        ("extern crate kube as k;", "kube"),
        ("fn f() { tokio::spawn(async {}); }", "tokio::spawn"),
        ("fn f() { ::tokio::spawn(async {}); }", "tokio::spawn"),
        ("fn f() { tokio::select! {} }", "tokio::select"),
        ("fn f(x: &http::Uri) {}", "http::Uri"),
        ("fn f() -> Vec<Box<axum::Router>> {}", "axum::Router"),
        ("fn f() { g::<fastrand::Rng>() }", "fastrand::Rng"),
        ("#[tokio::test] fn f() {}", "tokio::test"),
        ("impl kube::Resource for X {}", "kube::Resource"),
        (
            "macro_rules! m { () => { getrandom::fill(&mut []) } }",
            "getrandom::fill",
        ),
        (
            "const X: fn() = std::thread::yield_now;",
            "std::thread::yield_now",
        ),
        (
            "use k8s_openapi::api::core::v1::Secret;",
            "k8s_openapi::api::core::v1::Secret",
        ),
    ] {
        refused(text, what);
    }
}

#[test]
fn other_names_for_a_thing_are_seen_through() {
    for (text, what) in [
        ("use std as s; fn f() { s::fs::read(p); }", "std::fs::read"),
        (
            "use std::{self as s}; use s::net::TcpStream;",
            "std::net::TcpStream",
        ),
        (
            "use std::time as t; fn f() { t::Instant::now(); }",
            "std::time::Instant::now",
        ),
        (
            "use std::time; fn f() { time::SystemTime::now(); }",
            "std::time::SystemTime::now",
        ),
        ("use std::time::*;", "std::time"),
        ("use std::*;", "std"),
        (
            "use std::time::{Duration, Instant as I};",
            "std::time::Instant",
        ),
        (
            "extern crate std as s; fn f() { s::env::var(x); }",
            "std::env::var",
        ),
        ("use std as a; use a as b; use b::fs;", "std::fs"),
        (
            "extern crate self as me; use me::source::Look;",
            "crate::source::Look",
        ),
        (
            "use ncp_secret_operator::cluster::Secrets;",
            "crate::cluster::Secrets",
        ),
    ] {
        refused(text, what);
    }
}

#[test]
fn r8_no_clock_is_read_under_any_name() {
    for (text, what) in [
        ("fn f() { jiff::Timestamp::now(); }", "jiff::Timestamp::now"),
        (
            "use jiff::Timestamp; fn f() { Timestamp::now(); }",
            "jiff::Timestamp::now",
        ),
        (
            "use jiff::Timestamp as T; fn f() { T::now(); }",
            "jiff::Timestamp::now",
        ),
        (
            "type T = jiff::Timestamp; fn f() { T::now(); }",
            "jiff::Timestamp::now",
        ),
        (
            "use jiff::Zoned; const F: fn() -> Zoned = Zoned::now;",
            "jiff::Zoned::now",
        ),
        (
            "use jiff::Timestamp; fn f() { <Timestamp>::now(); }",
            "jiff::Timestamp::now",
        ),
        ("fn f() { <jiff::Zoned as X>::now(); }", "jiff::Zoned::now"),
        ("use steerable_clock::Clock;", "steerable_clock::Clock"),
    ] {
        refused(text, what);
    }
    fine("fn f(now: Timestamp) { g(now); self.now; x.now(); let now = now; }");
}

#[test]
fn r4_no_other_part_of_the_operator_is_named() {
    for (text, what) in [
        ("use crate::source::Look;", "crate::source::Look"),
        ("use crate::{api, cluster};", "crate::cluster"),
        (
            "use crate::{api::Reason, controller::{self, x}};",
            "crate::controller",
        ),
        ("use super::super::source;", "crate::source"),
        ("use super::super::*;", "crate"),
        ("use crate as c;", "crate"),
        ("use crate::*;", "crate"),
        ("fn f() { crate::metrics::look(); }", "crate::metrics::look"),
        (
            "mod inner { use super::super::super::source; }",
            "crate::source",
        ),
        (
            "mod a { mod b {} } use super::super::cluster;",
            "crate::cluster",
        ),
        (
            "macro_rules! m { () => { $crate::source::look() } }",
            "crate::source::look",
        ),
        ("use self::super::super::source;", "crate::source"),
    ] {
        refused(text, what);
    }
    for text in [
        "use crate::api::{Reason, terms::Stage};",
        "use crate::value::Value; use crate::core::remote::Facts;",
        "use super::remote::{Facts, Host as H}; fn f() { super::plan::x(); }",
        "mod inner { use super::x; use super::super::remote; }",
        "pub(crate) fn f() {} pub(in crate::core) fn g() {}",
    ] {
        fine(text);
    }
    let in_root = of("core", "core/mod.rs", "use super::source;");
    assert_eq!(names(in_root), ["crate::source"]);
}

#[test]
fn what_the_core_is_made_of_may_be_named() {
    for text in [
        "use std::time::Duration; use std::{fmt, collections::BTreeMap}; use std::sync::Arc;",
        "use jiff::{SignedDuration, Timestamp}; fn f() { Timestamp::from_second(0); }",
        "use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};",
        "use hmac::{Hmac, KeyInit, Mac}; use sha2::Sha256; use wildmatch::WildMatch;",
        "use serde_json::value::RawValue; fn f() { Hmac::<Sha256>::new_from_slice(k); }",
    ] {
        fine(text);
    }
}

#[test]
fn what_only_looks_like_a_name_is_none() {
    for text in [
        "// use tokio::spawn;",
        "/// Like [`kube::Client`].\n//! tokio::spawn\nfn f() {}",
        "/* use tokio; /* nested */ use kube::Client; */",
        r#"const X: &str = "use tokio::spawn;";"#,
        r#"const X: &str = "\"; use tokio::spawn; //";"#,
        r##"const X: &str = r"\"; const Y: &str = r#"" tokio::spawn "#;"##,
        r###"const X: &[u8] = br##"tokio::spawn "# "##; const Y: &CStr = c"tokio::spawn";"###,
        r#"const X: [char; 3] = ['"', '\'', '\\']; const Y: &str = "tokio::spawn";"#,
        r#"const X: u8 = b'"'; const Y: &str = "tokio::spawn"; const Z: u8 = b'\'';"#,
        "fn f<'tokio>(x: &'tokio str) -> impl Sized + use<'tokio> {}",
        "fn f(http: u8) { let kube = http; x.tokio(); kube.client(); g(tokio) }",
        "struct S { http: X } fn f(s: S) { s.http; S { http: 1 }; match x { tokio => 1 } }",
        "use super::tokio_like::kube; fn f() { my_tokio::x(); tokio2::y(); }",
        "fn f() { 1..tokio; 0x1f; 1.0e5; a < b; a > b; c::<D>::e(); }",
        "fn f() -> bool { a < kube && kube > now }",
    ] {
        fine(text);
    }
}

#[test]
fn names_after_tricky_literals_are_seen_again() {
    for text in [
        r#"const X: char = '"'; use tokio::x; const Y: char = '"';"#,
        r##"const X: &str = r#"""#; use tokio::x;"##,
        r"const X: char = '\''; use tokio::x; const Y: char = '\u{27}';",
        "fn f<'a>(x: &'a str) { tokio::x } fn g(x: &'static str) {}",
        "/* /* */ */ use tokio::x;",
        "/**/ use tokio::x; /**/",
        r#"const X: &str = "\\"; use tokio::x;"#,
        "const X: &str = \"a\n// b\"; use tokio::x;",
        "fn f() { a::<fn() -> B>::c(); tokio::x }",
    ] {
        refused(text, "tokio::x");
    }
}

#[test]
fn files_cannot_be_pulled_in_from_elsewhere() {
    refused("#[path = \"../source/x.rs\"] mod x;", "#[path]");
    refused(
        "#[cfg_attr(unix, path = \"../source/x.rs\")] mod x;",
        "#[path]",
    );
    refused("include!(\"../source/x.rs\");", "include!");
    fine("fn f() { let path = \"x\"; format!(\"{path}\", path = \"x\"); include_str!(\"x\"); }");
}

#[test]
fn test_modules_may_name_anything_and_what_follows_them_may_not() {
    fine("#[cfg(test)] mod tests { use kube::X; fn f() { { tokio::x() } } } fn g() {}");
    refused(
        "#[cfg(test)] mod tests { fn f() {} } fn g() { tokio::x() }",
        "tokio::x",
    );
    refused("#[cfg(not(test))] mod y { use tokio::x; }", "tokio::x");
    refused("#[cfg(test)] mod tests; use tokio::x;", "tokio::x");
}

#[test]
fn an_offence_tells_its_line_and_why() {
    let text = "//! a\n\nuse std::fmt;\n\nfn f() {\n    \"\n\";\n    tokio::spawn(x);\n}\n";
    let [offence] = &of("core", "core/x.rs", text)[..] else {
        panic!()
    };
    assert_eq!((offence.line, offence.what.as_str()), (8, "tokio::spawn"));
    assert_eq!(offence.why, "nothing here waits or runs by itself");
}

#[test]
fn each_layer_has_its_own_rules() {
    let of = |folder: &str, text: &str| names(of(folder, &format!("{folder}/x.rs"), text));
    for module in [
        "core",
        "source",
        "cluster",
        "controller",
        "operator",
        "metrics",
    ] {
        let text = format!("use crate::{module}::X;");
        assert_eq!(of("api", &text), [format!("crate::{module}::X")]);
    }
    assert!(of("api", "use kube::CustomResource; use super::terms::Stage;").is_empty());
    assert!(
        of(
            "source",
            "use reqwest::Client; use tokio::x; use crate::core::remote;"
        )
        .is_empty()
    );
    for text in [
        "use kube::X;",
        "use k8s_openapi::X;",
        "use crate::cluster::X;",
        "crate::controller::X",
    ] {
        assert_eq!(of("source", text).len(), 1, "{text}");
    }
    assert!(of("cluster", "use kube::X; use crate::core::X;").is_empty());
    assert_eq!(
        of("cluster", "use super::super::controller::X;"),
        ["crate::controller::X"]
    );
}

#[test]
fn every_file_of_the_operator_keeps_the_rules_of_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for layer in &LAYERS {
        let files = files(&root.join(layer.folder)).unwrap();
        assert!(
            files.iter().any(|file| file.ends_with("mod.rs")),
            "{}",
            layer.folder
        );
        assert!(
            !files.iter().any(|file| file.ends_with("tests.rs")),
            "{}",
            layer.folder
        );
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let found = offences(layer, file.strip_prefix(&root).unwrap(), &text);
            assert!(found.is_empty(), "{}: {found:?}", file.display());
        }
    }
}
