use std::process::ExitCode;

fn main() -> ExitCode {
    coda::cli::main()
}
