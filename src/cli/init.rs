//! `aikagi init`: a new server in a folder: configuration, key file, database, the first workspace and its owner.
//! It asks nothing, overwrites nothing, and takes back what it wrote when it fails midway. The configuration comes by its name
//! last: until then it lies beside it as `aikagi.toml.unfinished`, by which the same command goes on when it was killed.

use std::fs;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use zeroize::Zeroizing;

use super::{parse_locale, parse_login, parse_name, parse_slug};
use crate::app::App;
use crate::config::{Config, read};
use crate::flows::members::{self, NewMember};
use crate::flows::workspaces;
use crate::model::{Locale, LoginName, Role, Slug};
use crate::server;
use crate::vault::{MasterKeys, OsDice};

/// Set up a new server: configuration, key file, database, first workspace and owner.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Init {
    /// The folder to set it up in.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    dir: PathBuf,
    /// The address that people will reach the server at. Its host is permanent.
    #[arg(long, value_name = "URL")]
    public_url: String,
    /// The first workspace's short name, as in addresses and IDs.
    #[arg(long, value_name = "SLUG", value_parser = parse_slug)]
    workspace: Slug,
    /// The first workspace's name, as people know it.
    #[arg(long, value_parser = parse_name)]
    name: String,
    /// The login name of the workspace's owner.
    #[arg(long, value_name = "LOGIN", value_parser = parse_login)]
    owner: LoginName,
    /// The owner's name; the login name unless given.
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    owner_name: Option<String>,
    /// The workspace's first language: ja or en.
    #[arg(long, default_value = "ja", value_parser = parse_locale)]
    locale: Locale,
}

const EXAMPLES: &str = "Examples:
  aikagi init --public-url https://id.example.jp --workspace acme --name 'Acme' --owner suzuki
  AIKAGI_DATABASE_URL=postgres://aikagi:…@db/aikagi aikagi init --dir /var/lib/aikagi …

With PostgreSQL give the address of an empty database in AIKAGI_DATABASE_URL, now and to `aikagi serve`.";

/// Files written so far; taken back unless kept.
#[derive(Default)]
struct Written(Vec<PathBuf>);

impl Written {
    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        for file in &self.0 {
            // What cannot be taken back is seen by the next try, which refuses to overwrite it.
            fs::remove_file(file).ok();
        }
    }
}

/// What to do where an interrupted `init` cannot go on.
const OTHER_WORDS: &str = "an earlier `init` was interrupted here; run it again with the words that it had";

/// The configuration while its server is being set up. Whoever holds its lock is the only one at it.
struct Unfinished(PathBuf);

impl Unfinished {
    fn of(config: &Path) -> Self {
        Self(config.with_added_extension("unfinished"))
    }

    /// Whether an earlier try was killed, or is at it.
    fn is_there(&self) -> bool {
        self.0.exists()
    }

    /// Begins, or goes on with the same words. Once there is a key file the text is whole, since it was on the disk before.
    fn begin(&self, config: &Path, text: &str, has_key: bool, written: &mut Written) -> Result<fs::File> {
        let path = self.0.display();
        if !self.is_there() {
            write_new(&self.0, text)?;
            written.0.push(self.0.clone());
        }
        let mut file = fs::OpenOptions::new().read(true).write(true).open(&self.0)?;
        if file.try_lock().is_err() {
            written.keep();
            bail!("another `aikagi init` is at work here");
        }
        if config.exists() {
            written.keep();
            bail!("{} is there by now: another `aikagi init` was quicker", config.display());
        }
        let mut found = String::new();
        file.read_to_string(&mut found).with_context(|| format!("{path} cannot be read"))?;
        if found != text && has_key {
            bail!("{path} holds another configuration: {OTHER_WORDS}");
        }
        if found != text {
            // Half a file, with nothing beside it.
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(text.as_bytes())?;
        }
        file.sync_all().with_context(|| format!("{path} cannot be written"))?;
        Ok(file)
    }

    /// All is there: the configuration gets its name.
    fn end(&self, config: &Path) -> Result<()> {
        fs::rename(&self.0, config)
            .with_context(|| format!("{} cannot be named {}", self.0.display(), config.display()))
    }
}

impl Init {
    pub(super) async fn run(self, config_file: Option<&Path>) -> Result<()> {
        let file = config_file.map_or_else(|| self.dir.join(read::DEFAULT_FILE), Path::to_owned);
        let environment = read::environment();
        let text = self.text(environment.iter().any(|(name, _)| name.starts_with("AIKAGI_DATABASE_URL")));
        let config = read::read(&read::Layers { file: Some((&file, &text)), environment, ..read::Layers::default() })?;
        let (key, database) = (config.master_key_file.clone(), config.sqlite_file());
        let unfinished = Unfinished::of(&file);
        let goes_on = unfinished.is_there();
        let not_ours = match (goes_on, key.exists()) {
            (true, true) => [Some(&file), None, None],
            // The key comes before the database.
            (true, false) => [Some(&file), None, database.as_ref()],
            (false, _) => [Some(&file), Some(&key), database.as_ref()],
        };
        for old in not_ours.into_iter().flatten() {
            if old.exists() {
                bail!("{} is there already: nothing is overwritten; choose another folder with --dir", old.display());
            }
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let mut written = Written::default();
        let _alone = unfinished.begin(&file, &text, key.exists(), &mut written)?;
        if !key.exists() {
            MasterKeys::generate(&OsDice).write_new(&key)?;
            written.0.push(key);
        }
        if let Some(database) = database.as_ref().filter(|database| !database.exists()) {
            // Made here so that others cannot read it; its companions get the same permissions from SQLite.
            write_new(database, "")?;
            let beside = |end: &str| PathBuf::from(format!("{}{end}", database.display()));
            written.0.extend([database.clone(), beside("-wal"), beside("-shm")]);
        }
        let app = server::build(config).await?;
        if database.is_none() {
            // The database says by now which key it is written with, and cannot be taken back: the same command goes on with both.
            written.keep();
        }
        let made = self.first(&app, goes_on).await;
        app.db.close().await;
        let link = made?;
        written.keep();
        unfinished.end(&file)?;
        self.tell(&app.config, &file, &link);
        Ok(())
    }

    /// The first configuration. A database's address stays out of it when the environment gives it.
    fn text(&self, database_elsewhere: bool) -> String {
        let url = toml::Value::String(self.public_url.clone());
        let database = if database_elsewhere {
            "# The database's address comes from the environment: AIKAGI_DATABASE_URL or AIKAGI_DATABASE_URL_FILE."
        } else {
            "database_url = \"sqlite:aikagi.db\""
        };
        format!(
            "# Aikagi's configuration. aikagi.example.toml shows every key with its default.\n\n\
             # Permanent: passkeys and the OpenID issuer hang on this host.\n\
             public_url = {url}\n\
             listen = \"127.0.0.1:8080\"\n\n\
             {database}\n\
             master_key_file = \"master.key\"\n\n\
             # Where messages go. Without a carrier nobody can get a code.\n\
             # [mail]\n\
             # from = \"Acme <no-reply@example.jp>\"\n\
             # host = \"smtp.example.jp\"\n\
             # user = \"aikagi\"\n\
             # password_file = \"smtp.password\"\n"
        )
    }

    /// The first workspace and its owner; answers the path of the owner's link.
    async fn first(&self, app: &App, goes_on: bool) -> Result<Zeroizing<String>> {
        match workspaces::list(app).await?.as_slice() {
            [] => {}
            [made] if goes_on && made.slug == self.workspace.as_str() && made.name == self.name => {
                // Killed in the last moment: nobody has seen the link.
                let owner = members::by_login(app, made, &self.owner).await?;
                let owner = owner.with_context(|| format!("{} has another owner: {OTHER_WORDS}", made.slug))?;
                let link = members::invite_again(app, made, &owner).await?;
                return link.with_context(|| format!("{} has a password already", self.owner));
            }
            _ if goes_on => bail!("this database has another workspace: {OTHER_WORDS}"),
            _ => bail!(
                "this database has workspaces already, and a new key file would not open them: \
                 bring their key file back, or give an empty database"
            ),
        }
        let owner = NewMember {
            login: self.owner.clone(),
            name: self.owner_name.clone().unwrap_or_else(|| self.owner.to_string()),
            kana: String::new(),
            department: String::new(),
            role: Role::Owner,
            locale: self.locale,
            contacts: Vec::new(),
        };
        let made = members::first(app, (&self.workspace, &self.name, self.locale), &owner).await?;
        made.with_context(|| format!("the short name `{}` is taken", self.workspace))
    }

    fn tell(&self, config: &Config, file: &Path, link: &str) {
        let owner = format!("{}@{}", self.owner, self.workspace);
        println!("Aikagi is set up.\n");
        println!("  {:<24} configuration", file.display());
        println!(
            "  {:<24} keys: back this file up apart from the database; without it no password and no contact can be read again",
            config.master_key_file.display()
        );
        if let Some(database) = config.sqlite_file() {
            println!("  {:<24} database", database.display());
        }
        println!(
            "\nPeople will reach it at {}. This host is permanent: passkeys and the OpenID issuer hang on it.",
            config.public_url
        );
        println!(
            "\nThe owner {owner} sets a password by this link, once, within {} hours of now:\n\n  {}\n",
            config.limits.link_hours,
            config.link(link)
        );
        println!("Next: aikagi serve --config {}", file.display());
    }
}

/// Writes a new file that only its owner may read, and waits for the disk.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let failed = || format!("{} cannot be written", path.display());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(failed)?;
    file.write_all(text.as_bytes()).with_context(failed)?;
    file.sync_all().with_context(failed)
}
