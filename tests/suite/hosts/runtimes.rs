//! A host that is an asynchronous program itself: it may call the C functions inside its tasks.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::transmute;
use std::ptr::null_mut;
use std::sync::LazyLock;

use imagekit::{Client, Config, operation};
use imagekit_emulator::Emulator;
use tokio::runtime::{Builder, Runtime};

use super::emulator;
use crate::support::library_dir;

type Get = unsafe extern "C" fn(*const c_void, *const c_char, *mut *mut c_char) -> c_int;
type SetText = unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int;
type NewClient = unsafe extern "C" fn(*const c_void, *mut *mut c_void, *mut *mut c_char) -> c_int;

/// The functions of the library under test, loaded into this program, which uses tokio for itself.
struct Library {
    config_new: unsafe extern "C" fn() -> *mut c_void,
    config_free: unsafe extern "C" fn(*mut c_void),
    set_key: SetText,
    set_url: SetText,
    client_new: NewClient,
    client_free: unsafe extern "C" fn(*mut c_void),
    get: Get,
    string_free: unsafe extern "C" fn(*mut c_char),
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let path = library_dir().join("libimagekit.so");
    let path = CString::new(path.to_str().expect("UTF-8")).expect("a path");
    // SAFETY: the path is a text; what is loaded stays for ever.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert!(!library.is_null());
    let find = |name: &CStr| {
        // SAFETY: the library is loaded.
        let found = unsafe { libc::dlsym(library, name.as_ptr()) };
        assert!(!found.is_null(), "{name:?}");
        found
    };
    // SAFETY: the header declares these functions so.
    unsafe {
        Library {
            config_new: transmute::<*mut c_void, unsafe extern "C" fn() -> *mut c_void>(find(
                c"ik_config_new",
            )),
            config_free: transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(find(
                c"ik_config_free",
            )),
            set_key: transmute::<*mut c_void, SetText>(find(c"ik_config_set_private_key")),
            set_url: transmute::<*mut c_void, SetText>(find(c"ik_config_set_base_url")),
            client_new: transmute::<*mut c_void, NewClient>(find(c"ik_client_new")),
            client_free: transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(find(
                c"ik_client_free",
            )),
            get: transmute::<*mut c_void, Get>(find(c"ik_get_file_versions")),
            string_free: transmute::<*mut c_void, unsafe extern "C" fn(*mut c_char)>(find(
                c"ik_string_free",
            )),
        }
    }
});

/// A client, made, used and freed in C.
fn call(url: &str, key: &str, id: &str) -> (c_int, String) {
    let text = |text: &str| CString::new(text).expect("no NUL");
    let (url, key, id) = (text(url), text(key), text(id));
    // SAFETY: as the header wants them: texts that live, places that are ours, each string freed once.
    unsafe {
        let (mut client, mut answer) = (null_mut(), null_mut());
        let config = (LIBRARY.config_new)();
        assert_eq!((LIBRARY.set_key)(config, key.as_ptr()), 0);
        assert_eq!((LIBRARY.set_url)(config, url.as_ptr()), 0);
        assert_eq!((LIBRARY.client_new)(config, &mut client, null_mut()), 0);
        let status = (LIBRARY.get)(client, id.as_ptr(), &mut answer);
        let said = CStr::from_ptr(answer).to_string_lossy().into_owned();
        (LIBRARY.string_free)(answer);
        (LIBRARY.client_free)(client);
        (LIBRARY.config_free)(config);
        (status, said)
    }
}

/// Calls inside tasks, and one while the runtime itself is on this thread.
fn calls_in(runtime: &Runtime, emulator: &Emulator) {
    const TASKS: usize = 8;
    let ids = emulator.file_ids();
    let (url, key) = (emulator.base_url(), emulator.private_key());
    let check = |(status, said): (c_int, String), id: &str| {
        assert_eq!(status, 0, "{said}");
        assert_eq!(emulator.versions(id), serde_json::from_str(&said).ok());
    };
    runtime.block_on(async {
        check(call(&url, key, &ids[0]), &ids[0]);
        let tasks = (0..TASKS).map(|at| {
            let (url, key) = (url.clone(), key.to_owned());
            let id = ids[at % ids.len()].clone();
            tokio::spawn(async move { (call(&url, &key, &id), id) })
        });
        for task in tasks.collect::<Vec<_>>() {
            let (answer, id) = task.await.expect("no panic in there");
            check(answer, &id);
        }
    });
}

#[test]
fn c_functions_may_be_called_inside_the_tasks_of_a_runtime_of_one_thread() {
    let emulator = emulator(false);
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    calls_in(&runtime, &emulator);
}

#[test]
fn c_functions_may_be_called_inside_the_tasks_of_a_runtime_of_many_threads() {
    let emulator = emulator(false);
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).build().expect("a runtime");
    calls_in(&runtime, &emulator);
}

#[test]
fn calls_work_inside_an_asynchronous_runtime_of_the_host() {
    let emulator = emulator(false);
    let id = emulator.file_ids().remove(0);
    let mut config = Config::default();
    config
        .set_private_key(emulator.private_key())
        .expect("a key");
    config
        .set_base_url(&emulator.base_url())
        .expect("a base URL");
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let operation = operation::get_file_versions(&id).expect("an operation");
    let answer = runtime.block_on(async {
        let call = tokio::spawn(async move { Client::new(&config)?.perform(operation) });
        call.await.expect("no panic in there")
    });
    let answer = serde_json::from_slice(&answer.expect("an answer")).expect("JSON");
    assert_eq!(emulator.versions(&id), Some(answer));
}
