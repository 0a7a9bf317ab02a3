//! Archives: the layer of an image, and what holds a layout.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use tar::{EntryType, Header};

use crate::File;

/// The files and their folders as one archive.
pub(crate) fn layer(files: &[File]) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let folders: BTreeSet<&Path> = files
        .iter()
        .flat_map(|file| Path::new(&file.path).ancestors().skip(1))
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    for folder in folders {
        let mut header = header(EntryType::Directory, 0o755, 0);
        archive.append_data(&mut header, folder, std::io::empty())?;
    }
    for file in files {
        append(&mut archive, &file.path, file.mode, &file.bytes)?;
    }
    Ok(archive.into_inner()?)
}

/// Appends a file that nobody made at no time.
pub(crate) fn append(
    archive: &mut tar::Builder<Vec<u8>>,
    path: &str,
    mode: u32,
    bytes: &[u8],
) -> Result<()> {
    let mut header = header(EntryType::Regular, mode, u64::try_from(bytes.len())?);
    archive.append_data(&mut header, path, bytes)?;
    Ok(())
}

fn header(type_: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(type_);
    header.set_mode(mode);
    header.set_size(size);
    header
}
