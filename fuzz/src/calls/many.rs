//! Many files at once.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

use imagekit::Status::{self, *};
use imagekit::ffi::client::{ik_client, ik_client_free};
use imagekit::ffi::many::ik_get_file_versions_many;
use imagekit::ffi::shutdown::{ik_client_shutdown, ik_shutdown};

use super::expect;
use super::files::{File, Question};
use super::statuses::Statuses;
use super::world::World;
use crate::answers::{error_document, status};

#[derive(Clone, Copy, PartialEq)]
enum Does {
    Nothing,
    Stops,
    FreesClient,
    ShutsDown,
    ClosesClient,
}

/// What the callback is given.
struct Reports {
    client: *mut ik_client,
    does: Does,
    /// At which report it does that.
    at: usize,
    count: usize,
    seen: Vec<Option<(Status, String)>>,
}

impl World<'_> {
    pub fn get_many(&mut self) {
        let aim = self.aim_client();
        let count = usize::from(self.dice.roll() % 8);
        let files = (0..count)
            .map(|_| File::chosen(self.dice.roll()))
            .collect::<Vec<_>>();
        let does = self.dice.one_of(&[
            Does::Nothing,
            Does::Nothing,
            Does::Nothing,
            Does::Stops,
            Does::FreesClient,
            Does::ShutsDown,
            Does::ClosesClient,
        ]);
        let mut reports = Reports {
            client: aim.handle,
            does,
            at: usize::from(self.dice.roll()) % (count + 1),
            count: 0,
            seen: vec![None; count],
        };
        if let Result::Ok(at) = aim.of {
            files
                .iter()
                .for_each(|file| self.clients[at].note_file(file));
        }
        let ids = files
            .iter()
            .map(|file| file.id.map_or(ptr::null(), CStr::as_ptr))
            .collect::<Vec<_>>();
        let concurrency = u32::from(self.dice.roll() % 5);
        // SAFETY: so many ids, and what the callback is given lives until then.
        let got = unsafe {
            let user_data = (&raw mut reports).cast();
            ik_get_file_versions_many(
                aim.handle,
                ids.as_ptr(),
                count as u64,
                concurrency,
                Some(on_result),
                user_data,
            )
        };
        let has_acted = reports.count > reports.at;
        let is_stopped = has_acted && !matches!(does, Does::Nothing | Does::FreesClient);
        let in_shutdown = self.is_in_shutdown();
        let allowed = aim.or_wrong(|at| {
            let client = &self.clients[at];
            let may_stop = client.may_be_closed || in_shutdown;
            match () {
                () if count == 0 => Statuses::of(&[Ok]),
                () if client.is_closed => {
                    Statuses::of(&[InvalidState]).and_if(in_shutdown, Cancelled)
                }
                () if is_stopped => Statuses::of(&[Cancelled]),
                () => Statuses::of(&[Ok])
                    .and_if(may_stop, Cancelled)
                    .and_if(client.may_be_closed, InvalidState),
            }
        });
        let got = expect(got, allowed, "many");
        let Result::Ok(at) = aim.of else {
            return assert_eq!(reports.count, 0);
        };
        for (file, seen) in files.iter().zip(&reports.seen) {
            match seen {
                None => assert_ne!(got, Ok, "an index was not reported"),
                Some((status, text)) => self.check_report(at, file, *status, text),
            }
        }
        match does {
            Does::FreesClient if has_acted => self.clients[at].is_freed = true,
            Does::ClosesClient if has_acted => self.note_closed(at, None),
            Does::ShutsDown if has_acted => self.note_shutdown(None),
            _ => {}
        }
    }

    fn check_report(&self, client: usize, file: &File, status: Status, text: &str) {
        let allowed = match file.is_good() {
            true => self.allowed_plainly(client, Question::Versions, file),
            false => Statuses::of(&[InvalidArgument]),
        };
        assert!(
            allowed.has(status),
            "a report: {status:?}, not one of {allowed:?}"
        );
        match status {
            Ok => file.check_answer(Question::Versions, text),
            _ => assert_eq!(error_document(text)["code"], status.name()),
        }
    }
}

unsafe extern "C" fn on_result(
    user_data: *mut c_void,
    index: u64,
    number: i32,
    json: *const c_char,
) -> i32 {
    // SAFETY: what was given to the function that calls this, and nobody else's meanwhile.
    let reports = unsafe { &mut *user_data.cast::<Reports>() };
    // SAFETY: a string that ends with a NUL, until this returns.
    let text = unsafe { CStr::from_ptr(json) }.to_str().expect("UTF-8");
    let known = reports.seen[index as usize].replace((status(number), text.to_owned()));
    assert!(known.is_none(), "{index} was reported twice");
    reports.count += 1;
    if reports.count != reports.at + 1 {
        assert!(
            reports.count <= reports.at
                || matches!(reports.does, Does::Nothing | Does::FreesClient)
        );
        return 0;
    }
    let done = match reports.does {
        Does::Nothing => 0,
        Does::Stops => return 7,
        Does::FreesClient => {
            ik_client_free(reports.client);
            0
        }
        Does::ShutsDown => ik_shutdown(u64::MAX),
        Does::ClosesClient => ik_client_shutdown(reports.client, u64::MAX),
    };
    assert_eq!(status(done), Ok);
    0
}
