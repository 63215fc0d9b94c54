//! Places for what comes out besides strings: handles, numbers, the host's own pointers.

use super::string::is_null;
use crate::primitives::error::Error;

/// Where C wants a value. It is cleared at once, so that it is written on every path.
pub struct Place<T> {
    place: *mut T,
}

impl<T> Place<T> {
    /// Clears the place, if there is one.
    ///
    /// # Safety
    /// `place` is NULL, or one for such a value that nobody else uses until this is dropped.
    pub unsafe fn new(place: *mut T, empty: T) -> Place<T> {
        let place = Place { place };
        place.fill(empty);
        place
    }

    /// The same place, which must be there. `name` is the argument's.
    pub fn required(self, name: &str) -> Result<Place<T>, Error> {
        match self.place.is_null() {
            true => Err(is_null(name)),
            false => Ok(self),
        }
    }

    /// Writes the value, if anybody wants it.
    pub fn fill(&self, value: T) {
        if !self.place.is_null() {
            // SAFETY: not NULL, and the promise made to `new`.
            unsafe { self.place.write(value) };
        }
    }
}
