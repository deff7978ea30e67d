//! The counts of the last day and the last week as figures and charts.

use super::super::chart::{Chart, Column, Ink, Series, Shape, grouped};
use crate::model::tally::{Counts, Tally};
use crate::model::{Locale, Timestamp};
use crate::wording::{day, day_short, moment, quarter, text};

/// How the last days went.
#[derive(Debug)]
pub struct Recent {
    /// The most important numbers.
    pub figures: Vec<Figure>,
    /// All others.
    pub charts: Vec<Chart>,
    /// Up to when they are counted.
    pub counted: String,
}

/// A number that stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it counts.
    pub name: String,
    /// The number.
    pub value: String,
    /// What belongs to it.
    pub note: String,
}

/// What is compared: a key, how it is drawn, what it counts.
type Compared = (&'static str, Option<Ink>, Tally);

const SIGN_INS: [Compared; 2] =
    [("chart-in", Some(Ink::Main), Tally::SignedIn), ("chart-refused", Some(Ink::Gold), Tally::Refused)];
/// Those who got back in; the codes that were right stand in the table only.
const BACK: [Compared; 5] = [
    ("chart-back-sms", Some(Ink::Main), Tally::BackBySms),
    ("chart-back-email", Some(Ink::Second), Tally::BackByEmail),
    ("chart-back-help", Some(Ink::Gold), Tally::BackByHelp),
    ("chart-proved-sms", None, Tally::ProvedBySms),
    ("chart-proved-email", None, Tally::ProvedByEmail),
];

/// A span's name, what stands below it, and its counts.
type Span<'a> = (String, Option<String>, &'a Counts);

impl Recent {
    /// The hours and the days, each with its beginning, the newest last; and until when all is counted, where that is long ago.
    pub fn of(
        locale: Locale,
        hours: &[(Timestamp, Counts)],
        days: &[(Timestamp, Counts)],
        only_until: Option<Timestamp>,
    ) -> Self {
        let t = |key: &str| text(locale, key, &[]);
        let hours: Vec<Span<'_>> =
            hours.iter().map(|(at, counts)| (moment(locale, *at), quarter(locale, *at), counts)).collect();
        let days: Vec<Span<'_>> =
            days.iter().map(|(at, counts)| (day(locale, *at), Some(day_short(locale, *at)), counts)).collect();
        let charts = vec![
            bars(locale, ["hours", "chart-hours", "chart-hour"], &hours, &SIGN_INS),
            bars(locale, ["days", "chart-days", "chart-day"], &days, &SIGN_INS),
            bars(locale, ["back", "chart-back", "chart-day"], &days, &BACK),
            Chart {
                id: "alone",
                title: t("chart-alone"),
                about: t("chart-alone-about"),
                shape: Shape::Line,
                series: vec![Series { name: t("chart-share"), ink: Some(Ink::Main) }],
                across: t("chart-day"),
                columns: columns(&days, |counts| vec![counts.alone_permille().map(|share| (share + 5) / 10)]),
            },
        ];
        let counted = match only_until {
            None => t("chart-counted"),
            Some(at) => text(locale, "chart-counting", &[("at", &moment(locale, at))]),
        };
        Self { figures: figures(locale, &days), charts, counted }
    }
}

fn columns(spans: &[Span<'_>], values: impl Fn(&Counts) -> Vec<Option<i64>>) -> Vec<Column> {
    let column =
        |(name, tick, counts): &Span<'_>| Column { name: name.clone(), tick: tick.clone(), values: values(counts) };
    spans.iter().map(column).collect()
}

fn bars(
    locale: Locale,
    [id, title, across]: [&'static str; 3],
    spans: &[Span<'_>],
    compared: &'static [Compared],
) -> Chart {
    let t = |key: &str| text(locale, key, &[]);
    let series = compared.iter().map(|(key, ink, _)| Series { name: t(key), ink: *ink }).collect();
    let columns = columns(spans, |counts| compared.iter().map(|(_, _, what)| Some(counts.of(*what))).collect());
    let about = sums(locale, &columns, compared);
    Chart { id, title: t(title), about, shape: Shape::Bars, series, across: t(across), columns }
}

/// The sum of each series in a sentence.
fn sums(locale: Locale, columns: &[Column], compared: &[Compared]) -> String {
    let sum = |place: usize| columns.iter().filter_map(|column| column.values[place]).sum::<i64>();
    let drawn = compared.iter().enumerate().filter(|(_, (_, ink, _))| ink.is_some());
    let parts: Vec<_> =
        drawn.map(|(place, (key, _, _))| format!("{} {}", text(locale, key, &[]), grouped(sum(place)))).collect();
    text(locale, "chart-about", &[("sums", &parts.join(if locale == Locale::Ja { "、" } else { ", " }))])
}

fn figures(locale: Locale, days: &[Span<'_>]) -> Vec<Figure> {
    let (mut week, mut today) = (Counts::default(), Counts::default());
    for (_, _, counts) in days {
        week.add_all(counts);
    }
    if let Some((_, _, counts)) = days.last() {
        today.add_all(counts);
    }
    let say = |key: &str, values: &[(&str, i64)]| {
        let texts: Vec<_> = values.iter().map(|(name, value)| (*name, grouped(*value))).collect();
        let values: Vec<_> = texts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        text(locale, key, &values)
    };
    let figure = |name: &str, value, note| Figure { name: text(locale, name, &[]), value, note };
    let (back, alone) = (week.back(), week.back_alone());
    let proved = week.of(Tally::ProvedBySms) + week.of(Tally::ProvedByEmail);
    vec![
        match week.alone_permille() {
            Some(share) => figure(
                "figure-alone",
                format!("{}.{}%", share / 10, share % 10),
                say("figure-alone-of", &[("alone", alone), ("all", back)]),
            ),
            None => figure("figure-alone", "-".to_owned(), say("figure-alone-none", &[])),
        },
        figure(
            "figure-today",
            grouped(today.of(Tally::SignedIn)),
            say("figure-refused", &[("n", today.of(Tally::Refused))]),
        ),
        figure("figure-proved", grouped(proved), say("figure-proved-of", &[("n", alone)])),
    ]
}
