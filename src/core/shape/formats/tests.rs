mod env;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::core::pairs;

const ROOM: usize = 1024 * 1024;

fn written(format: Format, pairs: &Pairs) -> Result<String, Unfit> {
    let mut out = Growing::new(ROOM);
    write(format, pairs, &mut out)?;
    let value = out.finish().unwrap();
    Ok(String::from_utf8(value.expose().to_vec()).unwrap())
}

fn of(json: &str) -> Pairs {
    pairs::parse(json.as_bytes()).unwrap()
}

fn texts(texts: &BTreeMap<String, String>) -> Pairs {
    of(&serde_json::to_string(texts).unwrap())
}

/// Texts that some format may stumble over, and any other.
fn hostile() -> impl Strategy<Value = String> {
    let spoilers = prop::sample::select(vec![
        "yes",
        "no",
        "null",
        "~",
        "0123",
        "1e3",
        "0x1F",
        "1:20",
        "-",
        "---",
        "...",
        "#",
        "# a",
        " a",
        "a ",
        "a: b",
        "a=b",
        "!a",
        "&a",
        "*a",
        "'",
        "\"",
        "\\",
        "\\n",
        "$A",
        "${A}",
        "`a`",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "a\nb\n",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "\u{0}",
        "한글",
        "😀",
        "\u{ffff}",
        "\u{1fffe}",
        "\u{fdd0}",
        "",
        "%",
        "@",
        "|",
        ">",
        "{{",
        "}}",
        "<<",
        "=",
        "true",
        "2001-01-01",
        "\\u0041",
        "export",
        "\u{1b}",
        "\u{9f}",
    ]);
    let pieces = prop::collection::vec(spoilers, 0..4).prop_map(|pieces| pieces.concat());
    prop_oneof![3 => pieces, 1 => any::<String>(), 1 => "[ -~\n]{0,20}"]
}

fn map(names: impl Strategy<Value = String>) -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(names, hostile(), 1..6)
}

/// What Java reads, apart from pairs of surrogates, which the reader leaves as they are.
fn java(text: &str) -> BTreeMap<String, String> {
    assert!(text.is_ascii());
    java_properties::read(text.as_bytes())
        .unwrap()
        .into_iter()
        .collect()
}

proptest! {
    #[test]
    fn json_is_read_back(texts_in in map(hostile())) {
        let text = written(Format::Json, &texts(&texts_in)).unwrap();
        prop_assert_eq!(serde_json::from_str::<BTreeMap<String, String>>(&text).unwrap(), texts_in);
    }

    #[test]
    fn yaml_is_read_back_as_strings(texts_in in map(hostile())) {
        let text = written(Format::Yaml, &texts(&texts_in)).unwrap();
        prop_assert_eq!(text.lines().count(), texts_in.len());
        let read: Json = serde_saphyr::from_str(&text).unwrap();
        prop_assert_eq!(read, serde_json::to_value(&texts_in).unwrap());
    }

    #[test]
    fn properties_are_read_back_by_java(texts_in in map(hostile())) {
        let plane = |text: &str| text.chars().all(|letter| u32::from(letter) < 0x10000);
        prop_assume!(texts_in.iter().all(|(name, value)| plane(name) && plane(value)));
        let text = written(Format::Properties, &texts(&texts_in)).unwrap();
        prop_assert_eq!(java(&text), texts_in);
    }

    #[test]
    fn a_registry_is_read_back_with_its_user(
        registry in hostile(), username in hostile(), password in hostile(), email in hostile(),
    ) {
        let fields = [("registry", &registry), ("username", &username), ("password", &password), ("email", &email)];
        let fields: BTreeMap<_, _> = fields.map(|(name, text)| (name.to_owned(), text.clone())).into();
        let text = match written(Format::DockerConfigJson, &texts(&fields)) {
            Err(Unfit::Needs(name)) => {
                prop_assert_eq!(&fields[name], "");
                return Ok(());
            }
            Err(Unfit::Value(name, Obstacle::Colon)) => {
                prop_assert!(name == "username" && username.contains(':'));
                return Ok(());
            }
            other => other.unwrap(),
        };
        let read: Json = serde_json::from_str(&text).unwrap();
        let entry = &read["auths"][&registry];
        prop_assert_eq!(entry["username"].as_str(), Some(&*username));
        prop_assert_eq!(entry["password"].as_str(), Some(&*password));
        prop_assert_eq!(entry["email"].as_str().unwrap_or_default(), &*email);
        let auth = crate::core::shape::decode::base64(entry["auth"].as_str().unwrap().as_bytes()).unwrap();
        let user = format!("{username}:{password}");
        prop_assert_eq!(auth.expose(), user.as_bytes());
    }

    #[test]
    fn what_is_no_string_is_the_same_in_yaml_and_json(value in json()) {
        let pairs = of(&serde_json::json!({"a": value}).to_string());
        let expected = serde_json::json!({"a": value});
        let as_json: Json = serde_json::from_str(&written(Format::Json, &pairs).unwrap()).unwrap();
        prop_assert_eq!(&as_json, &expected);
        let as_yaml: Json = serde_saphyr::from_str(&written(Format::Yaml, &pairs).unwrap()).unwrap();
        prop_assert_eq!(&as_yaml, &expected);
    }

    #[test]
    fn every_number_is_the_same_number_to_both_versions_of_yaml(
        json in r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
    ) {
        let text = written(Format::Yaml, &of(&format!("{{\"a\":[{json}]}}"))).unwrap();
        let yaml = text.strip_prefix("\"a\": [").unwrap().strip_suffix("]\n").unwrap();
        // What yaml.org/type/float and /int of YAML 1.1 and the core schema of YAML 1.2 have in common.
        let both = r"^[-+]?([1-9][0-9]*|0|[0-9]+\.[0-9]*([eE][-+][0-9]+)?)$";
        prop_assert!(regex::Regex::new(both).unwrap().is_match(yaml), "{}", yaml);
        prop_assert_eq!(yaml.parse::<f64>().unwrap().to_bits(), json.parse::<f64>().unwrap().to_bits());
    }
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        hostile().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z ]{0,4}", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn each_format_writes_what_its_readers_know_in_the_order_of_the_names() {
    let pairs = of(
        r#"{"PORT":3306,"HOST":"db.example.com","WORDS":["a", {"b" : "\ud83d\ude00"}],"P":"it's #1"}"#,
    );
    for (format, expected) in [
        (
            Format::Env,
            "HOST=db.example.com\nP=\"it's #1\"\nPORT=3306\nWORDS='[\"a\", {\"b\" : \"\\ud83d\\ude00\"}]'\n",
        ),
        (
            Format::Json,
            r#"{"HOST":"db.example.com","P":"it's #1","PORT":3306,"WORDS":["a", {"b" : "\ud83d\ude00"}]}"#,
        ),
        (
            Format::Yaml,
            "\"HOST\": \"db.example.com\"\n\"P\": \"it's #1\"\n\"PORT\": 3306\n\"WORDS\": [\"a\", {\"b\": \"😀\"}]\n",
        ),
        (
            Format::Properties,
            "HOST=db.example.com\nP=it's \\#1\nPORT=3306\nWORDS=[\"a\", {\"b\" \\: \"\\\\ud83d\\\\ude00\"}]\n",
        ),
    ] {
        assert_eq!(
            written(format, &pairs).as_deref(),
            Ok(expected),
            "{format:?}"
        );
    }
    let pairs = of(r#"{"server":"r.example.com","username":"u","password":12}"#);
    assert_eq!(
        written(Format::DockerConfigJson, &pairs).as_deref(),
        Ok(r#"{"auths":{"r.example.com":{"username":"u","password":"12","auth":"dToxMg=="}}}"#)
    );
}

#[test]
fn a_letter_beyond_the_first_plane_is_two_units_in_java() {
    let pairs = of(r#"{"a":"😀"}"#);
    assert_eq!(
        written(Format::Properties, &pairs).as_deref(),
        Ok("a=\\uD83D\\uDE00\n")
    );
}

#[test]
fn what_a_format_cannot_have_is_refused_with_its_name() {
    let value = |name: &str, obstacle| Err(Unfit::Value(name.to_owned(), obstacle));
    let name = |name: &str| Err(Unfit::Name(name.to_owned()));
    let long = "k".repeat(1100);
    for (format, json, expected) in [
        (
            Format::Env,
            r#"{"A":"a\u0000b"}"#,
            value("A", Obstacle::Nul),
        ),
        (
            Format::Env,
            r#"{"A":{"b":"it's"}}"#,
            value("A", Obstacle::Quotes),
        ),
        (Format::Env, r#"{"db-host":"a"}"#, name("db-host")),
        (Format::Env, r#"{"":"a"}"#, name("")),
        (Format::Env, r#"{"1A":"a"}"#, name("1A")),
        (Format::Env, r#"{"비밀":"a"}"#, name("비밀")),
        (Format::Env, r#"{"__proto__":"a"}"#, name("__proto__")),
        (
            Format::Yaml,
            r#"{"a":["\ud800"]}"#,
            value("a", Obstacle::HalfLetter),
        ),
        (Format::Yaml, &format!(r#"{{"{long}":"a"}}"#), name(&long)),
        (
            Format::Yaml,
            &format!(r#"{{"a":{{"{long}":1}}}}"#),
            value("a", Obstacle::LongName),
        ),
        (
            Format::DockerConfigJson,
            r#"{"a":"b"}"#,
            Err(Unfit::Needs("registry")),
        ),
        (
            Format::DockerConfigJson,
            r#"{"registry":"r","password":"p"}"#,
            Err(Unfit::Needs("username")),
        ),
        (
            Format::DockerConfigJson,
            r#"{"registry":"r","username":"u","password":""}"#,
            Err(Unfit::Needs("password")),
        ),
        (
            Format::DockerConfigJson,
            r#"{"registry":"r","username":"u:v","password":"p"}"#,
            value("username", Obstacle::Colon),
        ),
    ] {
        assert_eq!(written(format, &of(json)), expected, "{format:?} {json}");
    }
}

#[test]
fn what_cannot_stand_in_one_line_of_a_terminal_is_escaped_in_yaml() {
    let pairs = of(r#"{"a":"\u0000\u007f\u0085\u2028\ufeff\uffff"}"#);
    let expected = "\"a\": \"\\x00\\x7f\\x85\\u2028\\ufeff\\U0000ffff\"\n";
    assert_eq!(written(Format::Yaml, &pairs).as_deref(), Ok(expected));
}

/// YAML 1.1 knows no number with an exponent and without a point or a sign. Tried with `PyYAML` 6.0, psych 4.0 (Ruby),
/// ruamel.yaml 0.19, yaml 2.9 and js-yaml 5.5 (npm), yaml.v3 3.0 and sigs.k8s.io/yaml 1.6 (Go), and `SnakeYAML` 1.33; they
/// also read every string of `hostile` back as the same string, as a name and as a value.
#[test]
fn numbers_are_numbers_to_readers_of_both_versions_of_yaml() {
    for (json, yaml) in [
        ("0", "0"),
        ("-1.50", "-1.50"),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        ),
        ("1e5", "1.0e+5"),
        ("1E400", "1.0e+400"),
        ("-1.50E-07", "-1.50e-07"),
        ("2e+1", "2.0e+1"),
        ("[1e5,{\"e\":-2E3}]", "[1.0e+5, {\"e\": -2.0e+3}]"),
    ] {
        let pairs = of(&format!("{{\"a\":{json}}}"));
        let expected = format!("\"a\": {yaml}\n");
        assert_eq!(
            written(Format::Yaml, &pairs).as_deref(),
            Ok(&*expected),
            "{json}"
        );
    }
}

#[test]
fn the_name_of_a_merge_is_only_a_name_in_yaml() {
    let pairs = of(r#"{"<<":{"a":1},"b":{"<<":{"c":"<<"}}}"#);
    let text = written(Format::Yaml, &pairs).unwrap();
    let expected = "!!str \"<<\": {\"a\": 1}\n\"b\": {!!str \"<<\": {\"c\": \"<<\"}}\n";
    assert_eq!(text, expected);
    let read: Json = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(
        read,
        serde_json::json!({"<<": {"a": 1}, "b": {"<<": {"c": "<<"}}})
    );
}
