//! Fails the build when a file names what its layer may not; see `build/purity.rs`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

#[path = "build/purity.rs"]
mod purity;

fn main() -> io::Result<()> {
    let mut cargo = io::stdout();
    let root = Path::new("src");
    writeln!(cargo, "cargo::rerun-if-changed=src")?;
    for layer in &purity::LAYERS {
        for file in purity::files(&root.join(layer.folder))? {
            let text = fs::read_to_string(&file)?;
            let within = file.strip_prefix(root).unwrap_or(&file);
            for offence in purity::offences(layer, within, &text) {
                let purity::Offence { line, what, why } = offence;
                let file = file.display();
                writeln!(
                    cargo,
                    "cargo::error={file}:{line} names `{what}`, and may not: {why}"
                )?;
            }
        }
    }
    Ok(())
}
