//! The Argon2id kernel: the one place that knows which crate computes it, and the memory that it computes in.
//!
//! By default that is `argon2-rust`, which uses the widest vectors that the processor has; with the feature `kernel-portable` it is
//! RustCrypto's `argon2`. Both give the same hash for the same password, so that a stored text never tells which one made it. The tests
//! hold both against each other, RFC 9106 and the C reference. Why so: docs/decisions/0006-argon2-kernel.md.

use zeroize::Zeroizing;

use super::password::Cost;

#[cfg(feature = "kernel-portable")]
use portable as chosen;
#[cfg(not(feature = "kernel-portable"))]
use simd as chosen;

#[cfg(not(any(feature = "kernel-simd", feature = "kernel-portable", test)))]
compile_error!("passwords need a kernel: the feature `kernel-simd` (default) or `kernel-portable`");

/// The memory of a thread that hashes. It grows as needed and is used again, because fresh pages for each hash would cost half as much
/// as the hash itself. Other than that it carries nothing from one hash to the next.
#[derive(Debug, Default)]
pub struct Memory(chosen::Memory);

impl Memory {
    /// Whether there is something to give back.
    pub fn is_held(&self) -> bool {
        self.0.is_held()
    }

    /// Gives the memory back to the system; the next hash takes it anew.
    pub fn give_back(&mut self) {
        self.0.give_back();
    }
}

/// Argon2id, version 19, 32 bytes, without secret or associated data, on the calling thread alone. The cost must be possible and the salt
/// have 8 bytes at least. Panics when the system has no memory left: the pool survives that and asks its caller to come back.
pub(super) fn stretch(memory: &mut Memory, cost: Cost, input: &[u8], salt: &[u8]) -> Zeroizing<[u8; 32]> {
    chosen::stretch(&mut memory.0, cost, input, salt)
}

/// Whether the kernel gives a known answer on this processor. A wrong one would not be noticed when a password is set, but at the next
/// sign-in, when it is too late: a server starts only after this.
pub(super) fn is_right() -> bool {
    // Made by the C reference, like tests/data/argon2-reference.txt.
    const TAG: [u8; 32] = [
        0x62, 0x29, 0x3e, 0x2b, 0xb7, 0xd5, 0x63, 0x02, 0x04, 0x5d, 0xd5, 0xc9, 0x42, 0x8b, 0x4d, 0xa4, //
        0xe3, 0x7f, 0x06, 0x3d, 0xc1, 0xd5, 0xa4, 0x78, 0x28, 0xfd, 0x9b, 0xcf, 0x52, 0xbd, 0xb5, 0x3b,
    ];
    let cost = Cost { memory_kib: 256, passes: 2, lanes: 1 };
    *stretch(&mut Memory::default(), cost, &[1; 32], &[2; 16]) == TAG
}

#[cfg(any(not(feature = "kernel-portable"), test))]
mod simd {
    use argon2_rust::params::{self, TagLen};
    use argon2_rust::{Algorithm, Argon2, Hasher, Params, Version};
    use zeroize::Zeroizing;

    use super::super::password::Cost;

    #[derive(Debug)]
    pub struct Memory(Hasher);

    impl Default for Memory {
        fn default() -> Self {
            // Takes nothing yet.
            Self(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT).hasher())
        }
    }

    impl Memory {
        pub fn is_held(&self) -> bool {
            self.0.reserved_blocks() > 0
        }

        pub fn give_back(&mut self) {
            self.0.clear();
        }
    }

    pub fn stretch(memory: &mut Memory, cost: Cost, input: &[u8], salt: &[u8]) -> Zeroizing<[u8; 32]> {
        let params = Params::builder()
            .memory(params::Memory::kib(cost.memory_kib.into()))
            .passes(cost.passes)
            .lanes(cost.lanes)
            .threads(1)
            .tag_len(TagLen::bytes(32))
            .build()
            .expect("a possible cost");
        memory.0.set_argon2(Argon2::new(Algorithm::Argon2id, Version::V0x13, params));
        let mut out = Zeroizing::new([0; 32]);
        memory.0.hash_into(input, salt, out.as_mut_slice()).expect("memory for a hash");
        out
    }
}

#[cfg(any(feature = "kernel-portable", test))]
mod portable {
    use argon2::{Algorithm, Argon2, Block, Params, Version};
    use zeroize::Zeroizing;

    use super::super::password::Cost;

    #[derive(Debug, Default)]
    pub struct Memory(Vec<Block>);

    impl Memory {
        pub fn is_held(&self) -> bool {
            !self.0.is_empty()
        }

        pub fn give_back(&mut self) {
            self.0 = Vec::new();
        }
    }

    pub fn stretch(memory: &mut Memory, cost: Cost, input: &[u8], salt: &[u8]) -> Zeroizing<[u8; 32]> {
        let Memory(blocks) = memory;
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).expect("a possible cost");
        if blocks.len() < params.block_count() {
            // What was held goes first, so that there are never two at once.
            *blocks = Vec::new();
            blocks.try_reserve_exact(params.block_count()).expect("memory for a hash");
            blocks.resize(params.block_count(), Block::new());
        }
        let mut out = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(input, salt, out.as_mut_slice(), blocks)
            .expect("salt, output and memory have the sizes that Argon2 asks for");
        out
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::vault::{Dice as _, SeededDice};

    /// All that Argon2 takes; a server uses less of it.
    #[derive(Debug, Clone)]
    struct Input {
        kind: u32,
        version: u32,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        password: Vec<u8>,
        salt: Vec<u8>,
        secret: Vec<u8>,
        data: Vec<u8>,
        length: usize,
    }

    fn by_simd(it: &Input, hasher: &mut argon2_rust::Hasher) -> Vec<u8> {
        use argon2_rust::params::{Memory, TagLen};
        use argon2_rust::{Algorithm, Argon2, Params, Version};
        let params = Params::builder()
            .memory(Memory::kib(it.memory_kib.into()))
            .passes(it.passes)
            .lanes(it.lanes)
            .threads(1)
            .tag_len(TagLen::bytes(it.length as u64))
            .build()
            .expect("possible parameters");
        let (kind, version) = (Algorithm::from_u32(it.kind), Version::from_u32(it.version));
        hasher.set_argon2(Argon2::new(kind.expect("a type"), version.expect("a version"), params));
        let mut tag = vec![0; it.length];
        hasher.hash_into_with_ad(&it.password, &it.salt, &it.secret, &it.data, &mut tag).expect("hashes");
        tag
    }

    fn by_portable(it: &Input, memory: &mut Vec<argon2::Block>) -> Vec<u8> {
        use argon2::{Algorithm, Argon2, AssociatedData, Block, ParamsBuilder, Version};
        let params = ParamsBuilder::new()
            .m_cost(it.memory_kib)
            .t_cost(it.passes)
            .p_cost(it.lanes)
            .data(AssociatedData::new(&it.data).expect("short data"))
            .output_len(it.length)
            .build()
            .expect("possible parameters");
        if memory.len() < params.block_count() {
            memory.resize(params.block_count(), Block::new());
        }
        let kind = [Algorithm::Argon2d, Algorithm::Argon2i, Algorithm::Argon2id][it.kind as usize];
        let version = if it.version == 16 { Version::V0x10 } else { Version::V0x13 };
        let mut tag = vec![0; it.length];
        Argon2::new_with_secret(&it.secret, kind, version, params)
            .expect("a short secret")
            .hash_password_into_with_memory(&it.password, &it.salt, &mut tag, memory)
            .expect("hashes");
        tag
    }

    /// Both kernels' answers, in memory that was used before.
    #[derive(Default)]
    struct Both(Option<argon2_rust::Hasher>, Vec<argon2::Block>);

    impl Both {
        fn hash(&mut self, it: &Input) -> [Vec<u8>; 2] {
            let hasher = self.0.get_or_insert_with(|| {
                argon2_rust::Argon2::new(
                    argon2_rust::Algorithm::Argon2id,
                    argon2_rust::Version::V0x13,
                    argon2_rust::Params::DEFAULT,
                )
                .hasher()
            });
            [by_simd(it, hasher), by_portable(it, &mut self.1)]
        }
    }

    #[test]
    fn both_kernels_give_the_tags_of_rfc_9106() {
        // Sections 5.1 to 5.3.
        for (kind, tag) in [
            (0, "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"),
            (1, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"),
            (2, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"),
        ] {
            let it = Input {
                kind,
                version: 19,
                memory_kib: 32,
                passes: 3,
                lanes: 4,
                password: vec![1; 32],
                salt: vec![2; 16],
                secret: vec![3; 8],
                data: vec![4; 12],
                length: 32,
            };
            for given in Both::default().hash(&it) {
                assert_eq!(HEXLOWER.encode(&given), tag, "type {kind}");
            }
        }
    }

    fn follow_the_reference(lines: &str) -> usize {
        let bytes = |text: &str| match text {
            "-" => Vec::new(),
            text => HEXLOWER.decode(text.as_bytes()).expect("hexadecimal"),
        };
        let mut both = Both::default();
        for line in lines.lines() {
            let parts: Vec<&str> = line.split(' ').collect();
            let number = |at: usize| parts[at].parse::<u32>().expect("a number");
            let tag = bytes(parts[9]);
            let it = Input {
                kind: number(0),
                version: number(1),
                memory_kib: number(2),
                passes: number(3),
                lanes: number(4),
                password: bytes(parts[5]),
                salt: bytes(parts[6]),
                secret: bytes(parts[7]),
                data: bytes(parts[8]),
                length: tag.len(),
            };
            assert_eq!(both.hash(&it), [tag.clone(), tag], "{line}");
        }
        lines.lines().count()
    }

    #[test]
    fn both_kernels_give_what_the_c_reference_gives() {
        assert_eq!(follow_the_reference(include_str!("../../tests/data/argon2-reference.txt")), 120);
    }

    /// With `AIKAGI_TEST_ARGON2=<file>` made by tests/peers/argon2_vectors.py; run after an update of either crate.
    #[test]
    #[ignore = "needs a file made by the C reference, see CONTRIBUTING.md"]
    fn both_kernels_give_what_the_c_reference_gives_ten_thousand_times() {
        let path = std::env::var("AIKAGI_TEST_ARGON2").expect("AIKAGI_TEST_ARGON2 names a file");
        assert!(follow_the_reference(&std::fs::read_to_string(path).expect("a file")) >= 10_000);
    }

    #[test]
    fn both_kernels_agree_as_a_server_uses_them() {
        let dice = SeededDice::new(9106);
        let (mut simd, mut portable) = (simd::Memory::default(), portable::Memory::default());
        for round in 0..200 {
            let mut chance = [0; 8 + 32 + 16];
            dice.fill(&mut chance);
            let lanes = 1 + u32::from(chance[0] % 4);
            let more = u32::from(u16::from_le_bytes([chance[1], chance[2]]) % 512);
            // Now and then beyond 2 MiB, from where on the memory is a mapping of its own.
            let memory_kib = 8 * lanes + if round % 20 == 0 { 8 * more } else { more };
            let cost = Cost { memory_kib, passes: 1 + u32::from(chance[3] % 4), lanes };
            let (input, salt) = (&chance[8..40], &chance[40..]);
            let tag = simd::stretch(&mut simd, cost, input, salt);
            assert_eq!(tag, portable::stretch(&mut portable, cost, input, salt), "{cost:?} {chance:?}");
            assert_eq!(tag, stretch(&mut Memory::default(), cost, input, salt), "{cost:?}, in fresh memory");
        }
    }

    #[test]
    fn both_kernels_agree_at_the_default_cost_and_the_known_answer_is_right() {
        let (input, salt) = ([7; 32], [9; 16]);
        let tag = simd::stretch(&mut simd::Memory::default(), Cost::default(), &input, &salt);
        assert_eq!(tag, portable::stretch(&mut portable::Memory::default(), Cost::default(), &input, &salt));
        assert!(is_right());
    }

    #[test]
    fn memory_is_taken_with_the_first_hash_and_given_back() {
        let cost = Cost { memory_kib: 4_096, passes: 1, lanes: 1 };
        let (input, salt) = ([1; 32], [2; 16]);
        let (mut simd, mut portable) = (simd::Memory::default(), portable::Memory::default());
        for _ in 0..2 {
            assert!(!simd.is_held() && !portable.is_held());
            assert_eq!(
                simd::stretch(&mut simd, cost, &input, &salt),
                portable::stretch(&mut portable, cost, &input, &salt)
            );
            assert!(simd.is_held() && portable.is_held());
            simd.give_back();
            portable.give_back();
        }
        let mut memory = Memory::default();
        assert!(!memory.is_held());
        stretch(&mut memory, cost, &input, &salt);
        assert!(memory.is_held());
        memory.give_back();
        assert!(!memory.is_held());
    }
}
