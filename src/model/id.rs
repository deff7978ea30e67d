//! Ids: prefixed, time-ordered, printable, and never granting anything. What grants is a `vault::token`.

use data_encoding::Encoding;

use super::Timestamp;

/// Base32 in the order of its bytes (Crockford's letters, lower case), so that ids sort by the time they were made.
static ORDERED: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
    let mut spec = data_encoding::Specification::new();
    spec.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    spec.encoding().expect("the alphabet has 32 different letters")
});

/// Text of an id: 48 bits of milliseconds, 80 bits of chance.
pub fn text(prefix: &str, now: Timestamp, chance: [u8; 10]) -> String {
    let mut bytes = [0u8; 16];
    bytes[..6].copy_from_slice(&(now.0 / 1_000).to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&chance);
    format!("{prefix}_{}", ORDERED.encode(&bytes).trim_end_matches('='))
}

/// The ids in a path, and nothing else of it: somebody may have put a token or a password there, which no log is to hold.
pub fn in_path(path: &str) -> String {
    let is_id = |part: &&str| {
        part.split_once('_').is_some_and(|(prefix, rest)| {
            prefix.len() == 3
                && prefix.bytes().all(|b| b.is_ascii_lowercase())
                && rest.len() == 26
                && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
    };
    path.split('/').filter(is_id).collect::<Vec<_>>().join(" ")
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;
            /// A new id from the time and 80 bits of chance.
            pub fn new(now: Timestamp, chance: [u8; 10]) -> Self { Self(text($prefix, now, chance)) }
            /// The id as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
    )*};
}

ids! {
    /// A workspace, for ever; its slug may change.
    WorkspaceId "wsp";
    /// A member of one workspace.
    MemberId "mem";
    /// A mobile number or personal e-mail address of one member.
    ContactId "con";
    /// One attempt to get back in.
    RecoveryId "rec";
    /// One code that was sent.
    CodeId "cod";
    /// One signed-in browser or client.
    SessionId "ses";
    /// One browser or client that signed in before.
    DeviceId "dev";
    /// One message waiting to leave.
    MessageId "msg";
    /// One line of the sign-in log.
    SignInId "sin";
    /// One line of the audit log.
    AuditId "aud";
    /// One try of a message at a carrier.
    HandingId "hnd";
    /// One notice's right to say "that was not me".
    AlarmId "alm";
    /// One change of a contact that can be objected to.
    ChangeId "chg";
    /// One link with which a member sets a password.
    LinkId "lnk";
    /// One request of somebody locked out.
    RequestId "req";
    /// One caller's case at the help desk.
    CallId "cal";
    /// One permission to do a sensitive thing for a member, once.
    WarrantId "war";
    /// One forced change of a member's password.
    ForcedChangeId "fch";
    /// One demand to many to see to their contacts.
    NudgeRunId "nrn";
    /// One step that an owner wants taken about another.
    OwnerStepId "ost";
    /// One trial of getting back in, which changes nothing.
    DrillId "drl";
    /// One long work of the desk.
    JobId "job";
    /// One invitation of a member.
    InvitationId "inv";
    /// One access token.
    AccessTokenId "act";
    /// One loss, theft or suspicion.
    IncidentId "inc";
    /// One remote wipe.
    WipeId "wip";
    /// One program on a device that was enrolled.
    AgentId "agt";
    /// One device that a service manages.
    ManagedDeviceId "mng";
}

#[cfg(test)]
mod tests {
    #[test]
    fn of_a_path_only_ids_are_told() {
        let id = super::text("mem", crate::model::Timestamp(1_795_334_700_000_000), [7; 10]);
        let token = format!("akt_{}", "0".repeat(65));
        let path = format!("/w/sakura/admin/members/{id}/{token}/CDF-234-HJK-567-LMN-89P/12345678/hunter2");
        assert_eq!(super::in_path(&path), id);
        assert_eq!(super::in_path(&format!("/{id}x/{}", id.to_uppercase())), "");
    }

    use super::*;

    #[test]
    fn ids_sort_by_time_and_say_what_they_are() {
        let early = MemberId::new(Timestamp(1_000_000), [255; 10]);
        let late = MemberId::new(Timestamp(2_000_000), [0; 10]);
        assert!(early < late);
        assert!(early.as_str().starts_with("mem_"));
    }
}
