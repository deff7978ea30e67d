//! `aikagi workspace messages`: by which carriers a workspace's messages go, from which sender, and what its text messages may cost.

use anyhow::{Result, bail};
use clap::Args;

use super::{output, parse_slug, workspace};
use crate::app::App;
use crate::deliver::Channel;
use crate::flows::workspaces::{self, Sending};
use crate::model::{CarrierOrder, Slug};
use crate::server;

/// Show or set by which carriers a workspace's messages go, from which sender, and what its text messages may cost in a day.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aikagi workspace messages acme
  aikagi workspace messages acme --sms domestic,overseas --email mail --sms-sender ACME --sms-budget 5000
  aikagi workspace messages acme --clear")]
pub(super) struct Messages {
    /// The workspace's short name.
    #[arg(value_parser = parse_slug)]
    slug: Slug,
    /// Names of carriers for SMS, in the order in which they are asked.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    sms: Option<Vec<String>>,
    /// The same for email.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    email: Option<Vec<String>>,
    /// The sender of text messages: 3 to 11 letters and digits with a letter, or a number.
    #[arg(long, value_name = "SENDER", value_parser = parse_sender)]
    sms_sender: Option<String>,
    /// What its text messages may cost in a day, in the money of the configuration's prices.
    #[arg(long, value_name = "AMOUNT", value_parser = clap::value_parser!(i64).range(1..=1_000_000_000))]
    sms_budget: Option<i64>,
    /// Back to what holds for the whole server.
    #[arg(long, conflicts_with_all = ["sms", "email", "sms_sender", "sms_budget"])]
    clear: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn parse_sender(text: &str) -> Result<String, &'static str> {
    let is_number = (3..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let is_name = (3..=11).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().any(|b| b.is_ascii_alphabetic());
    if is_number || is_name {
        Ok(text.to_owned())
    } else {
        Err("it is 3 to 11 letters and digits, or a number of 3 to 15 digits")
    }
}

impl Messages {
    pub(super) async fn run(self, app: &App) -> Result<()> {
        let workspace = workspace(app, &self.slug).await?;
        let before = workspaces::sending(app, &workspace).await?;
        let mut sending = if self.clear { Sending::default() } else { before.clone() };
        let carriers = server::carriers(&app.config)?;
        let known = |channel: Channel, names: Vec<String>| {
            for name in &names {
                if !carriers.iter().any(|carrier| carrier.name() == name && carrier.carries(channel)) {
                    let all = carriers.iter().filter(|carrier| carrier.carries(channel)).map(|carrier| carrier.name());
                    let all = all.collect::<Vec<_>>().join(", ");
                    bail!("no carrier `{name}` takes messages by {}; there are: {all}", channel.as_str());
                }
            }
            Ok(names)
        };
        let CarrierOrder { sms, email } = sending.order;
        sending.order = CarrierOrder {
            sms: self.sms.map_or(Ok(sms), |names| known(Channel::Sms, names))?,
            email: self.email.map_or(Ok(email), |names| known(Channel::Email, names))?,
        };
        sending.sms_sender = self.sms_sender.or(sending.sms_sender);
        sending.sms_budget = self.sms_budget.or(sending.sms_budget);
        if sending != before {
            workspaces::set_sending(app, &workspace, &sending).await?;
            eprintln!("How messages of {} go is changed.", workspace.slug);
        }
        if self.json {
            return output::json(&sending);
        }
        let order = |names: &[String]| if names.is_empty() { "as the server".to_owned() } else { names.join(", ") };
        output::fields(&[
            ("sms", order(&sending.order.sms)),
            ("email", order(&sending.order.email)),
            ("sms_sender", sending.sms_sender.unwrap_or_else(|| "as the server".to_owned())),
            ("sms_budget", sending.sms_budget.map_or_else(|| "as the server".to_owned(), |budget| budget.to_string())),
        ]);
        Ok(())
    }
}
