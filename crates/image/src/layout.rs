//! An image as an OCI layout: its layer, configuration, manifest and index, each named by its digest.
//!
//! Nothing in it depends on when or where it was made: times are zero, and files are sorted.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use oci_spec::image::{
    ANNOTATION_REF_NAME, Arch, ConfigBuilder, Descriptor, DescriptorBuilder, Digest,
    ImageConfigurationBuilder, ImageIndexBuilder, ImageManifestBuilder, MediaType, Os,
    PlatformBuilder, RootFsBuilder, SCHEMA_VERSION,
};

use crate::layer::{append, layer};
use crate::{Image, USER, digest_of};

/// The files of a layout, by path.
pub struct Layout {
    files: BTreeMap<String, Vec<u8>>,
    digest: String,
    /// What Docker without containerd reads instead of the index; only in the archive.
    docker: Vec<u8>,
}

impl Layout {
    /// Makes the parts of an image.
    ///
    /// # Errors
    ///
    /// When the image has a path that an archive cannot hold, or a name that no image can have.
    pub fn of(image: &Image) -> Result<Self> {
        let mut files = BTreeMap::new();
        let plain = layer(&image.files)?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&plain)?;
        let layer = add(&mut files, MediaType::ImageLayerGzip, packed.finish()?)?;
        let config = configuration(image, &digest_of(&plain))?;
        let config = add(&mut files, MediaType::ImageConfig, config)?;
        let docker = serde_json::to_vec(&serde_json::json!([{
            "Config": path_of(&config),
            "RepoTags": [image.reference()],
            "Layers": [path_of(&layer)],
        }]))?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageManifest)
            .config(config)
            .layers(vec![layer])
            .build()?;
        let manifest = serde_json::to_vec(&manifest)?;
        let mut manifest = add(&mut files, MediaType::ImageManifest, manifest)?;
        let digest = manifest.digest().to_string();
        let platform = PlatformBuilder::default()
            .os(Os::Linux)
            .architecture(Arch::from(image.architecture))
            .build()?;
        manifest.set_platform(Some(platform));
        manifest.set_annotations(Some(HashMap::from([
            // What docker and podman call it, and what containerd does.
            (ANNOTATION_REF_NAME.to_owned(), image.version.clone()),
            ("io.containerd.image.name".to_owned(), image.reference()),
        ])));
        let index = ImageIndexBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageIndex)
            .manifests(vec![manifest])
            .build()?;
        // Through a value, because that sorts the annotations.
        let index = serde_json::to_vec(&serde_json::to_value(&index)?)?;
        files.insert("index.json".to_owned(), index);
        let version = br#"{"imageLayoutVersion":"1.0.0"}"#;
        files.insert("oci-layout".to_owned(), version.to_vec());
        Ok(Self {
            files,
            digest,
            docker,
        })
    }

    /// The digest of the manifest, by which a cluster can pin the image: `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Writes the layout as a folder, in the place of what was there.
    ///
    /// # Errors
    ///
    /// When the folder beside it cannot be written.
    pub fn write_layout(&self, folder: &Path) -> Result<()> {
        let beside = tempfile::Builder::new()
            .prefix("writing-")
            .tempdir_in(folder.parent().unwrap_or(folder))?;
        let new = beside.path().join("new");
        for (path, bytes) in &self.files {
            let path = new.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&new))?;
            fs::write(&path, bytes)
                .with_context(|| format!("failed to write {}", path.display()))?;
        }
        // Folders cannot be exchanged: one at a time moves the old one away, so that each finds a free place.
        let lock = fs::File::create(folder.with_extension("lock"))?;
        lock.lock()?;
        if folder.exists() {
            fs::rename(folder, beside.path().join("old"))?;
        }
        fs::rename(&new, folder).with_context(|| format!("failed to write {}", folder.display()))
    }

    /// Writes the layout as one archive, in the place of what was there; answers its path.
    ///
    /// # Errors
    ///
    /// When the folder that it is in cannot be written.
    pub fn write_archive(&self, path: &Path) -> Result<PathBuf> {
        let beside = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(path.parent().unwrap_or(path))?;
        fs::write(beside.path(), self.archive()?)
            .and_then(|()| beside.persist(path).map_err(Into::into))
            .with_context(|| format!("failed to write {}", path.display()))?;
        Ok(path.to_owned())
    }

    fn archive(&self) -> Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, bytes) in &self.files {
            append(&mut archive, path, 0o644, bytes)?;
        }
        append(&mut archive, "manifest.json", 0o644, &self.docker)?;
        Ok(archive.into_inner()?)
    }
}

/// Adds a blob; answers what others call it.
fn add(
    files: &mut BTreeMap<String, Vec<u8>>,
    media_type: MediaType,
    bytes: Vec<u8>,
) -> Result<Descriptor> {
    let digest = digest_of(&bytes);
    let descriptor = DescriptorBuilder::default()
        .media_type(media_type)
        .digest(Digest::from_str(&format!("sha256:{digest}"))?)
        .size(u64::try_from(bytes.len())?)
        .build()?;
    files.insert(path_of(&descriptor), bytes);
    Ok(descriptor)
}

fn path_of(blob: &Descriptor) -> String {
    format!("blobs/sha256/{}", blob.digest().digest())
}

fn configuration(image: &Image, layer: &str) -> Result<Vec<u8>> {
    let labels: HashMap<String, String> = image.labels.clone().into_iter().collect();
    let config = ConfigBuilder::default()
        .user(USER)
        .exposed_ports(image.ports.clone())
        .entrypoint(vec![image.entrypoint.clone()])
        .labels(labels)
        .build()?;
    let contents = RootFsBuilder::default()
        .typ("layers")
        .diff_ids(vec![format!("sha256:{layer}")])
        .build()?;
    let configuration = ImageConfigurationBuilder::default()
        .architecture(Arch::from(image.architecture))
        .os(Os::Linux)
        .config(config)
        .rootfs(contents)
        .build()?;
    Ok(serde_json::to_vec(&serde_json::to_value(&configuration)?)?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use serde_json::json;

    use super::*;
    use crate::File;

    fn image() -> Image {
        let file = |path: &str, mode, bytes: &[u8]| File {
            path: path.into(),
            mode,
            bytes: bytes.to_vec(),
        };
        Image {
            name: "example.com/it".into(),
            version: "1.2.3".into(),
            architecture: "amd64",
            entrypoint: "/it".into(),
            ports: vec!["8080/tcp".into()],
            labels: BTreeMap::from([("org.example.maker".into(), "we".into())]),
            files: vec![
                file("etc/ssl/certs/all", 0o644, b"authorities"),
                file("it", 0o755, b"program"),
            ],
        }
    }

    fn read(layout: &Layout, path: &str) -> serde_json::Value {
        serde_json::from_slice(&layout.files[path]).unwrap()
    }

    fn blob(descriptor: &serde_json::Value) -> String {
        let digest = descriptor["digest"].as_str().unwrap();
        format!("blobs/{}", digest.replace(':', "/"))
    }

    #[test]
    fn each_part_names_the_next_by_its_digest_and_the_layer_holds_the_files() {
        let layout = Layout::of(&image()).unwrap();
        for (path, bytes) in &layout.files {
            if let Some(digest) = path.strip_prefix("blobs/sha256/") {
                assert_eq!(digest, digest_of(bytes));
            }
        }
        let named = &read(&layout, "index.json")["manifests"][0];
        assert_eq!(named["digest"], layout.digest());
        assert_eq!(
            named["annotations"]["io.containerd.image.name"],
            "example.com/it:1.2.3"
        );
        let manifest = read(&layout, &blob(named));
        let config = read(&layout, &blob(&manifest["config"]));
        assert_eq!(config["config"]["User"], USER);
        assert_eq!(config["config"]["Entrypoint"][0], "/it");
        assert_eq!(config["config"]["ExposedPorts"], json!({"8080/tcp": {}}));
        assert_eq!(
            config["config"]["Labels"],
            json!({"org.example.maker": "we"})
        );

        let packed = &layout.files[&blob(&manifest["layers"][0])];
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        let diff = format!("sha256:{}", digest_of(&plain));
        assert_eq!(config["rootfs"]["diff_ids"][0], diff);
        let mut archive = tar::Archive::new(plain.as_slice());
        let held: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                let path = entry.path().unwrap().display().to_string();
                (path, entry.header().mode().unwrap(), text)
            })
            .collect();
        let expected = [
            ("etc", 0o755, ""),
            ("etc/ssl", 0o755, ""),
            ("etc/ssl/certs", 0o755, ""),
            ("etc/ssl/certs/all", 0o644, "authorities"),
            ("it", 0o755, "program"),
        ]
        .map(|(path, mode, text)| (path.to_owned(), mode, text.to_owned()));
        assert_eq!(held, expected);
    }

    #[test]
    fn the_archive_names_the_same_blobs_for_docker_too() {
        let layout = Layout::of(&image()).unwrap();
        let bytes = layout.archive().unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut held = BTreeMap::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            held.insert(entry.path().unwrap().display().to_string(), bytes);
        }
        let docker: serde_json::Value = serde_json::from_slice(&held["manifest.json"]).unwrap();
        let manifest = read(&layout, &blob(&read(&layout, "index.json")["manifests"][0]));
        let expected = serde_json::json!([{
            "Config": blob(&manifest["config"]),
            "RepoTags": ["example.com/it:1.2.3"],
            "Layers": [blob(&manifest["layers"][0])],
        }]);
        assert_eq!(docker, expected);
        held.remove("manifest.json");
        assert_eq!(held, layout.files);
    }

    #[test]
    fn what_is_written_takes_the_place_of_what_was_there() {
        let place = tempfile::tempdir().unwrap();
        let (folder, path) = (place.path().join("oci"), place.path().join("it.tar"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("old"), "old").unwrap();
        fs::write(&path, "old").unwrap();
        let layout = Layout::of(&image()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    layout.write_layout(&folder).unwrap();
                    layout.write_archive(&path).unwrap();
                });
            }
        });
        assert!(!folder.join("old").exists());
        assert_eq!(fs::read(&path).unwrap(), layout.archive().unwrap());
        for (path, bytes) in &layout.files {
            assert_eq!(&fs::read(folder.join(path)).unwrap(), bytes);
        }
        let mut left: Vec<_> = fs::read_dir(place.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["it.tar", "oci", "oci.lock"]);
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let (one, two) = (Layout::of(&image()).unwrap(), Layout::of(&image()).unwrap());
        assert_eq!(one.files, two.files);
        let mut other = image();
        other.files[1].bytes = b"another".to_vec();
        assert_ne!(Layout::of(&other).unwrap().digest(), one.digest());
    }
}
