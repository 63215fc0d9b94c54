//! Which files `GET /v1/files` lists, and in which order. What is not understood is refused: an
//! emulator that ignored it would let a wrong program pass.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::file::File;
use crate::search::{self, Condition};

const MOST: usize = 1000;

#[derive(Default)]
pub struct Listing {
    skip: usize,
    limit: Option<usize>,
    /// Without slashes at its ends.
    folder: Option<String>,
    file_type: Option<&'static str>,
    conditions: Vec<Condition>,
    order: Option<Order>,
}

struct Order {
    key: Key,
    is_descending: bool,
}

enum Key {
    Name,
    Created,
    Updated,
    Size,
}

impl Listing {
    pub fn parse(query: &str) -> Result<Listing, String> {
        let mut listing = Listing::default();
        let mut seen: Vec<Cow<'_, str>> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if seen.contains(&name) {
                return Err(format!("The parameter {name} is given twice."));
            }
            listing
                .take_in(&name, &value)
                .map_err(|why| format!("The parameter {name}={value} cannot be used: {why}."))?;
            seen.push(name);
        }
        Ok(listing)
    }

    fn take_in(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "skip" => self.skip = value.parse().map_err(|_| "it is no number")?,
            "limit" => {
                let limit = value.parse().ok();
                self.limit = Some(limit.filter(is_limit).ok_or("it is not within 1 to 1000")?);
            }
            "path" => self.folder = Some(value.trim_matches('/').to_owned()),
            "searchQuery" => self.conditions = search::parse(value)?,
            "sort" => self.order = Some(Order::parse(value).ok_or("there is no such order")?),
            "type" if value == "file" => {}
            "type" => return Err("the emulator lists files only".to_owned()),
            "fileType" => {
                self.file_type = match value {
                    "all" => None,
                    "image" => Some("image"),
                    "non-image" => Some("non-image"),
                    _ => return Err("there is no such type of file".to_owned()),
                }
            }
            _ => return Err("the emulator does not know it".to_owned()),
        }
        Ok(())
    }

    pub fn page<'a>(&self, files: &'a [File]) -> impl Iterator<Item = &'a File> {
        let mut files: Vec<&File> = files.iter().filter(|file| self.holds(file)).collect();
        if let Some(order) = &self.order {
            files.sort_by(|one, other| order.compare(one, other));
        }
        let limit = self.limit.unwrap_or(MOST);
        files.into_iter().skip(self.skip).take(limit)
    }

    fn holds(&self, file: &File) -> bool {
        let file_type = file.current().media.file_type();
        self.file_type.is_none_or(|wanted| wanted == file_type)
            && self
                .folder
                .as_ref()
                .is_none_or(|folder| folder == file.folder())
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(file))
    }
}

fn is_limit(limit: &usize) -> bool {
    (1..=MOST).contains(limit)
}

impl Order {
    fn parse(value: &str) -> Option<Order> {
        let (direction, key) = value.split_once('_')?;
        Some(Order {
            key: match key {
                "NAME" => Key::Name,
                "CREATED" => Key::Created,
                "UPDATED" => Key::Updated,
                "SIZE" => Key::Size,
                _ => return None,
            },
            is_descending: match direction {
                "ASC" => false,
                "DESC" => true,
                _ => return None,
            },
        })
    }

    fn compare(&self, one: &File, other: &File) -> Ordering {
        let (current, others) = (one.current(), other.current());
        let ascending = match self.key {
            Key::Name => one.name().cmp(other.name()),
            Key::Created => current.created_at.cmp(&others.created_at),
            Key::Updated => current.updated_at.cmp(&others.updated_at),
            Key::Size => current.size.cmp(&others.size),
        };
        if self.is_descending {
            ascending.reverse()
        } else {
            ascending
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Listing;
    use crate::library::Library;

    fn names(query: &str) -> Result<Vec<String>, String> {
        let library = Library::with_fixtures();
        let listing = Listing::parse(query)?;
        let names = listing.page(library.files());
        Ok(names.map(|file| file.name().to_owned()).collect())
    }

    #[rustfmt::skip]
    const LISTS: &[(&str, &[&str])] = &[
        ("skip=3",                            &["logo.png", "inventory.csv"]),
        ("skip=1&limit=1",                    &["unboxing.mp4"]),
        ("skip=5",                            &[]),
        ("path=/lamps/&type=file",            &["desk lamp.jpg"]),
        ("path=%2F",                          &["logo.png"]),
        ("path=lamp",                         &[]),
        ("fileType=image",                    &["desk lamp.jpg", "logo.png"]),
        ("fileType=non-image&limit=1",        &["unboxing.mp4"]),
        ("fileType=all&limit=1",              &["desk lamp.jpg"]),
        ("sort=ASC_NAME&limit=2",             &["Bedienung (de).pdf", "desk lamp.jpg"]),
        ("sort=DESC_SIZE&limit=2",            &["unboxing.mp4", "desk lamp.jpg"]),
        ("sort=DESC_CREATED&limit=1",         &["inventory.csv"]),
        ("sort=ASC_UPDATED&limit=1",          &["logo.png"]),
        ("searchQuery=name:%22desk%22",       &["desk lamp.jpg"]),
        ("searchQuery=size+%3C+10000",        &["logo.png"]),
    ];

    #[test]
    fn a_list_holds_what_was_asked_for() {
        for &(query, expected) in LISTS {
            assert_eq!(
                names(query).as_deref(),
                Ok(&expected
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect::<Vec<_>>()[..]),
                "{query}"
            );
        }
        assert_eq!(names("").map(|all| all.len()), Ok(5));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            "limit=0",
            "limit=1001",
            "limit=many",
            "skip=-1",
            "type=folder",
            "type=all",
            "fileType=video",
            "sort=NAME",
            "sort=ASC_MOOD",
            "tags=lamp",
            "limit=1&limit=2",
            "searchQuery=",
            "searchQuery=mood%3D1",
        ] {
            assert!(names(query).is_err(), "{query}");
        }
    }
}
