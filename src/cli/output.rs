//! Tables and fields on a terminal, aligned also where names are Japanese. What was typed by people cannot move the
//! cursor: control characters become dots.

use std::io::Write as _;

/// A table with a head; columns are as wide as their widest cell.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let cell = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |cell| width(cell));
    let widths: Vec<usize> = (0..head.len())
        .map(|column| rows.iter().map(|row| cell(row, column)).chain([head[column].len()]).max().unwrap_or(0))
        .collect();
    line(head.iter().copied(), &widths);
    for row in &rows {
        line(row.iter().map(String::as_str), &widths);
    }
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) {
    let mut text = String::new();
    for (cell, wide) in cells.zip(widths) {
        text.push_str(cell);
        text.extend(std::iter::repeat_n(' ', wide - width(cell) + 2));
    }
    say(text.trim_end());
}

/// Names and values, one a line.
pub(super) fn fields(fields: &[(&str, String)]) {
    let wide = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in fields {
        say(format!("{name:wide$}  {}", plain(value)).trim_end());
    }
}

/// What the doctor found: its state, what was looked at, what is the case; below it what to do.
pub(super) fn finding(finding: &crate::doctor::Finding) {
    let state = match finding.state {
        crate::doctor::State::Ok => "ok",
        crate::doctor::State::Warning => "warning",
        crate::doctor::State::Broken => "BROKEN",
    };
    say(plain(&format!("{state:<8} {:<15} {}", finding.check, finding.what)).trim_end());
    if let Some(todo) = &finding.todo {
        say(plain(&format!("{:<24} -> {todo}", "")).trim_end());
    }
}

/// One line. A reader that went away (`| head`) is no fault.
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

/// As JSON for programs.
pub(super) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// 2026-11-22 09:30:00 UTC
pub(super) fn time(at: crate::model::Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

/// Columns on a terminal: Han, kana and full-width signs take two (Unicode Standard Annex 11).
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_takes_two_columns_and_nothing_moves_the_cursor() {
        assert_eq!(width("田中 ﾊﾅｺ a"), 4 + 1 + 3 + 2);
        assert_eq!(plain("a\u{1b}[2Jb"), "a·[2Jb");
    }
}
