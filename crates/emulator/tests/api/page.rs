//! The page on the admin port, as any client of HTTP gets it.

use jiff::SignedDuration;
use ncp_emulator::{Change, Emulator, Lifecycle, NewSecret, Phase, Settings, Stage};
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
async fn values_are_hidden_until_they_are_asked_for() {
    let (world, id) = World::with_secret().await;
    for stage in [Stage::Previous, Stage::Pending] {
        let value = format!(r#"{{"abc":"cba-{}"}}"#, stage.word());
        world
            .emulator
            .set_raw_value(&id, stage, Some(&value))
            .unwrap();
    }
    let page = format!("/page/secrets/{id}");
    for hidden in [
        page.clone(),
        format!("{page}?values=shwn"),
        format!("{page}?values=shown&values="),
    ] {
        let hidden = world.open(&hidden).await;
        assert_eq!(hidden.status, 200);
        assert!(!hidden.shows("cba") && hidden.shows("13 bytes"));
    }
    let shown = world.open(&format!("{page}?values=shown")).await;
    let escaped = "{&quot;abc&quot;:&quot;cba&quot;}";
    assert!(
        shown.shows(&format!("<pre>\n{escaped}</pre>")),
        "{}",
        shown.text
    );
    assert!(shown.shows("cba-previous") && shown.shows("cba-pending"));
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
async fn buttons_change_the_secret_and_tell_so() {
    let (world, id) = World::with_secret().await;
    let page = world.press(&id, "rotate").await;
    assert!(
        page.shows("The rotation has begun") && page.shows(&world.emulator.job_token(&id).unwrap())
    );
    assert!(page.shows("has not started"));
    assert_eq!(world.emulator.secret(&id).unwrap().phase, Phase::Rotating);
    let page = world.press(&id, "cancel").await;
    assert!(page.shows("The rotation is cancelled"));
    assert_eq!(world.emulator.job_token(&id), None);
    world
        .emulator
        .execute_rotation(&id)
        .unwrap_or_else(|_| world.emulator.retry_rotation(&id).unwrap());
    world.emulator.start_rotation(&id).unwrap();
    world.emulator.fail_rotation(&id).unwrap();
    world.press(&id, "retry").await;
    world.emulator.start_rotation(&id).unwrap();
    world
        .emulator
        .update_pending(&id, r#"{"abc":"new"}"#)
        .unwrap();
    world.emulator.complete_rotation(&id).unwrap();
    let active = || world.emulator.secret(&id).unwrap().chain.active.unwrap();
    assert_eq!(active().as_str(), r#"{"abc":"new"}"#);
    assert!(world.press(&id, "roll-back").await.shows("Rolled back"));
    assert_eq!(active().as_str(), r#"{"abc":"cba"}"#);
    for (button, told, after) in [
        ("disable", "The secret is disabled.", Lifecycle::Disable),
        ("enable", "The secret is enabled.", Lifecycle::Enable),
        (
            "request-deletion",
            "Deletion is requested.",
            Lifecycle::Revoke,
        ),
        (
            "cancel-deletion",
            "The deletion is cancelled.",
            Lifecycle::Disable,
        ),
    ] {
        assert!(world.press(&id, button).await.shows(told), "{button}");
        assert_eq!(world.lifecycle(&id), after);
    }
}

#[tokio::test]
async fn only_possible_buttons_are_enabled_and_outdated_ones_tell_the_refusal() {
    let (world, id) = World::with_secret().await;
    let page = world.open(&format!("/page/secrets/{id}")).await;
    for (button, enabled) in [
        ("rotate", true),
        ("retry", false),
        ("cancel", false),
        ("roll-back", false),
        ("disable", true),
        ("enable", false),
        ("request-deletion", true),
        ("cancel-deletion", false),
        ("delete", false),
    ] {
        assert_eq!(
            !page.button(button).contains(" disabled"),
            enabled,
            "{button}"
        );
        if !enabled {
            assert!(page.shows(&format!("id=\"why-{button}\">")));
        }
    }
    for (button, refusal) in [
        (
            "enable",
            "“Enable” was refused: not possible in the status ENABLE.",
        ),
        ("retry", "not possible in the rotation phase NONE"),
        ("roll-back", "there is no rotation to take back"),
    ] {
        let before = world.emulator.secret(&id);
        let page = world.press(&id, button).await;
        assert!(
            page.shows(refusal) && page.shows("role=\"alert\""),
            "{button}"
        );
        assert_eq!(world.emulator.secret(&id), before);
    }
}

#[tokio::test]
async fn deletion_for_good_is_asked_for_twice() {
    let (world, id) = World::with_secret().await;
    let page = format!("/page/secrets/{id}");
    let refused = world.open(&format!("{page}/delete")).await;
    let notice = format!("{page}?notice=delete.status-enable");
    assert_eq!((refused.status, refused.location), (303, Some(notice)));
    world.emulator.request_deletion(&id).unwrap();
    let asked = world.press(&id, "delete").await;
    assert!(asked.shows("for good?") && asked.shows("Keep the secret"));
    assert_eq!(world.lifecycle(&id), Lifecycle::Revoke);
    let done = world
        .submit(&format!("{page}/delete"), "confirmed=yes")
        .await;
    assert_eq!(done.location.as_deref(), Some("/?notice=delete"));
    assert_eq!(world.lifecycle(&id), Lifecycle::Destroyed);
    let gone = world.open(&page).await;
    assert_eq!(gone.status, 404);
    assert!(gone.shows("The secret shop-orders is destroyed."));
    let outdated = world.submit(&format!("{page}/enable"), "").await;
    let told = world.open(&outdated.location.unwrap()).await;
    assert!(told.shows("“Enable” was refused: no such secret."));
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

#[tokio::test]
async fn the_clock_is_moved_by_its_forms() {
    let world = World::start().await;
    let now = || world.emulator.clock().now();
    let start = now();
    let moved = world
        .submit("/page/clock/advance", "amount=3&unit=hours")
        .await;
    assert_eq!(moved.location.as_deref(), Some("/?notice=clock-moved"));
    assert_eq!(now(), start + SignedDuration::from_hours(3));
    assert!(world.open("/").await.shows("2025-07-21 05:39:40 UTC"));
    for wrong in [
        "",
        "amount=0&unit=days",
        "amount=-1&unit=days",
        "amount=1&unit=years",
        "amount=10001&unit=days",
    ] {
        let refused = world.submit("/page/clock/advance", wrong).await;
        assert_eq!(
            refused.location.as_deref(),
            Some("/?notice=clock-wrong-span"),
            "{wrong}"
        );
    }
    for wrong in [
        "",
        "speed=-1",
        "speed=NaN",
        "speed=inf",
        "speed=1e10",
        "speed=fast",
    ] {
        let refused = world.submit("/page/clock/speed", wrong).await;
        assert_eq!(
            refused.location.as_deref(),
            Some("/?notice=clock-wrong-speed"),
            "{wrong}"
        );
    }
    assert_eq!(now(), start + SignedDuration::from_hours(3));
    world.submit("/page/clock/speed", "speed=60").await;
    assert!(world.open("/").await.shows("runs at 60 times normal speed"));
    world.submit("/page/clock/freeze", "").await;
    assert!(world.open("/").await.shows(">frozen<"));
    world.submit("/page/clock/run", "").await;
    assert!(world.open("/").await.shows("runs at normal speed"));
}

#[tokio::test]
async fn the_machines_clock_has_no_forms() {
    let world = World::start().await;
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let world = World { emulator, ..world };
    assert!(!world.open("/").await.shows("/page/clock"));
    let refused = world.submit("/page/clock/freeze", "").await;
    let told = world.open(&refused.location.unwrap()).await;
    assert!(
        told.shows("the clock is the machine&#x27;s and cannot be moved"),
        "{}",
        told.text
    );
}

#[tokio::test]
async fn ten_thousand_secrets_are_searched_and_turned_page_by_page() {
    let world = World::start().await;
    for number in 0..10_000 {
        let new = NewSecret::named(&format!("s-{number:05}"));
        world.emulator.create_secret(new).unwrap();
    }
    let home = world.open("/").await;
    assert!(home.shows("1–50 of 10000, page 1 of 200") && home.text.len() < 100_000);
    assert!(home.shows(">s-00049<") && !home.shows(">s-00050<") && !home.shows("rel=\"prev\""));
    let last = world.open("/?page=200").await;
    assert!(last.shows(">s-09999<") && !last.shows("rel=\"next\""));
    for beyond in ["/?page=999999999999999999999", "/?page=-1", "/?page=0"] {
        assert_eq!(world.open(beyond).await.status, 200, "{beyond}");
    }
    let found = world.open("/?search=S-012&page=2").await;
    assert!(
        found.shows("51–100 of 100, page 2 of 2")
            && found.shows("search=s-012") | found.shows("search=S-012")
    );
    assert!(found.shows("value=\"S-012\"") && found.shows(">s-01250<"));
    assert!(world.open("/?search=nothing").await.shows("No secret fits"));
}

#[tokio::test]
async fn requests_and_the_log_are_listed() {
    let (world, id) = World::with_secret().await;
    for _ in 0..60 {
        world
            .client
            .get(&format!("/api/v1/secrets/{id}/values"))
            .await;
    }
    world.client.get("/api/v1/secrets/other").await;
    world.client.get("/api/v1/none").await;
    let home = world.open("/").await;
    assert_eq!(home.text.matches("data-label=\"Operation\"").count(), 50);
    assert!(home.shows("Get Secret Detail") && home.shows(">no such path<") && home.shows(">404<"));
    let page = world.open(&format!("/page/secrets/{id}")).await;
    assert_eq!(page.text.matches("data-label=\"Operation\"").count(), 50);
    assert_eq!(page.text.matches("data-label=\"Action\"").count(), 50);
    assert!(page.shows(&world.client.key.access_key) && !page.shows("Get Secret Detail"));
    assert!(!page.shows(&world.client.key.secret_key));
}

#[tokio::test]
async fn a_page_shows_dates_of_deletion_and_rotation() {
    let (world, id) = World::with_secret().await;
    let on = Change::EnableAutoRotation {
        period: 90,
        trigger: None,
    };
    world.emulator.apply(&id, on).unwrap();
    let page = world.open(&format!("/page/secrets/{id}")).await;
    assert!(page.shows("every 90 days") && page.shows("2025-10-19 03:00:00 UTC"));
    world.emulator.request_deletion(&id).unwrap();
    for path in ["/".to_owned(), format!("/page/secrets/{id}")] {
        let page = world.open(&path).await;
        assert!(
            page.shows("2025-07-28 02:39:40 UTC") && page.shows("in 7 d 0 h"),
            "{path}"
        );
    }
}
