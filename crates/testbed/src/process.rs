//! A program that cannot outlive the process that started it, however that one ends.
//!
//! A small shell takes the reading end of a pipe, leaves a watcher in the background, and becomes the
//! program. Only the starting process holds the writing end. When it lets go, by intent or because it was
//! killed, the watcher reads the end of the pipe and kills its process group: itself, the program, and
//! whatever the program started. There is no moment in between: the pipe is older than the shell, and while
//! the watcher lives, nobody else can be given the number of its group.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, kill_process};

pub use rustix::process::Signal;

const WATCHED: &str = r#"
exec 3<&0
{ read -r end <&3; kill -KILL 0; } >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
"#;
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where a program's standard output and standard error go.
#[derive(Clone, Debug)]
pub enum Output {
    /// To those of this process.
    Inherit,
    /// Both to the end of this file.
    Log(PathBuf),
}

/// A running program, killed with everything it started when this value is dropped or its process dies.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    lifeline: Option<ChildStdin>,
    output: Output,
}

impl Process {
    /// Starts a program, with the arguments, environment variables and folder that the command has set.
    /// Its standard input is empty, and signals from the terminal do not reach it.
    ///
    /// # Errors
    ///
    /// When the log cannot be opened or the process cannot be started. That the program itself does not
    /// exist is seen by its end with status 127.
    pub fn spawn(command: &Command, output: Output) -> Result<Self> {
        let name = Path::new(command.get_program())
            .file_name()
            .unwrap_or(command.get_program())
            .to_string_lossy()
            .into_owned();
        let mut watched = Command::new("sh");
        watched
            .args(["-c", WATCHED, "sh"])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::piped())
            .process_group(0);
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => watched.env(variable, value),
                None => watched.env_remove(variable),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            watched.current_dir(folder);
        }
        if let Output::Log(path) = &output {
            let log = append_to(path)
                .with_context(|| format!("cannot open {} for the log of {name}", path.display()))?;
            watched.stderr(log.try_clone()?).stdout(log);
        }
        let mut child = watched
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let lifeline = child.stdin.take();
        Ok(Self {
            name,
            child,
            lifeline,
            output,
        })
    }

    /// The program's file name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the program's process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the program ended, if it has.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("cannot ask whether {} runs", self.name))
    }

    /// Waits until the program ends.
    ///
    /// # Errors
    ///
    /// When the system does not say whether it runs.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Sends a signal to the program; nothing happens if it has ended.
    ///
    /// # Errors
    ///
    /// When the system refuses to send it.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        kill_process(Pid::from_child(&self.child), signal)
            .with_context(|| format!("cannot send {signal:?} to {}", self.name))
    }

    /// The last lines of the program's log; empty if it has none.
    #[must_use]
    pub fn last_lines(&self, count: usize) -> String {
        let Output::Log(path) = &self.output else {
            return String::new();
        };
        let log = fs::read(path).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let mut lines: Vec<&str> = log.lines().rev().take(count).collect();
        lines.reverse();
        lines.join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // The watcher does the same, unless somebody killed it; a failure means that nothing is left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn append_to(path: &Path) -> std::io::Result<File> {
    File::options().create(true).append(true).open(path)
}
