//! Builds the programs of a kit with Go.

use std::env::consts::{ARCH, OS};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, bail};

use crate::binaries::Progress;
use crate::fingerprint::fingerprint;
use crate::kit::{Kit, Make, Program};
use crate::libseccomp;
use crate::process::{Output, Process};

pub(crate) const MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools");
const STRIPPED: &str = "-s -w";
const STATIC: &str = "-s -w -extldflags -static";
const KUBERNETES: &str = "k8s.io/kubernetes";
const VERSION_OF: &str = "k8s.io/component-base/version";
const HOW_TO_GET_GO: &str =
    "install Go 1.26 or later from your package manager or go.dev/dl, then run this again";
const LOOK_EVERY: Duration = Duration::from_millis(100);
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// What the user has set for other projects is not meant for this one.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("CGO_ENABLED", "0"),
    ("GOFLAGS", "-mod=readonly"),
    ("GOWORK", "off"),
];
const DRAFTS: &str = ".drafts-";

/// All that the programs of a kit are made from.
pub(crate) struct Recipe {
    module: PathBuf,
    kubernetes_flags: String,
    fingerprint: String,
}

/// An installed Go.
pub(crate) struct Go {
    command: OsString,
}

impl Recipe {
    pub(crate) fn read(kit: &Kit) -> Result<Self> {
        let module = Path::new(MODULES).join(kit.module);
        let read = |name: &str| {
            let path = module.join(name);
            fs::read_to_string(&path).with_context(|| {
                format!(
                    "cannot read {}: is the repository complete?",
                    path.display()
                )
            })
        };
        let (requirements, sums) = (read("go.mod")?, read("go.sum")?);
        let own_sources = kit
            .programs
            .iter()
            .filter(|program| program.package.starts_with("./"))
            .map(|program| read(&format!("{}/main.go", program.package)))
            .collect::<Result<Vec<_>>>()?;
        let has_kubernetes = kit
            .programs
            .iter()
            .any(|program| program.make == Make::Kubernetes);
        let kubernetes_flags = if has_kubernetes {
            kubernetes_flags(&requirements)?
        } else {
            String::new()
        };
        let mut made_from: Vec<&str> = vec![&requirements, &sums, OS, ARCH];
        made_from.extend(["build", "-trimpath", "-ldflags", &kubernetes_flags]);
        made_from.extend(ENVIRONMENT.iter().flat_map(|(name, value)| [*name, *value]));
        for program in kit.programs {
            made_from.extend(peculiarities(*program));
        }
        made_from.extend(own_sources.iter().map(String::as_str));
        let fingerprint = fingerprint(made_from);
        Ok(Self {
            module,
            kubernetes_flags,
            fingerprint,
        })
    }

    /// The same for the same programs, and different after any change of them.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The flags of the linker, and the tags.
    fn flags(&self, make: Make) -> (&str, &'static str) {
        match make {
            Make::Kubernetes => (&self.kubernetes_flags, ""),
            Make::Go { tags } => (STRIPPED, tags),
            Make::Seccomp { tags } => (STATIC, tags),
        }
    }
}

/// What makes a program differ from one of Kubernetes.
fn peculiarities(program: Program) -> Vec<&'static str> {
    match program.make {
        Make::Kubernetes => Vec::new(),
        Make::Go { tags } => vec![program.name, STRIPPED, tags],
        Make::Seccomp { tags } => vec![program.name, STATIC, tags],
    }
}

/// The version is stamped in as a release would have it; without it the programs call themselves v0.0.0.
fn kubernetes_flags(module: &str) -> Result<String> {
    let version = module
        .lines()
        .filter_map(|line| line.trim().strip_prefix(KUBERNETES)?.strip_prefix(' '))
        .find_map(|rest| rest.split_whitespace().next())
        .with_context(|| format!("cannot find the version of {KUBERNETES} in go.mod"))?;
    let mut numbers = version.trim_start_matches('v').split('.');
    let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
        bail!("cannot understand the version {version} of {KUBERNETES} in go.mod");
    };
    Ok(format!(
        "-s -w -X {VERSION_OF}.gitVersion={version} -X {VERSION_OF}.gitMajor={major} -X {VERSION_OF}.gitMinor={minor}"
    ))
}

impl Go {
    pub(crate) fn find(command: &OsStr) -> Result<Self> {
        match Command::new(command).arg("version").output() {
            Ok(output) if output.status.success() => Ok(Self {
                command: command.to_owned(),
            }),
            Ok(output) => bail!(
                "Go does not work: {}; {HOW_TO_GET_GO}",
                String::from_utf8_lossy(&output.stderr).trim()
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("Go is not installed: {HOW_TO_GET_GO}")
            }
            Err(error) => Err(Error::new(error).context(format!("cannot run Go: {HOW_TO_GET_GO}"))),
        }
    }

    /// Runs Go in that folder; answers what it prints.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
        let attempt = || {
            format!(
                "cannot run `go {}` in {}",
                arguments.join(" "),
                folder.display()
            )
        };
        let output = self
            .command_in(folder)
            .args(arguments)
            .output()
            .with_context(attempt)?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            return Err(Error::msg(said.trim().to_owned()).context(attempt()));
        }
        Ok(output.stdout)
    }

    /// Go in that folder, for this machine, without what the user has set for other projects.
    fn command_in(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.command);
        command
            .current_dir(folder)
            .envs(ENVIRONMENT)
            .env_remove("GOOS")
            .env_remove("GOARCH");
        command
    }

    /// Builds the programs that the folder lacks. Each appears in it whole or not at all.
    pub(crate) fn build(
        &self,
        kit: &Kit,
        recipe: &Recipe,
        folder: &Path,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<()> {
        remove_drafts(folder);
        let drafts = tempfile::Builder::new().prefix(DRAFTS).tempdir_in(folder)?;
        let programs: Vec<Program> = kit.missing(folder).collect();
        for (program, number) in programs.iter().zip(1..) {
            let started = Instant::now();
            let draft = drafts.path().join(program.name);
            self.compile(recipe, *program, &draft, |elapsed| {
                let of = programs.len();
                report(Progress::Building {
                    program: program.name,
                    number,
                    of,
                    elapsed,
                });
            })?;
            fs::rename(&draft, folder.join(program.name))?;
            report(Progress::Built {
                program: program.name,
                elapsed: started.elapsed(),
            });
        }
        Ok(())
    }

    fn compile(
        &self,
        recipe: &Recipe,
        program: Program,
        draft: &Path,
        mut tick: impl FnMut(Duration),
    ) -> Result<()> {
        let (linker_flags, tags) = recipe.flags(program.make);
        let mut command = self.command_in(&recipe.module);
        command
            .args(["build", "-trimpath", "-ldflags", linker_flags])
            .args(
                (!tags.is_empty())
                    .then_some(["-tags", tags])
                    .into_iter()
                    .flatten(),
            )
            .arg("-o")
            .arg(draft)
            .arg(program.package);
        if let Make::Seccomp { .. } = program.make {
            command.envs(libseccomp::environment(draft)?);
        }
        let mut build = Process::spawn(&command, Output::Log(draft.with_extension("log")))?;
        let started = Instant::now();
        let mut reported = None;
        let status = loop {
            if let Some(status) = build.ended()? {
                break status;
            }
            if reported.is_none_or(|last: Instant| last.elapsed() >= REPORT_EVERY) {
                tick(started.elapsed());
                reported = Some(Instant::now());
            }
            thread::sleep(LOOK_EVERY);
        };
        if !status.success() {
            bail!(
                "cannot build {} with Go ({status}). It said:\n{}",
                program.name,
                build.last_lines(30)
            );
        }
        Ok(())
    }
}

/// What a killed build left behind; the caller is the only builder.
fn remove_drafts(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(DRAFTS) {
            // At worst it takes up space, and the next build tries again.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
