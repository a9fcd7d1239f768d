//! Times `read_csv` on a large file, beside pandas and polars where Python has them.
//!
//! `cargo bench -p kitae-data --bench read -- --size-mb 500 --threads 2`
#![expect(clippy::print_stdout, reason = "a benchmark reports to the terminal")]

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use kitae_data::read::{ReadOptions, read_csv};
use kitae_random::{Purpose, Stream};

const ROUNDS: usize = 3;
const COLOURS: [&str; 6] = ["red", "green", "blue", "yellow", "black", "white"];
const HEADER: &str = "age,income,score,x1,x2,x3,x4,x5,visits,days,flag,colour,zone,town\n";

fn main() -> Result<(), Box<dyn Error>> {
    let (size_mb, n_threads) = (flag("--size-mb", 500), flag("--threads", 2));
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("mixed.csv");
    write_table(&path, size_mb)?;
    println!("{size_mb} MB, {n_threads} threads, best of {ROUNDS} rounds");
    let (mut ours, mut pandas, mut polars) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        ours = ours.min(time_ours(&path, n_threads)?);
        polars = polars.min(time_python("polars", "polars.read_csv(path)", &path, n_threads));
        pandas = pandas.min(time_python("pandas", "pandas.read_csv(path, engine='c')", &path, n_threads));
    }
    println!("kitae   {ours:8.3} s  {:6.0} MB/s", size_mb as f64 / ours);
    for (name, theirs) in [("polars", polars), ("pandas", pandas)] {
        if theirs.is_finite() {
            println!(
                "{name}  {theirs:8.3} s  {:6.0} MB/s  kitae is {:.2} times as fast",
                size_mb as f64 / theirs,
                theirs / ours
            );
        }
    }
    Ok(())
}

/// The number after a flag of the command line.
fn flag(name: &str, default: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn time_ours(path: &Path, n_threads: usize) -> Result<f64, Box<dyn Error>> {
    let options = ReadOptions { n_threads, ..ReadOptions::default() };
    let start = Instant::now();
    let table = read_csv(path, &options)?;
    let seconds = start.elapsed().as_secs_f64();
    std::hint::black_box(table);
    Ok(seconds)
}

/// Seconds of one Python call, the import not counted; infinity if the module is not there.
fn time_python(module: &str, call: &str, path: &Path, n_threads: usize) -> f64 {
    let script = format!(
        "import sys, time, {module}\npath = sys.argv[1]\nstart = time.perf_counter()\ntable = {call}\nprint(time.perf_counter() - start)"
    );
    let output = Command::new("python3")
        .args(["-c", &script])
        .arg(path)
        .env("POLARS_MAX_THREADS", n_threads.to_string())
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().and_then(|text| text.parse().ok()).unwrap_or(f64::INFINITY)
}

/// Writes a block of random rows again and again.
fn write_table(path: &Path, size_mb: usize) -> Result<(), Box<dyn Error>> {
    let mut stream = Stream::new(1, Purpose::Synthesis, [0; 3]);
    let block: String = (0..40_000).map(|_| row(&mut stream)).collect();
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(HEADER.as_bytes())?;
    let n_bytes = size_mb * 1_000_000;
    for _ in 0..n_bytes.div_ceil(block.len()) {
        file.write_all(block.as_bytes())?;
    }
    file.flush()?;
    Ok(())
}

fn row(stream: &mut Stream) -> String {
    let numbers: Vec<String> = (0..5).map(|_| format!("{:.6}", stream.normal())).collect();
    let missing = if stream.below(20) == 0 { String::new() } else { format!("{:.3}", stream.uniform()) };
    format!(
        "{},{:.2},{missing},{},{},{},{},{},{},town {}\n",
        stream.below(90),
        stream.uniform_in(1e3, 1e5),
        numbers.join(","),
        stream.below(30),
        stream.below(4000),
        stream.below(2),
        COLOURS[stream.below(6) as usize],
        format_args!("Z{:03}", stream.below(200)),
        stream.below(5000),
    )
}
