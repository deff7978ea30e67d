//! Every key of `aikagi.toml` with what it may hold. The same list checks the file, the environment and the flags, and
//! answers in words that name the way out.

use std::net::{IpAddr, SocketAddr};

use toml::Value;

/// The longest host that leaves an SMS its 70 characters (UCS-2): the host stands in every one of them.
pub const LONGEST_HOST: usize = 25;

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name, with the table's: `limits.code_tries`.
    pub name: &'static str,
    kind: Kind,
}

/// What a key holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Path,
    Address,
    PublicUrl,
    HttpsUrl,
    DatabaseUrl,
    Whole(i64, i64),
    Choice(&'static [&'static str]),
    Networks,
    Countries,
    Ports,
    Receiver,
    LogFilter,
    Sender,
    Carriers,
    Domain,
    Prices,
}

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind }
}

/// All of them, in the order of the example file.
pub const KEYS: &[Key] = &[
    key("public_url", Kind::PublicUrl),
    key("listen", Kind::Address),
    key("listen_operations", Kind::Address),
    key("drain_seconds", Kind::Whole(0, 120)),
    key("database_url", Kind::DatabaseUrl),
    key("database_url_file", Kind::Path),
    key("master_key_file", Kind::Path),
    key("trusted_proxies", Kind::Networks),
    key("countries", Kind::Countries),
    key("sms_sender", Kind::Text),
    key("carrier_guide_file", Kind::Path),
    key("places_file", Kind::Path),
    key("message_file", Kind::Path),
    key("log", Kind::LogFilter),
    key("log_format", Kind::Choice(&["text", "json"])),
    key("hashing.memory_kib", Kind::Whole(7_168, 4_194_304)),
    key("hashing.passes", Kind::Whole(1, 1_000)),
    key("hashing.threads", Kind::Whole(1, 256)),
    key("limits.code_tries", Kind::Whole(1, 10)),
    key("limits.code_minutes", Kind::Whole(1, 60)),
    key("limits.resend_seconds", Kind::Whole(1, 3_600)),
    key("limits.sends_per_15_minutes", COUNT),
    key("limits.sends_per_hour", COUNT),
    key("limits.sends_per_day", COUNT),
    key("limits.sends_reserve_per_day", COUNT),
    key("limits.network_unproved_per_hour", COUNT),
    key("limits.network_unproved_per_day", COUNT),
    key("limits.network_countries_per_day", COUNT),
    key("limits.prefix_unverified_per_hour", COUNT),
    key("limits.guesses_per_day", COUNT),
    key("limits.guesses_reserve_per_day", COUNT),
    key("limits.guesses_in_a_row", COUNT),
    key("limits.sweep_wrong_codes_per_day", COUNT),
    key("limits.sweep_percent_of_proved", Kind::Whole(0, 100)),
    key("limits.sweep_hold_hours", Kind::Whole(1, 720)),
    key("limits.live_attempts", COUNT),
    key("limits.sign_in_free_tries", Kind::Whole(1, 100)),
    key("limits.sign_in_delay_cap_minutes", Kind::Whole(1, 1_440)),
    key("limits.sign_in_failures_unknown_device", COUNT),
    key("limits.sign_in_failures_known_device", COUNT),
    key("limits.alarm_tries_per_hour", COUNT),
    key("limits.asks_per_network_per_hour", COUNT),
    key("limits.asks_per_workspace_per_hour", COUNT),
    key("limits.calls_per_helper_per_hour", COUNT),
    key("limits.calls_per_id_per_day", COUNT),
    key("limits.token_requests_per_minute", COUNT),
    key("limits.contacts_per_kind", Kind::Whole(1, 20)),
    key("limits.contact_hold_hours", Kind::Whole(1, 720)),
    key("limits.objection_days", Kind::Whole(1, 30)),
    key("limits.link_hours", Kind::Whole(1, 720)),
    key("mail.from", Kind::Sender),
    key("mail.host", Kind::Text),
    key("mail.port", Kind::Whole(1, 65_535)),
    key("mail.security", Kind::Choice(&["starttls", "tls", "none"])),
    key("mail.user", Kind::Text),
    key("mail.password_file", Kind::Path),
    key("mail.ca_file", Kind::Path),
    key("mail.dkim_selector", Kind::Domain),
    key("mail.dkim_key_file", Kind::Path),
    key("mail.dkim_domain", Kind::Domain),
    key("mail.return_path", Kind::Choice(&["bounces", "sender"])),
    key("bounces.domain", Kind::Domain),
    key("bounces.listen", Kind::Address),
    key("carriers", Kind::Carriers),
    key("messages.receipt_seconds", Kind::Whole(0, 600)),
    key("messages.prices", Kind::Prices),
    key("messages.workspace_budget", MONEY),
    key("messages.server_budget", MONEY),
    key("messages.unverified", Kind::Choice(&["record", "hold"])),
    key("tls.certificate_file", Kind::Path),
    key("tls.key_file", Kind::Path),
    key("tls.acme_directory", Kind::HttpsUrl),
    key("tls.acme_contact", Kind::Sender),
    key("tls.acme_folder", Kind::Path),
    key("tls.acme_ca_file", Kind::Path),
    key("tls.redirect_listen", Kind::Address),
    key("webhooks.networks", Kind::Networks),
    key("webhooks.ports", Kind::Ports),
    key("webhooks.ca_file", Kind::Path),
    key("management.graph_url", Kind::HttpsUrl),
    key("management.sign_in_url", Kind::HttpsUrl),
    key("management.ca_file", Kind::Path),
    key("siem.to", Kind::Receiver),
    key("siem.format", Kind::Choice(&["syslog", "json"])),
    key("siem.ca_file", Kind::Path),
];

const COUNT: Kind = Kind::Whole(1, 1_000_000);
const MONEY: Kind = Kind::Whole(0, 1_000_000_000);

/// The key of this name.
pub fn by_name(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether this is a table that holds keys.
pub fn is_table(name: &str) -> bool {
    KEYS.iter().any(|key| key.name.split_once('.').is_some_and(|(table, _)| table == name))
}

/// The known name that looks most like this one, if any does.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= 3.min(known.len() / 2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

impl Key {
    /// The environment's name for it: `AIKAGI_LIMITS__CODE_TRIES`.
    pub fn variable(&self) -> String {
        format!("AIKAGI_{}", self.name.replace('.', "__").to_ascii_uppercase())
    }

    /// Whether the value is a path of a file, relative to the configuration's folder.
    pub fn is_path(&self) -> bool {
        matches!(self.kind, Kind::Path)
    }

    /// The value of a text from the environment or a flag.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let value = match self.kind {
            Kind::Whole(..) => match text.trim().parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => return Err(format!("`{text}` is not a whole number")),
            },
            Kind::Ports => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                let numbers = items.map(|item| item.parse().map(Value::Integer));
                let numbers: Result<_, std::num::ParseIntError> = numbers.collect();
                Value::Array(numbers.map_err(|_| format!("`{text}` is no list of ports"))?)
            }
            Kind::Networks | Kind::Countries | Kind::Prices => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
            }
            Kind::Carriers => {
                match format!("carriers = {text}").parse::<toml::Table>().map(|mut all| all.remove("carriers")) {
                    Ok(Some(value)) => value,
                    _ => {
                        return Err(
                            "this is no list of TOML tables, like [{ name = \"mail\", kind = \"smtp\", … }]".to_owned()
                        );
                    }
                }
            }
            _ => Value::String(text.to_owned()),
        };
        self.check(&value).map(|()| value)
    }

    /// Whether the value can stand there; else what is wrong and what would be right.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        match (self.kind, value) {
            (Kind::Whole(min, max), Value::Integer(number)) if (min..=max).contains(number) => Ok(()),
            (Kind::Whole(min, max), Value::Integer(number)) => {
                Err(format!("{number} is out of range: it can be {min} to {max}"))
            }
            (Kind::Whole(..), _) => Err("this must be a whole number, without quotes".to_owned()),
            (Kind::Networks, Value::Array(items)) => items.iter().try_for_each(network),
            (Kind::Networks, _) => Err("this must be a list, like [\"10.0.0.0/8\", \"fd00::/8\"]".to_owned()),
            (Kind::Ports, Value::Array(items))
                if items.iter().all(|item| item.as_integer().is_some_and(|port| (1..=65_535).contains(&port))) =>
            {
                Ok(())
            }
            (Kind::Ports, _) => Err("this must be a list of ports, like [443, 8443]".to_owned()),
            (Kind::Carriers, Value::Array(items)) => items.iter().try_for_each(super::carriers::check),
            (Kind::Carriers, _) => Err("this must be a list of tables: write [[carriers]]".to_owned()),
            (Kind::Prices, Value::Array(items)) => items.iter().try_for_each(price),
            (Kind::Prices, _) => Err("this must be a list, like [\"JP=8\", \"*=30\"]".to_owned()),
            (Kind::Countries, Value::Array(items)) => countries(items),
            (Kind::Countries, _) => Err("this must be a list of country codes, like [\"JP\"]".to_owned()),
            (_, Value::String(text)) if text.trim().is_empty() => {
                Err("this is empty: give a value, or take the line out".to_owned())
            }
            (_, Value::String(text)) if text.contains(char::is_control) => {
                Err("this holds a line break or another control character".to_owned())
            }
            (kind, Value::String(text)) => check_text(kind, text),
            (..) => Err("this must be a text in quotes".to_owned()),
        }
    }
}

fn check_text(kind: Kind, text: &str) -> Result<(), String> {
    match kind {
        Kind::Address => address(text),
        Kind::PublicUrl => public_url(text),
        Kind::DatabaseUrl => database_url(text),
        Kind::Choice(words) if !words.contains(&text) => {
            let hint = nearest(text, words.iter().copied()).map(|word| format!(" (did you mean `{word}`?)"));
            Err(format!("it can be {}{}", words.join(" or "), hint.unwrap_or_default()))
        }
        // Other letters than ASCII can break tracing-subscriber's own reading (0.3.23 slices within one).
        Kind::LogFilter if !text.is_ascii() || tracing_subscriber::EnvFilter::try_new(text).is_err() => {
            Err("this is not a log filter: try `info`, or `info,aikagi=debug`".to_owned())
        }
        Kind::HttpsUrl if !text.starts_with("https://") => {
            Err("this is no web address that begins with https://".to_owned())
        }
        Kind::Receiver => receiver(text),
        Kind::Domain
            if !text.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(is_of_label)) =>
        {
            Err("this is no name in the DNS: letters, digits and hyphens between dots, like bounce.example.jp"
                .to_owned())
        }
        Kind::Sender if !text.contains('@') => {
            Err("this is not a sender: write `Acme <no-reply@example.jp>` or the address alone".to_owned())
        }
        _ => Ok(()),
    }
}

fn is_of_label(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

fn address(text: &str) -> Result<(), String> {
    if text.parse::<SocketAddr>().is_ok() {
        return Ok(());
    }
    let hint = match (text.strip_prefix("localhost:"), text.parse::<IpAddr>()) {
        (Some(port), _) => format!("write 127.0.0.1:{port}"),
        (None, Ok(IpAddr::V6(_))) => format!("add the port: [{text}]:8080"),
        (None, Ok(_)) => format!("add the port: {text}:8080"),
        (None, Err(_)) if text.parse::<u16>().is_ok() => format!("write 127.0.0.1:{text}, or 0.0.0.0:{text}"),
        (None, Err(_)) => "write an address and a port, like 127.0.0.1:8080 or [::1]:8080".to_owned(),
    };
    Err(format!("`{text}` is not an address to listen on: {hint}"))
}

/// `tcp://HOST:PORT`, `tls://…`, `udp://…`, or `file:PATH`.
fn receiver(text: &str) -> Result<(), String> {
    const LIKE: &str = "write it like tls://siem.example.jp:6514, tcp://10.0.0.5:601, udp://10.0.0.5:514 or file:/var/log/aikagi/siem.log";
    if let Some(path) = text.strip_prefix("file:") {
        return if path.is_empty() { Err(format!("the path is missing: {LIKE}")) } else { Ok(()) };
    }
    let Some(("tcp" | "tls" | "udp", place)) = text.split_once("://") else {
        return Err(format!("this is no receiver: {LIKE}"));
    };
    let port = place.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains(['/', '@']));
    match port.and_then(|(_, port)| port.parse::<u16>().ok()) {
        Some(1..) => Ok(()),
        _ => Err(format!("host and port are missing: {LIKE}")),
    }
}

fn network(item: &Value) -> Result<(), String> {
    let Some(text) = item.as_str() else {
        return Err("each network must be a text in quotes".to_owned());
    };
    match (text.parse::<ipnet::IpNet>(), text.parse::<IpAddr>()) {
        (Ok(_), _) => Ok(()),
        (_, Ok(address)) => Err(format!("`{text}` has no length: write {}", ipnet::IpNet::from(address))),
        _ => Err(format!("`{text}` is not a network: write it like 10.0.0.0/8")),
    }
}

/// What one message to a country costs.
fn price(item: &Value) -> Result<(), String> {
    let (country, price) = item.as_str().and_then(|text| text.split_once('=')).unwrap_or_default();
    let is_country = country == "*" || country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
    match price.parse::<u32>() {
        Ok(0..=1_000_000) if is_country => Ok(()),
        _ => Err("each price is a country's two capitals, or *, and a whole number, like \"JP=8\"".to_owned()),
    }
}

fn countries(items: &[Value]) -> Result<(), String> {
    if items.is_empty() {
        return Err("name at least one country, like [\"JP\"]".to_owned());
    }
    for item in items {
        let text = item.as_str().unwrap_or_default();
        if text.len() != 2 || !text.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(format!("`{text}` is not a country code of two capitals, like JP (ISO 3166-1)"));
        }
    }
    Ok(())
}

fn database_url(text: &str) -> Result<(), String> {
    let known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme));
    if known {
        Ok(())
    } else {
        // The text itself stays out: it may hold a password.
        Err("this must begin with sqlite: or postgres:, like sqlite:aikagi.db or postgres://aikagi@db.example.jp/aikagi"
            .to_owned())
    }
}

/// Whether the database's URL names a password.
pub fn has_password(database_url: &str) -> bool {
    let Some((_, rest)) = database_url.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let in_user = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    in_user || database_url.split_once('?').is_some_and(|(_, query)| query.contains("password="))
}

/// `https://HOST[:PORT]`, and plain http for this machine only.
fn public_url(text: &str) -> Result<(), String> {
    const LIKE: &str = "write it like https://id.example.jp";
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!("this is no web address: {LIKE}"));
    };
    if scheme != "https" && scheme != "http" {
        return Err(format!("this must begin with https://: {LIKE}"));
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('@') {
        return Err(format!("this must not name a user: {LIKE}"));
    }
    if rest.contains(['/', '?', '#']) {
        return Err(format!("nothing may follow the host: {LIKE}"));
    }
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Err("the port must be a number from 1 to 65535".to_owned());
    }
    if host.is_empty() {
        return Err(format!("the host is missing: {LIKE}"));
    }
    if host.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(format!("write the host in small letters: {}", host.to_ascii_lowercase()));
    }
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        !label.is_empty() && label.len() <= 63 && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    if !host.split('.').all(label) {
        return Err(format!("`{host}` is no host name (write Japanese names in their xn-- form): {LIKE}"));
    }
    let here = host == "localhost" || host == "127.0.0.1";
    if scheme == "http" && !here {
        return Err("passwords must not travel in the clear: use https (http is for localhost only)".to_owned());
    }
    if !here && host.parse::<IpAddr>().is_ok() {
        return Err("this must be a name, not a number: passkeys hang on it for ever".to_owned());
    }
    if host.len() > LONGEST_HOST {
        return Err(format!(
            "the host has {} characters; {LONGEST_HOST} are the most, so that an SMS with a code keeps within its 70",
            host.len()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str) -> Result<(), String> {
        by_name(name).unwrap().parse(text).map(drop)
    }

    #[test]
    fn a_public_url_is_a_host_and_nothing_more() {
        for good in
            ["https://id.example.jp", "https://id.example.jp/", "https://id.example.jp:8443", "http://localhost:8080"]
        {
            assert_eq!(check("public_url", good), Ok(()), "{good}");
        }
        for (bad, word) in [
            ("id.example.jp", "like https"),
            ("ftp://id.example.jp", "https://"),
            ("http://id.example.jp", "in the clear"),
            ("https://", "host is missing"),
            ("https://id.example.jp/sso", "nothing may follow"),
            ("https://id.example.jp?x", "nothing may follow"),
            ("https://me@id.example.jp", "user"),
            ("https://me:pass@id.example.jp", "user"),
            ("https://ID.example.jp", "small letters"),
            ("https://合鍵.jp", "xn--"),
            ("https://a..jp", "no host name"),
            ("https://id.example.jp:0", "port"),
            ("https://id.example.jp:x", "port"),
            ("https://192.0.2.1", "not a number"),
            ("https://sign-in.accounts.example.jp", "25 are the most"),
        ] {
            let answer = check("public_url", bad).expect_err(bad);
            assert!(answer.contains(word), "{bad}: {answer}");
        }
    }

    #[test]
    fn other_values_say_what_would_be_right() {
        for (name, bad, word) in [
            ("listen", "localhost:80", "127.0.0.1:80"),
            ("listen", "8080", "127.0.0.1:8080"),
            ("listen", "::1", "[::1]:8080"),
            ("listen", "127.0.0.1", "127.0.0.1:8080"),
            ("trusted_proxies", "10.0.0.1", "10.0.0.1/32"),
            ("trusted_proxies", "10.0.0.0/8,proxy", "like 10.0.0.0/8"),
            ("countries", "jp", "JP"),
            ("countries", "", "at least one"),
            ("log_format", "jsno", "did you mean `json`"),
            ("log", "aikagi=loud=x", "try `info`"),
            ("log", " X¥𑖀GH=?𘴀𑨡", "try `info`"),
            ("limits.code_tries", "0", "1 to 10"),
            ("limits.code_tries", "many", "whole number"),
            ("database_url", "mysql://root:secret@db/x", "sqlite:"),
            ("mail.from", "postmaster", "@"),
            ("master_key_file", " ", "empty"),
            ("webhooks.ports", "https", "list of ports"),
            ("webhooks.ports", "0", "like [443, 8443]"),
            ("bounces.domain", "bounce@example.jp", "no name in the DNS"),
            ("mail.return_path", "bounce", "did you mean `bounces`"),
            ("siem.to", "siem.example.jp:514", "like tls://"),
            ("siem.to", "tcp://siem.example.jp", "port are missing"),
            ("siem.to", "file:", "path is missing"),
        ] {
            let answer = check(name, bad).expect_err(bad);
            assert!(answer.contains(word), "{name} = {bad}: {answer}");
            assert!(!answer.contains("secret"), "{answer}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_seen() {
        for (url, holds) in [
            ("postgres://aikagi:pw@db/aikagi", true),
            ("postgres://aikagi@db/aikagi?password=pw", true),
            ("postgres://aikagi@db:5432/aikagi", false),
            ("postgres://aikagi@/aikagi?host=/run/postgresql", false),
            ("sqlite:aikagi.db", false),
        ] {
            assert_eq!(has_password(url), holds, "{url}");
        }
    }
}
