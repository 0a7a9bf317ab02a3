//! The table of the chart's values, from `values.yaml` and its comments.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use serde_json::Value;

const BEGIN: &str = "<!-- The values: written by `cargo xtask chart` from charts/ncp-secret-operator/values.yaml. -->\n";
const END: &str = "<!-- The end of the values. -->\n";

const HEAD: &str = "\
# ncp-secret-operator

Keeps Kubernetes Secrets equal to secrets in NAVER Cloud Platform Secret Manager. Kubernetes 1.31 or later, Helm 3 or 4.

```console
$ helm install ncp-secret-operator oci://ghcr.io/ncp-secret-operator/charts/ncp-secret-operator \\
    --namespace ncp-secrets --create-namespace
```

How to install, upgrade and remove it, and what each choice means: [docs/install.md](../../docs/install.md).

## Values

This file is written by `cargo xtask chart`, from the comments in [values.yaml](values.yaml).

";

/// The README of the chart.
pub(super) fn text(table: &str) -> String {
    format!("{HEAD}{table}")
}

/// A text with the table in the place that is marked for it; none where no place is.
pub(super) fn with_table(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// A row for each value that has a comment; what has none is only a way to others.
pub(super) fn table(values: &str) -> Result<String> {
    let defaults: Value = serde_saphyr::from_str(values).context("cannot read values.yaml")?;
    let mut table = "| value | default | meaning |\n| --- | --- | --- |\n".to_owned();
    for row in rows(values) {
        let pointer = format!("/{}", row.path.join("/"));
        let Some(default) = defaults.pointer(&pointer) else {
            bail!("values.yaml has a comment on {pointer}, and no such value");
        };
        let (path, meaning) = (row.path.join("."), row.meaning);
        writeln!(table, "| `{path}` | `{default}` | {meaning} |")?;
    }
    Ok(table)
}

struct Row {
    path: Vec<String>,
    meaning: String,
}

/// The comments, each with the path of the key below it. What is inside a value that has one is its default, and not told apart.
fn rows(values: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in values.lines() {
        let text = line.trim_start();
        let depth = line.len() - text.len();
        if let Some(words) = text.strip_prefix('#') {
            comment.push(words.trim());
        } else if let Some((key, _)) = text.split_once(':').filter(|_| !text.starts_with('-')) {
            path.retain(|(above, _)| *above < depth);
            path.push((depth, key.to_owned()));
            if !comment.is_empty() {
                rows.push(Row {
                    path: path.iter().map(|(_, key)| key.clone()).collect(),
                    meaning: comment.join(" "),
                });
            }
            comment.clear();
        } else {
            comment.clear();
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: &str = "\
# About the file.

image:
  # Its tag.
  # Empty: the usual one.
  tag: \"\"

# How they spread.
spread:
- key: host
  # Not told apart.

# Rights.
a:
  b: {c: 1}
";

    #[test]
    fn each_commented_value_has_a_row_with_its_path_default_and_comment() {
        let expected = "\
| value | default | meaning |
| --- | --- | --- |
| `image.tag` | `\"\"` | Its tag. Empty: the usual one. |
| `spread` | `[{\"key\":\"host\"}]` | How they spread. |
| `a` | `{\"b\":{\"c\":1}}` | Rights. |
";
        assert_eq!(table(VALUES).unwrap(), expected);
    }

    #[test]
    fn the_table_takes_the_place_of_the_one_before() {
        let text = format!("a\n{BEGIN}old\n{END}b\n");
        let new = with_table(&text, "new\n").unwrap();
        assert_eq!(new, format!("a\n{BEGIN}new\n{END}b\n"));
        assert_eq!(with_table("a", "new"), None);
    }
}
