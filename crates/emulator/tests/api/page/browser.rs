//! The page in a real browser.

use std::io::Write;

use jiff::SignedDuration;
use ncp_emulator::{Lifecycle, Phase, Stage};
use serde_json::Value;

use super::chromium::Chromium;
use crate::client::World;

/// A browser at the pages of an emulator with one secret.
pub struct Visit {
    pub world: World,
    pub id: String,
    pub browser: Chromium,
}

impl Visit {
    /// None, with a word about it, when there is no browser.
    pub async fn start() -> Option<Self> {
        let Some(program) = Chromium::find() else {
            // Past the test harness, which keeps what tests print when they pass.
            let _ = writeln!(
                std::io::stderr(),
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

    pub async fn open(&mut self, path: &str) {
        let url = format!("{}{path}", self.world.emulator.endpoints().admin);
        self.browser.open(&url).await;
    }

    async fn open_secret(&mut self) {
        self.open(&format!("/page/secrets/{}", self.id)).await;
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
            .evaluate("(document.querySelector('.notice') ?? document.body).innerText")
            .await;
        assert!(
            notice.as_str().unwrap().contains(told),
            "{button}: {notice}"
        );
    }

    async fn focused(&mut self) -> Value {
        self.browser.evaluate("document.activeElement.id").await
    }

    fn lifecycle(&self) -> Lifecycle {
        self.world.emulator.secret(&self.id).unwrap().lifecycle
    }
}

#[tokio::test]
async fn a_secret_is_opened_and_its_value_seen_only_when_asked_for() {
    let Some(mut visit) = Visit::start().await else {
        return;
    };
    let value = r#"{"abc":"only-me"}"#;
    visit
        .world
        .emulator
        .set_value(&visit.id, Stage::Active, Some(value))
        .unwrap();
    visit.open("/").await;
    visit.browser.click("td.title a").await;
    assert_eq!(
        visit
            .browser
            .evaluate("document.querySelector('h1').innerText")
            .await,
        "shop-orders"
    );
    assert!(!visit.html().await.contains("only-me"));
    visit.browser.click("#show-values").await;
    let shown = visit
        .browser
        .evaluate("document.querySelector('pre').innerText")
        .await;
    assert_eq!(shown, value);
    visit.browser.click("#hide-values").await;
    assert!(!visit.html().await.contains("only-me"));
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
