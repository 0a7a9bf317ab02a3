//! What a spec says about the keys of its Secret.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are the descriptions in the schema, which kubectl shows as plain text"
)]

use std::fmt;
use std::marker::PhantomData;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// One key of the Secret, with exactly one of from, template and format.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("[has(self.from), has(self.template), has(self.format)].filter(there, there).size() == 1")
        .message("write exactly one of from, template and format"),
    validation = Rule::new("has(self.from) || !(has(self.optional) || has(self.decode))")
        .message("optional and decode go with from only")
)]
pub struct DataKey {
    /// Name of the key in the Secret.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    #[x_kube(validation = Rule::new("self != '.' && !self.startsWith('..')").message("a key must not be '.' and must not start with '..'"))]
    pub key: String,
    /// Name of the key in the value in NCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub from: Option<String>,
    /// With from: whether the Secret may be written without this key when the value does not have it. Absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
    /// With from: how the text in NCP becomes the bytes in the Secret: None (the default) or Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decode: Option<Decode>,
    /// A text with {{ name }} wherever a key of the value is to stand, and functions behind a bar: {{ name | urlencode }}.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16384))]
    pub template: Option<String>,
    /// The whole value as one file: Env, Json, Yaml, Properties or DockerConfigJson.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
}

/// With from: how the text in NCP becomes the bytes in the Secret, None (as it is, the default) or Base64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Decode {
    /// The bytes are those of the text.
    #[default]
    None,
    /// The text is Base64 of the bytes.
    Base64,
}

/// The whole value as one file: Env, Json, Yaml, Properties or DockerConfigJson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Format {
    /// Lines NAME=value as dotenv reads them, in whichever language.
    Env,
    /// One JSON object.
    Json,
    /// One YAML mapping.
    Yaml,
    /// Java properties.
    Properties,
    /// What kubernetes.io/dockerconfigjson holds, made of the keys registry (or server), username, password and email.
    DockerConfigJson,
}

impl Format {
    /// The word as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Env => "Env",
            Self::Json => "Json",
            Self::Yaml => "Yaml",
            Self::Properties => "Properties",
            Self::DockerConfigJson => "DockerConfigJson",
        }
    }
}

/// Which keys of the value become keys of the Secret, and under which names.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllKeys {
    /// Regular expressions: only keys of the value that one of them matches from beginning to end. Absent: every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 256)))]
    pub include: Option<Vec<String>>,
    /// Regular expressions: no key of the value that one of them matches from beginning to end, even if included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 256)))]
    pub exclude: Option<Vec<String>>,
    /// What every name begins with, once the style is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub prefix: Option<String>,
    /// How names are written: Keep (as in NCP, the default), UpperSnake (DB_PASSWORD) or LowerSnake (db_password).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<KeyStyle>,
}

/// How names are written: Keep (as in NCP, the default), UpperSnake (DB_PASSWORD) or LowerSnake (db_password).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KeyStyle {
    /// As in NCP.
    #[default]
    Keep,
    /// DB_PASSWORD
    UpperSnake,
    /// db_password
    LowerSnake,
}

/// Reads an object, and takes no list for one as serde would.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Some(Object::deserialize(deserializer)?.0))
}

/// Reads a list of objects, and takes no list for one of them as serde would.
pub(super) fn list_of_objects<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(Some(objects.into_iter().map(|object| object.0).collect()))
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}
