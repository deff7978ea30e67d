//! `aikagi init`: a new server in a folder: configuration, key file, database, the first workspace and its owner.
//! It asks nothing, overwrites nothing, and takes back what it wrote when it fails midway.

use std::fs;
use std::io::Write as _;
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
    fn keep(mut self) {
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

impl Init {
    pub(super) async fn run(self, config_file: Option<&Path>) -> Result<()> {
        let file = config_file.map_or_else(|| self.dir.join(read::DEFAULT_FILE), Path::to_owned);
        let environment = read::environment();
        let text = self.text(environment.iter().any(|(name, _)| name.starts_with("AIKAGI_DATABASE_URL")));
        let config = read::read(&read::Layers { file: Some((&file, &text)), environment, ..read::Layers::default() })?;
        let database = config.sqlite_file();
        for old in [Some(&file), Some(&config.master_key_file), database.as_ref()].into_iter().flatten() {
            if old.exists() {
                bail!("{} is there already: nothing is overwritten; choose another folder with --dir", old.display());
            }
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let mut written = Written::default();
        MasterKeys::generate(&OsDice).write_new(&config.master_key_file)?;
        written.0.push(config.master_key_file.clone());
        write_new(&file, &text)?;
        written.0.push(file.clone());
        if let Some(database) = &database {
            // Made here so that others cannot read it; its companions get the same permissions from SQLite.
            write_new(database, "")?;
            let beside = |end: &str| PathBuf::from(format!("{}{end}", database.display()));
            written.0.extend([database.clone(), beside("-wal"), beside("-shm")]);
        }
        let app = server::build(config).await?;
        let made = self.first(&app).await;
        app.db.close().await;
        let link = made?;
        written.keep();
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
    async fn first(&self, app: &App) -> Result<Zeroizing<String>> {
        if !workspaces::list(app).await?.is_empty() {
            bail!(
                "this database has workspaces already, and a new key file would not open them: \
                 bring their key file back, or give an empty database"
            );
        }
        let workspace = workspaces::create(app, &self.workspace, &self.name, self.locale).await?;
        let workspace = workspace.with_context(|| format!("the short name `{}` is taken", self.workspace))?;
        let owner = NewMember {
            login: self.owner.clone(),
            name: self.owner_name.clone().unwrap_or_else(|| self.owner.to_string()),
            kana: String::new(),
            department: String::new(),
            role: Role::Owner,
            locale: self.locale,
            contacts: Vec::new(),
        };
        match members::add(app, &workspace, &owner).await? {
            members::Add::Done { link, .. } => Ok(link),
            members::Add::Taken => bail!("the login name `{}` is taken", self.owner),
        }
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
