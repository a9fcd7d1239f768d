//! How much memory this process may still take.

use std::fs::read_to_string;
use std::path::Path;

/// Taken for free where the system does not say.
const UNKNOWN: u64 = 64 << 30;

/// Bytes that are free: of the machine, of the group of processes (containers), and below the limit of the
/// shell (`ulimit -v`), whichever are fewest.
pub(crate) fn free_memory() -> u64 {
    let read = |path: &str| read_to_string(path).unwrap_or_default();
    let machine = of_machine(&read("/proc/meminfo"));
    let process = of_process(&read("/proc/self/limits"), &read("/proc/self/status"));
    let group =
        read("/proc/self/cgroup").lines().find_map(|line| line.strip_prefix("0::/").map(str::to_owned));
    let group = group.and_then(|group| {
        let folder = Path::new("/sys/fs/cgroup").join(group);
        let read = |name: &str| read_to_string(folder.join(name)).unwrap_or_default();
        of_group(&read("memory.max"), &read("memory.stat"))
    });
    [machine, process, group].into_iter().flatten().min().unwrap_or(UNKNOWN)
}

/// How much text may be read into memory: a third of what is free, as its columns are held beside it.
pub(crate) fn most_text() -> u64 {
    free_memory() / 3
}

/// What `/proc/meminfo` calls available, and what can be swapped out for it.
fn of_machine(meminfo: &str) -> Option<u64> {
    let swap = kilobytes(meminfo, "SwapFree:").unwrap_or(0);
    Some(kilobytes(meminfo, "MemAvailable:")?.saturating_add(swap))
}

fn of_process(limits: &str, status: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(limit.saturating_sub(kilobytes(status, "VmSize:").unwrap_or(0)))
}

fn of_group(limit: &str, stat: &str) -> Option<u64> {
    let taken =
        stat.lines().find_map(|line| line.strip_prefix("anon ")).and_then(|text| text.trim().parse().ok());
    Some(limit.trim().parse::<u64>().ok()?.saturating_sub(taken.unwrap_or(0)))
}

/// The number of a line such as `VmSize:   1234 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(number.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_read() {
        let meminfo = "MemTotal:  24000000 kB\nMemAvailable:   20000 kB\nSwapFree:   5 kB\n";
        assert_eq!(of_machine(meminfo), Some(20_005 * 1024));
        let limits = |limit: &str| {
            format!("Limit   Soft Limit   Hard Limit   Units\nMax address space   {limit}   x   bytes\n")
        };
        assert_eq!(of_process(&limits("4096000"), "VmSize:\t 1000 kB\n"), Some(4_096_000 - 1_024_000));
        assert_eq!(of_process(&limits("1000"), "VmSize:\t 1000 kB\n"), Some(0));
        assert_eq!(of_process(&limits("unlimited"), ""), None);
        assert_eq!(of_group("1000\n", "anon 300\nfile 600\n"), Some(700));
        assert_eq!(of_group("max\n", ""), None);
        assert_eq!(of_machine(""), None);
        assert!(free_memory() > 0 && most_text() > 0);
    }
}
