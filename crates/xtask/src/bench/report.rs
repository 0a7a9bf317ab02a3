//! What a benchmark measured, printed as it comes, beside what it should be.

use std::process::ExitCode;
use std::time::Duration;

/// Memory and counts decide; times are for people, because machines are noisy.
#[derive(Default)]
pub(super) struct Report {
    failed: bool,
}

impl Report {
    /// Something that decides nothing.
    pub(super) fn told(what: &str, is: &str, reach: &str) {
        println!("{what}: {is} (to reach: {reach})");
    }

    /// How long something took, each time that it was tried.
    pub(super) fn times(what: &str, mut times: Vec<Duration>, reach: &str) {
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let most = times.last().copied().unwrap_or_default();
        let is = format!(
            "{} ms median, {} ms at most",
            median.as_millis(),
            most.as_millis()
        );
        Self::told(what, &is, reach);
    }

    /// Memory, in KiB, that must not be more than so many MiB.
    pub(super) fn memory(&mut self, what: &str, kibibytes: u64, most: u64) {
        let is_good = kibibytes <= most * 1024;
        let tenths = kibibytes * 10 / 1024;
        println!(
            "{}{what}: {}.{} MiB (at most {most} MiB)",
            mark(is_good),
            tenths / 10,
            tenths % 10
        );
        self.failed |= !is_good;
    }

    /// A count that must be exactly so.
    pub(super) fn count(&mut self, what: &str, count: usize, wanted: usize) {
        let is_good = count == wanted;
        println!("{}{what}: {count} (must be {wanted})", mark(is_good));
        self.failed |= !is_good;
    }

    /// A count that must not be higher.
    pub(super) fn at_most(&mut self, what: &str, count: usize, most: usize) {
        let is_good = count <= most;
        println!("{}{what}: {count} (at most {most})", mark(is_good));
        self.failed |= !is_good;
    }

    /// A count that must be so within so many percent.
    pub(super) fn about(&mut self, what: &str, count: usize, wanted: usize, percent: usize) {
        let is_good = count.abs_diff(wanted) * 100 <= wanted * percent;
        println!(
            "{}{what}: {count} (must be {wanted}, within {percent} %)",
            mark(is_good)
        );
        self.failed |= !is_good;
    }

    /// How the benchmark ends.
    pub(super) fn verdict(&self) -> ExitCode {
        if self.failed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

const fn mark(is_good: bool) -> &'static str {
    if is_good { "" } else { "MISSED: " }
}
