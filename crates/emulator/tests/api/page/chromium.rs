//! Chromium without a window, driven through its debugging pipe by messages that end with a NUL.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const PATIENCE: Duration = Duration::from_mins(1);

/// The browser reads commands from descriptor 3 and writes answers to descriptor 4.
const PIPED: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;
const FLAGS: [&str; 10] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
];

/// A browser with one page. It ends, with all its processes, when it is dropped.
pub struct Chromium {
    process: Child,
    group: u32,
    commands: ChildStdin,
    messages: BufReader<ChildStdout>,
    sent: u64,
    session: Option<String>,
    /// Identifies the page that is shown; each loading of a page has its own.
    loader: String,
    /// The identifiers of pages that were loaded since they were last looked at.
    loaded: Vec<String>,
    _profile: TempDir,
}

impl Chromium {
    /// Where the browser is; none when it is not installed.
    pub fn find() -> Option<PathBuf> {
        let folders = env::var_os("PATH").unwrap_or_default();
        let mut files = env::split_paths(&folders).flat_map(|it| NAMES.map(|name| it.join(name)));
        files.find(|file| fs::metadata(file).is_ok_and(|it| it.is_file()))
    }

    pub async fn start(program: PathBuf) -> Self {
        let profile = TempDir::new().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", PIPED])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut browser = Self {
            group: process.id().unwrap(),
            commands: process.stdin.take().unwrap(),
            messages: BufReader::new(process.stdout.take().unwrap()),
            process,
            sent: 0,
            session: None,
            loader: String::new(),
            loaded: Vec::new(),
            _profile: profile,
        };
        let page = browser
            .call("Target.createTarget", json!({"url": "about:blank"}))
            .await;
        let attach = json!({"targetId": page["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        browser.call("Page.enable", json!({})).await;
        let shown = browser.call("Page.getFrameTree", json!({})).await;
        let loader = shown["frameTree"]["frame"]["loaderId"].as_str().unwrap();
        loader.clone_into(&mut browser.loader);
        let all = json!({"enabled": true});
        browser.call("Page.setLifecycleEventsEnabled", all).await;
        browser
    }

    /// Sends a command and waits for its result.
    pub async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.sent += 1;
        let mut command = json!({"id": self.sent, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        self.commands
            .write_all(format!("{command}\0").as_bytes())
            .await
            .unwrap();
        loop {
            let mut message = self.message().await;
            if message["id"] == self.sent {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
            self.remember(&message);
        }
    }

    /// What an expression of the page is.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true});
        let mut result = self.call("Runtime.evaluate", parameters).await;
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].take()
    }

    /// Does something that leads to a page, and waits until that is loaded. Late news of the page before are not it.
    async fn load(&mut self, method: &str, parameters: Value) {
        self.call(method, parameters).await;
        loop {
            let loaded = std::mem::take(&mut self.loaded);
            if let Some(other) = loaded.into_iter().find(|it| *it != self.loader) {
                self.loader = other;
                return;
            }
            let message = self.message().await;
            self.remember(&message);
        }
    }

    pub async fn open(&mut self, url: &str) {
        self.load("Page.navigate", json!({"url": url})).await;
    }

    /// Presses and releases the mouse on an element that leads to a page.
    pub async fn click(&mut self, selector: &str) {
        let middle = format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                element.scrollIntoView({{block: 'center'}});
                const box = element.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"
        );
        let middle = self.evaluate(&middle).await;
        let mouse = |kind| json!({"type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1});
        self.call("Input.dispatchMouseEvent", mouse("mousePressed"))
            .await;
        self.load("Input.dispatchMouseEvent", mouse("mouseReleased"))
            .await;
    }

    /// Presses a key, without waiting for anything.
    pub async fn key(&mut self, key: &str, code: u32, text: &str) {
        let down =
            json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code, "text": text});
        self.call("Input.dispatchKeyEvent", down).await;
        let up = json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code});
        self.call("Input.dispatchKeyEvent", up).await;
    }

    /// Presses Enter where that leads to a page.
    pub async fn enter(&mut self) {
        let down =
            json!({"type": "keyDown", "key": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"});
        self.load("Input.dispatchKeyEvent", down).await;
    }

    async fn message(&mut self) -> Value {
        let mut message = Vec::new();
        let read = self.messages.read_until(0, &mut message);
        tokio::time::timeout(PATIENCE, read)
            .await
            .expect("the browser is silent")
            .unwrap();
        assert_eq!(message.pop(), Some(0), "the browser ended");
        serde_json::from_slice(&message).unwrap()
    }

    fn remember(&mut self, message: &Value) {
        let event = &message["params"];
        if message["method"] == "Page.lifecycleEvent" && event["name"] == "load" {
            let loader = event["loaderId"].as_str();
            self.loaded.extend(loader.map(str::to_owned));
        }
    }

    fn signal(&self, signal: &str) -> bool {
        let group = format!("-{}", self.group);
        let sent = std::process::Command::new("kill")
            .args([signal, "--", &group])
            .stderr(Stdio::null())
            .status();
        sent.is_ok_and(|status| status.success())
    }
}

impl Drop for Chromium {
    /// Waits until the processes are gone, so that none writes into the profile while it is removed.
    fn drop(&mut self) {
        let begun = Instant::now();
        self.signal("-KILL");
        while begun.elapsed() < Duration::from_secs(5) {
            let ended = self.process.try_wait();
            if matches!(ended, Ok(Some(_)) | Err(_)) && !self.signal("-0") {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}
