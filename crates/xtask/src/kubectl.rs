//! kubectl, as a person would use it: the command is shown before its output.

use std::ffi::OsStr;
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

    /// Runs a command, split at its spaces; answers what it prints.
    pub(crate) async fn run(&self, arguments: &str) -> Result<String> {
        self.run_words(words(arguments)).await
    }

    /// Applies the manifests of a file or a folder; answers what kubectl prints.
    pub(crate) async fn apply(&self, path: &Path) -> Result<String> {
        self.run_words(["apply".as_ref(), "--filename".as_ref(), path.as_os_str()])
            .await
    }

    async fn run_words(
        &self,
        words: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.env("KUBECONFIG", &self.kubeconfig).args(words);
        let Output {
            status,
            stdout,
            stderr,
        } = command
            .output()
            .await
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        if !status.success() {
            let arguments: Vec<_> = command.as_std().get_args().collect();
            bail!(
                "kubectl {} failed: {}",
                arguments.join(" ".as_ref()).display(),
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
