//! Which of many ids are the same: a table of chains, 8 bytes for each id.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::primitives::error::Error;
use crate::primitives::status::Status;

/// The ids, wherever they are kept.
pub trait Ids {
    /// How many there are.
    fn count(&self) -> u32;

    /// One of them, or why there is none at that place.
    ///
    /// # Errors
    /// `invalid_argument`.
    fn id(&self, index: u32) -> Result<&str, Error>;
}

/// No further index.
const END: u32 = u32::MAX;

/// Chains of indices whose ids have the same hash, each in rising order.
pub struct Duplicates<'a, I> {
    ids: &'a I,
    hasher: RandomState,
    heads: Vec<u32>,
    next: Vec<u32>,
}

impl<'a, I: Ids> Duplicates<'a, I> {
    /// Looks at all ids once.
    ///
    /// # Errors
    /// `resource_exhausted` where there is no memory for the table.
    pub fn new(ids: &'a I) -> Result<Duplicates<'a, I>, Error> {
        let mut found = Duplicates {
            ids,
            hasher: RandomState::new(),
            heads: table(ids.count())?,
            next: table(ids.count())?,
        };
        for index in (0..ids.count()).rev() {
            if let Ok(id) = ids.id(index) {
                found.link(index, id);
            }
        }
        Ok(found)
    }

    fn link(&mut self, index: u32, id: &str) {
        let head = self.head_of(id);
        let (head, next) = (self.heads.get_mut(head), self.next.get_mut(place(index)));
        if let (Some(head), Some(next)) = (head, next) {
            *next = std::mem::replace(head, index);
        }
    }

    /// Is there no smaller index with the same id?
    pub fn is_first(&self, index: u32) -> bool {
        let id = self.ids.id(index).ok();
        let head = id.and_then(|id| self.heads.get(self.head_of(id)).copied());
        self.same_from(head, id) == Some(index)
    }

    /// The next index with the same id.
    pub fn next_after(&self, index: u32) -> Option<u32> {
        let id = self.ids.id(index).ok()?;
        let next = self.next.get(place(index)).copied();
        self.same_from(next, Some(id))
    }

    fn same_from(&self, start: Option<u32>, id: Option<&str>) -> Option<u32> {
        std::iter::successors(start, |at| self.next.get(place(*at)).copied())
            .take_while(|at| *at != END)
            .find(|at| self.ids.id(*at).ok() == id)
    }

    fn head_of(&self, id: &str) -> usize {
        let count = u64::from(self.ids.count()).max(1);
        usize::try_from(self.hasher.hash_one(id) % count).unwrap_or(0)
    }
}

fn table(count: u32) -> Result<Vec<u32>, Error> {
    let mut table = Vec::new();
    table.try_reserve_exact(place(count)).map_err(|_| {
        let message = "no memory for a list of so many ids: pass them in parts";
        Error::new(Status::ResourceExhausted, message)
    })?;
    table.resize(place(count), END);
    Ok(table)
}

fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Words(Vec<Option<&'static str>>);

    impl Ids for Words {
        fn count(&self) -> u32 {
            self.0.len() as u32
        }

        fn id(&self, index: u32) -> Result<&str, Error> {
            self.0[index as usize].ok_or_else(|| Error::invalid_argument("none"))
        }
    }

    #[test]
    fn every_index_of_an_id_is_found_in_rising_order() {
        let words = Words(
            ["a", "b", "a", "", "b", "a", "c"]
                .map(|word| (!word.is_empty()).then_some(word))
                .to_vec(),
        );
        let found = Duplicates::new(&words).unwrap();
        for (index, next) in [
            (0, Some(2)),
            (2, Some(5)),
            (5, None),
            (1, Some(4)),
            (3, None),
        ] {
            assert_eq!(found.next_after(index), next, "{index}");
        }
        let firsts = (0..7).filter(|index| found.is_first(*index));
        assert_eq!(firsts.collect::<Vec<_>>(), [0, 1, 6]);
    }
}
