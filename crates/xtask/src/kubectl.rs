//! kubectl, as a person would use it: the command is shown before its output.

use std::path::{Path, PathBuf};
use std::process::Output;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// kubectl for one cluster.
pub(crate) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    pub(crate) fn new(program: &Path, kubeconfig: &Path) -> Self {
        Self {
            program: program.to_owned(),
            kubeconfig: kubeconfig.to_owned(),
        }
    }

    /// Runs a command; answers what it prints.
    pub(crate) async fn run(&self, arguments: &str) -> Result<String> {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(&self.program)
            .env("KUBECONFIG", &self.kubeconfig)
            .args(words(arguments))
            .output()
            .await
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        if !status.success() {
            bail!(
                "kubectl {arguments} failed: {}",
                String::from_utf8_lossy(&stderr)
            );
        }
        Ok(String::from_utf8_lossy(&stdout).into_owned())
    }

    /// Shows a command and what it prints.
    pub(crate) async fn show(&self, arguments: &str) -> Result<()> {
        println!("$ kubectl {arguments}");
        print!("{}", self.run(arguments).await?);
        println!();
        Ok(())
    }
}

/// Splits at spaces outside single quotes, as a shell would.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in command.chars() {
        match character {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => {
                if let Some(word) = words.last_mut() {
                    word.push(other);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_would() {
        assert_eq!(words("get secret a"), ["get", "secret", "a"]);
        assert_eq!(
            words("get -o 'go-template={{ .a }} {{ .b }}' x"),
            ["get", "-o", "go-template={{ .a }} {{ .b }}", "x"]
        );
    }
}
