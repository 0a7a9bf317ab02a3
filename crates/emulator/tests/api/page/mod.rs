//! The page on the admin port, as any client of HTTP gets it.

mod browser;
mod chromium;
mod home;
mod looks;
mod secret;

use ncp_emulator::{Lifecycle, NewSecret, Stage};
use reqwest::Response;

use crate::client::World;

/// Hostile, long, and in both directions of writing.
const HOSTILE: &str = "\"'><script>alert(1)</script>&amp;\u{202e}한글\u{200f}{{7*7}}{% raw %}";

/// What came back, with where it leads.
struct Page {
    status: u16,
    location: Option<String>,
    text: String,
}

impl Page {
    async fn read(response: Response) -> Self {
        let header = |name| {
            response
                .headers()
                .get(name)
                .map(|it| it.to_str().unwrap().to_owned())
        };
        Self {
            status: response.status().as_u16(),
            location: header("location"),
            // The slash is escaped as well; without that, addresses are easier to read here.
            text: response.text().await.unwrap().replace("&#x2f;", "/"),
        }
    }

    fn shows(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The tag of a button.
    fn button(&self, id: &str) -> &str {
        let start = self
            .text
            .find(&format!("<button id=\"{id}\""))
            .unwrap_or_else(|| panic!("no {id}"));
        self.text[start..].split('>').next().unwrap()
    }
}

impl World {
    async fn open(&self, path: &str) -> Page {
        Page::read(self.send_page(path).await).await
    }

    async fn send_page(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.emulator.endpoints().admin);
        let request = self.client.http.get(url).header("accept", "text/html,*/*");
        request.send().await.unwrap()
    }

    async fn submit(&self, path: &str, form: &str) -> Page {
        let url = format!("{}{path}", self.emulator.endpoints().admin);
        let request = self
            .client
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        Page::read(request.send().await.unwrap()).await
    }

    /// Presses a button and gives the page that follows.
    async fn press(&self, id: &str, button: &str) -> Page {
        let pressed = self
            .submit(&format!("/page/secrets/{id}/{button}"), "")
            .await;
        assert_eq!(pressed.status, 303, "{button}");
        self.open(&pressed.location.unwrap()).await
    }

    fn lifecycle(&self, id: &str) -> Lifecycle {
        self.emulator.secret(id).unwrap().lifecycle
    }
}

#[tokio::test]
async fn every_page_forbids_scripts_framing_and_keeping() {
    let (world, id) = World::with_secret().await;
    let secret = format!("/page/secrets/{id}");
    for path in [
        "/",
        &secret,
        "/page/secrets/none",
        "/page/style.css",
        "/nowhere",
    ] {
        let response = world.send_page(path).await;
        let header = |name| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self';"),
            "{path}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        let text = response.text().await.unwrap();
        assert!(
            !text.contains("<script") && !text.contains(" style="),
            "{path}"
        );
    }
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    let world = World::start().await;
    let id = format!("a/b?c#d {HOSTILE}");
    let long = format!("{HOSTILE}{}", "w".repeat(500));
    let new = NewSecret::named("hostile").id(&id).memo(&long);
    world.emulator.create_secret(new).unwrap();
    world
        .emulator
        .set_raw_value(&id, Stage::Active, Some(HOSTILE))
        .unwrap();
    world
        .client
        .get("/api/v1/secrets/%3Cscript%3Ealert(1)")
        .await;
    world
        .client
        .get("/api/v1/secrets/%22%20onclick%3D1%20/values")
        .await;
    let home = world.open("/").await;
    let start = home.text.find("/page/secrets/").unwrap();
    let address = home.text[start..].split('"').next().unwrap();
    let search =
        "/?search=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&page=%3Cscript%3E&notice=%3Cscript%3E";
    let shown = format!("{address}?values=shown");
    for path in ["/", search, address, &shown] {
        let page = world.open(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            !page.shows("<script") && !page.shows("onclick=1\""),
            "{path}"
        );
        assert!(!page.shows(">49<"), "a value is no template");
    }
    let page = world.open(&shown).await;
    assert!(page.shows("{{7*7}}{% raw %}") && page.shows("&lt;script&gt;"));
    let pressed = world.submit(&format!("{address}/disable"), "").await;
    assert_eq!(world.lifecycle(&id), Lifecycle::Disable);
    assert!(pressed.location.unwrap().starts_with(address));
}

#[tokio::test]
async fn an_address_puts_no_words_into_a_message() {
    let (world, id) = World::with_secret().await;
    for page in ["/".to_owned(), format!("/page/secrets/{id}")] {
        for code in [
            "Call+0900",
            "disable.pay",
            "%3Cb%3E",
            "disable&notice=enable",
            "%ff",
        ] {
            let page = world.open(&format!("{page}?notice={code}")).await;
            assert_eq!(page.status, 200, "{code}");
            assert!(
                !page.shows("role=\"status\"") && !page.shows("role=\"alert\""),
                "{code}"
            );
        }
    }
}

#[tokio::test]
async fn unknown_pages_are_told_and_nothing_breaks() {
    let (world, id) = World::with_secret().await;
    let button = format!("/page/secrets/{id}/explode");
    for path in [
        "/nowhere",
        "/page",
        "/page/secrets/none",
        "/page/secrets/%ff",
        "/page/secrets/none/delete",
    ] {
        let page = world.open(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(
            page.shows("Not found") && page.shows("href=\"/\""),
            "{path}"
        );
    }
    assert_eq!(world.submit(&button, "").await.status, 404);
    assert_eq!(world.open(&button).await.status, 404);
    let url = format!("{}/nowhere", world.emulator.endpoints().admin);
    let program = world.client.http.get(url).send().await.unwrap();
    assert_eq!(program.status(), 404);
    let error: serde_json::Value = program.json().await.unwrap();
    assert!(
        error["error"].is_string(),
        "programs get what the admin port gives"
    );
}
