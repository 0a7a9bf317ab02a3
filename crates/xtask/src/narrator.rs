//! Tells a person who waits for programs to be built what is going on.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use testbed::Progress;

const LINE_EVERY: Duration = Duration::from_secs(30);

/// On a terminal one line ticks each second; elsewhere a line comes now and then.
pub(crate) struct Narrator {
    what: &'static str,
    duration: &'static str,
    terminal: bool,
    begun: bool,
    printed: Option<Duration>,
}

impl Narrator {
    /// What is built, and how long that takes.
    pub(crate) fn new(what: &'static str, duration: &'static str) -> Self {
        Self {
            what,
            duration,
            terminal: stderr().is_terminal(),
            begun: false,
            printed: None,
        }
    }

    pub(crate) fn tell(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Waiting => {
                eprintln!("another process is building {}: waiting for it", self.what);
            }
            Progress::Building {
                program,
                number,
                of,
                elapsed,
            } => {
                self.begin();
                let line = format!(
                    "building {program} ({number} of {of}), {}",
                    minutes(elapsed)
                );
                if self.terminal {
                    eprint!("\r{line}");
                } else if self.printed.is_none_or(|last| elapsed >= last + LINE_EVERY) {
                    eprintln!("{line}");
                    self.printed = Some(elapsed);
                }
            }
            Progress::Built { program, elapsed } => {
                let start = if self.terminal { "\r\x1b[K" } else { "" };
                eprintln!("{start}built {program} in {}", minutes(elapsed));
                self.printed = None;
            }
        }
    }

    fn begin(&mut self) {
        if !self.begun {
            eprintln!("building {} with Go: once, {}", self.what, self.duration);
            self.begun = true;
        }
    }
}

fn minutes(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{}:{:02} min", seconds / 60, seconds % 60)
}
