//! Calls to the emulated API of NCP Secret Manager, signed as NCP's documentation says.

use anyhow::{Context, Result, bail};
use ncp_emulator::{Key, sign};
use reqwest::Method;
use serde_json::Value;
use steerable_clock::Clock;

/// NCP as its users call it.
pub(crate) struct Ncp {
    client: reqwest::Client,
    base: String,
    key: Key,
    clock: Clock,
}

impl Ncp {
    /// Calls the host at that base URL with that key.
    pub(crate) fn new(base: &str, key: Key, clock: Clock) -> Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            client,
            base: base.to_owned(),
            key,
            clock,
        })
    }

    /// Makes a call; answers its data.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let url: reqwest::Url = format!("{}{path}", self.base)
            .parse()
            .context("a bad URL")?;
        let time = self.clock.now().as_millisecond().to_string();
        let signed = url.path();
        let signature = sign(
            &self.key.secret_key,
            method.as_str(),
            signed,
            &time,
            &self.key.access_key,
        );
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .header("x-ncp-apigw-timestamp", time)
            .header("x-ncp-iam-access-key", &self.key.access_key)
            .header("x-ncp-apigw-signature-v2", signature);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request
            .send()
            .await
            .with_context(|| format!("no answer to {method} {path}"))?;
        let status = answer.status();
        let body: Value = answer
            .json()
            .await
            .with_context(|| format!("no JSON from {method} {path}"))?;
        if !status.is_success() {
            bail!("{method} {path} was refused with {status}: {body}");
        }
        Ok(body.get("data").cloned().unwrap_or_default())
    }

    /// Shows a call and makes it.
    pub(crate) async fn show(
        &self,
        name: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        println!("NCP {name}: {method} {path}");
        if let Some(body) = body {
            println!("    {body}");
        }
        println!();
        self.call(method, path, body).await
    }
}
