//! Passwords: their one normal form, the verdict on a new one with every reason at once, and how strong it looks while it is typed.
//! The verdict is explainable on purpose: a person can be told what to change. History and the current password need hashing and are judged in `flows`.

use std::{collections::HashSet, sync::LazyLock};

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::{Secret, policy::PasswordPolicy};

/// Name of the normal form that [`normalize`] gives, kept beside each hash: a later form must not lock anybody out.
pub const SCHEME: &str = "1";
/// Longest password in bytes (P6), before and after normalising. Longer ones are refused, never cut.
pub const MAX_BYTES: usize = 1024;
/// How many letters and digits must be left when everybody's words, the member's own and runs are taken away.
const ENOUGH: usize = 8;
/// Words shorter than this are not sought in a password: they occur by chance.
const SHORTEST_WORD: usize = 3;
/// How many characters zxcvbn looks at: what follows cannot make a text weaker by much, and some texts (digits and signs for letters) take it long.
const STRENGTH_CHARS: usize = 64;

/// Passwords that attackers try first, one a line, folded. See `data/passwords/README.md`.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| lines(include_str!("../../data/passwords/common.txt")).collect());
/// Words that are no secret in any workplace, longest first, so that `kaisha` goes before `kai`.
static WORKPLACE: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut words: Vec<_> = lines(include_str!("../../data/passwords/context.txt")).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
});

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "))
}

/// What a stranger can know of the member: none of it makes a password better. Empty text where something is not known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The login name.
    pub login: &'a str,
    /// The name as the workplace writes it.
    pub name: &'a str,
    /// The name's reading.
    pub kana: &'a str,
    /// The workspace's name.
    pub workspace: &'a str,
    /// The workspace's slug.
    pub slug: &'a str,
    /// The service's own name where the operator changed it.
    pub product: &'a str,
}

/// Which known word a password is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextWord {
    /// The member's own ID.
    Login,
    /// The member's own name or its reading.
    Name,
    /// The workspace's name.
    Workspace,
    /// The service's name.
    Product,
    /// A word of every workplace, a month, a season, a town.
    Everyday,
}

/// One reason why a password is not taken. All that hold are given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PasswordTrouble {
    /// Nothing was typed.
    Empty,
    /// Too few characters (code points after NFKC).
    TooShort {
        /// What the policy demands.
        min: usize,
        /// What was typed.
        have: usize,
    },
    /// More than [`MAX_BYTES`].
    TooLong,
    /// A control character, NUL among them: it could not be typed again elsewhere.
    ControlCharacter,
    /// Among the passwords that attackers try first, also with digits or signs around it, or twice in a row.
    Common,
    /// Little else than a word that others know.
    ContainsContext(ContextWord),
    /// Little else than one sign, a short piece again and again, or a run along the keyboard.
    Repetitive,
    /// The policy's composition rule.
    TooFewClasses {
        /// What the policy demands.
        min: u8,
        /// What was typed.
        have: u8,
    },
}

/// How strong a password looks, by zxcvbn. Shown while typing; never a reason to refuse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strength {
    /// 0 (guessed at once) to 4.
    pub score: u8,
    /// Decimal logarithm of the guesses needed.
    pub guesses_log10: f64,
}

/// The password's normal form, to be hashed: NFKC (NIST SP 800-63B §3.1.1.2, RFC 8265 §4.2 asks for NFC), so that the same word typed on a telephone and on
/// a PC is the same. Case, spaces and everything else stay. Refuse what is longer than [`MAX_BYTES`] before: NFKC can make a text up to 18 times longer.
#[must_use]
pub fn normalize(typed: &Secret) -> Secret {
    Secret::from_chars(typed.expose().nfkc(), typed.len_bytes() + 16)
}

/// The verdict on a new password as typed: all reasons against it.
pub fn judge(policy: &PasswordPolicy, typed: &Secret, context: &Context<'_>) -> Result<(), Vec<PasswordTrouble>> {
    if typed.is_empty() {
        return Err(vec![PasswordTrouble::Empty]);
    }
    if typed.len_bytes() > MAX_BYTES {
        return Err(vec![PasswordTrouble::TooLong]);
    }
    let normal = normalize(typed);
    let text = normal.expose();
    if text.len() > MAX_BYTES {
        return Err(vec![PasswordTrouble::TooLong]);
    }
    let mut troubles = Vec::new();
    if text.contains(char::is_control) {
        troubles.push(PasswordTrouble::ControlCharacter);
    }
    let (min, have) = (usize::try_from(policy.min_length).unwrap_or(usize::MAX), text.chars().count());
    if have < min {
        troubles.push(PasswordTrouble::TooShort { min, have });
    }
    if classes(text) < policy.classes {
        troubles.push(PasswordTrouble::TooFewClasses { min: policy.classes, have: classes(text) });
    }
    if policy.blocklist {
        let folded = Zeroizing::new(text.to_lowercase());
        if is_common(&folded) {
            troubles.push(PasswordTrouble::Common);
        } else if let Some(trouble) = without_secret(&folded, context) {
            troubles.push(trouble);
        }
    }
    if troubles.is_empty() { Ok(()) } else { Err(troubles) }
}

/// Strength while typing. Only the first 64 characters are looked at, which bounds the work: a few milliseconds, for hostile texts up to a tenth of a
/// second, so call it where work may block. What [`judge`] calls common, known or repetitive is never shown as better than 1.
pub fn strength(typed: &Secret, context: &Context<'_>) -> Strength {
    let normal = if typed.len_bytes() > MAX_BYTES { Secret::new("") } else { normalize(typed) };
    let start: Zeroizing<String> = Zeroizing::new(normal.expose().chars().take(STRENGTH_CHARS).collect());
    let words = known_words(context);
    let inputs: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    let entropy = zxcvbn::zxcvbn(&start, &inputs);
    let folded = Zeroizing::new(normal.expose().to_lowercase());
    let guessed = is_common(&folded) || without_secret(&folded, context).is_some();
    let score = u8::from(entropy.score());
    Strength { score: if guessed { score.min(1) } else { score }, guesses_log10: entropy.guesses_log10() }
}

/// How many of small letters, capital letters, digits and other signs occur. Letters without case (かな, 漢字) count as other signs.
fn classes(text: &str) -> u8 {
    let tests: [fn(char) -> bool; 3] = [char::is_lowercase, char::is_uppercase, char::is_numeric];
    let cased = tests.iter().filter(|test| text.contains(**test)).count();
    let other = text.contains(|c: char| !tests.iter().any(|test| test(c)));
    u8::try_from(cased).unwrap_or_default() + u8::from(other)
}

/// The whole, the whole without the digits and signs around it, or the piece that it repeats, is on the list.
fn is_common(folded: &str) -> bool {
    let listed = |text: &str| !text.is_empty() && COMMON.contains(text);
    let stem = folded.trim_matches(|c: char| !c.is_alphabetic());
    let unspaced: Zeroizing<String> = Zeroizing::new(folded.chars().filter(|c| !c.is_whitespace()).collect());
    [folded, stem, &unspaced].into_iter().any(|text| listed(text) || piece(text).is_some_and(listed))
}

/// The shortest piece that, again and again (at the end perhaps not whole), makes the text; none if it does not occur twice.
fn piece(text: &str) -> Option<&str> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let signs = |at: usize| chars[at].1;
    let period = (1..=chars.len() / 2).find(|&p| (p..chars.len()).all(|at| signs(at) == signs(at - p)))?;
    chars.get(period).map(|&(byte, _)| &text[..byte])
}

/// What makes a password worth little once everything that others know is taken away.
fn without_secret(folded: &str, context: &Context<'_>) -> Option<PasswordTrouble> {
    let mut left = Zeroizing::new(folded.to_owned());
    let mut found: Option<ContextWord> = None;
    for (word, which) in known_words(context) {
        if left.contains(&word) {
            left = Zeroizing::new(left.replace(&word, " "));
            found = Some(found.map_or(which, |known| known.min(which)));
        }
    }
    for word in WORKPLACE.iter().filter(|word| left.contains(**word)).collect::<Vec<_>>() {
        left = Zeroizing::new(left.replace(*word, " "));
        found = Some(found.map_or(ContextWord::Everyday, |known| known.min(ContextWord::Everyday)));
    }
    let worth = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).map(weight).sum::<usize>() >= ENOUGH;
    let plain = Zeroizing::new(without_runs(folded));
    if piece(folded).is_some_and(|piece| piece.chars().count() <= 4) || !worth(&plain) && worth(folded) {
        return Some(PasswordTrouble::Repetitive);
    }
    // Digits beside a known word are a year, a birthday or a counter: they are runs to an attacker, too.
    let rest: Zeroizing<String> = Zeroizing::new(without_runs(&left).chars().filter(|c| !c.is_numeric()).collect());
    found.filter(|_| !worth(&rest)).map(PasswordTrouble::ContainsContext)
}

/// A Han character carries about as much as two letters; kana and others as one.
fn weight(c: char) -> usize {
    if matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}') { 2 } else { 1 }
}

/// The context's words, folded, longest first: each whole, and its parts between spaces and signs.
fn known_words(context: &Context<'_>) -> Vec<(String, ContextWord)> {
    let sources = [
        (context.login, ContextWord::Login),
        (context.name, ContextWord::Name),
        (context.kana, ContextWord::Name),
        (context.workspace, ContextWord::Workspace),
        (context.slug, ContextWord::Workspace),
        (context.product, ContextWord::Product),
        ("aikagi", ContextWord::Product),
    ];
    let mut words: Vec<(String, ContextWord)> = Vec::new();
    for (source, which) in sources {
        let folded: String = source.nfkc().collect::<String>().to_lowercase();
        let parts = folded.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
        let joined = folded.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        for word in parts.chain([folded.clone(), joined]) {
            let size: usize = word.chars().map(weight).sum();
            if size >= SHORTEST_WORD && !words.iter().any(|(known, _)| *known == word) {
                words.push((word, which));
            }
        }
    }
    words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    words
}

/// Lines along which fingers or children run, there and back; each is read as a ring.
const RUNS: [&str; 12] = [
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop@[",
    "qwertyuiop[]",
    "asdfghjkl;:]",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmik,ol.p;/",
    "!\"#$%&'()",
    "!@#$%^&*()",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん",
    "いろはにほへとちりぬるをわかよたれそつねならむ",
];

/// The text without runs of four or more signs: the same sign, or neighbours on one of [`RUNS`].
fn without_runs(text: &str) -> String {
    static NEXT: LazyLock<HashSet<(char, char, usize)>> = LazyLock::new(|| {
        let mut pairs = HashSet::new();
        for (line, signs) in RUNS.iter().enumerate() {
            let signs: Vec<char> = signs.chars().collect();
            for (at, &sign) in signs.iter().enumerate() {
                let after = signs[(at + 1) % signs.len()];
                pairs.insert((sign, after, line * 2));
                pairs.insert((after, sign, line * 2 + 1));
            }
        }
        pairs
    });
    let chars: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let longest = (0..=RUNS.len() * 2)
            .map(|line| {
                let steps = chars[at..]
                    .windows(2)
                    .take_while(|pair| pair[0] == pair[1] || NEXT.contains(&(pair[0], pair[1], line)));
                steps.count() + 1
            })
            .max()
            .unwrap_or(1);
        if longest >= 4 {
            left.push(' ');
            at += longest;
        } else {
            left.push(chars[at]);
            at += 1;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TANAKA: Context<'_> = Context {
        login: "tanaka.t",
        name: "田中 太郎",
        kana: "タナカ タロウ",
        workspace: "さくら商事",
        slug: "sakura",
        product: "",
    };

    fn verdict(typed: &str) -> Vec<PasswordTrouble> {
        judge(&PasswordPolicy::default(), &Secret::new(typed), &TANAKA).err().unwrap_or_default()
    }

    #[test]
    fn good_passwords_pass_in_any_script() {
        for typed in [
            "correct horse battery unicycle",
            "green tea rides the last tram",
            "tanaka likes green bicycles",
            "xK9#vQ2$mL7!pR4z",
            "雨の日は犬と本屋まで歩くのが好き",
            "きょうのごはんはやきざかなとみそしる",
            "zq8-fmw3-kt5x-hy",
            "🦊🍵🚲🌧️📚🪴🎻⛩️🍙🧭🕯️🪁🐌🧣🛶",
        ] {
            assert_eq!(verdict(typed), [], "{typed}");
        }
    }

    #[test]
    fn each_reason_is_told() {
        use PasswordTrouble::{Common, ContainsContext, ControlCharacter, Empty, Repetitive, TooLong, TooShort};
        for (typed, troubles) in [
            ("", vec![Empty]),
            ("xk9vq2mlw", vec![TooShort { min: 15, have: 9 }]),
            ("しろいねこ", vec![TooShort { min: 15, have: 5 }]),
            ("xk9vq2mlw\0pr4zty", vec![ControlCharacter]),
            ("password", vec![TooShort { min: 15, have: 8 }, Common]),
            ("passwordpassword", vec![Common]),
            ("Passw0rd2026!!!", vec![Common]),
            ("ｐａｓｓｗｏｒｄ12345678", vec![Common]),
            ("123456789012345", vec![Common]),
            ("qwertyuiopasdfgh", vec![Common]),
            ("p@ssw0rd1234567", vec![Common]),
            ("aaaaaaaaaaaaaaaa", vec![Repetitive]),
            ("abcabcabcabcabcabc", vec![Repetitive]),
            ("lkjhgfdsa-rewq09876", vec![Repetitive]),
            ("4rfv5tgb6yhn7ujm", vec![Repetitive]),
            ("あいうえおかきくけこさしすせそ", vec![Repetitive]),
            ("tanaka-sakura-2026", vec![ContainsContext(ContextWord::Login)]),
            ("田中太郎19850412!!!", vec![ContainsContext(ContextWord::Name)]),
            ("sakura19850412zz", vec![ContainsContext(ContextWord::Workspace)]),
            ("aikagi-kaisha-2026", vec![ContainsContext(ContextWord::Product)]),
            ("kaisha-tokyo-2026-haru", vec![ContainsContext(ContextWord::Everyday)]),
            (&"界".repeat(342), vec![TooLong]),
            (&"\u{fdfa}".repeat(100), vec![TooLong]), // one sign becomes 18
        ] {
            assert_eq!(verdict(typed), troubles, "{typed}");
        }
    }

    #[test]
    fn the_policy_decides_about_classes_length_and_list() {
        let policy = PasswordPolicy { min_length: 8, classes: 3, blocklist: false, ..PasswordPolicy::default() };
        let judge = |typed: &str| judge(&policy, &Secret::new(typed), &TANAKA);
        assert_eq!(judge("password"), Err(vec![PasswordTrouble::TooFewClasses { min: 3, have: 1 }]));
        assert_eq!(judge("Password1"), Ok(()));
        assert_eq!(classes("aA1-"), 4);
        assert_eq!(classes("かな"), 1);
    }

    #[test]
    fn telephone_and_pc_give_the_same_bytes() {
        let normal = |typed: &str| normalize(&Secret::new(typed)).expose().to_owned();
        assert_eq!(normal("ﾊﾟｽﾜｰﾄﾞ Ａ１"), normal("パスワード A1"));
        assert_eq!(normal("か\u{3099}"), "が");
        assert_eq!(normal(" Case "), " Case ");
    }

    #[test]
    fn strength_is_bounded_and_knows_the_member() {
        let context = TANAKA;
        assert_eq!(strength(&Secret::new(""), &context).score, 0);
        assert!(strength(&Secret::new("tanaka.t"), &context).score <= 1);
        assert_eq!(strength(&Secret::new("green tea rides the last tram"), &context).score, 4);
        assert!(strength(&Secret::new("correct horse battery staple"), &context).score <= 1);
        assert_eq!(strength(&Secret::new("a1".repeat(513)), &context).score, 0);
    }

    #[test]
    fn the_lists_are_folded_and_long_enough_to_matter() {
        assert!(COMMON.len() >= 3000);
        for word in COMMON.iter().chain(WORKPLACE.iter()) {
            assert_eq!(*word, word.nfkc().collect::<String>().to_lowercase());
        }
        assert!(WORKPLACE.iter().all(|word| word.chars().map(weight).sum::<usize>() >= SHORTEST_WORD));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_normal_is_normal(typed in "\\PC{0,60}") {
            let typed = Secret::new(typed);
            let _ = judge(&PasswordPolicy::default(), &typed, &TANAKA);
            let once = normalize(&typed);
            let twice = normalize(&once);
            prop_assert_eq!(twice.expose(), once.expose());
        }

        #[test]
        fn random_passwords_are_not_called_weak(typed in "[a-zA-Z0-9]{20}") {
            prop_assert_eq!(verdict(&typed), []);
        }
    }
}
