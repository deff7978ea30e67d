//! What a refusal means: the status of an answer (SMPP 3.4 §5.1.3), and the error of the network in a receipt, each as a cause that a person
//! can be told.

use rusmpp::CommandStatus as S;

use crate::deliver::NotHandedOver;
use crate::model::Cause;

/// Whose error a number in a receipt is (SMPP 3.4 §5.3.2.31).
const GSM: u8 = 3;

/// What a status other than "ok" says about a message. Final is what the same words will not change; what is about us is mended by somebody,
/// and what nobody knows is tried again.
pub(super) fn refusal(status: S) -> NotHandedOver {
    let (is_final, cause) = meaning(status);
    let code = format!("0x{:08X}", u32::from(status));
    let why = format!("the provider answers {code}");
    let refusal = if is_final { NotHandedOver::never(cause, why) } else { NotHandedOver::later(cause, why) };
    refusal.code(code)
}

/// Whether the provider says that it was asked too much at once.
pub(super) fn is_throttled(status: S) -> bool {
    matches!(status, S::EsmeRthrottled | S::EsmeRmsgqful)
}

/// Whether the provider says that we are not bound, whatever we believe.
pub(super) fn is_unbound(status: S) -> bool {
    status == S::EsmeRinvbndsts
}

fn meaning(status: S) -> (bool, Cause) {
    match status {
        status if is_throttled(status) => (false, Cause::Throttled),
        S::EsmeRinvdstadr => (true, Cause::UnknownDestination),
        S::EsmeRinvsrcadr | S::EsmeRinvsrcton | S::EsmeRinvsrcnpi | S::EsmeRinvsrcaddrsubunit => {
            (true, Cause::RefusedSender)
        }
        S::EsmeRbindfail
        | S::EsmeRinvpaswd
        | S::EsmeRinvsysid
        | S::EsmeRinvsystyp
        | S::EsmeRprohibited
        | S::EsmeRsertypunauth => (false, Cause::Account),
        S::EsmeRsertypdenied => (true, Cause::Blocked),
        S::EsmeRinvmsglen
        | S::EsmeRinvcmdlen
        | S::EsmeRinvcmdid
        | S::EsmeRinvprtflg
        | S::EsmeRinvregdlvflg
        | S::EsmeRinvsertyp
        | S::EsmeRinvesmclass
        | S::EsmeRinvdstton
        | S::EsmeRinvdstnpi
        | S::EsmeRinvdstaddrsubunit
        | S::EsmeRinvrepflag
        | S::EsmeRinvsubrep
        | S::EsmeRinvsched
        | S::EsmeRinvexpiry
        | S::EsmeRinvdftmsgid
        | S::EsmeRinvtlvstream
        | S::EsmeRtlvnotallwd
        | S::EsmeRinvtlvlen
        | S::EsmeRmissingtlv
        | S::EsmeRinvtlvval
        | S::EsmeRinvdcs => (true, Cause::Malformed),
        S::EsmeRxPAppn | S::EsmeRxRAppn => (true, Cause::Unknown),
        S::EsmeRinvbndsts
        | S::EsmeRalybnd
        | S::EsmeRsyserr
        | S::EsmeRsubmitfail
        | S::EsmeRxTAppn
        | S::EsmeRsertypunavail
        | S::EsmeRdeliveryfailure
        | S::EsmeRunknownerr => (false, Cause::Provider),
        // 0x400 to 0x4FF are each provider's own.
        _ => (false, Cause::Unknown),
    }
}

/// The cause behind a network's error in a receipt; none where the number is no usual one. Providers' own numbers look the same, so that this is
/// a guess unless the provider says which network's it is.
pub(super) fn network(kind: Option<u8>, error: u16) -> Option<Cause> {
    if kind.is_some_and(|kind| kind != GSM) {
        return None;
    }
    // MAP's user errors (3GPP TS 29.002 §17.6.6), and from 0xC0 on the causes of a telephone's refusal (3GPP TS 23.040 §9.2.3.22).
    Some(match error {
        1 | 5 => Cause::UnknownDestination,
        6 | 9 | 12 | 27 | 31 => Cause::Unreachable,
        10 | 11 => Cause::NotMobile,
        13 => Cause::Blocked,
        21 => Cause::Unroutable,
        32 | 33 | 0xD0 | 0xD3 => Cause::Full,
        34..=36 => Cause::Provider,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_of_refusal_is_told_apart() {
        for (status, is_final, cause) in [
            (0x58, false, Cause::Throttled),
            (0x14, false, Cause::Throttled),
            (0x0B, true, Cause::UnknownDestination),
            (0x0A, true, Cause::RefusedSender),
            (0x0E, false, Cause::Account),
            (0x101, false, Cause::Account),
            (0x103, true, Cause::Blocked),
            (0x01, true, Cause::Malformed),
            (0x62, true, Cause::Malformed),
            (0xC4, true, Cause::Malformed),
            (0x08, false, Cause::Provider),
            (0x45, false, Cause::Provider),
            (0x66, true, Cause::Unknown),
            (0x40B, false, Cause::Unknown),
            (0xFFFF_FFFF, false, Cause::Unknown),
        ] {
            let refusal = refusal(S::from(status));
            assert_eq!((refusal.is_final, refusal.cause), (is_final, cause), "0x{status:X}");
            assert_eq!(refusal.code, Some(format!("0x{status:08X}")));
        }
    }

    #[test]
    fn a_network_s_error_is_read_for_gsm_only() {
        assert_eq!(network(Some(3), 1), Some(Cause::UnknownDestination));
        assert_eq!(network(Some(3), 27), Some(Cause::Unreachable));
        assert_eq!(network(Some(3), 0xD3), Some(Cause::Full));
        assert_eq!(network(None, 33), Some(Cause::Full));
        assert_eq!(network(Some(1), 1), None);
        assert_eq!(network(Some(3), 999), None);
        assert_eq!(network(None, 0), None);
    }
}
