//! The input, as choices.

pub struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    pub fn new(input: &'a [u8]) -> Dice<'a> {
        Dice(input)
    }

    /// Are there more choices?
    pub fn is_spent(&self) -> bool {
        self.0.is_empty()
    }

    /// The next choice, 0 where there is none.
    pub fn roll(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// One of a few.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.roll()) % all.len()]
    }
}
