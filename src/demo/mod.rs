//! The demonstration: a workplace of made-up people in a folder of its own, with messages that stay in memory. Started
//! again it goes on where it was; `fresh` begins anew and deletes nothing but its own files.

mod people;

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;

use crate::app::App;
use crate::config::{Config, Webhooks};
use crate::deliver::{Channel, Letter, MemoryCarrier};
use crate::flows::contacts::Address;
use crate::flows::members::{self, NewMember};
use crate::flows::{import, standing, workspaces};
use crate::model::{ContactKind, EmailAddress, Locale, LoginName, Phone, Secret, Slug, days};
use crate::store::members::Member;
use crate::store::workspaces::Workspace;
use crate::vault::{MasterKeys, OsDice};
use crate::web;
use people::{COMPANIES, Company, Known, Person};

const DATABASE: &str = "demo.db";
const KEY: &str = "demo.key";
/// Written last: without it the data are half made.
const COMPLETE: &str = "complete";
/// All that the demo ever writes.
const OWN_FILES: [&str; 5] = [DATABASE, "demo.db-wal", "demo.db-shm", KEY, COMPLETE];

/// The demo's configuration; files and environment have no say in it. Port 0 becomes a free one, since the address that
/// people open must be known beforehand.
pub fn config(dir: &Path, mut listen: SocketAddr) -> Result<Config> {
    if listen.port() == 0 {
        listen = TcpListener::bind(listen)?.local_addr()?;
    }
    // A webhook can be tried out against a program on this machine.
    let webhooks = Webhooks { networks: vec![ipnet::IpNet::from(IpAddr::from([127, 0, 0, 1]))], ..Webhooks::default() };
    Ok(Config {
        webhooks: Box::new(webhooks),
        public_url: format!("http://localhost:{}", listen.port()),
        listen,
        database_url: format!("sqlite:{}", dir.join(DATABASE).display()),
        master_key_file: dir.join(KEY),
        is_demo: true,
        ..Config::default()
    })
}

/// Makes the folder ready: empties it of its own files when `fresh` or when they are half made, and makes the key.
pub fn prepare(dir: &Path, fresh: bool) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        if !OWN_FILES.iter().any(|own| name == *own) {
            bail!(
                "{} holds {}, which is not the demo's: choose a folder of its own with --dir",
                dir.display(),
                name.to_string_lossy()
            );
        }
    }
    if fresh || !dir.join(COMPLETE).exists() {
        // The sign of completeness goes first: whatever stops this half-way, the next start begins anew.
        for own in OWN_FILES.iter().rev() {
            match fs::remove_file(dir.join(own)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("{} cannot be deleted", dir.join(own).display()));
                }
                _ => {}
            }
        }
        MasterKeys::generate(&OsDice).write_new(&dir.join(KEY))?;
    }
    Ok(())
}

/// Puts the people there the first time. Answers what the demo's own page shows of them and of what `carrier` gets.
pub async fn open(app: &App, dir: &Path, carrier: Arc<MemoryCarrier>) -> Result<web::Stage> {
    if !dir.join(COMPLETE).exists() {
        for company in COMPANIES {
            people_of(app, company).await?;
        }
        fs::write(dir.join(COMPLETE), "")?;
    }
    let people = known().map(|(company, person, known)| web::Person {
        name: person.name.to_owned(),
        what_ja: known.what_ja.to_owned(),
        what_en: known.what_en.to_owned(),
        login: format!("{}@{}", person.login, company.slug),
        password: known.password.to_owned(),
        mobile: person.mobile.map(str::to_owned),
        email: person.email.map(str::to_owned),
    });
    let arrived = move || carrier.sent().into_iter().map(arrived).collect();
    Ok(web::Stage { people: people.collect(), arrived: Box::new(arrived) })
}

fn arrived(letter: Letter) -> web::Arrived {
    web::Arrived {
        kind: match letter.channel {
            Channel::Sms => ContactKind::Mobile,
            Channel::Email | Channel::Webhook => ContactKind::Email,
        },
        to: letter.to,
        subject: letter.subject,
        text: letter.text,
        at: letter.at,
    }
}

/// Those who have a password.
fn known() -> impl Iterator<Item = (&'static Company, &'static Person, &'static Known)> {
    let all = COMPANIES.iter().flat_map(|company| company.people.iter().map(move |person| (company, person)));
    all.filter_map(|(company, person)| Some((company, person, person.known.as_ref()?)))
}

async fn people_of(app: &App, company: &Company) -> Result<()> {
    let slug = Slug::parse(company.slug).map_err(|_| anyhow::anyhow!("slug"))?;
    let workspace =
        workspaces::create(app, &slug, company.name, Locale::Ja).await?.context("the workspace is there")?;
    let [ja, en] = company.contact_text;
    workspaces::set_contact_text(app, &workspace, Some(ja), Some(en)).await?;
    let all = company.people.iter().map(new_member).collect::<Result<Vec<_>>>()?;
    if import::all(app, &workspace, &all).await?.is_err() {
        bail!("a login name is taken");
    }
    // Side by side, so that every hashing thread has work.
    try_join_all(company.people.iter().map(|person| settle(app, &workspace, person))).await?;
    Ok(())
}

/// What does not count yet goes in with the import; what counts is put there by [`settle`].
fn new_member(person: &Person) -> Result<NewMember> {
    Ok(NewMember {
        login: login(person)?,
        name: person.name.to_owned(),
        kana: person.kana.to_owned(),
        department: person.department.to_owned(),
        role: person.role,
        locale: Locale::Ja,
        contacts: if person.known.is_some() { Vec::new() } else { contacts(person)? },
    })
}

async fn settle(app: &App, workspace: &Workspace, person: &Person) -> Result<()> {
    let Some(known) = &person.known else { return Ok(()) };
    let found = members::by_login(app, workspace, &login(person)?).await?;
    let member: Member = found.context("somebody was not added")?;
    let since = app.now() - days(90);
    let password = Secret::new(known.password);
    members::settle(app, workspace, &member, Some(&password), &contacts(person)?, since).await?;
    if known.suspended {
        let member = members::by_login(app, workspace, &login(person)?).await?.context("somebody is gone")?;
        members::take_step(app, &member, standing::Step::Suspend).await?;
    }
    Ok(())
}

fn login(person: &Person) -> Result<LoginName> {
    LoginName::parse(person.login).map_err(|why| anyhow::anyhow!("{}: {why:?}", person.login))
}

fn contacts(person: &Person) -> Result<Vec<Address>> {
    let mut contacts = Vec::new();
    if let Some(mobile) = person.mobile {
        let phone = Phone::parse(mobile, &["JP"]).map_err(|why| anyhow::anyhow!("{mobile}: {why:?}"))?;
        contacts.push(Address::Mobile(phone));
    }
    if let Some(email) = person.email {
        let address = EmailAddress::parse(email).map_err(|why| anyhow::anyhow!("{email}: {why:?}"))?;
        contacts.push(Address::Email(address));
    }
    Ok(contacts)
}

/// What is printed at the start.
pub fn announcement(url: &str) -> String {
    let lines: Vec<_> = known()
        .map(|(company, person, known)| {
            format!(
                "  {}@{}  {}\n      {}  {}\n      {}\n",
                person.login, company.slug, known.password, person.name, known.what_ja, known.what_en
            )
        })
        .collect();
    format!(
        "Aikagi のデモを開始しました。ブラウザーで開いてください。\n\
         The demo is running. Open it in a browser:\n\n  \
         {url}/w/sakura/sign-in\n\n\
         SMS とメールは実際には送られません。次のページで読めます。\n\
         No message is really sent. Read them on this page:\n\n  \
         {url}/demo\n\n\
         ID とパスワード(変更していなければ)\n\
         IDs and passwords, unless you changed them:\n\n{}\n\
         Ctrl+C で終了します。 Ctrl-C ends it.",
        lines.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Policy, password};

    #[test]
    fn everybody_is_well_formed_and_every_password_is_a_good_one() {
        let policy = Policy::nist().password;
        for company in COMPANIES {
            for person in company.people {
                let new = new_member(person).expect(person.login);
                contacts(person).expect(person.login);
                if let Some(known) = &person.known {
                    let context = password::Context {
                        login: new.login.as_str(),
                        name: &new.name,
                        kana: &new.kana,
                        workspace: company.name,
                        slug: company.slug,
                        product: "",
                    };
                    let verdict = password::judge(&policy, &Secret::new(known.password), &context);
                    assert_eq!(verdict, Ok(()), "{}", known.password);
                }
            }
        }
        assert_eq!(COMPANIES[0].people.len(), 30);
    }

    #[test]
    fn one_contact_belongs_to_members_of_both_companies() {
        let numbers = |company: &Company| company.people.iter().filter_map(|person| person.mobile).collect::<Vec<_>>();
        let (one, two) = (numbers(&COMPANIES[0]), numbers(&COMPANIES[1]));
        assert_eq!(one.iter().filter(|number| two.contains(number)).count(), 1);
    }
}
