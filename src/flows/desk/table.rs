//! Tables for spreadsheets, CSV in UTF-8 with a mark, by which Excel knows it. No cell begins as a formula (OWASP, "CSV Injection").

use crate::flows::{Error, Result};

/// The mark and the first line.
pub fn first(head: &[impl AsRef<str>]) -> Result<Vec<u8>> {
    write("\u{feff}", std::iter::once(head))
}

/// Further lines.
pub fn rows<C: AsRef<str>>(rows: impl Iterator<Item = impl AsRef<[C]>>) -> Result<Vec<u8>> {
    write("", rows)
}

fn write<C: AsRef<str>>(mark: &str, rows: impl Iterator<Item = impl AsRef<[C]>>) -> Result<Vec<u8>> {
    let broken = |error: csv::Error| Error::Broken(error.to_string());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(mark.as_bytes().to_vec());
    for row in rows {
        writer.write_record(row.as_ref().iter().map(|cell| plain(cell.as_ref()))).map_err(broken)?;
    }
    writer.into_inner().map_err(|error| Error::Broken(error.to_string()))
}

/// No spreadsheet takes it for a formula, also not one in which full-width signs begin them.
pub(super) fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
