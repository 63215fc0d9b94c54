//! The typed tables of live handles. A handle is a number in a pointer's clothes: looked up, never
//! dereferenced, never given twice.
//!
//! From the top: 24 bits that count how often its slot was used, 20 bits for the slot, 3 bits for
//! the type. 47 bits in all, as many as a pointer of user space has, as some languages hold no more.

use std::sync::{Arc, Mutex, MutexGuard};

use once_cell::race::OnceBox;
use slotmap::{DefaultKey, Key, KeyData, SlotMap};

use super::completions::Queue;
use super::gathered::Gathered;
use super::stage::Stage;
use crate::client::Client;
use crate::primitives::error::Error;
use crate::primitives::lock::lock;
use crate::primitives::status::Status;

const TYPE_BITS: u32 = 3;
const SLOT_BITS: u32 = 20;
const USE_BITS: u32 = 24;
/// Uses are counted from 0, and a handle holds one more than that.
const LAST_USE: u64 = (1 << USE_BITS) - 2;

/// What a handle may stand for.
pub trait Object: Sized {
    /// The type that C knows.
    type Opaque;
    /// The name of the type, for messages.
    const NAME: &'static str;
    /// What makes one, for messages.
    const MAKER: &'static str;
    /// The number of the type: 1 to 7.
    const TYPE: u64;
    /// Its table.
    fn slots(registry: &mut Registry) -> &mut Slots<Self>;
}

/// Live objects. A slot that has been used too often keeps an empty value for ever.
pub type Slots<T> = SlotMap<DefaultKey, Option<Arc<T>>>;

/// All tables.
#[derive(Default)]
pub struct Registry {
    pub(super) configs: Slots<Gathered>,
    pub(super) clients: Slots<Client>,
    pub(super) calls: Slots<Stage>,
    pub(super) queues: Slots<Queue>,
}

static REGISTRY: OnceBox<Mutex<Registry>> = OnceBox::new();

/// Takes the lock of the tables, which is held for a look-up at the longest, and over every fork.
pub fn lock_registry() -> MutexGuard<'static, Registry> {
    let registry = REGISTRY.get_or_init(Box::default);
    lock(registry)
}

/// Gives an object its handle.
pub fn insert<T: Object>(object: T) -> Result<*mut T::Opaque, Error> {
    let object = Some(Arc::new(object));
    let mut registry = lock_registry();
    let slots = T::slots(&mut registry);
    let key = slots.insert(object);
    match encode::<T>(key) {
        Some(number) => Ok(std::ptr::without_provenance_mut(number)),
        None => {
            let unplaced = slots.remove(key);
            drop(registry);
            drop(unplaced);
            let message = format!(
                "there are too many {} handles: free those that are not needed",
                T::NAME
            );
            Err(Error::new(Status::ResourceExhausted, message))
        }
    }
}

/// The object behind a handle, which `name` is the argument for.
pub fn get<T: Object>(name: &str, handle: *const T::Opaque) -> Result<Arc<T>, Error> {
    with_slot(name, handle, |object: &mut Arc<T>| object.clone())
}

/// Changes the object behind a handle. Under the lock of the tables, as a lock of the object's own
/// could be held for ever in a child that was forked meanwhile.
pub fn update<T: Object + Clone, R>(
    name: &str,
    handle: *const T::Opaque,
    change: impl FnOnce(&mut T) -> R,
) -> Result<R, Error> {
    with_slot(name, handle, |object| change(Arc::make_mut(object)))
}

fn with_slot<T: Object, R>(
    name: &str,
    handle: *const T::Opaque,
    work: impl FnOnce(&mut Arc<T>) -> R,
) -> Result<R, Error> {
    if handle.is_null() {
        let message = format!("{name} is NULL: pass a {} from {}", T::NAME, T::MAKER);
        return Err(Error::invalid_argument(message));
    }
    if let Some(key) = decode::<T>(handle.addr()) {
        let mut registry = lock_registry();
        if let Some(Some(object)) = T::slots(&mut registry).get_mut(key) {
            return Ok(work(object));
        }
    }
    let message = format!(
        "{name} is not a live {}: it was freed, or never was one: pass one from {}",
        T::NAME,
        T::MAKER
    );
    Err(Error::new(Status::InvalidHandle, message))
}

/// Takes an object from its handle, which is invalid from now on.
pub fn remove<T: Object>(handle: *const T::Opaque) -> Option<Arc<T>> {
    let key = decode::<T>(handle.addr())?;
    let mut registry = lock_registry();
    let slots = T::slots(&mut registry);
    match use_of(key) < LAST_USE {
        true => slots.remove(key).flatten(),
        // The next use would be the first one again: the slot is retired.
        false => slots.get_mut(key).and_then(Option::take),
    }
}

/// How often the slot was used before; the crate counts each use and each vacancy.
fn use_of(key: DefaultKey) -> u64 {
    key.data().as_ffi() >> 33
}

fn encode<T: Object>(key: DefaultKey) -> Option<usize> {
    let slot = key.data().as_ffi() & 0xFFFF_FFFF;
    let uses = use_of(key);
    if slot >> SLOT_BITS != 0 || uses > LAST_USE {
        return None;
    }
    // One more, so that the first handles are far from small numbers.
    let number = (((uses + 1) << SLOT_BITS | slot) << TYPE_BITS) | T::TYPE;
    usize::try_from(number).ok()
}

fn decode<T: Object>(handle: usize) -> Option<DefaultKey> {
    let number = u64::try_from(handle).ok()?;
    let slot = (number >> TYPE_BITS) & ((1 << SLOT_BITS) - 1);
    let uses = (number >> (TYPE_BITS + SLOT_BITS)).checked_sub(1)?;
    // Whatever is not exactly what `encode` gives is no handle of this type.
    let key = DefaultKey::from(KeyData::from_ffi((uses << 1 | 1) << 32 | slot));
    (encode::<T>(key)? == handle).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(uses: u64, slot: u64) -> DefaultKey {
        DefaultKey::from(KeyData::from_ffi((uses << 1 | 1) << 32 | slot))
    }

    #[test]
    fn a_handle_is_at_least_4096_and_fits_47_bits() {
        for (uses, slot) in [
            (0, 1),
            (0, (1 << SLOT_BITS) - 1),
            (LAST_USE, (1 << SLOT_BITS) - 1),
        ] {
            let number = encode::<Gathered>(key(uses, slot)).unwrap();
            assert!((4096..1 << 47).contains(&number), "{number:#x}");
            assert_eq!(decode::<Gathered>(number), Some(key(uses, slot)));
            assert_eq!(decode::<Client>(number), None);
        }
    }

    #[test]
    fn a_slot_about_to_wrap_is_not_used_again() {
        assert_eq!(encode::<Gathered>(key(LAST_USE + 1, 1)), None);
        assert_eq!(encode::<Gathered>(key(0, 1 << SLOT_BITS)), None);
    }
}
