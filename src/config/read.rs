//! Puts the layers together: the file, over it the environment, over that the flags. Every trouble that can be found is
//! told at once, each with its place and a way out; no value that may be a secret is repeated in it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::keys::{self, KEYS, Key};
use super::{Config, Mail, together};

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "aikagi.toml";

/// Variables that begin like ours and are not keys.
const OTHER_VARIABLES: &[&str] = &["AIKAGI_CONFIG"];
/// The same for what only the test suite sets, in debug builds.
const TEST_VARIABLES: &[&str] =
    &["AIKAGI_ABORT_AT_STATEMENT", "AIKAGI_TEST_", "AIKAGI_TOOLS", "AIKAGI_CHROMIUM", "AIKAGI_CHROMEDRIVER"];

/// Everything that was found wrong.
#[derive(Debug)]
pub struct Troubles(Vec<Trouble>);

#[derive(Debug)]
struct Trouble {
    /// `aikagi.toml:7`, `AIKAGI_LISTEN` or `--listen`; none for what is missing.
    place: Option<String>,
    what: String,
}

impl fmt::Display for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for Trouble { place, what } in &self.0 {
            match place {
                Some(place) => write!(f, "\n  {place}: {what}")?,
                None => write!(f, "\n  {what}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Troubles {}

/// Where values come from.
#[derive(Debug, Default)]
pub struct Layers<'a> {
    /// The file's name and text.
    pub file: Option<(&'a Path, &'a str)>,
    /// Variables; those that do not begin with `AIKAGI_` are passed over.
    pub environment: Vec<(String, String)>,
    /// A key's name and the text that a flag gave it.
    pub flags: Vec<(&'static str, String)>,
    /// A file that was looked for and not found, for the answer to "there is no `public_url`".
    pub missing_file: Option<&'a Path>,
}

/// Reads the file (the default one only if it is there), the environment and the flags.
pub fn from_system(file: Option<&Path>, flags: Vec<(&'static str, String)>) -> Result<Config, Troubles> {
    let path = file.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    let environment = environment();
    let text = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            let what = format!("{} cannot be read: {error}; name another with --config", path.display());
            return Err(Troubles(vec![Trouble { place: None, what }]));
        }
    };
    let file = text.as_deref().map(|text| (path, text));
    let missing_file = text.is_none().then_some(path);
    read(&Layers { file, environment, flags, missing_file })
}

/// The environment's variables that are texts.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Puts the layers together.
pub fn read(layers: &Layers<'_>) -> Result<Config, Troubles> {
    let mut reading = Reading::default();
    if let Some((path, text)) = layers.file {
        reading.file(path, text);
    }
    reading.environment(&layers.environment);
    for (name, text) in &layers.flags {
        let place = format!("--{}", name.replace(['_', '.'], "-"));
        if let Some(key) = keys::by_name(name) {
            reading.text(key, text, place);
        }
    }
    let folder = layers.file.and_then(|(path, _)| path.parent()).unwrap_or(Path::new("")).to_owned();
    reading.finish(&folder, layers.missing_file)
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    values: Table,
    /// The place that a key's value comes from.
    places: Vec<(&'static str, String)>,
    troubles: Vec<Trouble>,
}

impl Reading {
    fn trouble(&mut self, place: impl Into<Option<String>>, what: impl Into<String>) {
        self.troubles.push(Trouble { place: place.into(), what: what.into() });
    }

    fn place(&self, name: &str) -> Option<String> {
        self.places.iter().find(|(known, _)| *known == name).map(|(_, place)| place.clone())
    }

    fn file(&mut self, path: &Path, text: &str) {
        let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let at = |place: usize| format!("{}:{}", path.display(), line(place));
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let place = error.span().map_or_else(|| path.display().to_string(), |span| at(span.start));
            self.trouble(place, error.message().to_owned());
        }
        if !errors.is_empty() {
            return;
        }
        let values = text.parse::<Table>().unwrap_or_default();
        self.table("", root.get_ref(), &values, &at);
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>, values: &Table, at: &dyn Fn(usize) -> String) {
        // The parser sorts by name; people read by line.
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, inner) in entries {
            let full = format!("{prefix}{}", name.get_ref());
            let place = at(name.span().start);
            let Some(value) = values.get(name.get_ref().as_ref()) else { continue };
            match (inner.get_ref(), value) {
                (DeValue::Table(table), Value::Table(values)) if prefix.is_empty() && keys::is_table(&full) => {
                    self.table(&format!("{full}."), table, values, at);
                }
                _ => self.value(&full, inner, value, place, at),
            }
        }
    }

    fn value(
        &mut self,
        name: &str,
        inner: &Spanned<DeValue<'_>>,
        value: &Value,
        place: String,
        at: &dyn Fn(usize) -> String,
    ) {
        let Some(key) = keys::by_name(name) else {
            let what =
                if keys::is_table(name) { format!("`{name}` is a table: write [{name}]") } else { unknown(name) };
            self.trouble(place, what);
            return;
        };
        if let (DeValue::Array(tables), Value::Array(values), "carriers") = (inner.get_ref(), value, name) {
            let mut is_good = true;
            for (inner, value) in tables.iter().zip(values) {
                if let Err(what) = super::carriers::check(value) {
                    is_good = false;
                    self.trouble(at(inner.span().start), format!("`{name}`: {what}"));
                }
            }
            if is_good {
                self.set(key, value.clone(), place);
            }
        } else if let Err(what) = key.check(value) {
            self.trouble(at(inner.span().start), format!("`{name}`: {what}"));
        } else if name == "database_url" && value.as_str().is_some_and(keys::has_password) {
            let what = "`database_url` holds a password: keep it in a file of its own (mode 600) that \
                        `database_url_file` names, or in AIKAGI_DATABASE_URL";
            self.trouble(place, what);
        } else {
            self.set(key, value.clone(), place);
        }
    }

    fn environment(&mut self, variables: &[(String, String)]) {
        let mut ours: Vec<_> = variables.iter().filter(|(name, _)| name.starts_with("AIKAGI_")).collect();
        ours.sort();
        for (name, text) in ours {
            let test = cfg!(debug_assertions) && TEST_VARIABLES.iter().any(|other| name.starts_with(other));
            if OTHER_VARIABLES.contains(&name.as_str()) || test {
                continue;
            }
            let Some(key) = KEYS.iter().find(|key| key.variable() == *name) else {
                let all: Vec<String> = KEYS.iter().map(Key::variable).collect();
                let hint = keys::nearest(name, all.iter().map(String::as_str));
                let hint = hint.map_or_else(
                    || "aikagi.example.toml lists all keys".to_owned(),
                    |known| format!("did you mean `{known}`?"),
                );
                self.trouble(name.clone(), format!("no key has this variable; {hint}"));
                continue;
            };
            // Container tools set what was left out to nothing.
            if !text.is_empty() {
                self.text(key, text, name.clone());
            }
        }
    }

    fn text(&mut self, key: &'static Key, text: &str, place: String) {
        match key.parse(text) {
            Ok(value) => self.set(key, value, place),
            Err(what) => self.trouble(place, what),
        }
    }

    fn set(&mut self, key: &'static Key, value: Value, place: String) {
        match key.name.split_once('.') {
            None => {
                self.values.insert(key.name.to_owned(), value);
            }
            Some((table, name)) => {
                let table = self.values.entry(table).or_insert_with(|| Value::Table(Table::new()));
                if let Value::Table(table) = table {
                    table.insert(name.to_owned(), value);
                }
            }
        }
        self.places.retain(|(known, _)| *known != key.name);
        self.places.push((key.name, place));
    }

    fn finish(mut self, folder: &Path, missing: Option<&Path>) -> Result<Config, Troubles> {
        let needed = [("mail", "from"), ("mail", "host"), ("bounces", "domain"), ("bounces", "listen"), ("siem", "to")];
        for (table, name) in needed {
            let values = self.values.get(table).and_then(Value::as_table);
            if values.is_some_and(|values| !values.contains_key(name)) && !self.failed_on(&format!("{table}.{name}")) {
                self.trouble(None, format!("`{table}.{name}` is missing, which [{table}] needs"));
            }
        }
        // What failed already is not told twice: then the tables may be incomplete.
        let mut config = match self.values.clone().try_into::<Config>() {
            Ok(config) => config,
            Err(error) if self.troubles.is_empty() => {
                self.trouble(None, error.message().to_owned());
                Config::default()
            }
            Err(_) => Config::default(),
        };
        self.whole(&config, missing);
        config.public_url.truncate(config.public_url.trim_end_matches('/').len());
        in_folder(&mut config, folder);
        self.database(&mut config, folder);
        if self.troubles.is_empty() { Ok(config) } else { Err(Troubles(self.troubles)) }
    }

    fn failed_on(&self, name: &str) -> bool {
        self.troubles.iter().any(|trouble| trouble.what.starts_with(&format!("`{name}`")))
    }

    /// What only the whole shows.
    fn whole(&mut self, config: &Config, missing: Option<&Path>) {
        if self.place("public_url").is_none() && self.troubles.is_empty() {
            let init =
                "`aikagi init --public-url https://id.example.jp …` writes a first one (see `aikagi init --help`)";
            let what = match missing {
                Some(file) => format!("there is no {} here: name one with --config; {init}", file.display()),
                None => "`public_url` is missing: the address that people reach this server at, \
                         like public_url = \"https://id.example.jp\""
                    .to_owned(),
            };
            self.trouble(None, what);
        }
        for (keys, what) in together::troubles(config) {
            let place = keys.iter().find_map(|name| self.place(name));
            self.trouble(place, what);
        }
    }

    /// The database's URL, from its own file where one is named.
    fn database(&mut self, config: &mut Config, folder: &Path) {
        if let Some(file) = &config.database_url_file {
            let place = self.place("database_url_file");
            if let Some(other) = self.place("database_url") {
                self.trouble(place, format!("`database_url_file` and `database_url` ({other}) exclude each other"));
                return;
            }
            let text = match private_text(file) {
                Ok(text) => text,
                Err(what) => return self.trouble(place, format!("`database_url_file`: {what}")),
            };
            if let Some(Err(what)) = keys::by_name("database_url").map(|key| key.parse(&text)) {
                return self.trouble(file.display().to_string(), what);
            }
            config.database_url = text;
        }
        if let Some(path) = config.sqlite_file().filter(|path| path.is_relative()) {
            let options = config.database_url.split_once('?').map(|(_, options)| format!("?{options}"));
            config.database_url = format!("sqlite:{}{}", folder.join(path).display(), options.unwrap_or_default());
        }
    }
}

fn unknown(name: &str) -> String {
    let names = KEYS.iter().map(|key| key.name);
    let (table, bare) = name.split_once('.').unwrap_or(("", name));
    // The same word in another table, a misspelt word, a misspelt table.
    let elsewhere = names.clone().find(|known| known.rsplit('.').next() == Some(bare));
    let tables = names.clone().filter_map(|known| Some(known.split_once('.')?.0));
    let near = elsewhere.or_else(|| keys::nearest(name, names)).map(str::to_owned);
    let near = near.or_else(|| {
        let word = if table.is_empty() { bare } else { table };
        keys::nearest(word, tables).map(|table| format!("[{table}]"))
    });
    match near {
        Some(known) => format!("unknown key `{name}`; did you mean `{known}`?"),
        None => format!("unknown key `{name}`; aikagi.example.toml lists all keys"),
    }
}

/// Relative paths are relative to the configuration's folder, whoever set them.
fn in_folder(config: &mut Config, folder: &Path) {
    let under = |path: &mut PathBuf| *path = folder.join(&*path);
    under(&mut config.master_key_file);
    config.carriers.iter_mut().for_each(|carrier| carrier.in_folder(folder));
    config.mail.iter_mut().flat_map(Mail::paths).for_each(under);
    let tls = config.tls.as_mut().map(|tls| {
        under(&mut tls.acme_folder);
        [&mut tls.certificate_file, &mut tls.key_file, &mut tls.acme_ca_file]
    });
    let siem = config.siem.as_mut().map(|siem| {
        if let Some(path) = siem.to.strip_prefix("file:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            siem.to = format!("file:{}", folder.join(path).display());
        }
        &mut siem.ca_file
    });
    let others = [
        &mut config.database_url_file,
        &mut config.carrier_guide_file,
        &mut config.places_file,
        &mut config.message_file,
        &mut config.webhooks.ca_file,
        &mut config.management.ca_file,
    ];
    others.into_iter().chain(siem).chain(tls.into_iter().flatten()).flatten().for_each(under);
}

/// The text of a file that holds a secret, without the line break at its end. Others must not be able to read it.
pub fn private_text(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let mut file = fs::File::open(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        // A group may be the way in which a container's secrets reach the server; the world never is.
        if mode & 0o007 != 0 {
            let path = path.display();
            return Err(format!("{path} can be read by everybody (mode {:04o}); run: chmod 600 {path}", mode & 0o7777));
        }
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut file, &mut text).map_err(failed)?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    if text.is_empty() { Err(format!("{} is empty", path.display())) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Config, String> {
        let layers = Layers { file: Some((Path::new("etc/aikagi.toml"), text)), ..Layers::default() };
        read(&layers).map_err(|troubles| troubles.to_string())
    }

    const URL: &str = "public_url = \"https://id.example.jp\"\n";

    #[test]
    fn paths_are_relative_to_the_file_and_the_slash_goes() {
        let config = file("public_url = \"https://id.example.jp/\"\nmessage_file = \"/var/out.jsonl\"").unwrap();
        assert_eq!(config.public_url, "https://id.example.jp");
        assert_eq!(config.database_url, "sqlite:etc/aikagi.db");
        assert_eq!(config.master_key_file, Path::new("etc/master.key"));
        assert_eq!(config.message_file.as_deref(), Some(Path::new("/var/out.jsonl")));
    }

    #[test]
    fn every_trouble_is_told_with_its_line() {
        let answer = file(
            "lisen = \"127.0.0.1:1\"\npublic_url = \"http://id.example.jp\"\n\n[limits]\ncode_trys = 3\ncode_minutes = 0\n\n[mial]\nhost = \"x\"\n",
        )
        .unwrap_err();
        for line in [
            "etc/aikagi.toml:1: unknown key `lisen`; did you mean `listen`?",
            "etc/aikagi.toml:2: `public_url`: passwords must not travel in the clear",
            "etc/aikagi.toml:5: unknown key `limits.code_trys`; did you mean `limits.code_tries`?",
            "etc/aikagi.toml:6: `limits.code_minutes`: 0 is out of range: it can be 1 to 60",
            "etc/aikagi.toml:8: unknown key `mial`; did you mean `[mail]`?",
        ] {
            assert!(answer.contains(line), "{line}\n{answer}");
        }
        assert_eq!(answer.lines().count(), 6, "{answer}");
        assert!(file("public_url = \"x\nlisten = 3").unwrap_err().contains("aikagi.toml:1:"));
        assert!(file("code_tries = 3").unwrap_err().contains("did you mean `limits.code_tries`"));
        assert!(file("mail = 3").unwrap_err().contains("write [mail]"));
    }

    #[test]
    fn the_environment_wins_over_the_file_and_flags_over_both() {
        let text = format!("{URL}listen = \"127.0.0.1:1\"\n[limits]\ncode_tries = 3\nlink_hours = 3\n");
        let layers = Layers {
            file: Some((Path::new("aikagi.toml"), &text)),
            environment: [
                ("AIKAGI_LISTEN", "127.0.0.1:2"),
                ("AIKAGI_LIMITS__CODE_TRIES", "4"),
                ("AIKAGI_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8"),
                ("AIKAGI_SMS_SENDER", ""),
                ("PATH", "/bin"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            flags: vec![("listen", "127.0.0.1:3".to_owned())],
            missing_file: None,
        };
        let config = read(&layers).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!((config.limits.code_tries, config.limits.link_hours), (4, 3));
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!(config.sms_sender, None);
    }

    #[test]
    fn a_misspelt_variable_is_refused_and_its_value_not_told() {
        let environment = vec![
            ("AIKAGI_DATABASE_ULR".to_owned(), "postgres://a:hunter2@db/a".to_owned()),
            ("AIKAGI_PUBLIC_URL".to_owned(), "https://id.example.jp".to_owned()),
        ];
        let answer = read(&Layers { environment, ..Layers::default() }).unwrap_err().to_string();
        assert!(answer.contains("did you mean `AIKAGI_DATABASE_URL`?"), "{answer}");
        assert!(!answer.contains("hunter2"));
    }

    #[test]
    fn what_only_the_whole_shows() {
        assert!(file("").unwrap_err().contains("`public_url` is missing"));
        let weak = file(&format!("{URL}[hashing]\nmemory_kib = 12288\n")).unwrap_err();
        assert!(weak.contains("aikagi.toml:3: `hashing` is weaker"), "{weak}");
        assert!(file(&format!("{URL}[hashing]\nmemory_kib = 12288\npasses = 3\n")).is_ok());
        let mail = file(&format!("{URL}[mail]\nhost = \"mx\"\nuser = \"u\"\n")).unwrap_err();
        assert!(mail.contains("`mail.from` is missing") && !mail.contains("together"), "{mail}");
        let mail = file(&format!("{URL}[mail]\nfrom = \"a@b.jp\"\nhost = \"mx\"\nuser = \"u\"\n")).unwrap_err();
        assert!(mail.contains("go together"), "{mail}");
        let url = file(&format!("{URL}database_url = \"postgres://a:hunter2@db/a\"\n")).unwrap_err();
        let tls = |lines: &str| file(&format!("{URL}[tls]\n{lines}\n")).map(|config| config.tls.is_some());
        assert!(tls("certificate_file = \"c.pem\"").unwrap_err().contains("aikagi.toml:3: `tls.certificate_file` and"));
        assert!(tls("acme_contact = \"it@example.jp\"").unwrap_err().contains("aikagi.toml:3: `tls` needs"));
        let both = "certificate_file = \"c.pem\"\nkey_file = \"k.pem\"\nacme_directory = \"https://ca.example.jp/d\"";
        assert!(tls(both).unwrap_err().contains("aikagi.toml:5: `tls` names"));
        assert_eq!(tls("certificate_file = \"c.pem\"\nkey_file = \"k.pem\""), Ok(true));
        assert_eq!(tls("acme_directory = \"https://ca.example.jp/d\""), Ok(true));
        let here = "public_url = \"http://localhost\"\n[tls]\nacme_directory = \"https://ca.example.jp/d\"";
        assert!(file(here).unwrap_err().contains("must begin with https://"));
        assert!(url.contains("aikagi.toml:2: `database_url` holds a password") && !url.contains("hunter2"), "{url}");
    }

    #[test]
    fn mail_servers_are_carriers_each_with_a_name_of_its_own() {
        let one = |lines: &str| format!("[[carriers]]\nkind = \"smtp\"\nfrom = \"a@b.jp\"\nhost = \"mx\"\n{lines}\n");
        let own = one("name = \"own\"\nuser = \"u\"\npassword_file = \"p\"");
        let spare = one("name = \"spare\"\nreturn_path = \"sender\"");
        let mail = "[mail]\nfrom = \"a@b.jp\"\nhost = \"mx\"\n";
        let config = file(&format!("{URL}{mail}{own}{spare}")).unwrap();
        let names: Vec<_> = config.mail_servers().map(|mail| mail.name.as_str()).collect();
        assert_eq!(names, ["smtp", "own", "spare"]);
        for (lines, word) in [
            ("", "`name` is missing"),
            ("name = \"Own\"", "small letters"),
            ("name = \"own\"\nuser = \"u\"", "`user` and `password_file` go together"),
            ("name = \"own\"\ndkim_selector = \"a\"", "`dkim_selector` and `dkim_key_file` go together"),
            ("name = \"own\"\ndkim_domain = \"b.jp\"", "go together"),
            ("name = \"own\"\npasword_file = \"hunter2\"", "unknown field `pasword_file`"),
        ] {
            let answer = file(&format!("{URL}{}", one(lines))).unwrap_err();
            assert!(answer.contains(word) && !answer.contains("hunter2"), "{lines}: {answer}");
        }
        assert!(file(&format!("{URL}{own}{own}")).unwrap_err().contains("two are named `own`"));
        let smtp = one("name = \"smtp\"");
        assert!(file(&format!("{URL}{mail}{smtp}")).unwrap_err().contains("two are named `smtp`"));
        let half = file(&format!("{URL}{mail}dkim_key_file = \"k\"\n")).unwrap_err();
        assert!(half.contains("`mail.dkim_selector` and `mail.dkim_key_file` go together"), "{half}");
        let bounces = file(&format!("{URL}[bounces]\ndomain = \"bounce.b.jp\"\n")).unwrap_err();
        assert!(bounces.contains("`bounces.listen` is missing"), "{bounces}");
    }

    #[test]
    fn the_settings_do_not_show_the_database_in_debug() {
        let config = Config { database_url: "postgres://a:hunter2@db/a".to_owned(), ..Config::default() };
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(any in "\\PC*", near in "((listen|public_url|\\[limits\\]|\\[mail\\]|code_tries|host|trusted_proxies)( = )?(-?[0-9]{1,20}|\"[a-z:/.0-9]{0,20}\"|\\[\"[0-9./]{1,9}\"\\])?\n){0,6}", value in "\\PC{0,30}") {
            let _ = (file(&any), file(&near), file(&format!("{URL}{near}")));
            let environment = keys::KEYS.iter().map(|key| (key.variable(), value.clone())).collect();
            let _ = read(&Layers { environment, ..Layers::default() });
        }
    }
}
