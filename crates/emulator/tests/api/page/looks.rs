//! How the pages look in a real browser: that they fit, can be pressed with a finger, and can be read.

use ncp_emulator::NewSecret;
use serde_json::json;

use super::browser::Visit;

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

impl Visit {
    /// Asserts that the elements that an expression looks for are not there.
    async fn is_none(&mut self, expression: &str, place: &str) {
        let found = self.browser.evaluate(expression).await;
        assert_eq!(found, json!([]), "{place}");
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
