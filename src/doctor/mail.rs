//! What takes messages out: whether there is something for each channel, whether it lets us in, and a message to try it with.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{Doctor, Finding, in_time};
use crate::deliver::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use crate::model::{Timestamp, id::MessageId, minutes};
use crate::vault::dice;

const CHECK: &str = "carriers";

pub(super) fn channels(doctor: &Doctor) -> Vec<Finding> {
    let mut found = Vec::new();
    for channel in [Channel::Sms, Channel::Email] {
        let name = channel.as_str();
        let takes = doctor.carriers.iter().filter(|carrier| carrier.carries(channel));
        let names: Vec<_> = takes.map(|carrier| carrier.name()).collect();
        found.push(if names.is_empty() {
            Finding::warning(
                CHECK,
                format!("nothing takes messages by {name}: members cannot get a code that way"),
                "set one up, see \"Send messages\" in docs/operating.md",
            )
        } else {
            Finding::ok(CHECK, format!("messages by {name} go by {}", names.join(", then ")))
        });
    }
    if doctor.config.message_file.is_some() {
        found.push(Finding::warning(
            CHECK,
            "messages are written to a file, codes in the clear",
            "take `message_file` out of the configuration when trying out is over",
        ));
    }
    found
}

/// Connects and signs in, and sends nothing.
pub(super) async fn knock(doctor: &Doctor) -> Vec<Finding> {
    let each = doctor.carriers.iter().map(|carrier| {
        let name = carrier.name().to_owned();
        in_time(CHECK, "a carrier", async move {
            vec![match carrier.knock().await {
                Ok(()) => Finding::ok(CHECK, format!("{name} lets us in")),
                Err(NotHandedOver { why, .. }) => Finding::broken(
                    CHECK,
                    format!("{name} does not let us in: {why}"),
                    "see host, port, security, user and password of this carrier in the configuration",
                ),
            }]
        })
    });
    join_all(each).await.concat()
}

/// What became of a message to try a carrier with.
#[derive(Debug)]
pub enum SendTest {
    /// The carrier has it, and calls it so.
    HandedOver {
        /// Its name.
        carrier: String,
        /// The carrier's own id.
        provider_id: Option<String>,
    },
    /// The carrier said why not.
    Refused {
        /// Its name.
        carrier: String,
        /// Its words.
        why: String,
    },
    /// Nothing takes such messages.
    NoCarrier,
}

/// Sends a real message, whose text says that it is a test and holds nothing else, by the first carrier of this channel.
pub async fn send_test(
    carriers: &[Arc<dyn Carrier>],
    channel: Channel,
    to: &str,
    host: &str,
    now: Timestamp,
    dice: &dyn crate::vault::Dice,
) -> SendTest {
    let Some(carrier) = carriers.iter().find(|carrier| carrier.carries(channel)) else { return SendTest::NoCarrier };
    let letter = Letter {
        channel,
        id: MessageId::new(now, dice::bytes(dice)).0,
        to: to.to_owned(),
        sender: None,
        subject: (channel == Channel::Email).then(|| format!("{host}: テスト / test")),
        text: format!("これはテストです。This is a test. {host}"),
        html: None,
        purpose: "test".to_owned(),
        reference: None,
        at: now,
        expires_at: now + minutes(10),
    };
    let carrier_name = carrier.name().to_owned();
    match carrier.hand_over(&letter).await {
        Ok(HandedOver { provider_id }) => SendTest::HandedOver { carrier: carrier_name, provider_id },
        Err(error) => SendTest::Refused { carrier: carrier_name, why: error.to_string() },
    }
}
