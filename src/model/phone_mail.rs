//! Which addresses are those that Japanese carriers give out with a telephone. Data, not code (`data/phone-mail.txt`): brands come and go.

use std::sync::LazyLock;

static DOMAINS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/phone-mail.txt").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Whether mail to this domain arrives on a telephone, by way of its carrier's filters.
pub fn is_phone_mail(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    DOMAINS.iter().any(|known| domain.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carriers_domains_and_those_below_them_are_known() {
        for phone in
            ["docomo.ne.jp", "DOCOMO.ne.jp", "t.vodafone.ne.jp", "biz.ezweb.ne.jp", "i.softbank.jp", "rakumail.jp"]
        {
            assert!(is_phone_mail(phone), "{phone}");
        }
        for other in ["example.jp", "notdocomo.ne.jp", "softbank.jp", "ne.jp", "docomo.ne.jp.example.com", ""] {
            assert!(!is_phone_mail(other), "{other}");
        }
        assert!(DOMAINS.iter().all(|domain| domain.contains('.')
            && domain.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')));
    }
}
