//! Everything a request needs, built once: `App::build` is the only place that puts the parts together.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Config;
use crate::deliver::ReceiptBook;
use crate::flows::agents::Bell;
use crate::flows::management::Doors;
use crate::flows::open_pages::OpenPages;
use crate::model::{CarrierGuide, Timestamp, id::WorkspaceId};
use crate::places::Places;
use crate::store::Db;
use crate::store::leases::Leases;
use crate::vault::{DataKey, Dice, HashingPool, Keyring, dice, password::Cost, pool::PoolSettings, seal::OpenError};

/// The parts of the running server.
pub struct App {
    /// What the operator decided.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// Keys of every purpose.
    pub keyring: Arc<Keyring>,
    /// The only place where passwords are hashed.
    pub hashing: HashingPool,
    /// Rung when a message was queued, so that the worker need not wait for its next look.
    pub outbox_bell: Arc<Notify>,
    /// Where what carriers tell of messages is written.
    pub receipts: ReceiptBook,
    /// The same for what goes to webhooks.
    pub webhook_bell: Arc<Notify>,
    /// What to do where codes do not arrive, by carrier.
    pub guide: CarrierGuide,
    /// Where addresses lie, if the operator brought that.
    pub places: Option<Places>,
    /// The programs on devices that wait on this node for something to do.
    pub agents: Bell,
    /// How many requests of programs this node may let through without asking.
    pub requests: Leases,
    /// Where requests to services that manage devices leave.
    pub management: Box<Doors>,
    /// Pages that are open on this node and wait for the end of their session.
    pub open_pages: Arc<OpenPages>,
    data_keys: RwLock<HashMap<WorkspaceId, (String, Arc<DataKey>)>>,
}

/// What the parts are built from.
pub struct Parts {
    /// What the operator decided.
    pub config: Config,
    /// The database, its schema up to date.
    pub db: Db,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// Keys of every purpose.
    pub keyring: Arc<Keyring>,
    /// Carrier guidance.
    pub guide: CarrierGuide,
}

impl App {
    /// Puts the parts together and starts the hashing threads.
    pub fn build(parts: Parts) -> std::io::Result<Self> {
        let Parts { config, db, clock, dice, keyring, guide } = parts;
        let places = config.places_file.as_deref().map(Places::open).transpose().map_err(std::io::Error::other)?;
        // A text that does not parse must stop the start, not a page at six in the morning.
        crate::wording::warm_up();
        let defaults = PoolSettings::default();
        let settings = PoolSettings {
            threads: config.hashing.threads.unwrap_or(defaults.threads),
            cost: Cost { memory_kib: config.hashing.memory_kib, passes: config.hashing.passes, ..Cost::default() },
            ..defaults
        };
        let hashing = HashingPool::start(settings, keyring.clone(), dice.clone())?;
        let outbox_bell = Arc::<Notify>::default();
        let receipts = ReceiptBook { db: db.clone(), clock: clock.clone(), bell: outbox_bell.clone() };
        let management = Box::new(Doors::new(&config));
        Ok(Self {
            config,
            db,
            clock,
            dice,
            keyring,
            hashing,
            outbox_bell,
            receipts,
            webhook_bell: Arc::default(),
            guide,
            places,
            agents: Bell::default(),
            requests: Leases::default(),
            management,
            open_pages: Arc::default(),
            data_keys: RwLock::default(),
        })
    }

    /// Chance for a new id or secret.
    pub fn chance<const N: usize>(&self) -> [u8; N] {
        dice::bytes(&*self.dice)
    }

    /// The present point in time: read once a request, at its door.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The workspace's data key, unwrapped once and kept in memory until it is wrapped anew.
    pub fn data_key(&self, workspace: &WorkspaceId, wrapped: &str) -> Result<Arc<DataKey>, OpenError> {
        if let Ok(keys) = self.data_keys.read()
            && let Some((of, key)) = keys.get(workspace)
            && of == wrapped
        {
            return Ok(key.clone());
        }
        let key = Arc::new(self.keyring.unwrap_data_key(workspace.as_str(), wrapped)?);
        if let Ok(mut keys) = self.data_keys.write() {
            keys.insert(workspace.clone(), (wrapped.to_owned(), key.clone()));
        }
        Ok(key)
    }
}
