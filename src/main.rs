//! The `tidings` binary: a shell around [`tidings::cli`].

fn main() -> std::process::ExitCode {
    tidings::cli::main()
}
