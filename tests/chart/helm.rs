//! Helm as a person would use it, with files of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use testbed::{Helm, Sources};

pub const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/ncp-secret-operator");
pub const RELEASE: &str = "ncp-secret-operator";
pub const NAMESPACE: &str = "ncp-secrets";

/// One version of Helm.
pub struct Tool {
    program: PathBuf,
    kubeconfig: Option<PathBuf>,
    home: tempfile::TempDir,
}

/// Helm 3 and Helm 4, for rendering.
pub fn both() -> [Tool; 2] {
    installed().both().map(|program| Tool::new(program, None))
}

/// Helm 4, for rendering.
pub fn latest() -> Tool {
    Tool::new(installed().latest(), None)
}

/// Helm 3 and Helm 4, for a cluster.
pub fn both_for(kubeconfig: &Path) -> [Tool; 2] {
    let both = installed().both();
    both.map(|program| Tool::new(program, Some(kubeconfig.to_owned())))
}

fn installed() -> Helm {
    Helm::find(&Sources::from_env().unwrap()).unwrap()
}

impl Tool {
    fn new(program: PathBuf, kubeconfig: Option<PathBuf>) -> Self {
        Self {
            program,
            kubeconfig,
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// Runs Helm; answers what it prints, or what it complains of.
    pub fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        for variable in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(variable, self.home.path());
        }
        if let Some(kubeconfig) = &self.kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        if status.success() {
            Ok(String::from_utf8(stdout).unwrap())
        } else {
            Err(String::from_utf8(stderr).unwrap())
        }
    }

    /// The same in the namespace of the release, where it has to succeed.
    pub fn does(&self, arguments: &[&str]) -> String {
        let arguments = [arguments, &["--namespace", NAMESPACE]].concat();
        let done = self.run(&arguments);
        done.unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// Installs a chart as the release, which has to succeed; answers the notes.
    pub fn installs(&self, chart: &str, more: &[&str]) -> String {
        self.does(&[&["install", RELEASE, chart, "--create-namespace"], more].concat())
    }

    /// What the chart renders with these values.
    pub fn renders(&self, values: &[&str]) -> Result<String, String> {
        let usual = [RELEASE, CHART, "--namespace", NAMESPACE];
        let values = values.iter().flat_map(|value| ["--set-json", value]);
        self.template(&usual.into_iter().chain(values).collect::<Vec<_>>())
    }

    /// What `helm template` makes of these arguments.
    pub fn template(&self, arguments: &[&str]) -> Result<String, String> {
        // Helm 3 takes the server for a very old one unless it is told, or released by its makers.
        self.run(&[&["template", "--kube-version", "1.36.0"], arguments].concat())
    }
}

/// The objects in a text with several, read as strictly as an API server reads: what says a thing twice is no object.
pub fn objects(text: &str) -> Vec<Value> {
    let documents = text.split("\n---").filter(|text| {
        text.lines()
            .any(|line| !line.is_empty() && !line.starts_with(['#', '-']))
    });
    documents
        .map(|text| {
            let text = text.trim_start_matches("---");
            serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
        })
        .collect()
}

/// The object of that kind, if there is one.
pub fn of_kind<'objects>(objects: &'objects [Value], kind: &str) -> Option<&'objects Value> {
    objects.iter().find(|object| object["kind"] == kind)
}
