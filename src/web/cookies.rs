//! Cookies: their names, and how they are set. On https every one is `Secure` with the prefix `__Host-`, `HttpOnly`,
//! `SameSite=Lax` and without a domain (RFC 6265bis §4.1.3.2).

use axum::http::{HeaderMap, HeaderValue, header};

use crate::config::Config;
use crate::model::Secret;

/// The cookies that exist.
#[derive(Debug, Clone, Copy)]
pub enum Cookie<'a> {
    /// Ties forms to the browser that asked for them.
    Browser,
    /// Recognises a browser that signed in before.
    Device,
    /// The language chosen.
    Language,
    /// The handle of an attempt to get back in.
    Recovery,
    /// What to say on the next page.
    Flash,
    /// The ID that a recovery found, for the sign-in page.
    Login,
    /// Signed in to the workspace with this slug.
    Session(&'a str),
}

const A_YEAR: u32 = 365 * 24 * 60 * 60;

impl Cookie<'_> {
    fn name(self, config: &Config) -> String {
        let name = match self {
            Self::Browser => "aikagi_b".to_owned(),
            Self::Device => "aikagi_d".to_owned(),
            Self::Language => "aikagi_l".to_owned(),
            Self::Recovery => "aikagi_r".to_owned(),
            Self::Flash => "aikagi_f".to_owned(),
            Self::Login => "aikagi_i".to_owned(),
            Self::Session(slug) => format!("aikagi_s_{slug}"),
        };
        if config.is_https() { format!("__Host-{name}") } else { name }
    }

    /// Seconds that it stays; none for as long as the browser is open.
    const fn stays(self) -> Option<u32> {
        match self {
            Self::Browser | Self::Session(_) => None,
            Self::Device | Self::Language => Some(A_YEAR),
            Self::Recovery => Some(60 * 60),
            Self::Flash | Self::Login => Some(60),
        }
    }

    /// Its value, if the browser sent exactly one.
    pub fn read(self, config: &Config, headers: &HeaderMap) -> Option<Secret> {
        let name = self.name(config);
        let mut found = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(value), None) if !value.is_empty() => Some(Secret::from(value)),
            _ => None,
        }
    }

    /// The workspaces whose session's cookie came.
    pub fn slugs(config: &Config, headers: &HeaderMap) -> Vec<String> {
        let prefix = Cookie::Session("").name(config);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let names = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        names.filter_map(|(name, _)| name.strip_prefix(&prefix).map(str::to_owned)).collect()
    }

    /// The header that sets it. The value holds only letters that a cookie may hold: tokens, language words, base64.
    pub fn set(self, config: &Config, value: &str) -> HeaderValue {
        self.line(config, value, self.stays())
    }

    /// The header that takes it away.
    pub fn clear(self, config: &Config) -> HeaderValue {
        self.line(config, "", Some(0))
    }

    fn line(self, config: &Config, value: &str, stays: Option<u32>) -> HeaderValue {
        let age = stays.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let secure = if config.is_https() { "; Secure" } else { "" };
        let line = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}", self.name(config));
        HeaderValue::from_str(&line).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVERY: [Cookie<'static>; 4] = [Cookie::Browser, Cookie::Recovery, Cookie::Device, Cookie::Session("sakura")];

    proptest! {
        #[test]
        fn no_bytes_panic(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4), near in "(aikagi_[brd]|=|;| |x|\u{e9}){0,12}") {
            let mut headers = HeaderMap::new();
            for line in lines.into_iter().chain([near.into_bytes()]) {
                if let Ok(line) = HeaderValue::from_bytes(&line) {
                    headers.append(header::COOKIE, line);
                }
            }
            for cookie in EVERY {
                if let Some(value) = cookie.read(&Config::default(), &headers) {
                    prop_assert!(!value.expose().contains(|c: char| c.is_control() || c == ';'));
                }
            }
        }

        #[test]
        fn what_is_set_reads_back_once_and_not_twice(value in "[a-z0-9_.-]{1,70}", https: bool) {
            let url = if https { "https://id.example.jp" } else { "http://localhost" };
            let config = Config { public_url: url.to_owned(), ..Config::default() };
            for cookie in EVERY {
                let line = cookie.set(&config, &value);
                let pair = line.to_str().unwrap().split(';').next().unwrap().to_owned();
                let mut headers = HeaderMap::new();
                headers.append(header::COOKIE, format!("other=1; {pair}").parse().unwrap());
                let read = cookie.read(&config, &headers);
                prop_assert_eq!(read.as_ref().map(Secret::expose), Some(value.as_str()));
                headers.append(header::COOKIE, pair.parse().unwrap());
                prop_assert!(cookie.read(&config, &headers).is_none());
            }
        }
    }
}
