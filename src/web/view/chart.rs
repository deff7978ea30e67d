//! Charts as plain values: bars, stacked where there are several series, or a line, laid out here in whole numbers and drawn as SVG by
//! `parts/chart.html`, with the same numbers in a table below. No script, no style of its own; a chart fits a telephone's width.

use crate::model::Locale;

/// The drawing's size; all places in it are in these units.
const WIDTH: i64 = 3_200;
const HEIGHT: i64 = 1_340;
/// As `desk.css` has it.
const LETTER: i64 = 110;
const TOP: i64 = 80;
const BASE: i64 = 1_150;
const RIGHT: i64 = 3_170;

/// A chart and its table.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Its id on the page.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// What it comes to, in a sentence, for those who do not see it.
    pub about: String,
    /// How it is drawn.
    pub shape: Shape,
    /// What is compared.
    pub series: Vec<Series>,
    /// What the columns are: the heading of the table's first column.
    pub across: String,
    /// From left to right.
    pub columns: Vec<Column>,
}

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A bar for each column, its series one on the other: how often.
    Bars,
    /// A line for each series: hundredths.
    Line,
}

/// One of the things that are compared.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// How it is drawn; none stands in the table only.
    pub ink: Option<Ink>,
}

/// What something is drawn with. Its colour is never all that tells: bars have the order of the legend, and the table has names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The house's own.
    Main,
    /// Another one beside it.
    Second,
    /// What asks for attention.
    Gold,
}

impl Ink {
    /// Class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Main => "ink-main",
            Self::Second => "ink-second",
            Self::Gold => "ink-gold",
        }
    }
}

/// A place from left to right.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in the table.
    pub name: String,
    /// What stands below it, if there is room for all that have something.
    pub tick: Option<String>,
    /// A value for each series, where there is one.
    pub values: Vec<Option<i64>>,
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Where the plot begins.
    pub left: i64,
    /// Where it ends.
    pub right: i64,
    /// Lines across, and what they say.
    pub grid: Vec<(i64, String)>,
    /// What stands below: middle and text.
    pub ticks: Vec<(i64, String)>,
    /// Bars.
    pub bars: Vec<Bar>,
    /// Lines: class and points.
    pub lines: Vec<(&'static str, String)>,
    /// Points: class and place.
    pub dots: Vec<(&'static str, i64, i64)>,
}

/// A bar, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in SVG")]
pub struct Bar {
    pub class: &'static str,
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

impl Chart {
    /// The drawing's size.
    pub fn view_box(&self) -> String {
        format!("0 0 {WIDTH} {HEIGHT}")
    }

    /// Where everything stands.
    pub fn drawn(&self, locale: &Locale) -> Drawn {
        let top = self.top();
        let says = |value: i64| match self.shape {
            Shape::Bars => short(*locale, value),
            Shape::Line => format!("{value}%"),
        };
        let height = |value: i64| value * (BASE - TOP) / top;
        let grid: Vec<_> = [0, top / 2, top].map(|value| (BASE - height(value), says(value))).into();
        let left = grid.iter().map(|(_, text)| width(text)).max().unwrap_or_default() + 60;
        let slot = (RIGHT - left) / i64::try_from(self.columns.len()).unwrap_or(1).max(1);
        let middle = |nth: i64| left + slot * nth + slot / 2;
        let mut drawn = Drawn { left, right: RIGHT, grid, ticks: vec![], bars: vec![], lines: vec![], dots: vec![] };
        for (nth, column) in (0..).zip(&self.columns) {
            drawn.ticks.extend(column.tick.clone().map(|tick| (middle(nth), tick)));
            let mut foot = BASE;
            let values = self.series.iter().zip(&column.values);
            for (ink, value) in values.filter_map(|(series, value)| Some((series.ink?, (*value)?))) {
                if self.shape == Shape::Line {
                    drawn.dots.push((ink.class(), middle(nth), BASE - height(value)));
                } else if value > 0 {
                    // What happened once is seen beside what happened a thousand times.
                    let (tall, wide) = (height(value).max(12), (slot * 5 / 8).min(240));
                    foot -= tall;
                    drawn.bars.push(Bar {
                        class: ink.class(),
                        x: middle(nth) - wide / 2,
                        y: foot,
                        width: wide,
                        height: tall,
                    });
                }
            }
        }
        if self.shape == Shape::Line {
            drawn.lines = self.lines(&middle, &height);
        }
        drawn
    }

    /// From point to point; where a value is missing the line ends, and begins anew behind it.
    fn lines(&self, middle: &impl Fn(i64) -> i64, height: &impl Fn(i64) -> i64) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        for (place, series) in self.series.iter().enumerate() {
            let Some(ink) = series.ink else { continue };
            let values: Vec<_> =
                self.columns.iter().map(|column| column.values.get(place).copied().flatten()).collect();
            let points: Vec<_> = (0..)
                .zip(&values)
                .map(|(nth, value)| value.map(|value| format!("{},{}", middle(nth), BASE - height(value))))
                .collect();
            let parts = points.split(Option::is_none).filter(|part| part.len() > 1);
            lines.extend(parts.map(|part| (ink.class(), part.iter().flatten().cloned().collect::<Vec<_>>().join(" "))));
        }
        lines
    }

    /// The value of the highest line: even, round, and no lower than the highest bar.
    fn top(&self) -> i64 {
        if self.shape == Shape::Line {
            return 100;
        }
        let drawn = |column: &Column| {
            let values = self.series.iter().zip(&column.values);
            values.filter(|(series, _)| series.ink.is_some()).filter_map(|(_, value)| *value).sum()
        };
        let most: i64 = self.columns.iter().map(drawn).max().unwrap_or_default();
        let mut ten = 1;
        loop {
            if let Some(top) = [2, 4, 6, 8, 10].into_iter().map(|times| times * ten).find(|top| *top >= most) {
                return top;
            }
            ten *= 10;
        }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.columns.iter().flat_map(|column| &column.values).all(|value| value.unwrap_or_default() == 0)
            && self.shape == Shape::Bars
            || self.columns.iter().flat_map(|column| &column.values).all(Option::is_none)
    }

    /// The series that are drawn, for the legend; one alone needs none.
    pub fn legend(&self) -> Vec<(&str, &'static str)> {
        let all: Vec<_> =
            self.series.iter().filter_map(|series| Some((series.name.as_str(), series.ink?.class()))).collect();
        if all.len() > 1 { all } else { Vec::new() }
    }

    /// A value as the table has it.
    pub fn cell(&self, value: &Option<i64>) -> String {
        match (value, self.shape) {
            (None, _) => "-".to_owned(),
            (Some(value), Shape::Bars) => grouped(*value),
            (Some(value), Shape::Line) => format!("{value}%"),
        }
    }
}

/// 12,345
pub fn grouped(value: i64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// As short as an axis needs it: 「1.2万」, "12k". Round numbers only, so that nothing is lost.
fn short(locale: Locale, value: i64) -> String {
    let (unit, sign) = match (locale, value) {
        (_, ..10_000) => return grouped(value),
        (Locale::Ja, ..100_000_000) => (10_000, "万"),
        (Locale::Ja, _) => (100_000_000, "億"),
        (Locale::En, ..1_000_000) => (1_000, "k"),
        (Locale::En, _) => (1_000_000, "M"),
    };
    match value % unit * 10 / unit {
        0 => format!("{}{sign}", grouped(value / unit)),
        tenths => format!("{}.{tenths}{sign}", grouped(value / unit)),
    }
}

/// About how wide a text is.
fn width(text: &str) -> i64 {
    text.chars().map(|c| if c.is_ascii() { LETTER * 62 / 100 } else { LETTER }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(shape: Shape, values: &[Vec<Option<i64>>], ticks: &[&str]) -> Chart {
        let columns = values.iter().enumerate().map(|(nth, values)| Column {
            name: nth.to_string(),
            tick: ticks.get(nth).filter(|tick| !tick.is_empty()).map(|tick| (*tick).to_owned()),
            values: values.clone(),
        });
        let inks = [Some(Ink::Main), Some(Ink::Gold), None];
        Chart {
            id: "x",
            title: String::new(),
            about: String::new(),
            shape,
            series: inks.map(|ink| Series { name: String::new(), ink }).to_vec(),
            across: String::new(),
            columns: columns.collect(),
        }
    }

    #[test]
    fn bars_stand_on_each_other_below_the_highest_line() {
        let chart = chart(Shape::Bars, &[vec![Some(30), Some(10), Some(999)], vec![Some(0), None, None]], &[]);
        let drawn = chart.drawn(&Locale::En);
        assert_eq!(drawn.grid, [(BASE, "0".into()), (BASE - (BASE - TOP) / 2, "20".into()), (TOP, "40".into())]);
        let [low, high] = drawn.bars.as_slice() else { panic!("{:?}", drawn.bars) };
        assert_eq!((low.y + low.height, high.y + high.height), (BASE, low.y));
        assert_eq!((high.y, low.x, low.class, high.class), (TOP + 1, high.x, "ink-main", "ink-gold"));
        assert_eq!(low.height, (BASE - TOP) * 3 / 4);
    }

    #[test]
    fn a_line_has_a_gap_where_there_is_no_value() {
        let values = [Some(100), Some(50), None, Some(0), None].map(|value| vec![value, None, None]);
        let drawn = chart(Shape::Line, &values, &[]).drawn(&Locale::En);
        assert_eq!(drawn.lines.len(), 1, "a point alone is no line");
        assert_eq!(drawn.lines[0].1.split(' ').count(), 2);
        assert_eq!(drawn.dots.len(), 3);
        assert_eq!((drawn.dots[0].2, drawn.dots[2].2), (TOP, BASE));
    }

    /// The drawing shrinks and grows as a whole, so that what holds here holds on every screen.
    #[test]
    fn no_text_stands_on_another_or_beside_the_drawing() {
        let days = ["Fri", "Sat", "Sun", "Mon", "Tue", "Wed", "Thu"];
        let days_ja = ["11/20", "11/21", "11/22", "11/23", "11/24", "11/25", "11/26"];
        let mut hours = [""; 24];
        for (place, text) in [(0, "18:00"), (6, "0:00"), (12, "6:00"), (18, "12:00")] {
            hours[place] = text;
        }
        for (locale, ticks) in [(Locale::En, &days[..]), (Locale::Ja, &days_ja[..]), (Locale::Ja, &hours[..])] {
            for most in [0, 1, 7, 99, 1_234, 9_999, 12_345, 999_999, 7_654_321, 123_456_789] {
                let values = vec![vec![Some(most), None, None]; ticks.len()];
                let drawn = chart(Shape::Bars, &values, ticks).drawn(&locale);
                let ends: Vec<_> =
                    drawn.ticks.iter().map(|(x, text)| (x - width(text) / 2, x + width(text) / 2)).collect();
                assert!(ends[0].0 >= 0 && ends.iter().all(|(_, end)| *end <= WIDTH), "{most} {drawn:?}");
                assert!(ends.windows(2).all(|two| two[0].1 + 10 <= two[1].0), "{locale:?} {most}: {:?}", drawn.ticks);
                assert!(drawn.grid.iter().all(|(_, text)| width(text) < drawn.left));
                assert!(drawn.grid.windows(2).all(|two| two[0].0 - two[1].0 > LETTER));
            }
        }
    }

    #[test]
    fn numbers_are_said_shortly_and_whole() {
        assert_eq!([0, 999, 1_000, 9_999, 1_234_567].map(grouped), ["0", "999", "1,000", "9,999", "1,234,567"]);
        let ja = |value| short(Locale::Ja, value);
        assert_eq!([8_000, 10_000, 60_000, 15_000, 200_000_000].map(ja), ["8,000", "1万", "6万", "1.5万", "2億"]);
        let en = |value| short(Locale::En, value);
        assert_eq!([10_000, 500_000, 1_500_000].map(en), ["10k", "500k", "1.5M"]);
    }

    #[test]
    fn nothing_is_nothing_to_draw() {
        assert!(chart(Shape::Bars, &[vec![Some(0), None, None]], &[]).is_empty());
        assert!(!chart(Shape::Bars, &[vec![None, Some(1), None]], &[]).is_empty());
        assert!(!chart(Shape::Line, &[vec![Some(0), None, None]], &[]).is_empty(), "0% is a value");
        assert!(chart(Shape::Line, &[vec![None, None, None]], &[]).is_empty());
    }
}
