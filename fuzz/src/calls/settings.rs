//! Configs and clients.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::ptr;
use std::sync::{Arc, Mutex};

use imagekit::Status::{self, *};
use imagekit::ffi::client::{ik_client_free, ik_client_new};
use imagekit::ffi::config::*;
use imagekit::ffi::log::ik_config_set_log_callback;

use super::model::{Client, Config};
use super::statuses::Statuses;
use super::told::on_log;
use super::world::World;
use super::{BASIC, KEY, SERVER, expect};
use crate::answers::Given;

/// For logs that no shutdown ends.
static LINES: Mutex<u64> = Mutex::new(0);

impl World<'_> {
    pub fn make_config(&mut self) {
        let config = ik_config_new();
        assert!(!config.is_null());
        let base_url = CString::new(SERVER.as_str()).unwrap();
        // SAFETY: a string that ends with a NUL.
        let set = unsafe { ik_config_set_base_url(config, base_url.as_ptr()) };
        expect(set, Statuses::of(&[Ok]), "a base URL");
        expect(
            ik_config_set_timeout_ms(config, 12),
            Statuses::of(&[Ok]),
            "a timeout",
        );
        self.configs.push(Config {
            handle: config,
            is_freed: false,
            has_key: false,
            max_bytes: usize::MAX,
            is_hasty: false,
            refused: BTreeSet::new(),
        });
    }

    /// A client with which something can be done.
    pub fn make_ready_client(&mut self) {
        self.make_config();
        let config = self.configs.len() - 1;
        self.set_key(config, KEY);
        let retries = self.dice.roll();
        expect(
            ik_config_set_max_retries(self.configs[config].handle, u32::from(retries % 3)),
            Statuses::of(&[Ok]),
            "retries",
        );
        if retries & 0x80 != 0 {
            self.set_log(config, i32::from(retries >> 3 & 3) + 1);
        }
        self.make_client_of(Result::Ok(config), self.configs[config].handle);
    }

    pub fn set_config(&mut self) {
        let aim = self.aim_config();
        let choice = self.dice.roll();
        let Result::Ok(at) = aim.of else {
            let wrong = aim.or_wrong(|_| Statuses::NONE);
            expect(
                ik_config_set_max_retries(aim.handle, 1),
                wrong,
                "a wrong config",
            );
            return;
        };
        let is_good = choice & 8 == 0;
        let config = &mut self.configs[at];
        let (name, number) = match choice % 8 {
            0 => return self.set_key(at, if is_good { KEY } else { "no key:" }),
            1 => {
                let timeout_ms = if is_good {
                    1 + u64::from(choice >> 4)
                } else {
                    86_400_001
                };
                (
                    "timeout_ms",
                    ik_config_set_timeout_ms(config.handle, timeout_ms),
                )
            }
            2 => {
                config.is_hasty |= is_good;
                let timeout_ms = if is_good { 1 } else { 0 };
                (
                    "connect_timeout_ms",
                    ik_config_set_connect_timeout_ms(config.handle, timeout_ms),
                )
            }
            3 => {
                if is_good {
                    config.max_bytes = 16;
                }
                let max_bytes = if is_good { 16 } else { 0 };
                (
                    "max_response_bytes",
                    ik_config_set_max_response_bytes(config.handle, max_bytes),
                )
            }
            4 => {
                let limit = if is_good { 500 } else { 1_000_001 };
                let set = ik_config_set_max_requests_per_second(config.handle, limit);
                ("max_requests_per_second", set)
            }
            5 => {
                let file = if is_good { c"/nowhere" } else { c"" };
                // SAFETY: a string that ends with a NUL, here and below.
                ("ca_file", unsafe {
                    ik_config_set_ca_file(config.handle, file.as_ptr())
                })
            }
            6 => {
                let proxy = if is_good { c"" } else { c"socks5://x" };
                ("proxy", unsafe {
                    ik_config_set_proxy(config.handle, proxy.as_ptr())
                })
            }
            _ => return self.set_log(at, if is_good { 4 } else { 5 }),
        };
        self.note_set(at, name, is_good, number);
        if name == "ca_file" && is_good {
            // Taken now, but there is no such file: no client comes of it.
            self.configs[at].refused.insert("ca_file");
        }
    }

    fn set_key(&mut self, at: usize, key: &str) {
        let is_good = key == KEY;
        let key = CString::new(key).unwrap();
        // SAFETY: a string that ends with a NUL.
        let set = unsafe { ik_config_set_private_key(self.configs[at].handle, key.as_ptr()) };
        self.configs[at].has_key |= is_good;
        self.note_set(at, "private_key", is_good, set);
    }

    fn set_log(&mut self, at: usize, level: i32) {
        let lines = match self.ends_in_shutdown {
            true => {
                self.logs.push(Arc::default());
                self.logs.last().map_or(ptr::null(), Arc::as_ptr)
            }
            false => ptr::from_ref(&LINES),
        };
        let config = self.configs[at].handle;
        // SAFETY: what the callback is given lives until a shutdown, or for ever.
        let set = unsafe {
            ik_config_set_log_callback(config, level, Some(on_log), lines.cast_mut().cast())
        };
        self.note_set(at, "log_callback", level <= 4, set);
    }

    fn note_set(&mut self, at: usize, name: &'static str, is_good: bool, number: i32) {
        let refused = &mut self.configs[at].refused;
        let expected: Status = match is_good {
            true => {
                refused.remove(name);
                Ok
            }
            false => {
                refused.insert(name);
                InvalidArgument
            }
        };
        expect(number, Statuses::of(&[expected]), name);
    }

    pub fn make_client(&mut self) {
        let aim = self.aim_config();
        self.make_client_of(aim.of, aim.handle);
    }

    fn make_client_of(&mut self, of: Result<usize, Status>, config: *mut ik_config) {
        let (mut handle, mut error) = (ptr::dangling_mut(), ptr::dangling_mut());
        // SAFETY: two places for what is given.
        let got = unsafe { ik_client_new(config, &mut handle, &mut error) };
        let error = Given::new(error);
        let allowed = match of {
            Result::Ok(at) if self.configs[at].has_key && self.configs[at].refused.is_empty() => Ok,
            // NULL stands for the environment, which has no key.
            Result::Ok(_) => InvalidArgument,
            Err(wrong) => wrong,
        };
        if expect(got, Statuses::of(&[allowed]), "a client") != Ok {
            assert!(handle.is_null());
            let document = error.expect_error(allowed).to_string();
            assert!(
                !document.contains(KEY) && !document.contains(BASIC),
                "{document}"
            );
            return;
        }
        assert_eq!(error.text(), None);
        let config = of.map(|at| &self.configs[at]).expect("a good config");
        self.clients.push(Client {
            handle,
            is_freed: false,
            is_closed: false,
            may_be_closed: false,
            max_bytes: config.max_bytes,
            is_hasty: config.is_hasty,
            has_pace: false,
            has_liars: false,
        });
    }

    pub fn free_config(&mut self) {
        let aim = self.aim_config();
        ik_config_free(aim.handle);
        if let Result::Ok(at) = aim.of {
            self.configs[at].is_freed = true;
        }
    }

    pub fn free_client(&mut self) {
        let aim = self.aim_client();
        ik_client_free(aim.handle);
        if let Result::Ok(at) = aim.of {
            self.clients[at].is_freed = true;
        }
    }
}
