//! A client of the admin port.

use reqwest::Method;
use serde_json::Value;

use crate::client::World;

impl World {
    /// Sends JSON, or nothing for `null`, and gives status and JSON; `null` for an answer without a body.
    pub async fn admin(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.admin_text(method, path, body).await
    }

    pub async fn admin_text(&self, method: Method, path: &str, body: String) -> (u16, Value) {
        let url = format!("{}{path}", self.emulator.endpoints().admin);
        let request = self.client.http.request(method, url).body(body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let json = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}")),
        };
        (status, json)
    }

    pub async fn admin_get(&self, path: &str) -> Value {
        let (status, json) = self.admin(Method::GET, path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {json}");
        json
    }

    /// Expects a refusal and gives its status and sentence.
    pub async fn admin_refusal(&self, method: Method, path: &str, body: Value) -> (u16, String) {
        let (status, json) = self.admin(method, path, body).await;
        let sentence = json["error"].as_str();
        let sentence = sentence.unwrap_or_else(|| panic!("{path}: {status} {json}"));
        (status, sentence.to_owned())
    }
}
