//! What `kubernetes.io/dockerconfigjson` holds: one registry with its user.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::{Obstacle, Unfit, json_string};
use crate::core::remote::Pairs;
use crate::core::shape::growing::Growing;

pub(super) fn write(pairs: &Pairs, out: &mut Growing) -> Result<(), Unfit> {
    let registry = find(pairs, "registry")?.or(find(pairs, "server")?);
    let registry = registry.ok_or(Unfit::Needs("registry"))?;
    let username = find(pairs, "username")?.ok_or(Unfit::Needs("username"))?;
    let password = find(pairs, "password")?.ok_or(Unfit::Needs("password"))?;
    if username.contains(':') {
        // Whoever reads `auth` ends the name at the first colon.
        return Err(Unfit::Value("username".into(), Obstacle::Colon));
    }
    let user = Zeroizing::new([username, ":", password].concat());
    let auth = Zeroizing::new(BASE64_STANDARD.encode(&*user));
    out.text("{\"auths\":{");
    json_string(registry, out);
    out.text(":{\"username\":");
    json_string(username, out);
    out.text(",\"password\":");
    json_string(password, out);
    if let Some(email) = find(pairs, "email")? {
        out.text(",\"email\":");
        json_string(email, out);
    }
    out.text(",\"auth\":");
    json_string(&auth, out);
    out.text("}}}");
    Ok(())
}

/// What stands under the name, if it is there and not empty.
fn find<'remote>(pairs: &'remote Pairs, name: &str) -> Result<Option<&'remote str>, Unfit> {
    let value = pairs.get(name).filter(|value| !value.is_empty());
    let text = value.map(|value| str::from_utf8(value.expose()));
    text.transpose()
        .map_err(|_| Unfit::Value(name.to_owned(), Obstacle::NoText))
}
