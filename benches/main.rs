//! What CoDA costs: every budget measured on the built binary, beside a bare server in the same run.
//!
//! `cargo bench --bench coda -- [--quick] [--profile] [NAME…]`; `docs/benchmarks.md` says how to read it. Nothing
//! printed is a constant: without a measurement there is no row.

mod baseline;
mod client;
mod daemon;
mod files;
mod http;
mod measure;
mod model;
mod proc;
mod profile;
mod roles;
mod screen;
mod stats;
mod table;
mod watchdog;
mod words;

use std::process::ExitCode;
use std::time::Duration;

use measure::{MEASUREMENTS, Run};

/// How long a whole run may take.
const FULL: Duration = Duration::from_secs(360);
const QUICK: Duration = Duration::from_secs(90);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == roles::FLAG) {
        return roles::play(&arguments[1..]);
    }
    let (flags, names): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with("--"));
    // `cargo bench` adds `--bench`.
    if let Some(odd) = flags.iter().find(|flag| !["--bench", "--quick", "--profile"].contains(flag)) {
        eprintln!("{odd}?\n{}", usage());
        return ExitCode::from(2);
    }
    if let Some(odd) = names.iter().find(|name| MEASUREMENTS.iter().all(|m| m.name != **name)) {
        eprintln!("nothing is called {odd:?}\n{}", usage());
        return ExitCode::from(2);
    }
    let quick = flags.contains(&"--quick");
    watchdog::start(if quick { QUICK } else { FULL });
    measure(&mut Run::new(quick, flags.contains(&"--profile")), &names)
}

fn usage() -> String {
    let names: Vec<String> = MEASUREMENTS.iter().map(|m| format!("  {:10} {}", m.name, m.about)).collect();
    format!("cargo bench --bench coda -- [--quick] [--profile] [NAME…]\n{}", names.join("\n"))
}

fn measure(run: &mut Run, names: &[&str]) -> ExitCode {
    let mut failed = false;
    println!("{}", proc::machine());
    for measurement in MEASUREMENTS {
        if !names.is_empty() && !names.contains(&measurement.name) {
            continue;
        }
        eprintln!("… {}: {}", measurement.name, measurement.about);
        if let Err(error) = (measurement.take)(run) {
            failed = true;
            run.table.note(format!("{} could not be measured: {error:#}", measurement.name));
        }
    }
    println!("{}", proc::load_average());
    print!("{}", run.table);
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
