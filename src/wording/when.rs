//! Spans and moments as a person says them: あと「9分41秒」, 「11月22日 17:05」. All moments are Japan's time, which has no summer.

use jiff::Zoned;
use jiff::tz::{TimeZone, offset};

use super::{Locale, text};
use crate::model::Timestamp;

/// A span: 「41秒」「9分41秒」「3時間20分」「2日」. Minutes and seconds up to an hour, then coarser.
pub fn lasting(locale: Locale, seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (m, s) = (seconds / 60, seconds % 60);
    let say = |key: &str, values: &[(&str, i64)]| {
        let texts: Vec<String> = values.iter().map(|(_, n)| n.to_string()).collect();
        let values: Vec<(&str, &str)> = values.iter().zip(&texts).map(|((name, _), t)| (*name, t.as_str())).collect();
        text(locale, key, &values)
    };
    match seconds {
        0..60 => say("span-seconds", &[("s", s)]),
        60..3600 if s == 0 => say("span-minutes", &[("m", m)]),
        60..3600 => say("span-minutes-seconds", &[("m", m), ("s", s)]),
        3600..86_400 if m % 60 == 0 => say("span-hours", &[("h", m / 60)]),
        3600..86_400 => say("span-hours-minutes", &[("h", m / 60), ("m", m % 60)]),
        _ => say("span-days", &[("d", (seconds + 86_399) / 86_400)]),
    }
}

/// The pattern from which scripts count down, with `%m` and `%s` in place of the numbers.
pub fn clock_pattern(locale: Locale) -> String {
    text(locale, "span-minutes-seconds", &[("m", "%m"), ("s", "%s")])
}

/// A moment: 「11月22日 17:05」 or "22 Nov, 17:05" in Japan's time.
pub fn moment(locale: Locale, at: Timestamp) -> String {
    let local = in_japan(at);
    match locale {
        Locale::Ja => local.strftime("%-m月%-d日 %H:%M").to_string(),
        Locale::En => local.strftime("%-d %b, %H:%M").to_string(),
    }
}

/// A moment of today to the second: 「17:05:09」, in Japan's time.
pub fn second(at: Timestamp) -> String {
    in_japan(at).strftime("%H:%M:%S").to_string()
}

/// A day: 「11月22日」 or "22 Nov".
pub fn day(locale: Locale, at: Timestamp) -> String {
    in_japan(at).strftime(if locale == Locale::Ja { "%-m月%-d日" } else { "%-d %b" }).to_string()
}

/// A day of this week where there is little room: 「11/22」 or "Sun".
pub fn day_short(locale: Locale, at: Timestamp) -> String {
    in_japan(at).strftime(if locale == Locale::Ja { "%-m/%-d" } else { "%a" }).to_string()
}

/// An hour where there is little room, if it is one of the four that divide the day: 「18時」 or "18:00".
pub fn quarter(locale: Locale, at: Timestamp) -> Option<String> {
    let local = in_japan(at);
    let text = local.strftime(if locale == Locale::Ja { "%-H時" } else { "%-H:00" }).to_string();
    (local.hour() % 6 == 0).then_some(text)
}

fn in_japan(at: Timestamp) -> Zoned {
    at.to_jiff().to_zoned(TimeZone::fixed(offset(9)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        let ja = |s| lasting(Locale::Ja, s);
        assert_eq!(ja(581), "9分41秒");
        assert_eq!(ja(600), "10分");
        assert_eq!(ja(24), "24秒");
        assert_eq!(ja(-3), "0秒");
        assert_eq!(ja(12_000), "3時間20分");
        assert_eq!(ja(86_400), "1日");
        assert_eq!(lasting(Locale::En, 581), "9 min 41 s");
        assert_eq!(lasting(Locale::En, 86_401), "2 days");
    }

    #[test]
    fn moments_are_japans() {
        let at = Timestamp(1_795_334_700_000_000);
        assert_eq!(moment(Locale::Ja, at), "11月22日 17:05");
        assert_eq!(moment(Locale::En, at), "22 Nov, 17:05");
        assert_eq!([day, day_short].map(|say| say(Locale::Ja, at)), ["11月22日", "11/22"]);
        assert_eq!([day, day_short].map(|say| say(Locale::En, at)), ["22 Nov", "Sun"]);
        assert_eq!(quarter(Locale::Ja, at), None);
        assert_eq!(quarter(Locale::Ja, at + crate::model::hours(1)).as_deref(), Some("18時"));
        assert_eq!(quarter(Locale::En, at + crate::model::hours(7)).as_deref(), Some("0:00"));
    }
}
