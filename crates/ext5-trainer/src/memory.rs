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
        let group = |name: &str| {
            let bytes = text(&format!("/sys/fs/cgroup/memory.{name}"))?;
            bytes.trim().parse::<f64>().ok()
        };
        let allowed = group("max").zip(group("current"));
        let allowed = allowed.map(|(max, current)| (max - current).max(0.0) / f64::from(1 << 20));
        Some(allowed.map_or(machine, |allowed| machine.min(allowed)))
    }
}

fn text(path: &str) -> Option<String> {
    door::read_text(Path::new(path), LIMIT).ok()
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
