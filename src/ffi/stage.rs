//! What stands behind an `ik_call`: first a description, later the call that was sent.

use std::sync::Arc;

use super::describe::ik_call;
use super::handle::{self, Object, Registry, Slots};
use super::marks::Marks;
use crate::client::call::{Audience, Call, Clock, Completion};
use crate::client::description::{self, Description};
use crate::primitives::error::Error;
use crate::primitives::status::Status;

/// Where a call stands. It changes under the lock of the tables alone, so that a child finds it whole.
#[derive(Clone)]
pub enum Stage {
    /// It is described.
    Described(Described),
    /// It was sent: it runs, or it has ended.
    Sent {
        /// The call.
        call: Arc<Call>,
        /// Was it to be cancelled since? It matters where the sending comes to nothing.
        is_unwanted: bool,
    },
    /// It was cancelled before it was sent.
    Unsent(Arc<Call>),
}

/// A description, and the marks of what was refused for it.
#[derive(Clone)]
pub struct Described {
    description: Arc<Description>,
    marks: Marks,
}

impl Object for Stage {
    type Opaque = ik_call;
    const NAME: &'static str = "call";
    const MAKER: &'static str = "ik_get_file_versions_call() or another that describes one";
    const TYPE: u64 = 3;

    fn slots(registry: &mut Registry) -> &mut Slots<Self> {
        &mut registry.calls
    }
}

impl Stage {
    /// The first stage of every call.
    pub fn new(description: Description) -> Stage {
        Stage::Described(Described {
            description: Arc::new(description),
            marks: Marks::default(),
        })
    }

    /// The description, ready to be sent.
    fn ready(&self) -> Result<&Described, Error> {
        match self {
            Stage::Described(described) => described.marks.settled().map(|()| described),
            Stage::Sent { .. } => Err(used("the call was sent before")),
            Stage::Unsent(_) => Err(Error::new(
                Status::Cancelled,
                "the call was cancelled before it was sent: describe a new one",
            )),
        }
    }

    /// The call, once it was sent or cancelled.
    pub fn call(&self) -> Result<Arc<Call>, Error> {
        match self {
            Stage::Sent { call, .. } | Stage::Unsent(call) => Ok(call.clone()),
            Stage::Described(_) => Err(Error::new(
                Status::InvalidState,
                "the call was not sent yet: start or perform it first",
            )),
        }
    }
}

impl Described {
    /// A call that is not to be sent.
    fn unsent(&self) -> Arc<Call> {
        let description = self.description.clone();
        Call::new(description, Audience::All, Clock::AtOnce, None)
    }
}

/// Sets one option of a described call, and remembers whether that was refused.
pub fn set(
    call: *mut ik_call,
    setting: &'static str,
    change: impl FnOnce(&mut Description) -> Result<(), Error>,
) -> Result<(), Error> {
    change_described(call, |described| {
        let changed = change(Arc::make_mut(&mut described.description));
        described.marks.note(setting, changed)
    })
}

/// Sets one header of a described call. A refusal is remembered for that name; names that cannot be one
/// share what is remembered.
pub fn set_header(
    call: *mut ik_call,
    name: Result<&str, Error>,
    value: Result<&str, Error>,
) -> Result<(), Error> {
    let token = name.as_ref().ok().and_then(|name| description::token(name));
    let mark = token.map_or("header".to_owned(), |token| format!("header {token}"));
    change_described(call, |described| {
        let description = Arc::make_mut(&mut described.description);
        let changed = name.and_then(|name| description.set_header(name, value?));
        described.marks.note(mark, changed)
    })
}

fn change_described(
    call: *mut ik_call,
    change: impl FnOnce(&mut Described) -> Result<(), Error>,
) -> Result<(), Error> {
    handle::update("call", call, |stage: &mut Stage| match stage {
        Stage::Described(described) => change(described),
        Stage::Sent { .. } | Stage::Unsent(_) => Err(used("the call was sent or cancelled before")),
    })?
}

/// Sends a described call. Where that fails for a reason which is not the call's own result, it stays
/// described, and no completion is told.
pub fn send(
    call: *mut ik_call,
    completion: impl FnOnce(&Description) -> Result<Option<Box<dyn Completion>>, Error>,
    is_result: impl FnOnce(Status) -> bool,
) -> Result<Arc<Call>, Error> {
    let before = {
        let stage = handle::get::<Stage>("call", call)?;
        stage.ready()?.clone()
    };
    // Outside of the lock: it may start a thread.
    let completion = completion(&before.description)?;
    let (sent, before) = handle::update("call", call, |stage: &mut Stage| {
        let before = stage.ready()?.clone();
        let description = before.description.clone();
        let sent = Call::new(description, Audience::All, Clock::AtOnce, completion);
        *stage = Stage::Sent {
            call: sent.clone(),
            is_unwanted: false,
        };
        Ok::<_, Error>((sent, before))
    })??;
    match sent.send() {
        Ok(()) => Ok(sent),
        Err(error) if is_result(error.status) => Err(error),
        Err(error) => {
            put_back(call, &sent, before);
            Err(error)
        }
    }
}

/// The call is described again, or cancelled where that was asked for in the meantime.
fn put_back(call: *mut ik_call, sent: &Arc<Call>, before: Described) {
    let unwanted = handle::update("call", call, |stage: &mut Stage| match stage {
        Stage::Sent { call, is_unwanted } if Arc::ptr_eq(call, sent) => {
            let unsent = is_unwanted.then(|| before.unsent());
            *stage = match &unsent {
                Some(unsent) => Stage::Unsent(unsent.clone()),
                None => Stage::Described(before),
            };
            unsent
        }
        _ => None,
    });
    // Where it was freed meanwhile, there is nothing to put back.
    if let Ok(Some(unsent)) = unwanted {
        unsent.cancel();
    }
}

/// Cancels a call in whichever stage it is.
pub fn cancel(call: *mut ik_call) -> Result<(), Error> {
    let cancelled = handle::update("call", call, |stage: &mut Stage| match stage {
        Stage::Sent { call, is_unwanted } => {
            *is_unwanted = true;
            call.clone()
        }
        Stage::Unsent(call) => call.clone(),
        Stage::Described(described) => {
            let unsent = described.unsent();
            *stage = Stage::Unsent(unsent.clone());
            unsent
        }
    })?;
    cancelled.cancel();
    Ok(())
}

fn used(why: &str) -> Error {
    let message = format!("{why}: describe a new one");
    Error::new(Status::InvalidState, message)
}
