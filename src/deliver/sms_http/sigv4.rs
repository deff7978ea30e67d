//! Amazon's signature, version 4, for a POST whose address has no query: what SNS needs. Amazon's own crate for it brings a dozen others and a second
//! set of HTTP types; these are sixty lines, which a test holds to their published vector and the suite to their Python library.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::model::Timestamp;

/// Who signs, where, and for what.
pub struct Signer {
    /// Public half of the credentials.
    pub access_key: String,
    /// The secret half.
    pub secret_key: Zeroizing<String>,
    /// `ap-northeast-1`
    pub region: String,
    /// `sns`
    pub service: &'static str,
}

/// What goes into the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `x-amz-date`
    pub date: String,
    /// `authorization`
    pub authorization: String,
}

impl Signer {
    /// Signs a POST to `path` (as it stands in the request) on `host`.
    pub fn sign(&self, host: &str, path: &str, content_type: &str, body: &[u8], now: Timestamp) -> Signed {
        let date = now.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string();
        let names = "content-type;host;x-amz-date";
        let request = format!(
            "POST\n{path}\n\ncontent-type:{content_type}\nhost:{host}\nx-amz-date:{date}\n\n{names}\n{}",
            HEXLOWER.encode(&Sha256::digest(body))
        );
        let scope = format!("{}/{}/{}/aws4_request", &date[..8], self.region, self.service);
        let text =
            format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", HEXLOWER.encode(&Sha256::digest(request.as_bytes())));
        let signature = HEXLOWER.encode(&*mac(&self.key(&date[..8])[..], text.as_bytes()));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.access_key
        );
        Signed { date, authorization }
    }

    /// The key of one day, region and service.
    fn key(&self, day: &str) -> Zeroizing<[u8; 32]> {
        let first = Zeroizing::new(format!("AWS4{}", *self.secret_key));
        let day = mac(first.as_bytes(), day.as_bytes());
        let region = mac(&day[..], self.region.as_bytes());
        let service = mac(&region[..], self.service.as_bytes());
        mac(&service[..], b"aws4_request")
    }
}

fn mac(key: &[u8], text: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.update(text);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the example in Amazon's guide ("Deriving a signing key").
    #[test]
    fn it_derives_keys_as_the_guide_does() {
        let signer = Signer {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: Zeroizing::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            region: "us-east-1".to_owned(),
            service: "iam",
        };
        let key = HEXLOWER.encode(&signer.key("20150830")[..]);
        assert_eq!(key, "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    }

    /// `post-x-www-form-urlencoded` of Amazon's test suite for this signature.
    #[test]
    fn it_signs_as_their_test_suite_does() {
        let signer = Signer {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: Zeroizing::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            region: "us-east-1".to_owned(),
            service: "service",
        };
        // 2015-08-30 12:36:00 UTC
        let now = Timestamp(1_440_938_160_000_000);
        let kind = "application/x-www-form-urlencoded";
        let header = signer.sign("example.amazonaws.com", "/", kind, b"Param1=value1", now);
        assert_eq!(header.date, "20150830T123600Z");
        assert_eq!(
            header.authorization,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }
}
