//! What a process counts for itself, and a forked child begins anew.

use once_cell::race::OnceBox;

use super::system::system;

/// One value for each process. Those of the processes that this one was forked from are left as they
/// lie: a lock among them may be held for ever.
#[derive(Debug, Default)]
pub struct PerProcess<T> {
    first: OnceBox<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    fork_mark: u64,
    value: T,
    next: OnceBox<Node<T>>,
}

impl<T: Default> PerProcess<T> {
    /// No process has one yet.
    pub const fn new() -> PerProcess<T> {
        PerProcess {
            first: OnceBox::new(),
        }
    }

    /// That of this process, which begins as the default.
    pub fn current(&self) -> &T {
        let fork_mark = system().fork_mark();
        let mut node = self.first.get_or_init(|| Node::new(fork_mark));
        while node.fork_mark != fork_mark {
            node = node.next.get_or_init(|| Node::new(fork_mark));
        }
        &node.value
    }
}

impl<T: Default> Node<T> {
    fn new(fork_mark: u64) -> Box<Node<T>> {
        Box::new(Node {
            fork_mark,
            value: T::default(),
            next: OnceBox::new(),
        })
    }
}
