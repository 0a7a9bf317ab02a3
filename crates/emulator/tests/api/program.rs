//! The program as a process.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use ncp_emulator::Key;

/// A process that is killed at the latest with the test.
pub struct Running {
    pub process: Child,
    /// The names and values that it printed.
    pub names: HashMap<String, String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ncp-emulator"));
        Self::spawn(command.args(arguments))
    }

    /// Starts a command that becomes the program, and waits until it listens.
    pub fn spawn(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut running = Self {
            process,
            names: HashMap::new(),
        };
        let printed = lines
            .map(|line| line.unwrap())
            .take_while(|line| line != "NCP_EMULATOR_READY=true");
        running.names.extend(printed.map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        }));
        assert!(!running.names.is_empty(), "it did not start");
        running
    }

    /// A key that it printed; a further one by its suffix, for example `_2`.
    pub fn key(&self, suffix: &str) -> Key {
        Key {
            access_key: self.names[&format!("NCLOUD_ACCESS_KEY{suffix}")].clone(),
            secret_key: self.names[&format!("NCLOUD_SECRET_KEY{suffix}")].clone(),
        }
    }
}
