//! Rows a second of `kitae predict` from file to file, beside reading the file alone; what a file of one
//! row takes; memory for files of two sizes.
//!
//!     cargo bench -p kitae-cli --bench predict [-- --rows 1000000]
//!
//! 20 numbers with four decimals and two classes; `64-64` is one plain network with two such layers,
//! `balanced` the bag of five that the preset makes. Memory is known on Linux alone.
#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kitae_data::infer::{Hints, infer_schema};
use kitae_data::read::{ChunkOptions, ReadOptions, read_chunks, read_csv};
use kitae_random::{Purpose, Stream};

const KITAE: &str = env!("CARGO_BIN_EXE_kitae");
const N_COLUMNS: usize = 20;
/// The fastest counts, as other work only ever slows a round down.
const ROUNDS: usize = 3;
const PLAIN: [&str; 14] = [
    "--hidden",
    "64,64",
    "--activation",
    "relu",
    "--number-embedding",
    "none",
    "--input-scale",
    "none",
    "--set",
    "network.slope='fixed'",
    "--blend",
    "none",
    "--hold-out",
    "0.2",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--rows").skip(1);
    let n_rows = arguments.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let folder = tempfile::tempdir()?;
    let file = |name: &str| folder.path().join(name);
    let (few, some, many) = (file("few.csv"), file("some.csv"), file("many.csv"));
    for (path, n_rows) in [(&few, 1), (&some, n_rows / 4), (&many, n_rows)] {
        write_table(path, n_rows, Target::Left)?;
    }
    let train = file("train.csv");
    write_table(&train, 2_000, Target::There)?;
    println!("{n_rows} rows of {N_COLUMNS} numbers, {n_threads} threads, best of {ROUNDS}");
    let reading = best(|| time_reading(&train, &many, n_threads))?;
    println!("reading alone  {:>9.0} rows/s", n_rows as f64 / reading);
    for (name, levers) in [("64-64", PLAIN.as_slice()), ("balanced", &[])] {
        let model = file(name);
        run(Command::new(KITAE)
            .arg("train")
            .arg(&train)
            .args(["--target", "y", "--epochs", "3"])
            .args(["--test-size".as_ref(), "0".as_ref(), "--out".as_ref(), model.as_os_str()])
            .args(levers))?;
        let (first, _) = predict(&model, &few, &file("few.out"))?;
        let (_, some_bytes) = predict(&model, &some, &file("some.out"))?;
        let (seconds, many_bytes) = predict(&model, &many, &file("many.out"))?;
        println!(
            "{name:<14} {:>9.0} rows/s  {:.2} times the time of reading  one row in {:.0} ms  \
             {some_bytes} MB for {} rows, {many_bytes} MB for {n_rows}",
            n_rows as f64 / seconds,
            seconds / reading,
            first * 1e3,
            n_rows / 4,
        );
    }
    Ok(())
}

fn best(mut round: impl FnMut() -> Result<f64, Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    (0..ROUNDS).try_fold(f64::INFINITY, |best, _| Ok(best.min(round()?)))
}

/// Whether a table has the column to be learned.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    There,
    Left,
}

fn write_table(path: &Path, n_rows: usize, target: Target) -> Result<(), Box<dyn Error>> {
    let mut stream = Stream::new(1, Purpose::Synthesis, [n_rows as u64, 0, 0]);
    let mut file = BufWriter::new(File::create(path)?);
    let names: Vec<String> = (0..N_COLUMNS).map(|i| format!("x{i}")).collect();
    let learned = if target == Target::There { ",y" } else { "" };
    writeln!(file, "{}{learned}", names.join(","))?;
    let mut line = String::new();
    for _ in 0..n_rows {
        line.clear();
        let numbers: [f64; N_COLUMNS] = std::array::from_fn(|_| stream.normal());
        for number in numbers {
            write!(line, "{number:.4},")?;
        }
        line.pop();
        if target == Target::There {
            line.push_str(if numbers[0] * numbers[1] + numbers[2] > 0.0 { ",yes" } else { ",no" });
        }
        writeln!(file, "{line}")?;
    }
    Ok(file.flush()?)
}

/// Seconds to read `path` with the schema of `like`, chunk by chunk.
fn time_reading(like: &Path, path: &Path, n_threads: usize) -> Result<f64, Box<dyn Error>> {
    let options = ReadOptions { n_threads, ..ReadOptions::default() };
    let mut schema = infer_schema(&read_csv(like, &options)?, &Hints::default())?;
    schema.columns.retain(|column| column.name != "y");
    let start = Instant::now();
    let chunks = ChunkOptions { chunk_rows: 16_384, ..ChunkOptions::default() };
    for table in read_chunks(path, &schema, &options, &chunks)? {
        std::hint::black_box(table?);
    }
    Ok(start.elapsed().as_secs_f64())
}

/// Seconds of the fastest round, and the most memory that a round took, in MB.
fn predict(model: &Path, rows: &Path, out: &Path) -> Result<(f64, u64), Box<dyn Error>> {
    let mut most = 0;
    let seconds = best(|| {
        let start = Instant::now();
        let mut command = Command::new(KITAE);
        let mut child = command.arg("predict").arg(model).arg(rows).arg("--out").arg(out).spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let exit = loop {
            if let Some(exit) = child.try_wait()? {
                break exit;
            }
            most = most.max(fs::read_to_string(&status).map_or(0, |text| peak(&text)));
            std::thread::sleep(Duration::from_millis(1));
        };
        let seconds = start.elapsed().as_secs_f64();
        if exit.success() { Ok(seconds) } else { Err(format!("predict ended with {exit}").into()) }
    })?;
    Ok((seconds, most / 1024))
}

/// The most memory a process had, in kB, from its `/proc/PID/status`.
fn peak(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let exit = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if exit.success() { Ok(()) } else { Err(format!("{command:?} ended with {exit}").into()) }
}
