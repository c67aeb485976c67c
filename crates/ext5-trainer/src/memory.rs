//! What this process holds in memory, and what the machine has left. Linux says so; elsewhere nothing is known.
use ext5_data::{door, storage};
use std::path::Path;

/// Largest file of `/proc` or `/sys` that is read here, bytes.
const LIMIT: u64 = 1 << 20;
const STATUS: &str = "/proc/self/status";

/// Addresses that threads which are yet to start take for their stacks and heaps, MiB: the program was seen to grow from 120 to
/// 264 MiB of them, of which it used 47.
const THREADS_MIB: f64 = 144.0;

/// Resident memory of this process, MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// Now.
    pub now_mib: Option<f64>,
    /// The most so far.
    pub peak_mib: Option<f64>,
}

impl Memory {
    /// What the system says now.
    pub fn read() -> Self {
        text(STATUS).map_or_else(Self::default, |text| Self::parse(&text))
    }

    fn parse(status: &str) -> Self {
        Self {
            now_mib: mebibytes(status, "VmRSS:"),
            peak_mib: mebibytes(status, "VmHWM:"),
        }
    }

    /// Lets the peak begin anew at what is held now, where the system can: a number written to `clear_refs`, see proc(5).
    pub fn forget_peak() {
        // Where it cannot, the peak stays that of the whole process: larger, never smaller.
        let _ = storage::local().append(Path::new("/proc/self/clear_refs"), b"5");
    }

    /// What this process may still take, MiB: the least of what the machine can give, what its control group and what its limit of
    /// address space allow.
    pub fn available_mib() -> Option<f64> {
        MemoryLimit::read().map(|limit| limit.left_mib)
    }
}

/// What stands between this process and more memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryLimit {
    /// What may still be taken, MiB.
    pub left_mib: f64,
    /// Who says so.
    pub set_by: &'static str,
}

impl MemoryLimit {
    /// The nearest one, as the system says now.
    pub fn read() -> Option<Self> {
        let machine = mebibytes(&text("/proc/meminfo")?, "MemAvailable:");
        let group = |name: &str| text(&format!("/sys/fs/cgroup/memory.{name}"));
        let group = group("max").zip(group("current")).zip(group("stat"));
        let group = group.and_then(|((max, current), stat)| left_of(&max, &current, &stat));
        let space = text("/proc/self/limits").zip(text(STATUS));
        let space = space.and_then(|(limits, status)| address_space(&limits, &status));
        let space = space.map(|left| (left - THREADS_MIB).max(0.0));
        [
            (machine, "the machine's free memory"),
            (group, "its control group"),
            (space, "its limit of address space (`ulimit -v`)"),
        ]
        .into_iter()
        .filter_map(|(left_mib, set_by)| left_mib.map(|left_mib| Self { left_mib, set_by }))
        .min_by(|one, other| one.left_mib.total_cmp(&other.left_mib))
    }
}

/// Addresses that a process may still take, MiB, by its files `limits` and `status`.
fn address_space(limits: &str, status: &str) -> Option<f64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"))?;
    let most: f64 = line.split_whitespace().next()?.parse().ok()?; // `unlimited`
    let left = most / f64::from(1 << 20) - mebibytes(status, "VmSize:")?;
    Some(left.max(0.0))
}

fn text(path: &str) -> Option<String> {
    door::read_text(Path::new(path), LIMIT).ok()
}

/// What a control group may still take, MiB, by its files `memory.max`, `memory.current` and `memory.stat`: pages of files that
/// nobody reads count as used there, and are given up when memory is asked for.
fn left_of(max: &str, current: &str, stat: &str) -> Option<f64> {
    let bytes = |text: &str| text.trim().parse::<f64>().ok(); // `max` where there is no limit
    let unread = stat
        .lines()
        .find_map(|line| line.strip_prefix("inactive_file "));
    let used = bytes(current)? - unread.and_then(bytes).unwrap_or(0.0);
    Some((bytes(max)? - used).max(0.0) / f64::from(1 << 20))
}

/// The number of KiB in the line that begins with `key`, in MiB.
fn mebibytes(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_proc_are_read_and_missing_ones_are_unknown() {
        let memory = Memory::parse("Name:\text5\nVmHWM:\t    2048 kB\nVmRSS:\t     512 kB\n");
        assert_eq!((memory.now_mib, memory.peak_mib), (Some(0.5), Some(2.0)));
        assert_eq!(
            Memory::parse("Name:\text5\nVmHWM: x kB\n"),
            Memory::default()
        );
    }

    #[test]
    fn a_control_group_leaves_what_it_has_not_used() {
        let stat = "anon 1\ninactive_file 2097152\n";
        assert_eq!(left_of("8388608\n", "4194304\n", stat), Some(6.0));
        assert_eq!(left_of("1048576\n", "4194304\n", stat), Some(0.0));
        assert_eq!(left_of("max\n", "4194304\n", stat), None);
    }

    #[test]
    fn a_limit_of_address_space_leaves_what_is_not_mapped() {
        let status = "VmPeak:\t 9999 kB\nVmSize:\t    1024 kB\n";
        let limits = |soft: &str| {
            format!(
                "Max stack size  8 8 bytes\nMax address space         {soft}      unlimited      bytes\n"
            )
        };
        assert_eq!(address_space(&limits("4194304"), status), Some(3.0));
        assert_eq!(address_space(&limits("1048"), status), Some(0.0));
        assert_eq!(address_space(&limits("unlimited"), status), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_peak_can_be_forgotten() {
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        let before = Memory::read().peak_mib.unwrap();
        drop(block);
        Memory::forget_peak();
        let after = Memory::read();
        assert!(after.peak_mib.unwrap() <= before);
        assert!(after.peak_mib.unwrap() >= after.now_mib.unwrap() - 1.0);
        assert!(Memory::available_mib().unwrap() > 0.0);
    }
}
