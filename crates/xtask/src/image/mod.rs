//! `cargo xtask image`: the operator as a container image, without a container engine.
//!
//! One static program and a bundle of certificate authorities on an empty base, as an OCI layout (`target/image/oci`) and as
//! an archive of it that `docker load`, `podman load` and `ctr images import` take. The same sources give the same bytes with the
//! same toolchain, C compiler and libc.

mod authorities;
mod environment;
mod program;
pub(crate) mod toolchain;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use container_image::{File, Image, Layout, architecture};
use oci_spec::image::ImageIndex;

use crate::cargo::repository;

/// What the image is called; the tag is the version.
const NAME: &str = "ghcr.io/ncp-secret-operator/ncp-secret-operator";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build everything a second time, from what is committed and in other folders, and fail unless it has the same digest
    #[arg(long)]
    twice: bool,
    /// Also write the files of the image into this folder, for a build by a container engine
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    toolchain::check()?;
    if arguments.twice {
        program::check_committed()?;
    }
    let folder = repository().join("target/image");
    fs::create_dir_all(&folder)?;
    let image = build(&program::Place::here(&folder)?).await?;
    let layout = Layout::of(&image)?;
    layout.write_layout(&folder.join("oci"))?;
    let archive = layout.write_archive(&folder.join(archive_name()))?;
    println!("{NAME}:{}", image.version);
    println!("digest: {}", layout.digest());
    println!("layout: {}", folder.join("oci").display());
    println!("archive: {}", archive.display());
    if let Some(folder) = &arguments.files {
        image.write_files(folder)?;
        println!("files: {}", folder.display());
    }
    if arguments.twice {
        let place = tempfile::Builder::new()
            .prefix("again-")
            .tempdir_in(&folder)?;
        let again = Layout::of(&build(&program::Place::elsewhere(&place)?).await?)?;
        if again.digest() != layout.digest() {
            bail!(
                "the second build differs: {} and {}; compare the programs in {} and {}",
                layout.digest(),
                again.digest(),
                folder.join("build").display(),
                place.keep().display()
            );
        }
        println!("built again in other folders: the same digest");
    }
    Ok(ExitCode::SUCCESS)
}

/// What the last `cargo xtask image` has written.
pub(crate) struct Built {
    /// The folder of the layout.
    pub(crate) layout: PathBuf,
    pub(crate) archive: PathBuf,
    /// With its tag, as in a manifest.
    pub(crate) tagged: String,
    /// With its digest instead.
    pub(crate) pinned: String,
    pub(crate) digest: String,
}

impl Built {
    pub(crate) fn find() -> Result<Self> {
        let folder = repository().join("target/image");
        let index = ImageIndex::from_file(folder.join("oci/index.json"))
            .context("there is no image: run `cargo xtask image`")?;
        let [manifest] = index.manifests().as_slice() else {
            bail!("{} has more images than one", folder.display());
        };
        let digest = manifest.digest().to_string();
        Ok(Self {
            layout: folder.join("oci"),
            archive: folder.join(archive_name()),
            tagged: format!("{NAME}:{}", env!("CARGO_PKG_VERSION")),
            pinned: format!("{NAME}@{digest}"),
            digest,
        })
    }
}

fn archive_name() -> String {
    format!("ncp-secret-operator-{}.tar", architecture())
}

async fn build(place: &program::Place) -> Result<Image> {
    let program = place.build().await?;
    let version = env!("CARGO_PKG_VERSION");
    let labels = [
        ("title", "ncp-secret-operator"),
        ("version", version),
        ("source", env!("CARGO_PKG_REPOSITORY")),
        ("licenses", env!("CARGO_PKG_LICENSE")),
    ];
    let labels =
        labels.map(|(name, text)| (format!("org.opencontainers.image.{name}"), text.into()));
    Ok(Image {
        name: NAME.into(),
        version: version.into(),
        architecture: architecture(),
        entrypoint: "/ncp-secret-operator".into(),
        ports: vec!["8080/tcp".into()],
        labels: BTreeMap::from(labels),
        files: vec![
            File {
                path: "etc/ssl/certs/ca-certificates.crt".into(),
                mode: 0o644,
                bytes: authorities::bundle().into_bytes(),
            },
            File {
                path: "ncp-secret-operator".into(),
                mode: 0o755,
                bytes: program,
            },
        ],
    })
}
