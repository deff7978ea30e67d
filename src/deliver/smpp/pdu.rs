//! What comes in: octets cut into PDUs by their length, and the few kinds of PDU that a provider sends to us, read for what we need of them.
//!
//! rusmpp writes what we send. It is not asked to read: a text in one of its TLVs is read to its NUL, past the end of the TLV, and providers
//! leave that NUL out; and one field that is not as the specification has it would cost us the whole receipt.

use rusmpp::{CommandId, CommandStatus};
use tokio_util::bytes::{Buf as _, BytesMut};
use tokio_util::codec::Decoder;

/// Length, id, status and sequence number (SMPP 3.4 §3.2).
const HEADER: usize = 16;
/// Nobody sends more: 64 KiB is the longest that one field can say.
const LONGEST: usize = 80 * 1_024;

const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
const NETWORK_ERROR_CODE: u16 = 0x0423;
const MESSAGE_PAYLOAD: u16 = 0x0424;
const MESSAGE_STATE: u16 = 0x0427;

/// Cuts a stream into PDUs, each with its header.
#[derive(Debug, Default)]
pub(super) struct Frames;

/// Nothing that follows can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error("a PDU of {0} octets cannot be")]
    Length(usize),
    #[error("the connection broke: {}", .0.kind())]
    Io(#[from] std::io::Error),
}

impl Decoder for Frames {
    type Item = BytesMut;
    type Error = Lost;

    fn decode(&mut self, from: &mut BytesMut) -> Result<Option<BytesMut>, Lost> {
        let Some(length) = from.first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if !(HEADER..=LONGEST).contains(&length) {
            return Err(Lost::Length(length));
        }
        if from.len() < length {
            from.reserve(length - from.len());
            return Ok(None);
        }
        Ok(Some(from.split_to(length)))
    }
}

/// A PDU that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pdu {
    pub(super) id: CommandId,
    pub(super) status: CommandStatus,
    pub(super) sequence: u32,
    pub(super) body: Body,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// An answer to our message, with the provider's id where it took it.
    Submitted(Option<String>),
    /// A receipt or a message.
    Delivery(Box<Delivery>),
    /// Its kind alone, or a kind that we have no use for.
    Nothing,
    /// Not to be read.
    Broken,
}

/// Something that the provider hands to us: `deliver_sm`, or `data_sm`. Its text may be a person's.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) esm_class: u8,
    pub(super) coding: u8,
    pub(super) text: Vec<u8>,
    pub(super) receipted_id: Option<String>,
    pub(super) state: Option<u8>,
    pub(super) network_error: Option<(u8, u16)>,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("esm_class", &self.esm_class)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Pdu {
    /// Reads one that `Frames` cut off.
    pub(super) fn read(mut frame: BytesMut) -> Self {
        // Shorter ones are not cut off.
        let mut word = || frame.try_get_u32().unwrap_or_default();
        let (_, id, status, sequence) = (word(), CommandId::from(word()), CommandStatus::from(word()), word());
        let body = match id {
            CommandId::SubmitSmResp => Body::Submitted(message_id(&frame)),
            CommandId::DeliverSm => delivery(&frame).map_or(Body::Broken, |it| Body::Delivery(Box::new(it))),
            CommandId::DataSm => data(&frame).map_or(Body::Broken, |it| Body::Delivery(Box::new(it))),
            _ => Body::Nothing,
        };
        Self { id, status, sequence, body }
    }

    /// Whether it wants an answer of its own.
    pub(super) fn asks(&self) -> bool {
        u32::from(self.id) & 0x8000_0000 == 0
    }
}

/// With a status other than "ok" the body may be missing; an id that cannot be read does not undo that the message was taken.
fn message_id(mut from: &[u8]) -> Option<String> {
    text(&mut from).filter(|id| !id.is_empty())
}

/// SMPP 3.4 §4.6.1.
fn delivery(mut from: &[u8]) -> Option<Delivery> {
    let from = &mut from;
    addresses(from)?;
    let esm_class = octet(from)?;
    let (_protocol, _priority) = (octet(from)?, octet(from)?);
    let (_scheduled, _validity) = (skip(from)?, skip(from)?);
    let (_registered, _replaces) = (octet(from)?, octet(from)?);
    let coding = octet(from)?;
    let (_predefined, length) = (octet(from)?, octet(from)?);
    let text = from.split_off(..usize::from(length))?.to_vec();
    let mut read = Delivery { esm_class, coding, text, ..Delivery::default() };
    extras(from, &mut read)?;
    Some(read)
}

/// SMPP 3.4 §4.7.1.
fn data(mut from: &[u8]) -> Option<Delivery> {
    let from = &mut from;
    addresses(from)?;
    let esm_class = octet(from)?;
    let _registered = octet(from)?;
    let mut read = Delivery { esm_class, coding: octet(from)?, ..Delivery::default() };
    extras(from, &mut read)?;
    Some(read)
}

/// Service type, source, destination: nothing of them is needed.
fn addresses(from: &mut &[u8]) -> Option<()> {
    skip(from)?;
    for _ in 0..2 {
        let (_ton, _npi) = (octet(from)?, octet(from)?);
        skip(from)?;
    }
    Some(())
}

/// The optional parameters (SMPP 3.4 §5.3): each says how long it is.
fn extras(from: &mut &[u8], read: &mut Delivery) -> Option<()> {
    while !from.is_empty() {
        let (tag, length) = (pair(from)?, pair(from)?);
        let mut value = from.split_off(..usize::from(length))?;
        match tag {
            RECEIPTED_MESSAGE_ID => {
                let end = value.iter().position(|&octet| octet == 0).unwrap_or(value.len());
                read.receipted_id = Some(String::from_utf8_lossy(&value[..end]).into_owned());
            }
            MESSAGE_STATE => read.state = Some(octet(&mut value)?),
            NETWORK_ERROR_CODE => read.network_error = Some((octet(&mut value)?, pair(&mut value)?)),
            MESSAGE_PAYLOAD if read.text.is_empty() => read.text = value.to_vec(),
            _ => {}
        }
    }
    Some(())
}

fn octet(from: &mut &[u8]) -> Option<u8> {
    from.try_get_u8().ok()
}

fn pair(from: &mut &[u8]) -> Option<u16> {
    from.try_get_u16().ok()
}

/// Past a text and its NUL.
fn skip(from: &mut &[u8]) -> Option<()> {
    let end = from.iter().position(|&octet| octet == 0)?;
    from.split_off(..=end).map(drop)
}

/// A text to its NUL, or to the end.
fn text(from: &mut &[u8]) -> Option<String> {
    let end = from.iter().position(|&octet| octet == 0).unwrap_or(from.len());
    let text = from.split_off(..end)?;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop};
    use rusmpp::pdus::{DataSm, DeliverSm, SubmitSmResp};
    use rusmpp::tlvs::MessageDeliveryRequestTlvValue as Extra;
    use rusmpp::types::{AnyOctetString, COctetString, OctetString};
    use rusmpp::values::{DataCoding, ErrorCodeNetworkType, EsmClass, MessagePayload, MessageState, NetworkErrorCode};

    use super::super::dial::octets;
    use super::*;

    /// What the other side wrote, as we read it.
    fn read(pdu: impl Into<rusmpp::Pdu>) -> Pdu {
        let mut stream = octets(CommandStatus::EsmeRok, 7, pdu);
        let frame = Frames.decode(&mut stream).expect("cut").expect("whole");
        assert!(stream.is_empty());
        Pdu::read(frame)
    }

    fn delivery_of(pdu: impl Into<rusmpp::Pdu>) -> Delivery {
        match read(pdu).body {
            Body::Delivery(delivery) => *delivery,
            other => panic!("{other:?}"),
        }
    }

    /// A frame by its id and body.
    fn frame(id: u32, body: &[u8]) -> BytesMut {
        let mut frame = BytesMut::new();
        let length = u32::try_from(HEADER + body.len()).expect("short");
        for word in [length, id, 0, 7] {
            frame.extend_from_slice(&word.to_be_bytes());
        }
        frame.extend_from_slice(body);
        frame
    }

    /// A delivery without a text, and these parameters after it.
    fn with_extras(extras: &[u8]) -> Body {
        let mut body = vec![0; 17];
        body.extend(extras);
        Pdu::read(frame(5, &body)).body
    }

    fn extras(extras: &[u8]) -> Delivery {
        match with_extras(extras) {
            Body::Delivery(delivery) => *delivery,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_receipt_is_read_as_another_wrote_it() {
        let written = DeliverSm::builder()
            .source_addr("819012345678".parse().expect("short"))
            .esm_class(EsmClass::from(4))
            .data_coding(DataCoding::McSpecific)
            .short_message(OctetString::from_static_slice(b"id:7 stat:DELIVRD").expect("short"))
            .push_tlv(Extra::ReceiptedMessageId("7".parse().expect("short")))
            .push_tlv(Extra::MessageState(MessageState::Delivered))
            .push_tlv(Extra::NetworkErrorCode(NetworkErrorCode::new(ErrorCodeNetworkType::Gsm, 27)))
            .build();
        let read = delivery_of(written);
        assert_eq!((read.esm_class, read.text.as_slice()), (4, b"id:7 stat:DELIVRD".as_slice()));
        assert_eq!((read.receipted_id.as_deref(), read.state), (Some("7"), Some(2)));
        assert_eq!(read.network_error, Some((3, 27)));
    }

    #[test]
    fn a_text_too_long_for_its_field_comes_in_a_parameter() {
        let payload =
            Extra::MessagePayload(MessagePayload::new(AnyOctetString::from_static_slice(b"id:7 stat:EXPIRED")));
        assert_eq!(delivery_of(DeliverSm::builder().push_tlv(payload).build()).text, b"id:7 stat:EXPIRED");
        let data = DataSm::builder().esm_class(EsmClass::from(4)).build();
        assert_eq!(delivery_of(data).esm_class, 4);
    }

    #[test]
    fn parameters_keep_to_their_length() {
        // An id without its NUL, as some write it, and a state after it.
        let read = extras(&[0, 0x1E, 0, 2, b'4', b'2', 0x04, 0x27, 0, 1, 2]);
        assert_eq!((read.receipted_id.as_deref(), read.state), (Some("42"), Some(2)));
        let read = extras(&[0, 0x1E, 0, 3, b'4', b'2', 0, 0x14, 0x01, 0, 2, 9, 9]);
        assert_eq!((read.receipted_id.as_deref(), read.state), (Some("42"), None));
        for broken in [&[0, 0x1E, 0][..], &[0, 0x1E, 0, 9, b'4'], &[0x04, 0x27, 0, 0], &[0x04, 0x23, 0, 2, 3, 0]] {
            assert_eq!(with_extras(broken), Body::Broken, "{broken:?}");
        }
    }

    #[test]
    fn an_answer_is_one_even_without_a_body() {
        let taken = SubmitSmResp::builder().message_id("a1-B2".parse().expect("short")).build();
        assert_eq!(read(taken).body, Body::Submitted(Some("a1-B2".to_owned())));
        assert_eq!(Pdu::read(frame(0x8000_0004, b"")).body, Body::Submitted(None));
        assert_eq!(Pdu::read(frame(0x8000_0004, b"77")).body, Body::Submitted(Some("77".to_owned())));
        assert_eq!(Pdu::read(frame(0x8000_0004, &[0xff, 0])).body, Body::Submitted(None));
        let empty = SubmitSmResp::builder().message_id(COctetString::empty()).build();
        assert_eq!(read(empty).body, Body::Submitted(None));
    }

    #[test]
    fn what_cannot_be_a_length_ends_all_and_what_is_not_whole_waits() {
        let cut = |octets: &[u8]| Frames.decode(&mut BytesMut::from(octets));
        for length in [0_u32, 15, 80 * 1_024 + 1, u32::MAX] {
            assert!(matches!(cut(&length.to_be_bytes()), Err(Lost::Length(_))), "{length}");
        }
        let whole = frame(0x15, b"");
        for end in 0..whole.len() {
            assert!(matches!(cut(&whole[..end]), Ok(None)), "{end}");
        }
        assert!(matches!(cut(&whole), Ok(Some(_))));
    }

    #[test]
    fn nothing_shown_holds_what_a_person_wrote() {
        let written = DeliverSm::builder().short_message(OctetString::from_static_slice(b"geheim").expect("short"));
        assert!(!format!("{:?}", read(written.build())).contains("geheim"));
    }

    proptest::proptest! {
        #[test]
        fn no_octets_panic(id in prop::sample::select(vec![4, 5, 0x103, 0x8000_0004, 0x15, 0x8000_0000, 9, 0]), body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Pdu::read(frame(id, &body));
            let mut stream = BytesMut::from(body.as_slice());
            while let Ok(Some(frame)) = Frames.decode(&mut stream) {
                let _ = Pdu::read(frame);
            }
        }

        #[test]
        fn a_piece_of_a_receipt_is_never_another(end in 0_usize..70, octet in any::<u8>(), at in 0_usize..70) {
            let written = DeliverSm::builder()
                .short_message(OctetString::from_static_slice(b"id:7 stat:DELIVRD").expect("short"))
                .push_tlv(Extra::ReceiptedMessageId("7".parse().expect("short")))
                .build();
            let whole = octets(CommandStatus::EsmeRok, 7, written);
            let body = &whole[HEADER..];
            // Cut off anywhere it is broken, or stands without what was cut.
            if let Body::Delivery(read) = Pdu::read(frame(5, &body[..end.min(body.len())])).body {
                proptest::prop_assert_eq!(read.text, b"id:7 stat:DELIVRD");
            }
            let mut changed = body.to_vec();
            let at = at.min(changed.len() - 1);
            changed[at] = octet;
            let _ = Pdu::read(frame(5, &changed));
        }
    }
}
