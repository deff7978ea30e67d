//! The vault: keys, sealing, keyed hashes, tokens and the password pool. It knows bytes and labels, not what they mean.
//!
//! What a stolen database may not give away goes through here before it is written: passwords (Argon2id + pepper), tokens and
//! codes (keyed hashes), numbers and addresses (sealed, found by a keyed index). The master key stands outside the database.

pub mod chain;
pub mod dice;
pub mod kernel;
pub mod keyed;
pub mod keyfile;
pub mod keys;
pub mod password;
pub mod pool;
pub mod seal;
pub mod signing;
pub mod stream;
pub mod token;

pub use dice::{Dice, OsDice, SeededDice};
pub use keyed::same;
pub use keyfile::MasterKeys;
pub use keys::Keyring;
pub use pool::{Busy, HashingPool, InLane};
pub use seal::DataKey;
pub use token::{Presented, Token};
