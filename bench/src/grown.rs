//! The page's section on growth: a part of its own, since it is measured apart. A run of either kind leaves the other's part alone.

use std::fmt::Write as _;

use serde::Serialize;

use crate::growth::Size;
use crate::machine::Machine;
use crate::report::Section;

const BEGIN: &str = "<!-- growth: by cargo xtask bench --growth -->\n";
const END: &str = "<!-- end of growth -->\n";

/// With the most members the median may be so many times that with the fewest.
const GOAL: f64 = 1.3;

/// All that was found of it.
#[derive(Debug, Serialize)]
pub struct Growth {
    pub machine: Machine,
    pub sqlite: Option<Vec<Size>>,
    pub postgres: Option<Vec<Size>>,
}

/// The section.
pub fn text(growth: &Growth) -> String {
    let Machine { date, commit, cpu, cores, memory_mib, kernel, filesystem } = &growth.machine;
    let mut text = format!(
        "{BEGIN}## With more members\n\n\
         | When | Commit | Processor | Cores | Memory | Kernel | Filesystem |\n|---|---|---|---|---|---|---|\n\
         | {date} | {commit} | {cpu} | {cores} | {memory_mib} MiB | {kernel} | {filesystem} |\n\n"
    );
    for (engine, sizes) in [("SQLite", &growth.sqlite), ("PostgreSQL", &growth.postgres)] {
        if let Some(sizes) = sizes {
            table(&mut text, engine, sizes);
        }
    }
    text.push_str(
        "Medians in ms of one client who asks one thing after the other, each for another of all members, through the JSON API, of databases of all \
         sizes by turns; the last column holds the \
         largest of a line against its first. A look-up for signing in is a try with a wrong password of a member whose stored hash was made with 64 KiB, \
         so that what is around the hash can be seen. [benchmarks-growth.json](benchmarks-growth.json) holds the same for programs.\n\n\
         ```\ncargo xtask bench --growth                                           # 10,000, 100,000 and 1,000,000 members\n\
         cargo xtask bench --growth --engine postgres --members 10000000      # prints only\n```\n",
    );
    text.push_str(END);
    text
}

/// What is measured, and where it stands.
type Figure = (&'static str, fn(&Size) -> f64);

fn table(text: &mut String, engine: &str, sizes: &[Size]) {
    let figures: [Figure; 5] = [
        ("Recovery start", |size| size.recovery_start_ms),
        ("A wrong code", |size| size.wrong_code_ms),
        ("The right code", |size| size.right_code_ms),
        ("Look-up for signing in", |size| size.sign_in_ms),
        ("One's own profile", |size| size.profile_ms),
    ];
    // Writing to a text does not fail.
    let heads: Vec<_> = sizes.iter().map(|size| format!("{} members", size.members)).collect();
    let _ = writeln!(
        text,
        "| {engine} | {} | Growth, goal {GOAL} |\n|---|{}---|",
        heads.join(" | "),
        "---|".repeat(sizes.len())
    );
    for (name, of) in figures {
        let cells: Vec<_> = sizes.iter().map(|size| format!("{:.2}", of(size))).collect();
        let first = sizes.first().map_or(f64::NAN, of);
        let growth = sizes.iter().map(of).fold(f64::NAN, f64::max) / first;
        let sign = if growth <= GOAL { "✓" } else { "✗" };
        let _ = writeln!(text, "| {name} | {} | {growth:.2} {sign} |", cells.join(" | "));
    }
    text.push('\n');
}

/// The marks of this section.
pub const SECTION: Section = Section { begin: BEGIN, end: END };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_leaves_the_other_part_alone() {
        let (one, two) = (format!("{BEGIN}one\n{END}"), format!("{BEGIN}two\n{END}"));
        let page = SECTION.put("figures\n", &one);
        assert_eq!(SECTION.of(&page), Some(one.as_str()));
        let page = SECTION.put(&page, &two);
        assert_eq!(page, format!("figures\n\n{two}"));
        assert_eq!(SECTION.of("figures\n"), None);
    }

    #[test]
    fn growth_is_the_largest_against_the_first() {
        let size = |members, ms| Size {
            members,
            loaded_in_seconds: 1.0,
            recovery_start_ms: ms,
            wrong_code_ms: 1.0,
            right_code_ms: 1.0,
            sign_in_ms: 1.0,
            profile_ms: 1.0,
        };
        let mut text = String::new();
        table(&mut text, "SQLite", &[size(10, 1.0), size(100, 2.0), size(1_000, 1.5)]);
        assert!(text.contains("| Recovery start | 1.00 | 2.00 | 1.50 | 2.00 ✗ |"), "{text}");
        assert!(text.contains("| A wrong code | 1.00 | 1.00 | 1.00 | 1.00 ✓ |"), "{text}");
    }
}
