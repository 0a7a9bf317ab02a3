//! What the text of the guide says of the Secrets of its manifests.

use serde_json::{Value, json};

use crate::scene::{Values, pairs};

/// The Secret that a manifest of the guide becomes.
pub struct Promise {
    /// The heading above the manifest, without its marks.
    pub section: &'static str,
    /// The name of the object.
    pub object: &'static str,
    /// The name of the Secret.
    pub secret: &'static str,
    pub type_: &'static str,
    pub labels: Values,
    pub annotations: Values,
    /// Whether it goes with its object.
    pub is_owned: bool,
    /// Whether it is never made, because the object is suspended from the beginning.
    pub is_suspended: bool,
    pub values: Values,
}

pub const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
/// The same in Base64, which the guide writes as `LS0tLS1C…`.
pub const ENCODED: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n";

/// The secrets in NCP that the guide speaks of, apart from the one whose value it shows.
pub fn in_ncp() -> Vec<(&'static str, Value)> {
    vec![
        (
            "shop-tls",
            json!({"certificate": ENCODED, "privateKey": "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg=="}),
        ),
        (
            "shop-partner",
            json!({"user": "partner", "password": "p@ss"}),
        ),
        ("shop-license", json!({"license": "L-1"})),
        ("shop-deploy-key", json!({"privateKey": KEY})),
        (
            "shop-registry",
            json!({"registry": "shop.kr.ncr.ntruss.com", "username": "puller", "password": "p@ss"}),
        ),
    ]
}

fn promise(
    section: &'static str,
    object: &'static str,
    type_: &'static str,
    values: &[(&str, &str)],
) -> Promise {
    Promise {
        section,
        object,
        secret: object,
        type_,
        labels: Values::new(),
        annotations: Values::new(),
        is_owned: true,
        is_suspended: false,
        values: pairs(values),
    }
}

/// "Every key of the value becomes a key of the Secret under its own name."
fn every_key(section: &'static str) -> Promise {
    let values = [
        ("cdbUser", "shop"),
        ("cdbPassword", "p@ss 'word"),
        ("cdb-host", "db.example.com"),
        ("cdbPort", "3306"),
        ("caCert", ENCODED),
    ];
    promise(section, "orders-db", "Opaque", &values)
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub fn promises() -> Vec<Promise> {
    let types = "`target.type`";
    let formats = "`format`: the whole value as one file";
    vec![
        every_key("A first object"),
        promise(
            "`source`: which secret, which value",
            "orders-db-previous",
            "Opaque",
            &[("password", "the one before")],
        ),
        every_key("`refresh`"),
        promise(
            "`refresh.policy`: what makes the operator look",
            "orders-license",
            "Opaque",
            &[("license", "L-1")],
        ),
        Promise {
            is_suspended: true,
            ..every_key("`suspend`: leave it as it is")
        },
        promise(
            "`rotation`: the value to come",
            "orders-db",
            "Opaque",
            &[
                ("DB_USER", "shop"),
                ("DB_PASSWORD", "p@ss 'word"),
                ("DB_HOST", "db.example.com"),
            ],
        ),
        every_key("Now: the annotation `ncp-secrets.io/force-sync`"),
        Promise {
            secret: "orders-database",
            labels: pairs(&[("team", "orders")]),
            annotations: pairs(&[("example.com/contact", "orders@example.com")]),
            ..every_key("`target`: the Secret around the keys")
        },
        promise(
            types,
            "shop-tls",
            "kubernetes.io/tls",
            &[("tls.crt", CERTIFICATE), ("tls.key", KEY)],
        ),
        promise(
            types,
            "partner-api",
            "kubernetes.io/basic-auth",
            &[("username", "partner"), ("password", "p@ss")],
        ),
        promise(
            types,
            "deploy-key",
            "kubernetes.io/ssh-auth",
            &[("ssh-privatekey", KEY)],
        ),
        promise(
            "`from`: one key of the value",
            "orders-db",
            "Opaque",
            &[
                ("DB_USER", "shop"),
                ("DB_PASSWORD", "p@ss 'word"),
                ("ca.crt", CERTIFICATE),
            ],
        ),
        promise(
            "`template`: a text over all values",
            "orders-db",
            "Opaque",
            &[
                (
                    "DATABASE_URL",
                    "mysql://shop:p%40ss%20%27word@db.example.com:3306/orders",
                ),
                (
                    "my.cnf",
                    "[client]\nuser=\"shop\"\npassword=\"p@ss 'word\"\n",
                ),
            ],
        ),
        promise(
            formats,
            "orders-files",
            "Opaque",
            &[
                (
                    "application.properties",
                    "caCert=LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\ncdb-host=db.example.com\ncdbPassword=p@ss 'word\ncdbPort=3306\ncdbUser=shop\n",
                ),
                (
                    "config.json",
                    r#"{"caCert":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t","cdb-host":"db.example.com","cdbPassword":"p@ss 'word","cdbPort":3306,"cdbUser":"shop"}"#,
                ),
            ],
        ),
        promise(
            formats,
            "registry",
            "kubernetes.io/dockerconfigjson",
            &[(
                ".dockerconfigjson",
                r#"{"auths":{"shop.kr.ncr.ntruss.com":{"username":"puller","password":"p@ss","auth":"cHVsbGVyOnBAc3M="}}}"#,
            )],
        ),
        promise(
            "`allKeys`: every key that passes",
            "orders-env",
            "Opaque",
            &[
                ("APP_CDB_USER", "shop"),
                ("APP_CDB_PASSWORD", "p@ss 'word"),
                ("APP_CDB_HOST", "db.example.com"),
                ("APP_CDB_PORT", "3306"),
                ("APP_DSN", "shop@db.example.com"),
            ],
        ),
        Promise {
            is_owned: false,
            ..every_key("`creationPolicy`: when the NcpSecret goes")
        },
        every_key("`deletionPolicy`: when the secret in NCP goes"),
        every_key("`restart`: new pods for a new value"),
        every_key("Several namespaces"),
    ]
}
