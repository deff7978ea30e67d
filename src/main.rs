//! The program `aikagi`.

fn main() -> std::process::ExitCode {
    aikagi::cli::run()
}
