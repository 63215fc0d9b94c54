//! A file and what happens to its versions.

use std::{iter, mem};

use crate::version::Version;

/// A list has no pages, so no file keeps more; the oldest make room.
pub const MOST_VERSIONS: usize = 100;

/// A file keeps its id and its place; everything else belongs to one of its versions.
pub struct File {
    pub id: String,
    /// From the root of the library: `/lamps/desk.jpg`.
    pub path: String,
    current: Version,
    /// From new to old.
    older: Vec<Version>,
    /// Numbers are never given twice, whatever was deleted.
    next_number: u32,
}

/// Why a version cannot be deleted.
#[derive(Debug, PartialEq, Eq)]
pub enum Undeletable {
    Unknown,
    Current,
}

impl File {
    pub fn new(id: String, path: String, first: Version) -> File {
        File {
            id,
            path,
            next_number: first.number + 1,
            current: first,
            older: Vec::new(),
        }
    }

    pub fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(self.path.as_str(), |(_, name)| name)
    }

    /// The folder's path without slashes at its ends: empty for the root.
    pub fn folder(&self) -> &str {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folder.trim_matches('/')
    }

    pub fn current(&self) -> &Version {
        &self.current
    }

    /// The current one first, then from new to old.
    pub fn versions(&self) -> impl Iterator<Item = &Version> {
        iter::once(&self.current).chain(&self.older)
    }

    pub fn version(&self, id: &str) -> Option<&Version> {
        self.versions().find(|version| version.id == id)
    }

    /// The number that the next upload gets.
    pub fn next_number(&self) -> u32 {
        self.next_number
    }

    /// Makes a new version the current one.
    pub fn add(&mut self, version: Version) {
        self.next_number = self.next_number.max(version.number + 1);
        self.succeed(version);
        self.older.truncate(MOST_VERSIONS - 1);
    }

    /// Makes this version the current one, and says whether there is such a version.
    pub fn restore(&mut self, id: &str) -> bool {
        if let Some(place) = self.older.iter().position(|version| version.id == id) {
            let version = self.older.remove(place);
            self.succeed(version);
        }
        self.current.id == id
    }

    pub fn delete(&mut self, id: &str) -> Result<(), Undeletable> {
        if self.current.id == id {
            return Err(Undeletable::Current);
        }
        let place = self.older.iter().position(|version| version.id == id);
        self.older.remove(place.ok_or(Undeletable::Unknown)?);
        Ok(())
    }

    fn succeed(&mut self, version: Version) {
        let former = mem::replace(&mut self.current, version);
        let place = self
            .older
            .partition_point(|older| older.number > former.number);
        self.older.insert(place, former);
    }
}

#[cfg(test)]
mod tests {
    use super::{File, MOST_VERSIONS, Undeletable};
    use crate::timestamp::Timestamp;
    use crate::version::{Media, Version};

    fn version(number: u32) -> Version {
        let moment = Timestamp::from_ms(0);
        Version::new(number.to_string(), number, "", Media::Raw {}, moment)
    }

    fn file(versions: u32) -> File {
        let mut file = File::new(String::new(), String::new(), version(1));
        for number in 2..=versions {
            file.add(version(number));
        }
        file
    }

    fn numbers(file: &File) -> Vec<u32> {
        file.versions().map(|version| version.number).collect()
    }

    #[test]
    fn the_current_version_is_first_and_the_others_follow_from_new_to_old() {
        let mut file = file(3);
        assert_eq!(numbers(&file), [3, 2, 1]);
        for (restored, order) in [("1", [1, 3, 2]), ("1", [1, 3, 2]), ("2", [2, 3, 1])] {
            assert!(file.restore(restored));
            assert_eq!(numbers(&file), order);
        }
        assert!(!file.restore("4"));
        assert_eq!(file.delete("2"), Err(Undeletable::Current));
        assert_eq!(file.delete("4"), Err(Undeletable::Unknown));
        assert_eq!(file.delete("3"), Ok(()));
        assert_eq!(numbers(&file), [2, 1]);
        assert_eq!(file.next_number(), 4, "3 was given already");
    }

    #[test]
    fn the_oldest_versions_make_room_but_never_the_new_one() {
        let mut file = file(100);
        file.restore("1");
        file.add(version(101));
        assert_eq!(file.versions().count(), MOST_VERSIONS);
        assert_eq!(numbers(&file)[..2], [101, 100]);
        assert_eq!(
            numbers(&file)[99],
            2,
            "the oldest is gone, current until now or not"
        );
    }
}
