//! Lines that every reader takes alike.
//!
//! The forms were found with these readers, on 30,000 files of random values and names and on the table below: dotenvy
//! 0.15.7 (Rust); `util.parseEnv` and `--env-file` of Node.js 20.12, 20.20, 22.23 and 24.21; dotenv 16.6, 17.4 and 18.0
//! (npm); python-dotenv 1.2.4; godotenv 1.5.1 and compose-go 2.16 (Go); the grammar of dotenv 3 (Ruby); bash 5.2 and
//! dash 0.5 with `set -a; . ./.env`. A fresh machine has the first of them, so the tests hold what is written to the
//! forms themselves.

use super::*;

fn env(value: &str) -> Result<String, Obstacle> {
    let texts_in = BTreeMap::from([("A".to_owned(), value.to_owned())]);
    written(Format::Env, &texts(&texts_in)).map_err(|unfit| match unfit {
        Unfit::Value(name, obstacle) if name == "A" => obstacle,
        other => panic!("{other:?}"),
    })
}

/// What dotenvy reads.
fn dotenv(text: &str) -> BTreeMap<String, String> {
    let items = dotenvy::from_read_iter(text.as_bytes());
    items.collect::<Result<_, _>>().unwrap()
}

/// What anybody reads of a file that has nothing but the forms in which all readers agree.
fn agreed(text: &str) -> BTreeMap<String, String> {
    let forms = [
        r"([-A-Za-z0-9_.,:/@%+=]*)",
        r#""([^"\\$`\r\x00]*)""#,
        r"'([^'\r\x00]*)'",
    ];
    let line = format!("^(?:([A-Za-z_][A-Za-z0-9_]*)=(?:{})\n)", forms.join("|"));
    let line = regex::Regex::new(&line).unwrap();
    let mut read = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let found = line.captures(rest).unwrap_or_else(|| panic!("{rest:?}"));
        let value = found.iter().skip(2).flatten().next().unwrap().as_str();
        let misread = value.contains("${") || value.contains(r"\\") || value.ends_with('\\');
        assert!(!misread, "{value:?}");
        read.insert(found[1].to_owned(), value.to_owned());
        rest = &rest[found[0].len()..];
    }
    read
}

proptest! {
    #[test]
    fn what_is_written_is_read_alike_by_everybody_or_refused(texts_in in map("[A-Za-z_][A-Za-z0-9_]{0,8}")) {
        match written(Format::Env, &texts(&texts_in)) {
            Ok(text) => {
                prop_assert_eq!(&dotenv(&text), &texts_in);
                prop_assert_eq!(&agreed(&text), &texts_in);
            }
            Err(Unfit::Value(name, obstacle)) => {
                let value = &texts_in[&name];
                let reason = match obstacle {
                    Obstacle::Nul => value.contains('\0'),
                    Obstacle::CarriageReturn => value.contains('\r'),
                    Obstacle::Reference => value.contains("${"),
                    Obstacle::Quotes => value.contains('\'') && value.contains(['"', '\\', '$', '`']),
                    Obstacle::Backslashes => value.contains(r"\\") || value.ends_with('\\'),
                    _ => false,
                };
                prop_assert!(reason, "{:?}: {:?}", value, obstacle);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }
}

#[test]
fn every_line_of_this_table_was_read_back_by_every_reader() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIE/+ab==\n-----END PRIVATE KEY-----\n";
    for (value, line) in [
        ("", "A=\n"),
        ("plain-1.2:3/4@5%+,=_", "A=plain-1.2:3/4@5%+,=_\n"),
        ("==", "A===\n"),
        ("a b", "A=\"a b\"\n"),
        (" a ", "A=\" a \"\n"),
        ("a #b", "A=\"a #b\"\n"),
        ("\t", "A=\"\t\"\n"),
        ("it's", "A=\"it's\"\n"),
        ("a;b|c&d<e>(f)!*?~", "A=\"a;b|c&d<e>(f)!*?~\"\n"),
        ("한글 😀", "A=\"한글 😀\"\n"),
        (
            "\u{feff}a\u{2028}\u{85}\u{a0}",
            "A=\"\u{feff}a\u{2028}\u{85}\u{a0}\"\n",
        ),
        ("two\nlines", "A=\"two\nlines\"\n"),
        ("\n\n", "A=\"\n\n\"\n"),
        ("it's\ntwo\n#lines\nB=c", "A=\"it's\ntwo\n#lines\nB=c\"\n"),
        (key, &format!("A=\"{key}\"\n")),
        ("p$5", "A='p$5'\n"),
        ("$HOME $(id)", "A='$HOME $(id)'\n"),
        ("`id`", "A='`id`'\n"),
        ("say \"a\"", "A='say \"a\"'\n"),
        ("{\"a\":\n\"b\"}", "A='{\"a\":\n\"b\"}'\n"),
        (r"C:\new\table", "A='C:\\new\\table'\n"),
        (r"\$x\n", "A='\\$x\\n'\n"),
        ("a\n\\\nb", "A='a\n\\\nb'\n"),
    ] {
        assert_eq!(env(value).as_deref(), Ok(line));
        let expected = BTreeMap::from([("A".to_owned(), value.to_owned())]);
        assert_eq!((dotenv(line), agreed(line)), (expected.clone(), expected));
    }
}

#[test]
fn what_some_reader_takes_for_something_else_is_refused() {
    for (value, obstacle) in [
        ("a\0b", Obstacle::Nul),
        ("a\rb", Obstacle::CarriageReturn),
        ("a\r\nb", Obstacle::CarriageReturn),
        ("${HOME}", Obstacle::Reference),
        ("it's \"a\"", Obstacle::Quotes),
        ("it's $5", Obstacle::Quotes),
        ("it's `a`", Obstacle::Quotes),
        (r"it's a\b", Obstacle::Quotes),
        (r"a\\b", Obstacle::Backslashes),
        (r"\", Obstacle::Backslashes),
        ("a b\\", Obstacle::Backslashes),
    ] {
        assert_eq!(env(value), Err(obstacle), "{value:?}");
    }
}
