//! The page in a real browser.

use jiff::SignedDuration;
use ncp_emulator::{Lifecycle, NewSecret, Phase};
use serde_json::{Value, json};

use super::chromium::Chromium;
use crate::client::World;

/// Elements to press or fill in that are smaller than a finger.
const SMALL: &str = "[...document.querySelectorAll('a, button, input, select')]
    .filter(it => { const box = it.getBoundingClientRect(); return box.height < 44 || box.width < 44; })
    .map(it => it.outerHTML)";

/// Fields without a label.
const UNLABELLED: &str = "[...document.querySelectorAll('input, select')]
    .filter(it => !it.labels.length && !it.ariaLabel).map(it => it.outerHTML)";

/// Texts with less contrast to what is behind them than 4.5 to 1.
const FAINT: &str = "(() => {
    const parts = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b]
        .map(it => it / 255)
        .map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4)
        .reduce((sum, it, at) => sum + it * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = element => {
        const color = parts(getComputedStyle(element).backgroundColor);
        return color[3] === 0 ? behind(element.parentElement) : color;
    };
    const hasText = element => [...element.childNodes].some(it => it.nodeType === 3 && it.data.trim());
    return [...document.querySelectorAll('body *')].filter(hasText).filter(element => {
        const [one, other] = [light(parts(getComputedStyle(element).color)), light(behind(element))];
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
    }).map(it => it.outerHTML);
})()";

struct Visit {
    world: World,
    id: String,
    browser: Chromium,
}

impl Visit {
    /// None, with a word about it, when there is no browser.
    #[expect(clippy::print_stderr, reason = "a test that is left out must say so")]
    async fn start() -> Option<Self> {
        let Some(program) = Chromium::find() else {
            eprintln!(
                "LEFT OUT: the page was not tried in a browser, as there is none. Install one: apt-get install chromium"
            );
            return None;
        };
        let (world, id) = World::with_secret().await;
        Some(Self {
            world,
            id,
            browser: Chromium::start(program).await,
        })
    }

    async fn open(&mut self, path: &str) {
        let url = format!("{}{path}", self.world.emulator.endpoints().admin);
        self.browser.open(&url).await;
    }

    async fn open_secret(&mut self) {
        self.open(&format!("/page/secrets/{}", self.id)).await;
    }

    async fn is_none(&mut self, expression: &str, place: &str) {
        let found = self.browser.evaluate(expression).await;
        assert_eq!(found, json!([]), "{place}");
    }

    async fn html(&mut self) -> String {
        let html = self
            .browser
            .evaluate("document.documentElement.outerHTML")
            .await;
        html.as_str().unwrap().to_owned()
    }

    /// Presses a button and looks at what is told.
    async fn press(&mut self, button: &str, told: &str) {
        self.browser.click(&format!("#{button}")).await;
        let notice = self
            .browser
            .evaluate("document.querySelector('.notice').innerText")
            .await;
        assert!(
            notice.as_str().unwrap().contains(told),
            "{button}: {notice}"
        );
    }

    fn lifecycle(&self) -> Lifecycle {
        self.world.emulator.secret(&self.id).unwrap().lifecycle
    }
}

#[tokio::test]
async fn pages_fit_phones_and_desks_in_both_colour_schemes() {
    let Some(mut visit) = Visit::start().await else {
        return;
    };
    let memo = format!("{} {}", "W".repeat(900), "<b>\u{202e}");
    let new = NewSecret::named("W23456789012345")
        .memo(&memo)
        .automatic_rotation(730, "rotate")
        .value(format!(r#"{{"{0}":"{0}"}}"#, "W".repeat(2_000)));
    let wide = visit.world.emulator.create_secret(new).unwrap();
    visit.world.emulator.request_deletion(&wide).unwrap();
    visit
        .world
        .client
        .get(&format!("/api/v1/secrets/{}", "W".repeat(300)))
        .await;
    visit
        .world
        .client
        .get(&format!("/api/v1/secrets/{}", visit.id))
        .await;
    let pages = [
        "/".to_owned(),
        format!("/?search={}", "W".repeat(300)),
        format!("/page/secrets/{}", visit.id),
        format!("/page/secrets/{wide}?values=shown&notice=retry.phase-none"),
        format!("/page/secrets/{wide}/delete"),
        "/nowhere".to_owned(),
    ];
    for width in [320, 375, 768, 1024, 1280] {
        let size =
            json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 768});
        visit
            .browser
            .call("Emulation.setDeviceMetricsOverride", size)
            .await;
        for page in &pages {
            visit.open(page).await;
            let place = format!("{page} at {width}");
            let overflow = "document.documentElement.scrollWidth > innerWidth ? [innerWidth] : []";
            visit.is_none(overflow, &place).await;
            assert_eq!(visit.browser.evaluate("innerWidth").await, width, "{place}");
            visit.is_none(SMALL, &place).await;
            visit.is_none(UNLABELLED, &place).await;
            let landmarks = "['header', 'nav', 'main', 'h1'].filter(it => document.querySelectorAll(it).length < 1)";
            visit.is_none(landmarks, &place).await;
        }
    }
    for scheme in ["light", "dark"] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        visit
            .browser
            .call("Emulation.setEmulatedMedia", media)
            .await;
        for page in &pages {
            visit.open(page).await;
            visit.is_none(FAINT, &format!("{page}, {scheme}")).await;
        }
    }
}

#[tokio::test]
async fn a_secret_is_opened_and_its_value_seen_only_when_asked_for() {
    let Some(mut visit) = Visit::start().await else {
        return;
    };
    visit.open("/").await;
    visit.browser.click("td.title a").await;
    assert_eq!(
        visit
            .browser
            .evaluate("document.querySelector('h1').innerText")
            .await,
        "shop-orders"
    );
    assert!(!visit.html().await.contains("cba"));
    visit.browser.click("#show-values").await;
    let value = visit
        .browser
        .evaluate("document.querySelector('pre').innerText")
        .await;
    assert_eq!(value, r#"{"abc":"cba"}"#);
    visit.browser.click("#hide-values").await;
    assert!(!visit.html().await.contains("cba"));
}

#[tokio::test]
async fn buttons_work() {
    let Some(mut visit) = Visit::start().await else {
        return;
    };
    visit.open_secret().await;
    visit.press("rotate", "The rotation has begun").await;
    assert!(visit.world.emulator.job_token(&visit.id).is_some());
    assert_eq!(
        visit.world.emulator.secret(&visit.id).unwrap().phase,
        Phase::Rotating
    );
    visit.press("cancel", "The rotation is cancelled").await;
    assert!(visit.world.emulator.job_token(&visit.id).is_none());
    visit.press("disable", "The secret is disabled").await;
    assert_eq!(visit.lifecycle(), Lifecycle::Disable);
    visit.press("enable", "The secret is enabled").await;
    assert_eq!(visit.lifecycle(), Lifecycle::Enable);
    let outdated = visit.world.emulator.disable(&visit.id);
    assert_eq!(outdated, Ok(()));
    visit
        .press("disable", "not possible in the status DISABLE")
        .await;
    visit
        .press("request-deletion", "Deletion is requested")
        .await;
    assert_eq!(visit.lifecycle(), Lifecycle::Revoke);
    visit
        .press("cancel-deletion", "The deletion is cancelled")
        .await;
    assert_eq!(visit.lifecycle(), Lifecycle::Disable);
    visit
        .press("request-deletion", "Deletion is requested")
        .await;
    visit.browser.click("#delete").await;
    assert_eq!(visit.lifecycle(), Lifecycle::Revoke, "it is asked first");
    visit.browser.click("a.action").await;
    visit.browser.click("#delete").await;
    visit.browser.click("button.danger").await;
    assert_eq!(visit.lifecycle(), Lifecycle::Destroyed);
    assert!(visit.html().await.contains("The secret is destroyed"));
    visit.open_secret().await;
    assert!(
        visit
            .html()
            .await
            .contains("The secret shop-orders is destroyed.")
    );
}

#[tokio::test]
async fn the_clock_is_moved_and_secrets_are_found_by_keyboard_alone() {
    let Some(mut visit) = Visit::start().await else {
        return;
    };
    let start = visit.world.emulator.clock().now();
    visit.open("/").await;
    let mut stops = Vec::new();
    while visit.focused().await != "amount" {
        visit.browser.key("Tab", 9, "").await;
        stops.push(visit.focused().await);
        let outline = visit
            .browser
            .evaluate("getComputedStyle(document.activeElement).outlineStyle")
            .await;
        assert_eq!(outline, "solid", "the focus is seen at {stops:?}");
        assert!(stops.len() < 20, "{stops:?}");
    }
    visit.browser.key("2", 50, "2").await;
    visit.browser.key("Tab", 9, "").await;
    visit.browser.key("d", 68, "d").await;
    visit.browser.key("Tab", 9, "").await;
    assert_eq!(visit.focused().await, "advance");
    visit.browser.enter().await;
    let moved = visit.world.emulator.clock().now();
    assert_eq!(moved, start + SignedDuration::from_hours(48));
    let text = visit
        .browser
        .evaluate("document.querySelector('.clock').innerText")
        .await;
    assert!(
        text.as_str().unwrap().contains("2025-07-23 02:39:40 UTC"),
        "{text}"
    );
    visit.press("run", "The clock runs").await;
    visit.press("freeze", "The clock is frozen").await;
    assert_eq!(visit.world.steering.reading().speed.to_bits(), 0);
    visit
        .browser
        .evaluate("document.querySelector('#search').focus()")
        .await;
    for (key, code) in [("s", 83), ("h", 72), ("o", 79)] {
        visit.browser.key(key, code, key).await;
    }
    visit.browser.enter().await;
    assert_eq!(
        visit
            .browser
            .evaluate("document.querySelectorAll('td.title').length")
            .await,
        1
    );
    assert_eq!(
        visit
            .browser
            .evaluate("document.querySelector('#search').value")
            .await,
        "sho"
    );
}

impl Visit {
    async fn focused(&mut self) -> Value {
        self.browser.evaluate("document.activeElement.id").await
    }
}
