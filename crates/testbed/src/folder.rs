//! The folder a control plane lives in, gone with its owner: removed when it stops, or, if the owner was
//! killed, by the next control plane that starts.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

const PREFIX: &str = "testbed-";
const OWNED: &str = "owned";

/// A new folder that only this user can enter.
#[derive(Debug)]
pub(crate) struct Folder {
    path: TempDir,
    /// Held locked while the owner lives; the system lets go of it even when the owner is killed.
    _owned: File,
}

impl Folder {
    /// Makes a folder, and removes those that others left behind.
    pub(crate) fn create() -> Result<Self> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        let attempt = || {
            format!(
                "cannot make a folder for a control plane in {}",
                parent.display()
            )
        };
        let path = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&parent)
            .with_context(attempt)?;
        let unlocked = path.path().join("not-yet-owned");
        let owned = File::create_new(&unlocked).with_context(attempt)?;
        owned.lock().with_context(attempt)?;
        // Under its final name the file is never seen unlocked while the owner lives.
        fs::rename(&unlocked, path.path().join(OWNED)).with_context(attempt)?;
        Ok(Self {
            path,
            _owned: owned,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.path.path()
    }

    /// Removes the folder and says whether that worked, which a drop cannot.
    pub(crate) fn remove(self) -> Result<()> {
        let path = self.path().display().to_string();
        self.path
            .close()
            .with_context(|| format!("cannot remove {path}"))
    }
}

fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let folder = entry.path();
        if let Ok(owned) = File::open(folder.join(OWNED))
            && owned.try_lock().is_ok()
        {
            // Somebody else's folder, or one being swept by another: it is not ours to worry about.
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_without_an_owner_are_swept() {
        let kept = Folder::create().unwrap();
        let abandoned = tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap();
        fs::write(abandoned.path().join(OWNED), "").unwrap();

        let next = Folder::create().unwrap();

        assert!(kept.path().exists());
        assert!(next.path().exists());
        assert!(!abandoned.path().exists());
        let path = kept.path().to_owned();
        kept.remove().unwrap();
        assert!(!path.exists());
    }
}
