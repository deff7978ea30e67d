//! The code with which a device is enrolled: `AGT-CDFH-JKLM-NPRT-VWX2`, copied or typed into the device once. Its form is its own: no other code here
//! begins with these letters or has as many signs, and the last sign checks the others.

use super::{
    Secret,
    typed::{is_hyphen, plain},
};

/// What it begins with.
const BEGINS: &str = "AGT";
/// Letters and digits that are not taken for one another; 23 of them, a prime, so that the last sign finds every single wrong one and every swap of two
/// that stand side by side.
const SIGNS: &[u8; 23] = b"CDFHJKLMNPRTVWXY2345678";
/// How many are chance: 23^15, about 67.8 bits.
const CHANCE: usize = 15;
const GROUP: usize = 4;

/// A code: 16 signs.
#[derive(Debug, Clone)]
pub struct AgentCode(Secret);

impl AgentCode {
    /// From 128 bits of chance. The remainder favours some codes by less than 1 in 2^60.
    pub fn from_bytes(chance: [u8; 16]) -> Self {
        let mut number = u128::from_be_bytes(chance);
        let mut places = [0_usize; CHANCE];
        for place in &mut places {
            *place = usize::try_from(number % 23).unwrap_or_default();
            number /= 23;
        }
        let signs = places.into_iter().chain([check(&places)]).map(|place| char::from(SIGNS[place]));
        Self(Secret::from_chars(signs, CHANCE + 1))
    }

    /// Reads a code; small and full-width letters, spaces and missing hyphens are understood. None for whatever has not its form.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 256 {
            return None;
        }
        let text = plain(typed);
        let signs = || text.chars().filter(|&c| !c.is_whitespace() && !is_hyphen(c)).map(|c| c.to_ascii_uppercase());
        if !signs().take(BEGINS.len()).eq(BEGINS.chars()) {
            return None;
        }
        let signs = || signs().skip(BEGINS.len());
        let place = |c| SIGNS.iter().position(|&sign| char::from(sign) == c);
        let places: Vec<usize> = signs().map_while(place).take(CHANCE + 2).collect();
        let (last, rest) = places.split_last()?;
        let fits = rest.len() == CHANCE && signs().count() == CHANCE + 1 && check(rest) == *last;
        fits.then(|| Self(Secret::from_chars(signs(), CHANCE + 1)))
    }

    /// The 16 signs, as they are hashed.
    pub fn signs(&self) -> &Secret {
        &self.0
    }

    /// As written: `AGT-CDFH-JKLM-NPRT-VWX2`.
    pub fn grouped(&self) -> Secret {
        let signs = self.0.expose();
        let groups = (0..=CHANCE / GROUP).flat_map(|n| ["-", &signs[n * GROUP..(n + 1) * GROUP]]);
        Secret::from_chars(std::iter::once(BEGINS).chain(groups).flat_map(str::chars), 23)
    }
}

/// The last sign: positions have the weights 1 to 15 modulo 23.
fn check(places: &[usize]) -> usize {
    places.iter().zip(1..).map(|(place, weight)| place * weight).sum::<usize>() % SIGNS.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlarmWord, CallCode, CodeTyped, ForcedSecret, Reference};

    #[test]
    fn a_slip_of_the_fingers_is_found() {
        let code = AgentCode::from_bytes([7; 16]).grouped().expose().to_owned();
        assert_eq!(code.len(), 23);
        for at in (4..code.len()).filter(|at| code.as_bytes()[*at] != b'-') {
            for sign in SIGNS {
                let mut wrong = code.clone().into_bytes();
                if wrong[at] != *sign {
                    wrong[at] = *sign;
                    assert!(AgentCode::parse(std::str::from_utf8(&wrong).unwrap()).is_none());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn it_reads_back_and_passes_for_nothing_else(chance: [u8; 16], any in "\\PC{0,40}") {
            let code = AgentCode::from_bytes(chance);
            let shown = code.grouped();
            let text = shown.expose();
            for typed in [text.to_owned(), text.to_lowercase(), text.replace('-', " "), text.replace('-', "")] {
                let read = AgentCode::parse(&typed).unwrap();
                prop_assert_eq!(read.signs().expose(), code.signs().expose());
            }
            for text in [text, code.signs().expose()] {
                prop_assert!(CodeTyped::parse(text, None).is_err() && AlarmWord::parse(text).is_none());
                prop_assert!(CallCode::parse(text).is_none() && ForcedSecret::parse(text).is_none());
                prop_assert!(Reference::parse(text).is_none());
            }
            prop_assert!(AgentCode::parse(code.signs().expose()).is_none());
            AgentCode::parse(&any);
        }
    }
}
