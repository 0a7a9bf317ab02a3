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

/// What dotenv reads, by a reader of its own that many programs use.
fn dotenv(text: &str) -> BTreeMap<String, String> {
    let items = dotenvy::from_read_iter(text.as_bytes());
    items.collect::<Result<_, _>>().unwrap()
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
    fn env_is_read_back_by_dotenv_or_refused(texts_in in map("[A-Za-z_][A-Za-z0-9_]{0,8}".boxed())) {
        match written(Format::Env, &texts(&texts_in)) {
            Ok(text) => prop_assert_eq!(dotenv(&text), texts_in),
            Err(Unfit::Value(name)) => prop_assert!(texts_in[&name].contains('\0')),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

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
            Err(Unfit::Value(name)) => {
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
            "HOST=db.example.com\nP=\"it's #1\"\nPORT=3306\nWORDS=\"[\\\"a\\\", {\\\"b\\\" : \\\"\\\\ud83d\\\\ude00\\\"}]\"\n",
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
fn values_with_single_quotes_or_backslashes_alone_need_escapes_in_env() {
    for (value, expected) in [
        ("", "A=\n"),
        ("plain-1.2:3/4@5%+,=_", "A=plain-1.2:3/4@5%+,=_\n"),
        ("a b#$\"`", "A='a b#$\"`'\n"),
        ("two\nlines", "A='two\nlines'\n"),
        (r"it's \ $x", "A=\"it's \\\\ \\$x\"\n"),
        ("it's\ntwo", "A=\"it's\\ntwo\"\n"),
    ] {
        let texts_in = BTreeMap::from([("A".to_owned(), value.to_owned())]);
        assert_eq!(
            written(Format::Env, &texts(&texts_in)).as_deref(),
            Ok(expected)
        );
    }
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
    let value = |name: &str| Err(Unfit::Value(name.to_owned()));
    let name = |name: &str| Err(Unfit::Name(name.to_owned()));
    let long = "k".repeat(1100);
    for (format, json, expected) in [
        (Format::Env, r#"{"A":"a\u0000b"}"#, value("A")),
        (Format::Env, r#"{"db-host":"a"}"#, name("db-host")),
        (Format::Env, r#"{"":"a"}"#, name("")),
        (Format::Env, r#"{"1A":"a"}"#, name("1A")),
        (Format::Env, r#"{"비밀":"a"}"#, name("비밀")),
        (Format::Yaml, r#"{"a":["\ud800"]}"#, value("a")),
        (Format::Yaml, &format!(r#"{{"{long}":"a"}}"#), name(&long)),
        (
            Format::Yaml,
            &format!(r#"{{"a":{{"{long}":1}}}}"#),
            value("a"),
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
            value("username"),
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
