//! What this process holds in memory, and what the machine has left. Linux says so; elsewhere nothing is known.
use ext5_data::{door, storage};
use std::path::Path;

/// Largest file of `/proc` or `/sys` that is read here, bytes.
const LIMIT: u64 = 1 << 20;
const STATUS: &str = "/proc/self/status";

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

    /// What this process may still take, MiB: what the machine can give, and what its control group allows.
    pub fn available_mib() -> Option<f64> {
        let machine = mebibytes(&text("/proc/meminfo")?, "MemAvailable:")?;
        let group = |name: &str| text(&format!("/sys/fs/cgroup/memory.{name}"));
        let allowed = group("max").zip(group("current")).zip(group("stat"));
        let allowed = allowed.and_then(|((max, current), stat)| left_of(&max, &current, &stat));
        Some(allowed.map_or(machine, |allowed| machine.min(allowed)))
    }
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
