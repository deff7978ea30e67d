//! The receiver of the logs: whether it is there and ends a connection as one that has read it would. Nothing is sent to it.

use super::{Doctor, Finding, in_time};
use crate::deliver::receiver::Receiver;

const CHECK: &str = "log stream";

/// Looks, where one is named.
pub(super) async fn look(doctor: &Doctor) -> Vec<Finding> {
    let Some(siem) = &doctor.config.siem else { return Vec::new() };
    let to = siem.to.clone();
    let looking = async {
        let receiver = match Receiver::new(siem, doctor.config.host()) {
            Ok(receiver) => receiver,
            Err(error) => {
                let what = format!("the authorities of the receiver cannot be read ({error})");
                return vec![Finding::broken(CHECK, what, "mend `siem.ca_file`")];
            }
        };
        match receiver.knock().await {
            Ok(()) if to.starts_with("udp:") => vec![Finding::warning(
                CHECK,
                format!("{to} is by UDP: nobody can know whether a line arrived"),
                "use tls:// where the receiver can",
            )],
            Ok(()) if to.starts_with("tcp:") => vec![Finding::warning(
                CHECK,
                format!("{to} takes the logs in the clear"),
                "use tls:// unless the network between is your own",
            )],
            Ok(()) => vec![Finding::ok(CHECK, format!("{to} takes the logs"))],
            Err(error) => vec![Finding::broken(
                CHECK,
                format!("{to} does not take the logs ({error}): they wait in the database"),
                "see whether the receiver runs, and whether a firewall stands between",
            )],
        }
    };
    in_time(CHECK, &siem.to, looking).await
}
