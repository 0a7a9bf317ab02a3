//! The schema in the CRD and the checks in code agree: patterns and bounds are taken from the CRD itself, and its CEL
//! rules are said once more in Rust.

use kube::CustomResourceExt;
use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;

use super::*;
use crate::core::shape::{LONGEST_EXPRESSION, LONGEST_PREFIX, LONGEST_TEMPLATE, MOST_EXPRESSIONS};

/// The schema of a field of the spec, as the CRD has it.
fn schema(path: &str) -> Json {
    let crd = json!(NcpSecret::crd());
    let pointer = path
        .replace('.', "/properties/")
        .replace("/properties/items", "/items");
    let root = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
    crd.pointer(&format!("{root}/{pointer}"))
        .unwrap_or_else(|| panic!("{path}"))
        .clone()
}

struct Field {
    pattern: String,
    shortest: u64,
    longest: u64,
}

impl Field {
    fn of(path: &str) -> Self {
        let schema = schema(path);
        Self {
            pattern: schema["pattern"].as_str().unwrap().to_owned(),
            shortest: schema["minLength"].as_u64().unwrap(),
            longest: schema["maxLength"].as_u64().unwrap(),
        }
    }

    fn admits(&self, text: &str) -> bool {
        (self.shortest..=self.longest).contains(&(text.chars().count() as u64))
            && matches(&self.pattern, text)
    }

    /// Texts that the pattern admits, texts nearly so, and any other.
    fn texts(&self) -> BoxedStrategy<String> {
        let inside = string_regex(self.pattern.trim_matches(['^', '$']))
            .unwrap()
            .boxed();
        let wild = string_regex("[-a-zA-Z0-9._~/é \\x00\n]{0,4}").unwrap();
        let spoiled = (inside.clone(), wild, inside.clone())
            .prop_map(|(start, middle, end)| format!("{start}{middle}{end}"));
        let short = string_regex("[-a-zA-Z0-9._~/hms]{0,12}").unwrap();
        let around = prop_oneof![Just(self.longest), Just(self.longest + 1)]
            .prop_map(|length| "a".repeat(usize::try_from(length).unwrap()));
        prop_oneof![4 => inside, 4 => spoiled, 3 => short, 1 => around, 1 => any::<String>()]
            .boxed()
    }
}

/// The regular expressions in the rule of that field, in the order in which the rule has them.
fn expressions(path: &str) -> Vec<String> {
    let rules = schema(path)["x-kubernetes-validations"].clone();
    let rules = rules.as_array().unwrap().iter();
    rules
        .flat_map(|rule| {
            let parts = rule["rule"].as_str().unwrap().split("matches('").skip(1);
            parts
                .map(|part| part.split('\'').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn agree(path: &str, spec: impl Fn(&str) -> Json, rule: impl Fn(&str) -> bool) {
    let field = Field::of(path);
    TestRunner::default()
        .run(&field.texts(), |text| {
            let in_code = parsed(spec(&text)).is_ok();
            let in_schema = field.admits(&text) && rule(&text);
            prop_assert_eq!(in_code, in_schema, "{:?}", text);
            Ok(())
        })
        .unwrap();
}

#[test]
fn schema_and_code_admit_the_same_sources() {
    agree(
        "source.secretId",
        |text| with("source", json!({"secretId": text})),
        |_| true,
    );
    agree(
        "source.secretName",
        |text| with("source", json!({"secretName": text})),
        |_| true,
    );
}

#[test]
fn schema_and_code_admit_the_same_times() {
    // CEL's duration() takes what Go's does, and bounds follow; with the pattern only h, m and s are left of it.
    let bounds = |text: &str| {
        let (mut total, mut number) = (0_i128, 0_i128);
        for letter in text.chars() {
            let worth = match letter {
                'h' => 3600,
                'm' => 60,
                's' => 1,
                digit => {
                    number = number * 10 + i128::from(digit.to_digit(10).unwrap());
                    continue;
                }
            };
            total += number * worth;
            number = 0;
        }
        (30..=31_536_000).contains(&total)
    };
    agree(
        "refresh.interval",
        |text| with("refresh", json!({"interval": text})),
        bounds,
    );
    agree(
        "refresh.staleAfter",
        |text| with("refresh", json!({"staleAfter": text})),
        bounds,
    );
}

#[test]
fn schema_and_code_admit_the_same_targets() {
    agree(
        "target.name",
        |text| with("target", json!({"name": text})),
        |_| true,
    );
    let reserved = |type_: &str| {
        let own = ["kubernetes.io/", "helm.sh/", "bootstrap."];
        let allowed = ["tls", "dockerconfigjson", "basic-auth", "ssh-auth"];
        let allowed = allowed
            .iter()
            .any(|word| type_ == format!("kubernetes.io/{word}"));
        allowed || !own.iter().any(|prefix| type_.starts_with(prefix))
    };
    agree(
        "target.type",
        |text| with("target", json!({"type": text})),
        reserved,
    );
}

#[test]
fn schema_and_code_admit_the_same_keys() {
    let spec = |text: &str| with("data", json!([{"key": text, "from": "x"}]));
    agree("data.items.key", spec, |key| {
        key != "." && !key.starts_with("..")
    });
}

#[test]
fn schema_and_code_admit_the_same_prefixes() {
    let spec = |text: &str| with("allKeys", json!({"prefix": text}));
    agree("allKeys.prefix", spec, |_| true);
}

#[test]
fn schema_and_code_admit_the_same_suffixes() {
    let spec = |text: &str| with("rotation", json!({"pendingSuffix": text}));
    agree("rotation.pendingSuffix", spec, |_| true);
}

#[test]
fn schema_and_code_admit_the_same_stores() {
    agree(
        "storeRef.name",
        |text| with("storeRef", json!({"name": text})),
        |_| true,
    );
}

#[test]
fn schema_and_code_admit_the_same_workloads() {
    let spec = |text: &str| with("restart", json!([{"kind": "Rollout", "name": text}]));
    agree("restart.items.name", spec, |_| true);
    let keys = &schema("restart")["x-kubernetes-list-map-keys"];
    assert_eq!(keys, &json!(["kind", "name"]));
}

#[test]
fn schema_and_code_have_the_same_bounds() {
    let count = |path: &str, bound: &str| schema(path)[bound].as_u64();
    assert_eq!(count("data", "minItems"), Some(1));
    assert_eq!(count("data", "maxItems"), Some(MOST_ENTRIES as u64));
    assert_eq!(count("data.items.from", "minLength"), Some(1));
    assert_eq!(
        count("data.items.from", "maxLength"),
        Some(LONGEST_FROM as u64)
    );
    assert_eq!(count("data.items.template", "minLength"), Some(1));
    assert_eq!(
        count("data.items.template", "maxLength"),
        Some(LONGEST_TEMPLATE as u64)
    );
    for list in ["allKeys.include", "allKeys.exclude"] {
        assert_eq!(count(list, "minItems"), Some(1));
        assert_eq!(count(list, "maxItems"), Some(MOST_EXPRESSIONS as u64));
        let item = format!("{list}.items");
        assert_eq!(count(&item, "minLength"), Some(1));
        assert_eq!(count(&item, "maxLength"), Some(LONGEST_EXPRESSION as u64));
    }
    assert_eq!(
        count("allKeys.prefix", "maxLength"),
        Some(LONGEST_PREFIX as u64)
    );
    assert_eq!(count("restart", "maxItems"), Some(MOST_WORKLOADS as u64));
    assert_eq!(
        count("refresh.interval", "maxLength"),
        Some(LONGEST_TIME as u64)
    );
    for map in ["target.labels", "target.annotations"] {
        assert_eq!(
            count(map, "maxProperties"),
            Some(MOST_LABELS as u64),
            "{map}"
        );
    }
    let annotation = &schema("target.annotations")["additionalProperties"];
    assert_eq!(
        annotation["maxLength"].as_u64(),
        Some(LONGEST_ANNOTATION as u64)
    );
    let rules = schema("target.annotations")["x-kubernetes-validations"].to_string();
    assert!(rules.contains(&format!(".sum() <= {MOST_ANNOTATED}\"")));
    let label = &schema("target.labels")["additionalProperties"];
    assert_eq!(label["maxLength"].as_u64(), Some(63));
}

fn labels(key: &str, value: &str) -> Json {
    with("target", json!({"labels": {key: value}}))
}

#[test]
fn schema_and_code_admit_the_same_labels() {
    let expressions = expressions("target.labels");
    let [key_form, value_form] = &expressions[..] else {
        panic!("{expressions:?}");
    };
    let labels_to_try = (
        "([a-z0-9.-]{0,5}/)?[-A-Za-z0-9_.]{0,5}",
        "[-A-Za-z0-9_. é]{0,5}",
    );
    TestRunner::default()
        .run(&labels_to_try, |(key, value)| {
            let reserved = key.starts_with(RESERVED_PREFIX) || key == MANAGED_BY;
            let form = matches(key_form, &key) && matches(value_form, &value);
            let in_schema = form && !reserved;
            prop_assert_eq!(parsed(labels(&key, &value)).is_ok(), in_schema);
            Ok(())
        })
        .unwrap();
}

proptest! {
    #[test]
    fn no_text_harms(text in any::<String>()) {
        let _ = parsed(labels(&text, &text));
        let _ = parsed(with("refresh", json!({"interval": text, "staleAfter": text})));
        let _ = parsed(with("target", json!({"name": text, "type": text})));
        let _ = parsed(with("data", json!([{"key": text, "from": text}])));
        let _ = parsed(with("data", json!([{"key": "k", "template": text}])));
        let _ = parsed(with("allKeys", json!({"include": [text], "exclude": [text], "prefix": text})));
        let _ = parsed(with("source", json!({"secretId": text})));
    }
}

/// Whether the text fits an expression that is made of classes, groups and repetitions, as those of the CRD are.
fn matches(expression: &str, text: &str) -> bool {
    let inner = expression
        .strip_prefix('^')
        .and_then(|rest| rest.strip_suffix('$'))
        .unwrap();
    let nodes = read(&mut inner.chars().collect::<Vec<_>>().into_iter().peekable());
    run(&nodes, &text.chars().collect::<Vec<_>>(), &mut |rest| {
        rest.is_empty()
    })
}

enum Node {
    Class(Vec<(char, char)>),
    Group(Vec<Node>),
    Repeat(Box<Node>, usize, usize),
}

type Letters = std::iter::Peekable<std::vec::IntoIter<char>>;

fn read(letters: &mut Letters) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some(letter) = letters.next_if(|letter| *letter != ')') {
        let node = match letter {
            '(' => {
                let group = read(letters);
                assert_eq!(letters.next(), Some(')'));
                Node::Group(group)
            }
            '[' => class(letters),
            '\\' => letters
                .next()
                .map(|letter| Node::Class(vec![(letter, letter)]))
                .unwrap(),
            other => Node::Class(vec![(other, other)]),
        };
        nodes.push(match letters.peek() {
            Some('?') => repeat(letters, node, 0, 1),
            Some('*') => repeat(letters, node, 0, usize::MAX),
            Some('+') => repeat(letters, node, 1, usize::MAX),
            Some('{') => {
                let text: String = letters
                    .by_ref()
                    .take_while(|letter| *letter != '}')
                    .collect();
                let (least, most) = text[1..].split_once(',').unwrap();
                Node::Repeat(
                    Box::new(node),
                    least.parse().unwrap(),
                    most.parse().unwrap(),
                )
            }
            _ => node,
        });
    }
    nodes
}

fn repeat(letters: &mut Letters, node: Node, least: usize, most: usize) -> Node {
    letters.next();
    Node::Repeat(Box::new(node), least, most)
}

fn class(letters: &mut Letters) -> Node {
    let inside: Vec<char> = letters.take_while(|letter| *letter != ']').collect();
    let mut ranges = Vec::new();
    let mut rest = &inside[..];
    while let [first, tail @ ..] = rest {
        if let ['-', last, tail @ ..] = tail {
            ranges.push((*first, *last));
            rest = tail;
        } else {
            ranges.push((*first, *first));
            rest = tail;
        }
    }
    Node::Class(ranges)
}

fn run(nodes: &[Node], text: &[char], then: &mut dyn FnMut(&[char]) -> bool) -> bool {
    let Some((node, rest)) = nodes.split_first() else {
        return then(text);
    };
    match node {
        Node::Class(ranges) => text.split_first().is_some_and(|(letter, tail)| {
            ranges
                .iter()
                .any(|(low, high)| (low..=high).contains(&letter))
                && run(rest, tail, then)
        }),
        Node::Group(inner) => run(inner, text, &mut |tail| run(rest, tail, then)),
        Node::Repeat(inner, least, most) => run_again(inner, *least, *most, text, &mut |tail| {
            run(rest, tail, then)
        }),
    }
}

fn run_again(
    node: &Node,
    least: usize,
    most: usize,
    text: &[char],
    then: &mut dyn FnMut(&[char]) -> bool,
) -> bool {
    let again = most > 0
        && run(std::slice::from_ref(node), text, &mut |tail| {
            tail.len() < text.len()
                && run_again(node, least.saturating_sub(1), most - 1, tail, then)
        });
    again || (least == 0 && then(text))
}
