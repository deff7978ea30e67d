//! What the server and the program on a device (`aikagi-agent`) tell each other, sign by sign. Both are built with this very file, so that neither can
//! write what the other does not read; it knows nothing else of either. docs/agent.md shows each with an example.
//!
//! Whatever is signed is a text that travels as it was signed, beside its signature, and is read only behind the check: nothing is put into an order of
//! its own anew. Every signature is over a purpose first, so that none passes for another.

use serde::{Deserialize, Serialize};

/// The version of all of it.
pub const VERSION: u32 = 1;
/// Where a device is enrolled.
pub const ENROL: &str = "/agent/v1/enrol";
/// Where it asks what it is to do.
pub const POLL: &str = "/agent/v1/poll";
/// Where it tells what it did.
pub const RECEIPTS: &str = "/agent/v1/receipts";
/// Where it says that it will not come again.
pub const LEAVE: &str = "/agent/v1/leave";
/// The headers of a signed request: whose it is, its number, its signature.
pub const HEADERS: [&str; 3] = ["aikagi-agent", "aikagi-number", "aikagi-signature"];
/// Seconds for which the server keeps a question open at most.
pub const LONGEST_WAIT: u64 = 25;
/// Signs of a device's name at most.
pub const MOST_NAME: usize = 64;
/// Things told of in one receipt at most.
pub const MOST_PARTS: usize = 100;
/// Signs of what is told of one thing at most.
pub const MOST_TOLD: usize = 300;

/// What a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The device has the private half of the key that it enrols with.
    Enrolment,
    /// A request is the device's.
    Request,
    /// The workspace commands.
    Command,
    /// The device tells what it did.
    Receipt,
}

impl Purpose {
    /// The bytes that are signed: the purpose in a line of its own, then the text.
    pub fn over(self, text: &str) -> Vec<u8> {
        let purpose = match self {
            Self::Enrolment => "aikagi agent enrolment v1",
            Self::Request => "aikagi agent request v1",
            Self::Command => "aikagi agent command v1",
            Self::Receipt => "aikagi agent receipt v1",
        };
        format!("{purpose}\n{text}").into_bytes()
    }
}

/// What a request's signature is over: `body` is the SHA-256 of the body in base64url.
pub fn request_text(path: &str, agent: &str, number: i64, body: &str) -> String {
    format!("POST\n{path}\n{agent}\n{number}\n{body}")
}

/// A text and its Ed25519 signature (base64url without padding).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// As it was signed.
    pub text: String,
    /// By whom, says who reads it.
    pub signature: String,
}

/// A device enrols.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The code as it was typed.
    pub code: String,
    /// What the device calls itself.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// Its own public key (Ed25519, base64url).
    pub public_key: String,
    /// Its signature over [`Enrol::text`].
    pub proof: String,
}

impl Enrol {
    /// What it proves its key with.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n{}", self.code, self.name, self.platform, self.public_key)
    }
}

/// It is enrolled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrolled {
    /// Its id from now on.
    pub agent: String,
    /// The workspace's id.
    pub workspace: String,
    /// What the workspace is called.
    pub workspace_name: String,
    /// The member's id.
    pub member: String,
    /// The member's sign-in ID.
    pub login: String,
    /// The public key that commands are signed by (Ed25519, base64url). The device keeps it and takes no other.
    pub command_key: String,
}

/// The device asks what it is to do.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// How many seconds the answer may take.
    pub wait: u64,
    /// Commands that it has already.
    #[serde(default)]
    pub holding: Vec<String>,
}

/// What it is to do.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Polled {
    /// Texts of [`Command`], signed by the workspace.
    pub commands: Vec<Signed>,
}

/// How far a command reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The applications are signed out.
    SignOut,
    /// That, and their data is removed.
    Data,
    /// All of that, and the whole device is wiped, where its configuration allows that.
    Device,
}

/// A command, for one device of one member, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// [`VERSION`].
    pub v: u32,
    /// Its id, which is never used again.
    pub command: String,
    /// The workspace's id.
    pub workspace: String,
    /// The device's id.
    pub agent: String,
    /// The member's id.
    pub member: String,
    /// What is to be done.
    pub what: What,
    /// When it was asked for, in seconds since 1970, as all times here.
    pub asked_at: i64,
    /// When it was signed.
    pub sent_at: i64,
    /// From then on it means nothing.
    pub expires_at: i64,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All of it is done.
    Done,
    /// Some of it could not be.
    Failed,
    /// The device's configuration does not allow it; nothing was done.
    Refused,
}

/// What became of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// Done.
    Done,
    /// There was nothing.
    Absent,
    /// It could not be done.
    Failed,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which kind of thing.
    pub what: What,
    /// The path, or the program.
    pub name: String,
    /// What became of it.
    pub result: PartState,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What the device did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`VERSION`].
    pub v: u32,
    /// Which command.
    pub command: String,
    /// The workspace's id.
    pub workspace: String,
    /// The device's id.
    pub agent: String,
    /// What became of it.
    pub state: State,
    /// Each thing.
    pub parts: Vec<Part>,
    /// When it was begun, by the device's clock.
    pub began_at: i64,
    /// When it was over, by the device's clock.
    pub ended_at: i64,
}

/// Why the server does not do what was asked: the answer's body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refused {
    /// A word: `malformed`, `refused`, `unknown`, `gone`, `replayed`, `receipt`, `pending`, `busy`.
    pub error: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_stays_as_it_is() {
        let command = Command {
            v: VERSION,
            command: "wip_1".to_owned(),
            workspace: "wsp_1".to_owned(),
            agent: "agt_1".to_owned(),
            member: "mem_1".to_owned(),
            what: What::SignOut,
            asked_at: 1,
            sent_at: 2,
            expires_at: 3,
        };
        let text = serde_json::to_string(&command).expect("it is written");
        let wanted = concat!(
            r#"{"v":1,"command":"wip_1","workspace":"wsp_1","agent":"agt_1","member":"mem_1","#,
            r#""what":"sign_out","asked_at":1,"sent_at":2,"expires_at":3}"#
        );
        assert_eq!(text, wanted);
        assert_eq!(serde_json::from_str::<Command>(wanted).expect("it is read"), command);
        assert!(serde_json::from_str::<Command>(&wanted.replace("\"v\"", "\"x\":0,\"v\"")).is_err());
        assert_eq!(Purpose::Command.over("x"), b"aikagi agent command v1\nx");
        assert_eq!(request_text(POLL, "agt_1", 7, "hash"), "POST\n/agent/v1/poll\nagt_1\n7\nhash");
    }
}
