//! What a host may know of its objects, and which statuses it must therefore be ready for.

use std::collections::BTreeSet;

use imagekit::Status::{self, *};
use imagekit::ffi::client::ik_client;
use imagekit::ffi::config::ik_config;
use imagekit::ffi::describe::ik_call;
use imagekit::ffi::queue::ik_queue;

use super::files::{File, Question};
use super::statuses::Statuses;
use super::told::Told;

pub struct Config {
    pub handle: *mut ik_config,
    pub is_freed: bool,
    pub has_key: bool,
    pub max_bytes: usize,
    /// Can connections take longer than they may?
    pub is_hasty: bool,
    /// The setters that refused last.
    pub refused: BTreeSet<&'static str>,
}

pub struct Client {
    pub handle: *mut ik_client,
    pub is_freed: bool,
    pub is_closed: bool,
    /// Another thread may be closing it right now.
    pub may_be_closed: bool,
    pub max_bytes: usize,
    pub is_hasty: bool,
    /// Was there a 429, or a connection that the server left without a word?
    pub has_pace: bool,
    pub has_liars: bool,
}

/// Where a call may stand: more than one of them is possible while another thread sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    pub described: bool,
    pub sent: bool,
    /// Cancelled before it was sent.
    pub unsent: bool,
}

pub const DESCRIBED: Stages = Stages {
    described: true,
    sent: false,
    unsent: false,
};
pub const SENT: Stages = Stages {
    described: false,
    sent: true,
    unsent: false,
};
pub const UNSENT: Stages = Stages {
    described: false,
    sent: false,
    unsent: true,
};

pub struct Call {
    pub handle: *mut ik_call,
    pub client: usize,
    pub question: Question,
    pub file: File,
    pub is_freed: bool,
    /// Its callback may have freed it.
    pub may_be_freed: bool,
    pub stages: Stages,
    pub refused: BTreeSet<String>,
    /// Was an option of it ever refused?
    pub was_refused: bool,
    /// Did somebody ask for its end?
    pub may_end_cancelled: bool,
    pub has_ended: bool,
    /// What came of it, once that was seen, with its text where all must hear the same.
    pub result: Option<(Status, Option<String>)>,
    pub told: Option<Box<Told>>,
}

pub struct Queue {
    pub handle: *mut ik_queue,
    pub is_freed: bool,
    /// The calls that were started on it and not taken; each is known by its number.
    pub bound: Vec<usize>,
    /// Another thread may take one.
    pub has_taker: bool,
}

impl Client {
    /// What sending a request for this file means for the others.
    pub fn note_file(&mut self, file: &File) {
        self.has_pace |= file.is(c"busy");
        self.has_liars |= file.is(c"liar");
    }

    /// What may come of a request.
    pub fn outcomes(&self, question: Question, file: &File) -> Statuses {
        file.statuses(question, self.max_bytes)
            .and(Timeout)
            .and_if(self.has_pace, RateLimited)
            .and_if(self.has_liars, ConnectionLost)
            .and_if(self.is_hasty, ConnectFailed)
    }
}

impl Call {
    /// What may come of it when it is sent.
    pub fn outcomes(&self, client: &Client) -> Statuses {
        let outcomes = client.outcomes(self.question, &self.file);
        outcomes.and_if(self.may_end_cancelled, Cancelled)
    }

    /// What may come of it for those who ask, once it has ended.
    pub fn results(&self, client: &Client) -> Statuses {
        match &self.result {
            Some((status, _)) => Statuses::of(&[*status]),
            None if self.stages == UNSENT => Statuses::of(&[Cancelled]),
            None => self.outcomes(client).and_if(self.stages.unsent, Cancelled),
        }
    }

    /// Why it may not be sent, besides those that are results; none where it can be.
    pub fn refusals(&self, client: &Client, in_shutdown: bool) -> Statuses {
        let described = match () {
            () if !self.stages.described => Statuses::NONE,
            () if !self.refused.is_empty() => Statuses::of(&[InvalidArgument]),
            () => Statuses::NONE
                .and_if(client.is_closed || client.may_be_closed, InvalidState)
                .and_if(in_shutdown, Cancelled),
        };
        described
            .and_if(self.stages.sent, InvalidState)
            .and_if(self.stages.unsent, Cancelled)
            .and_if(self.may_be_freed, InvalidHandle)
    }

    /// Can sending succeed?
    pub fn can_go(&self, client: &Client) -> bool {
        self.stages.described && self.refused.is_empty() && !client.is_closed
    }

    /// Somebody asked for its end.
    pub fn note_cancelled(&mut self) {
        if self.result.is_none() {
            self.may_end_cancelled = true;
        }
        if self.stages.described {
            self.stages.described = false;
            self.stages.unsent = true;
        }
        self.has_ended = true;
    }

    /// Its result was seen: it stays what it is.
    pub fn note_result(&mut self, status: Status, text: Option<&str>) {
        self.has_ended = true;
        self.stages.described = false;
        if status != Cancelled {
            self.stages = SENT;
        }
        if let (Ok, Some(text)) = (status, text) {
            self.file.check_answer(self.question, text);
        }
        match &mut self.result {
            None => self.result = Some((status, text.map(str::to_owned))),
            Some((seen, known)) => {
                assert_eq!(*seen, status, "everyone hears the same");
                match (known.as_deref(), text) {
                    (Some(known), Some(text)) => assert_eq!(known, text, "everyone hears the same"),
                    (None, Some(text)) => *known = Some(text.to_owned()),
                    (_, None) => {}
                }
            }
        }
    }
}
