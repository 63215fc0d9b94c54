//! The media library: what is stored. How the API shows it is `document`'s concern.

use std::collections::HashMap;

use crate::file::{File, MOST_VERSIONS};
use crate::fixtures;
use crate::version::{Media, Version};

/// Files in the order in which they were added.
pub struct Library {
    files: Vec<File>,
    places_by_id: HashMap<String, usize>,
    places_by_path: HashMap<String, usize>,
    ids_given: u64,
}

impl Library {
    pub fn with_fixtures() -> Library {
        let mut library = Library {
            files: Vec::new(),
            places_by_id: HashMap::new(),
            places_by_path: HashMap::new(),
            ids_given: 0,
        };
        for file in fixtures::files() {
            library.add(file);
        }
        library
    }

    pub fn files(&self) -> &[File] {
        &self.files
    }

    pub fn file(&self, id: &str) -> Option<&File> {
        let place = *self.places_by_id.get(id)?;
        self.files.get(place)
    }

    pub fn file_mut(&mut self, id: &str) -> Option<&mut File> {
        let place = *self.places_by_id.get(id)?;
        self.files.get_mut(place)
    }

    pub fn file_at(&self, path: &str) -> Option<&File> {
        let place = *self.places_by_path.get(path)?;
        self.files.get(place)
    }

    /// The path must be free.
    pub fn add(&mut self, file: File) {
        let place = self.files.len();
        self.places_by_id.insert(file.id.clone(), place);
        self.places_by_path.insert(file.path.clone(), place);
        self.files.push(file);
    }

    /// Adds small files with as many versions each, and gives their ids.
    pub fn add_many(&mut self, count: usize, versions: usize) -> Vec<String> {
        let versions = versions.clamp(1, MOST_VERSIONS);
        (0..count).map(|_| self.add_small(versions)).collect()
    }

    fn add_small(&mut self, versions: usize) -> String {
        let id = self.new_id();
        let first = small(self.new_id(), 1);
        let mut file = File::new(id.clone(), format!("/many/{id}.txt"), first);
        for number in (2..).take(versions - 1) {
            file.add(small(self.new_id(), number));
        }
        self.add(file);
        id
    }

    /// A file that is in no library: a small one, whose only version is called as itself.
    pub fn made_up(id: String) -> File {
        let path = format!("/made-up/{id}.txt");
        File::new(id.clone(), path, small(id, 1))
    }

    /// An id that no file and no version has.
    pub fn new_id(&mut self) -> String {
        self.ids_given += 1;
        format!("66a2{:020x}", self.ids_given)
    }
}

fn small(id: String, number: u32) -> Version {
    let moment = fixtures::NEW_YEAR_2026.plus_days(number.into());
    Version {
        size: 64,
        ..Version::new(id, number, "text/plain", Media::Raw {}, moment)
    }
}

#[cfg(test)]
mod tests {
    use super::Library;
    use std::collections::HashSet;

    #[test]
    fn the_library_keeps_its_own_rules() {
        let mut library = Library::with_fixtures();
        library.add_many(1_000, 2);
        library.add_many(1, 0);
        library.add_many(1, 1_000);
        let mut ids = HashSet::new();
        for file in library.files() {
            assert!(file.path.starts_with('/'), "{}", file.path);
            assert!(
                (1..=100).contains(&file.versions().count()),
                "{}",
                file.path
            );
            for id in file.versions().map(|version| &version.id) {
                assert!(ids.insert(id.clone()), "{id} is given twice");
            }
            assert_eq!(file.id.len(), 24);
            assert!(ids.insert(file.id.clone()), "{} is given twice", file.id);
            let found = [library.file(&file.id), library.file_at(&file.path)];
            for found in found {
                assert!(found.is_some_and(|found| std::ptr::eq(found, file)));
            }
        }
        assert_eq!(library.files().len(), 5 + 1_000 + 2);
        assert!(library.files()[0].versions().count() >= 2);
    }
}
