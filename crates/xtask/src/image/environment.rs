//! The environment that the program is built in: what a user has set for other builds is taken out.

use std::env;
use std::process::Command;

use super::toolchain::{COMPILER, triple};

/// Variables that change what compilers write, to Cargo, rustc, the `cc` crate, the C compiler or AWS-LC's build.
/// `CFLAGS` stands for `TARGET_CFLAGS` and `CFLAGS_x86_64-unknown-linux-gnu` too.
const BY_NAME: [&str; 20] = [
    "AR",
    "ARFLAGS",
    "AS",
    "ASFLAGS",
    "ASM",
    "ASMFLAGS",
    "CC",
    "CFLAGS",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "CXXSTDLIB",
    "LDFLAGS",
    "RANLIB",
    "RANLIBFLAGS",
    "CPATH",
    "C_INCLUDE_PATH",
    "LIBRARY_PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
];
const BY_PREFIX: [&str; 11] = [
    "AWS_LC_",
    "CARGO_BUILD_",
    "CARGO_ENCODED_",
    "CARGO_INCREMENTAL",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CC_",
    "CRATE_CC_",
    "CMAKE",
    "RUSTFLAGS",
    "RUSTC",
];

/// Takes such variables out of the environment of a command, and overrules what Cargo's configuration says of the same.
/// A `[profile]` or `[env]` there still counts.
pub(super) fn clear(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(changes_the_program) {
            cargo.env_remove(name);
        }
    }
    let linker = format!(
        "CARGO_TARGET_{}_LINKER",
        triple().to_uppercase().replace('-', "_")
    );
    cargo
        .env(linker, COMPILER)
        .env("CC", COMPILER)
        .env("CARGO_INCREMENTAL", "0")
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "");
}

fn changes_the_program(name: &str) -> bool {
    let bare = name
        .strip_prefix("TARGET_")
        .or_else(|| name.strip_prefix("HOST_"))
        .unwrap_or(name);
    BY_PREFIX.iter().any(|prefix| name.starts_with(prefix))
        || BY_NAME.iter().any(|known| {
            bare.strip_prefix(known)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })
}

/// Compilers' flags in one variable, as the `cc` crate reads it where `CC_SHELL_ESCAPED_FLAGS` is set.
pub(super) fn shell_escaped<'a>(flags: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<_> = flags
        .into_iter()
        .map(|flag| format!("'{}'", flag.replace('\'', r"'\''")))
        .collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_program_is_known_by_its_name() {
        for name in [
            "CFLAGS",
            "TARGET_CFLAGS",
            "HOST_CC",
            "CFLAGS_x86_64-unknown-linux-gnu",
            "CFLAGS_x86_64_unknown_linux_gnu",
            "CC",
            "CC_SHELL_ESCAPED_FLAGS",
            "AWS_LC_SYS_CMAKE_BUILDER",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
        ] {
            assert!(changes_the_program(name), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "CARGO",
            "LD_LIBRARY_PATH",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(!changes_the_program(name), "{name}");
        }
    }

    #[test]
    fn a_flag_with_a_space_stays_one_flag_for_a_shell() {
        let flags = ["-a=/it's a folder=/b".to_owned(), "-c".to_owned()];
        assert_eq!(shell_escaped(&flags), r"'-a=/it'\''s a folder=/b' '-c'");
    }
}
