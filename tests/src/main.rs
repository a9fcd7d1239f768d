//! The binary `kitae` as the tests run it.

fn main() -> std::process::ExitCode {
    kitae_cli::main()
}
