//! `cargo xtask control-plane`: obtains the programs, and tells a person who waits what is going on.

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use testbed::{Binaries, Helm, NodeBinaries, Progress, Promtool, Sources};

const LINE_EVERY: Duration = Duration::from_secs(30);

pub(crate) fn run() -> Result<ExitCode> {
    println!("{}", obtain()?.folder().display());
    Ok(ExitCode::SUCCESS)
}

/// Obtains the programs; blocks for minutes when they have to be built.
pub(crate) fn obtain() -> Result<Binaries> {
    let mut narrator = Narrator::about("a Kubernetes control plane", 8);
    Sources::from_env()?.obtain(&mut |progress| narrator.tell(progress))
}

/// Obtains both versions of Helm, in the same way.
pub(crate) fn obtain_helm() -> Result<Helm> {
    let mut narrator = Narrator::about("Helm 3 and Helm 4", 4);
    Helm::obtain(&Sources::from_env()?, &mut |progress| {
        narrator.tell(progress);
    })
}

/// Obtains Prometheus' checker of rules, in the same way.
pub(crate) fn obtain_promtool() -> Result<Promtool> {
    let mut narrator = Narrator::about("promtool", 2);
    Promtool::obtain(&Sources::from_env()?, &mut |progress| {
        narrator.tell(progress);
    })
}

/// Obtains the programs of a node, in the same way.
pub(crate) fn obtain_node() -> Result<NodeBinaries> {
    let mut narrator = Narrator::about("the programs of a node", 5);
    NodeBinaries::obtain(&Sources::from_env()?, &mut |progress| {
        narrator.tell(progress);
    })
}

/// On a terminal one line ticks each second; elsewhere a line comes now and then.
struct Narrator {
    what: &'static str,
    /// How long the build takes on two cores that have nothing else to do.
    minutes: u8,
    terminal: bool,
    begun: bool,
    printed: Option<Duration>,
}

impl Narrator {
    fn about(what: &'static str, minutes: u8) -> Self {
        Self {
            what,
            minutes,
            terminal: stderr().is_terminal(),
            begun: false,
            printed: None,
        }
    }

    fn tell(&mut self, progress: Progress<'_>) {
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
            eprintln!(
                "building {} with Go: once, in about {} minutes on two idle cores",
                self.what, self.minutes
            );
            self.begun = true;
        }
    }
}

fn minutes(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{}:{:02} min", seconds / 60, seconds % 60)
}
