//! `aikagi doctor`: what is wrong with this installation, and what to do about it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;

use super::output;
use crate::clock::{Clock as _, SystemClock};
use crate::config::read;
use crate::deliver::Channel;
use crate::doctor::{self, Doctor, Finding, Options, SendTest, State};
use crate::model::{EmailAddress, Phone};
use crate::server;
use crate::vault::OsDice;

/// Look for everything that can be wrong with this installation. Sends nothing, and changes nothing but a question in the database that is
/// taken out again.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 0: nothing is broken (there may be warnings); 1: something is.

Examples:
  aikagi doctor
  aikagi doctor --dkim-selector 2026a
  aikagi doctor --send-test-mail suzuki@example.jp")]
pub(super) struct Examine {
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Only this machine and its database: no public address, no carriers, no DNS.
    #[arg(long)]
    offline: bool,
    /// The selector of the DKIM key that your mail is signed with.
    #[arg(long, value_name = "NAME")]
    dkim_selector: Option<String>,
    /// Ask this name server instead of the system's.
    #[arg(long, value_name = "ADDRESS:PORT")]
    name_server: Option<std::net::SocketAddr>,
    /// Trust these authorities, too, for the certificate of the public address.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Send a message to this address by the carrier for e-mail, and do nothing else.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["offline", "send_test_sms"])]
    send_test_mail: Option<String>,
    /// Send a message to this number by the carrier for SMS, and do nothing else.
    #[arg(long, value_name = "NUMBER", conflicts_with = "offline")]
    send_test_sms: Option<String>,
}

impl Examine {
    pub(super) async fn run(self, file: Option<&Path>) -> Result<ExitCode> {
        let config = match read::from_system(file, Vec::new()) {
            Ok(config) => config,
            Err(troubles) => {
                let what = troubles.to_string().replace('\n', " ");
                return self.tell(&[Finding::broken(
                    "configuration",
                    what,
                    "mend these places in the file or the environment",
                )]);
            }
        };
        let mut found = Vec::new();
        let carriers = server::carriers(&config).unwrap_or_else(|error| {
            found.push(Finding::broken("carriers", format!("{error:#}"), "mend this place in the configuration"));
            Vec::new()
        });
        let to = self.send_test_mail.clone().map(|to| (Channel::Email, to));
        if let Some((channel, to)) = to.or_else(|| self.send_test_sms.clone().map(|to| (Channel::Sms, to))) {
            if let Some(finding) = found.first() {
                bail!("{}", finding.what);
            }
            let to = destination(channel, &to, &config.countries)?;
            let sent = doctor::send_test(&carriers, channel, &to, config.host(), SystemClock.now(), &OsDice).await;
            return told(sent, channel);
        }
        let config_file = file.map(Path::to_owned).or_else(|| Some(PathBuf::from(read::DEFAULT_FILE)));
        let doctor = Doctor {
            config_file: config_file.filter(|file| file.exists()),
            config,
            carriers,
            clock: Arc::new(SystemClock),
            dice: Arc::new(OsDice),
            options: Options {
                offline: self.offline,
                dkim_selector: self.dkim_selector.clone(),
                name_server: self.name_server,
                ca_file: self.ca_file.clone(),
                http_port: None,
            },
        };
        found.extend(doctor.examine().await);
        self.tell(&found)
    }

    fn tell(&self, found: &[Finding]) -> Result<ExitCode> {
        let worst = found.iter().map(|finding| finding.state).max().unwrap_or(State::Ok);
        if self.json {
            output::json(&found)?;
        } else {
            for finding in found {
                output::finding(finding);
            }
        }
        Ok(if worst == State::Broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn destination(channel: Channel, typed: &str, countries: &[String]) -> Result<String> {
    match channel {
        Channel::Email => match EmailAddress::parse(typed) {
            Ok(address) => Ok(address.as_sent()),
            Err(_) => bail!("`{typed}` is not an e-mail address"),
        },
        Channel::Sms => match Phone::parse(typed, countries) {
            Ok(phone) => Ok(phone.e164().to_owned()),
            Err(_) => bail!("`{typed}` is not a mobile number of the countries that get SMS"),
        },
        Channel::Webhook => bail!("a webhook is tried out at the desk"),
    }
}

fn told(sent: SendTest, channel: Channel) -> Result<ExitCode> {
    match sent {
        SendTest::HandedOver { carrier, provider_id } => {
            let id = provider_id.map(|id| format!(", and calls it {id}")).unwrap_or_default();
            println!("{carrier} has taken the message{id}. Whether it arrives is for its receiver to say.");
            Ok(ExitCode::SUCCESS)
        }
        SendTest::Refused { carrier, why } => bail!("{carrier} did not take the message: {why}"),
        SendTest::NoCarrier => bail!("nothing takes messages by {}: set a carrier up first", channel.as_str()),
    }
}
