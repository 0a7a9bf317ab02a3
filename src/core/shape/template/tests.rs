use proptest::prelude::*;

use super::*;
use crate::core::pairs;

const ROOM: usize = 1024 * 1024;

const VALUES: &str = r#"{
    "user":"shop", "password":"p@ss/w:rd 'é\"", "port":3306, "tls":true, "nil":null, "list":[ 1, 2 ],
    "db-host":"db.example.com", "empty":"", "key":"c2VjcmV0", "lines":"a\nb", "values":"own", "bytes":"//8="
}"#;

fn filled(text: &str) -> Result<String, TemplateFault> {
    filled_with(text, VALUES)
}

fn filled_with(text: &str, values: &str) -> Result<String, TemplateFault> {
    let pairs = pairs::parse(values.as_bytes()).unwrap();
    let template = Template::parse(text)?;
    match Filling::of(&pairs).fill(&template, ROOM) {
        Ok(value) => Ok(String::from_utf8(value.expose().to_vec()).unwrap()),
        Err(Stopped::Fault(fault)) => Err(fault),
        Err(Stopped::Full) => panic!("full"),
    }
}

fn fault<T>(kind: TemplateFaultKind, line: usize) -> Result<T, TemplateFault> {
    Err(TemplateFault { kind, line })
}

fn undefined<T>(name: &str) -> Result<T, TemplateFault> {
    fault(TemplateFaultKind::Undefined(Some(name.into())), 1)
}

#[test]
fn names_are_the_keys_of_the_value_and_values_has_them_all() {
    for (text, expected) in [
        ("{{ user }}", "shop"),
        ("{{user}}:{{ port }}", "shop:3306"),
        ("{{ tls }} {{ nil }} {{ list }}", "true null [ 1, 2 ]"),
        (r#"{{ values["db-host"] }}"#, "db.example.com"),
        ("{{ values['values'] }}", "own"),
        ("{{ values.user }}", "shop"),
        (
            "{% for name in values %}{{ name }} {% endfor %}",
            "bytes db-host empty key lines list nil password port tls user values ",
        ),
        (
            "{% for name in values if name == 'user' %}{{ values[name] }}{% endfor %}",
            "shop",
        ),
        ("{% if tls == 'true' %}tls{% else %}plain{% endif %}", "tls"),
        (
            "{% if missing is defined %}a{% elif user %}b{% endif %}",
            "b",
        ),
        ("{% set url = user ~ '@' ~ port %}{{ url }}", "shop@3306"),
        ("{{ 'a' if 'user' in values else 'b' }}", "a"),
        ("line\n", "line\n"),
        ("{# nothing #}\r\n\u{0}é", "\r\n\u{0}é"),
        ("{{ '{{ x }}' }}", "{{ x }}"),
        ("$A ${A} {x} }} %}", "$A ${A} {x} }} %}"),
    ] {
        assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn every_function_does_what_the_guide_says() {
    for (text, expected) in [
        ("{{ user | b64encode }}", "c2hvcA=="),
        ("{{ key | b64decode }}", "secret"),
        ("{{ user | hex }}", "73686f70"),
        (
            "{{ password | urlencode }}",
            "p%40ss%2Fw%3Ard%20%27%C3%A9%22",
        ),
        ("{{ 'a-z_A.9~' | urlencode }}", "a-z_A.9~"),
        ("{{ password | tojson }}", r#""p@ss/w:rd 'é\"""#),
        (
            "{{ {'u': user, 'n': [1, true, none, 1.5]} | tojson }}",
            r#"{"n": [1, true, null, 1.5], "u": "shop"}"#,
        ),
        ("{{ lines | toyaml }}", r#""a\nb""#),
        ("{{ ['\u{2028}'] | toyaml }}", "[\"\\u2028\"]"),
        ("{{ password | quote }}", r#""p@ss/w:rd 'é\"""#),
        (r"{{ 'a\\b' | quote }}", r#""a\\b""#),
        ("{{ password | shellquote }}", r#"'p@ss/w:rd '\''é"'"#),
        ("{{ [user, port, 1] | join(',') }}", "shop,3306,1"),
        ("{{ [] | join(',') }}", ""),
        ("{{ missing | default('d') }}", "d"),
        ("{{ values['a-b'] | default(port) }}", "3306"),
        ("{{ empty | default('d') }}", ""),
        ("{{ user | upper }}{{ 'ÀB' | lower }}", "SHOPàb"),
        ("{{ ' a ' | trim }}", "a"),
        ("{{ user | replace('o', '00') }}", "sh00p"),
    ] {
        assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn the_guide_shows_what_each_function_makes() {
    let guide = include_str!("../../../../docs/guide.md");
    let table = guide.split_once("| function |").unwrap().1;
    let table = table.split_once("\n\n").unwrap().0;
    let mut shown = 0;
    for row in table.lines().skip(2) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let (functions, made) = (cells[0].split(", "), cells[2].trim());
        for function in functions {
            let name = function.trim().trim_matches('`');
            let name = name.split('(').next().unwrap();
            let text = format!("{{{{ x | {name} }}}}");
            let found = filled_with(&text, r#"{"x":"p@ss 'w\"rd"}"#);
            let unknown = fault(TemplateFaultKind::UnknownFunction, 1);
            assert_ne!(found, unknown, "{name}");
            if !made.is_empty() {
                assert_eq!(found.as_deref(), Ok(made.trim_matches('`')), "{name}");
                shown += 1;
            }
        }
    }
    assert_eq!(shown, 7);
}

#[test]
fn an_undefined_name_is_named_when_the_template_spells_it() {
    for (text, expected) in [
        ("{{ pasword }}", undefined("pasword")),
        ("{{ values['db-hots'] }}", undefined("db-hots")),
        (r#"{{ values["db-hots"] | upper }}"#, undefined("db-hots")),
        ("{{ values.hots }}", undefined("hots")),
        ("{{ [user, nobody] | join(',') }}", undefined("nobody")),
        ("{{ {'a': nobody} | tojson }}", undefined("nobody")),
        ("{% if nobody %}{% endif %}", undefined("nobody")),
        ("{% for a in nobody %}{% endfor %}", undefined("nobody")),
        ("{{ a is defined }}{{ nobody }}", undefined("nobody")),
        (
            "a\nb{{ user }}\n{{ nobody }}",
            fault(TemplateFaultKind::Undefined(Some("nobody".into())), 3),
        ),
        (
            "{{ values[password] }}",
            fault(TemplateFaultKind::Undefined(None), 1),
        ),
        (
            "shop nothing {{ values[user] }}{{ values.shops | default('') }}",
            fault(TemplateFaultKind::Undefined(None), 1),
        ),
        (
            "{{ values[user ~ 'x'] }}",
            fault(TemplateFaultKind::Undefined(None), 1),
        ),
        (
            "{{ user.nobody }}",
            fault(TemplateFaultKind::Undefined(None), 1),
        ),
    ] {
        assert_eq!(filled(text), expected, "{text}");
    }
}

#[test]
fn what_there_is_not_or_cannot_be_used_is_told_with_its_line() {
    for (text, kind) in [
        ("{{ user | nothing }}", TemplateFaultKind::UnknownFunction),
        ("{{ user | length }}", TemplateFaultKind::UnknownFunction),
        ("{{ nothing() }}", TemplateFaultKind::UnknownFunction),
        ("{{ range(9) }}", TemplateFaultKind::UnknownFunction),
        ("{{ user is odd }}", TemplateFaultKind::UnknownFunction),
        ("{{ user.upper() }}", TemplateFaultKind::UnknownFunction),
        ("{{ [user] }}", TemplateFaultKind::Unusable),
        ("{{ values }}", TemplateFaultKind::Unusable),
        ("{{ values | upper }}", TemplateFaultKind::Unusable),
        ("{{ values | join(',') }}", TemplateFaultKind::Unusable),
        ("{{ user | join(',') }}", TemplateFaultKind::Unusable),
        ("{{ {'a': 1} | join(',') }}", TemplateFaultKind::Unusable),
        ("{{ none }}", TemplateFaultKind::Unusable),
        ("{{ user | join }}", TemplateFaultKind::Unusable),
        ("{{ user | upper('a') }}", TemplateFaultKind::Unusable),
        ("{{ password | b64decode }}", TemplateFaultKind::Unusable),
        ("{{ bytes | b64decode }}", TemplateFaultKind::Unusable),
        ("{{ user | replace('', 'a') }}", TemplateFaultKind::Unusable),
        ("{{ port + 1 }}", TemplateFaultKind::Unusable),
        ("{{ 1e999 | tojson }}", TemplateFaultKind::Unusable),
    ] {
        let text = format!("\n{text}");
        let found = filled(&text).unwrap_err();
        assert_eq!(found, TemplateFault { kind, line: 2 }, "{text}");
    }
}

#[test]
fn r11_work_and_output_are_bounded() {
    let many = "a".repeat(60_000);
    let values = format!(r#"{{"many":"{many}"}}"#);
    for text in [
        "{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ ('a' * 1000) | replace('a', many) }}",
        "{{ (['a'] * 1000) | join(many) }}",
        "{% for a in many %}{% set x = many ~ many %}{% endfor %}",
        "{% for a in many recursive %}{{ loop(many) }}{% endfor %}",
        "{{ 9 ** 99 ** 99 }}",
    ] {
        let kind = filled_with(text, &values).unwrap_err().kind;
        assert!(
            matches!(
                kind,
                TemplateFaultKind::TooMuchWork | TemplateFaultKind::Unusable
            ),
            "{text}: {kind:?}"
        );
    }
    let pairs = pairs::parse(values.as_bytes()).unwrap();
    let template = Template::parse("{{ many }}").unwrap();
    let mut filling = Filling::of(&pairs);
    assert!(filling.fill(&template, 60_000).is_ok());
    assert!(matches!(
        filling.fill(&template, 59_999),
        Err(Stopped::Full)
    ));
}

#[test]
fn r11_all_templates_of_an_object_share_what_they_may_use_up() {
    let values = format!(r#"{{"many":"{}"}}"#, "a".repeat(4000));
    let pairs = pairs::parse(values.as_bytes()).unwrap();
    let template = Template::parse("{% for a in many %}{{ a }}{% endfor %}").unwrap();
    let mut filling = Filling::of(&pairs);
    let fills = (0..20).take_while(|_| filling.fill(&template, ROOM).is_ok());
    assert!((1..19).contains(&fills.count()));
}

#[test]
fn r11_no_expression_exhausts_the_stack() {
    // The stack that tests and the operator's threads have; the engine alone would end the process.
    let long = |part: &str, times: usize| format!("{{{{ user{} }}}}", part.repeat(times));
    for part in [
        "()",
        "+user",
        "~user",
        "|upper",
        ".b",
        "[0]",
        " and user",
        "**user",
        " is defined",
        "-1",
    ] {
        let found = Template::parse(&long(part, 5000)).unwrap_err();
        assert_eq!(found.kind, TemplateFaultKind::LongExpression, "{part}");
        let _ = filled(&long(part, (LONGEST_EXPRESSION - 8) / part.len()));
    }
    for prefix in ["-", "not ", "(", "[", "{'a':"] {
        let text = |times: usize| format!("{{{{ {}user }}}}", prefix.repeat(times));
        assert!(Template::parse(&text(5000)).is_err(), "{prefix}");
        let _ = filled(&text((LONGEST_EXPRESSION - 8) / prefix.len()));
    }
    let elifs = |times: usize| {
        format!(
            "{{% if user %}}{}{{% endif %}}",
            "{% elif user %}".repeat(times)
        )
    };
    let found = Template::parse(&elifs(1000)).unwrap_err();
    assert_eq!(found.kind, TemplateFaultKind::Statements);
    assert!(filled(&elifs(MOST_STATEMENTS - 2)).is_ok());
    let nested = "{% for a in values %}".repeat(200) + &"{% endfor %}".repeat(200);
    assert!(Template::parse(&nested).is_err());
    let nested = "{% set x = [x] %}".repeat(MOST_STATEMENTS - 1);
    assert!(filled(&format!("{{% set x = [user] %}}{nested}")).is_ok());
}

#[test]
fn r11_an_expression_ends_where_the_engine_says_that_it_ends() {
    let calls = "()".repeat(1000);
    for text in [
        format!("{{{{ '}}}}' ~ user{calls} }}}}"),
        format!("{{{{ \"\\\"}}}}\" ~ user{calls} }}}}"),
        format!("{{{{ {{'a': {{'b': 1}}}}{calls} }}}}"),
        format!("{{# {{{{ ' #}}{{{{ user{calls} }}}}"),
        format!("{{%- if '%}}' ~ user{calls} %}}{{% endif %}}"),
        format!("{{{{ '\\\\' ~ user{calls} }}}}"),
    ] {
        let found = Template::parse(&text).unwrap_err();
        assert_eq!(found.kind, TemplateFaultKind::LongExpression, "{text}");
    }
    assert_eq!(
        Template::parse("\n{{ 'a\n' ~ a }}\n{% nothing %}")
            .unwrap_err()
            .line,
        4
    );
}

#[test]
fn r3_the_engine_cannot_be_made_to_show_a_value_in_an_error() {
    let canary = "canary-4d1c";
    let values = format!(r#"{{"a":"{canary}","b":"{canary}","{canary}":"c"}}"#);
    for text in [
        "{{ a + 1 }}",
        "{{ a | b64decode }}",
        "{{ values[a ~ 'x'] }}",
        "{{ a.b }}",
        "{{ a() }}",
        "{{ a | replace }}",
        "{{ values[a][b] }}",
        "{{ -a }}",
        "{% for x in a %}{{ x.y }}{% endfor %}",
        "{% for x, y in a %}{% endfor %}",
        "{{ [a] }}",
        "{{ {a: b}[b ~ a] }}",
        "{{ a[9:'x'] }}",
        "{{ values.b[a] }}",
        "{{ a is in 5 }}",
    ] {
        let fault = filled_with(text, &values).unwrap_err();
        let shown = format!("{fault:?}");
        assert!(!shown.contains("canary"), "{text}: {shown}");
    }
}

proptest! {
    #[test]
    fn r11_no_text_harms_and_no_fault_shows_a_value(
        text in prop::collection::vec(prop::sample::select(vec![
            "{{", "}}", "{%", "%}", "{#", "#}", " ", "a", "values", "[a]", "['b']", "|", "upper", "join(a)", "(", ")", "if",
            "endif", "for x in", "endfor", "set x =", "~", "+", "'", "\"", "\\", "1", "default(1)", "tojson", "\n", "-", "in",
            "loop", "not", "x", "[", "]", "{", "}", ":", ",", "é", "recursive", ".", "is defined", "else", "**", "*",
        ]), 0..40).prop_map(|parts| parts.concat()),
    ) {
        let values = r#"{"a":"canary-4d1c","b":"canary-4d1c"}"#;
        match filled_with(&text, values) {
            Ok(first) => prop_assert_eq!(Ok(first), filled_with(&text, values)),
            Err(fault) => {
                let shown = format!("{fault:?}");
                prop_assert!(!shown.contains("canary"), "{}", shown);
            }
        }
    }

    #[test]
    fn strings_in_are_strings_out(value in any::<String>()) {
        let values = serde_json::json!({"a": value}).to_string();
        let encoded = filled_with("{{ a | b64encode | b64decode }}", &values);
        prop_assert_eq!(encoded.as_deref(), Ok(&*value));
        let json = filled_with("{{ a | tojson }}", &values).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), value.clone());
        let yaml = filled_with("{{ a | toyaml }}", &values).unwrap();
        prop_assert_eq!(serde_saphyr::from_str::<String>(&yaml).unwrap(), value.clone());
        let url = filled_with("{{ a | urlencode }}", &values).unwrap();
        prop_assert_eq!(&*percent_encoding::percent_decode_str(&url).decode_utf8().unwrap(), &*value);
        prop_assert_eq!(filled_with("{{ a }}", &values), Ok(value));
    }
}
