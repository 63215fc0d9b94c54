//! Sets of statuses: what may come of a step.

use std::fmt;

use imagekit::Status;

/// Some statuses.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Statuses(u32);

impl Statuses {
    pub const NONE: Statuses = Statuses(0);

    pub const fn of(statuses: &[Status]) -> Statuses {
        let (mut bits, mut at) = (0, 0);
        while at < statuses.len() {
            bits |= 1 << statuses[at] as i32;
            at += 1;
        }
        Statuses(bits)
    }

    pub fn and(self, status: Status) -> Statuses {
        self.or(Statuses::of(&[status]))
    }

    pub fn and_if(self, condition: bool, status: Status) -> Statuses {
        if condition { self.and(status) } else { self }
    }

    pub fn or(self, others: Statuses) -> Statuses {
        Statuses(self.0 | others.0)
    }

    pub fn has(self, status: Status) -> bool {
        self.0 & 1 << status as i32 != 0
    }
}

impl fmt::Debug for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Status::ALL.into_iter().filter(|status| self.has(*status));
        f.debug_set().entries(names).finish()
    }
}
