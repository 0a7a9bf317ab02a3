//! What the kernel knows of a process.

use std::fs;

use anyhow::{Context, Result};

/// The most memory that the process ever had at once, in KiB (`VmHWM` of `proc_pid_status(5)`).
pub(super) fn peak_memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|number| number.parse().ok())
        .context("the kernel does not tell the peak memory of the operator")
}

/// How long the process has had a processor, in hundredths of a second (`utime` and `stime` of `proc_pid_stat(5)`).
pub(super) fn processor_time(process: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in parentheses, and may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<_> = fields.split_whitespace().collect();
    let field = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok());
    field(11)
        .zip(field(12))
        .map(|(user, system)| user + system)
        .context("the kernel does not tell the processor time of the operator")
}
