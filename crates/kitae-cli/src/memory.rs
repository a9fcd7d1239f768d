//! How much memory there is, as far as the system says.

use std::fs;

/// How much text may be read into memory: a third of what is free, as its columns are held beside it.
pub(crate) fn most_text() -> u64 {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let told = [
        available(&read("/proc/meminfo")),
        address_space(&read("/proc/self/limits")),
        read("/sys/fs/cgroup/memory.max").trim().parse().ok(),
    ];
    told.into_iter().flatten().min().map_or(u64::MAX, |n_bytes: u64| n_bytes / 3)
}

/// What `/proc/meminfo` says can be had without swapping.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|n_kib| n_kib << 10)
}

/// The limit that `ulimit -v` sets, if there is one.
fn address_space(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_understood() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:    2048 kB\n"), Some(2 << 20));
        assert_eq!(available(""), None);
        let limits = "Limit  Soft  Hard  Units\nMax address space         4096       unlimited   bytes\n";
        assert_eq!(address_space(limits), Some(4096));
        assert_eq!(address_space("Max address space  unlimited  unlimited  bytes\n"), None);
        assert!(most_text() > 0);
    }
}
