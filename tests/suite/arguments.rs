//! What becomes of each argument, option and environment variable before anything is sent.

use std::fs;
use std::path::{Path, PathBuf};

use imagekit_emulator::{Emulator, Options};

use crate::calls::{Calls, KEY, basic};
use crate::hosts::new_path;
use crate::script::{Server, answer, ok};
use crate::support::{c_program, in_parallel, scratch_dir};

/// Runs one theme of `arguments.c` and gives what the server saw of it.
fn theme(name: &str) -> (Server, String) {
    let server = Server::deciding(|_, request| {
        let missing = answer(404, "", "{}");
        let answer = if request.line().contains("missing") {
            missing
        } else {
            ok("[]")
        };
        vec![crate::script::send(answer)]
    });
    let run = c_program("arguments").command().arg(name).arg(server.url());
    let seen = run.run().expect_ok();
    (server, seen.stdout)
}

#[test]
fn a_null_is_refused_or_ignored_and_nothing_is_sent() {
    assert_eq!(theme("nulls").0.connection_count(), 0);
}

#[test]
fn out_parameters_are_checked_before_handles_and_handles_before_the_rest() {
    assert_eq!(theme("order").0.connection_count(), 0);
}

#[test]
fn out_parameters_are_written_on_success_and_on_failure() {
    assert_eq!(theme("out_parameters").0.requests().len(), 2);
}

#[test]
fn a_number_is_good_up_to_its_edge_and_bad_one_beyond() {
    assert_eq!(theme("numbers").0.connection_count(), 0);
}

#[test]
fn a_refused_text_marks_its_config_until_the_same_setter_succeeds() {
    assert_eq!(theme("texts").0.connection_count(), 0);
}

#[test]
fn a_null_text_is_named_by_parameter_and_by_option() {
    assert_eq!(theme("null_texts").0.connection_count(), 0);
}

#[test]
fn a_null_in_any_place_of_a_call_is_refused_by_name() {
    assert_eq!(theme("null_texts_of_calls").0.connection_count(), 0);
}

#[test]
fn of_two_bad_texts_of_a_call_the_left_one_is_named() {
    assert_eq!(theme("bad_texts_of_calls").0.connection_count(), 0);
}

#[test]
fn every_mark_counts_until_it_is_healed() {
    assert_eq!(theme("several_marks").0.connection_count(), 0);
}

#[test]
fn a_client_keeps_the_settings_it_was_made_with() {
    assert_eq!(theme("copies").0.requests().len(), 2);
}

#[test]
fn every_number_has_its_name_and_the_version_is_that_of_the_package() {
    assert_eq!(theme("names").1.trim(), env!("CARGO_PKG_VERSION"));
}

#[rustfmt::skip]
const BASE_URLS: &[(&str, bool, &str)] = &[
    // base URL                         good?  what the message says
    ("https://api.imagekit.io",          true,  ""),
    ("https://api.imagekit.io/",         true,  ""),
    ("https://api.imagekit.io:8443",     true,  ""),
    ("https://api.imagekit.io/a/prefix", true,  ""),
    ("https://192.0.2.1",                true,  ""),
    ("https://[2001:db8::1]:8443/p/",    true,  ""),
    ("http://127.0.0.1",                 true,  ""),
    ("http://127.0.0.1:8080/prefix/",    true,  ""),
    ("http://127.9.8.7:8080",            true,  ""),
    ("http://127.255.255.255",           true,  ""),
    ("http://[::1]:8080",                true,  ""),
    ("http://localhost:8080",            true,  ""),
    ("api.imagekit.io",                  false, ""),
    ("//api.imagekit.io",                false, ""),
    ("/v1",                              false, ""),
    ("https://",                         false, ""),
    ("https:///v1",                      false, ""),
    ("ftp://api.imagekit.io",            false, ""),
    ("file:///etc/hostname",             false, ""),
    ("https://api.imagekit.io:99999",    false, ""),
    ("https://api imagekit.io",          false, ""),
    ("https://user@api.imagekit.io",     false, ""),
    ("https://user:pw@api.imagekit.io",  false, ""),
    ("https://api.imagekit.io?a=b",      false, ""),
    ("https://api.imagekit.io/?",        false, ""),
    ("https://api.imagekit.io/#top",     false, ""),
    ("https://api.imagekit.io/#",        false, ""),
    ("http://api.imagekit.io",           false, "clear"),
    ("http://10.0.0.1:8080",             false, "clear"),
    ("http://128.0.0.1",                 false, "clear"),
    ("http://0.0.0.0:8080",              false, "clear"),
    ("http://[::2]",                     false, "clear"),
    ("http://localhost.example",         false, "clear"),
    ("http://127.0.0.1.example",         false, "clear"),
    ("http://user@127.0.0.1",            false, ""),
];

#[test]
fn a_base_url_is_https_or_loopback_and_nothing_but_origin_and_prefix() {
    in_parallel(BASE_URLS, |&(url, is_good, says)| {
        let bad_id = |calls: Calls| calls.set("--file-id", "").answer(); // sends nothing
        let from_config = bad_id(Calls::to(url));
        let from_environment = bad_id(
            Calls::bare()
                .set("--key", KEY)
                .env("IMAGE_KIT_BASE_URL", url),
        );
        for (answer, name) in [
            (from_config, "base_url"),
            (from_environment, "IMAGE_KIT_BASE_URL"),
        ] {
            assert_eq!(answer.status, "invalid_argument", "{answer:?}");
            assert_eq!(answer.is_call, is_good, "{answer:?}");
            let named = if is_good { "file_id" } else { name };
            assert!(answer.message().contains(named), "{answer:?}");
            assert!(answer.message().contains(says), "{answer:?}");
        }
    });
}

#[test]
fn a_password_in_a_refused_url_is_not_shown() {
    for option in ["--base-url", "--proxy"] {
        let url = "gopher://user:sesame@127.0.0.1?sesame";
        let answer = Calls::bare().set("--key", KEY).set(option, url).answer();
        assert_eq!(answer.status, "invalid_argument");
        assert!(!answer.message().contains("sesame"), "{answer:?}");
    }
}

#[test]
fn a_refused_key_is_not_shown() {
    for key in ["private_sesame:1", "private sesame", "private_sesame\n\n"] {
        let from_config = Calls::bare().set("--key", key).answer();
        let from_environment = Calls::bare().env("IMAGEKIT_PRIVATE_KEY", key).answer();
        for answer in [from_config, from_environment] {
            assert_eq!(answer.status, "invalid_argument");
            assert!(!answer.text.unwrap_or_default().contains("sesame"));
        }
    }
}

#[test]
fn key_and_base_url_come_from_the_environment_where_the_config_is_silent() {
    let server = Server::answers([ok("[]")]);
    let other = "private_from_elsewhere";
    let with = |key: &str| {
        let calls = Calls::bare().env("IMAGE_KIT_BASE_URL", server.url());
        calls.env("IMAGEKIT_PRIVATE_KEY", key)
    };
    let cases = [
        (with(other), other),
        (with(&format!("{other}\n")), other),
        (with(other).flag("--null-config"), other),
        (with(other).set("--key", KEY), KEY),
        (with("not:a key").set("--key", KEY), KEY),
        (
            with(other)
                .set("--base-url", server.url())
                .env("IMAGE_KIT_BASE_URL", "nonsense"),
            other,
        ),
        (with(other).env("IMAGE_KIT_LOG", "loud"), other),
    ];
    for (number, (calls, key)) in cases.into_iter().enumerate() {
        assert_eq!(calls.answer().json(), "[]", "case {number}");
        let request = &server.requests()[number];
        let expected = format!("Basic {}", basic(key));
        assert_eq!(
            request.header("authorization"),
            Some(&*expected),
            "case {number}"
        );
    }
}

#[test]
fn a_bad_variable_is_named_and_an_empty_one_is_unset() {
    let calls = |key: &str| Calls::bare().env("IMAGEKIT_PRIVATE_KEY", key);
    let cases = [
        (Calls::bare(), "IMAGEKIT_PRIVATE_KEY"),
        (calls(""), "IMAGEKIT_PRIVATE_KEY"),
        (calls("a:b"), "IMAGEKIT_PRIVATE_KEY"),
        (calls("two\n\n"), "IMAGEKIT_PRIVATE_KEY"),
        (
            calls("good").env("IMAGE_KIT_BASE_URL", "nonsense"),
            "IMAGE_KIT_BASE_URL",
        ),
        (
            calls("good").env("SSL_CERT_FILE", "/nowhere/roots.pem"),
            "SSL_CERT_FILE",
        ),
        (
            calls("good").env("SSL_CERT_DIR", "/nowhere/roots"),
            "SSL_CERT_DIR",
        ),
        (
            calls("good").env("https_proxy", "http://[half"),
            "https_proxy",
        ),
    ];
    for (calls, name) in cases {
        let answer = calls.answer();
        assert!(!answer.is_call, "{name}: {answer:?}");
        assert_eq!(answer.status, "invalid_argument", "{name}: {answer:?}");
        assert!(answer.message().contains(name), "{answer:?}");
    }
    let answer = calls("good")
        .env("IMAGE_KIT_BASE_URL", "")
        .set("--file-id", "")
        .answer();
    assert!(answer.is_call, "the base URL has a default: {answer:?}");
}

#[test]
fn certificate_variables_must_lead_to_a_certificate_where_the_base_url_is_https() {
    let folder = |name: &str| {
        let folder = scratch_dir().join(name);
        fs::create_dir(&folder).expect("a folder");
        folder
    };
    let (bad, good) = (folder("bad-roots"), folder("good-roots"));
    let options = Options {
        tls: true,
        ..Options::default()
    };
    let emulator = Emulator::start(options).expect("an emulator");
    fs::write(bad.join("empty.pem"), "no certificate here\n").expect("a file");
    fs::write(good.join("ca.pem"), emulator.ca_pem().expect("a CA")).expect("a file");

    let huge = new_path("huge");
    fs::create_dir(&huge).expect("a folder");
    three_gibibytes(&huge.join("ca.pem"));
    let (file, dir) = ("SSL_CERT_FILE", "SSL_CERT_DIR");
    for (name, value, other, good) in [
        (file, bad.join("empty.pem"), dir, good.clone()),
        (file, bad.join("none"), dir, good.clone()),
        (file, "/dev/zero".into(), dir, good.clone()),
        (dir, bad.clone(), file, good.join("ca.pem")),
        (dir, bad.join("none"), file, good.join("ca.pem")),
        (dir, huge, file, good.join("ca.pem")),
        (dir, ":".into(), file, good.join("ca.pem")),
    ] {
        let calls = |url| Calls::to(url).env(name, &value).set("--file-id", "");
        for calls in [
            calls("https://127.0.0.1:1"),
            calls("https://127.0.0.1:1").env(other, &good), // does not make up for it
        ] {
            let answer = calls.answer();
            assert_eq!(
                (answer.is_call, &*answer.status),
                (false, "invalid_argument"),
                "{answer:?}"
            );
            assert!(answer.message().contains(name), "{answer:?}");
        }
        let answer = calls("http://127.0.0.1:1").answer();
        assert!(answer.is_call, "not looked at over http: {answer:?}");
    }
}

#[test]
fn a_ca_file_that_cannot_be_one_is_named_with_its_cause() {
    let empty = scratch_dir().join("empty-ca.pem");
    fs::write(&empty, "").expect("a file");
    let in_scratch = |name| scratch_dir().join(name);
    for path in [
        empty,
        in_scratch("no-such-ca.pem"),
        scratch_dir().to_owned(),
        three_gibibytes(&in_scratch("huge-ca.pem")),
        "/dev/zero".into(),
        "/proc/kmsg".into(),         // says that it is a file, and waits
        "/proc/self/pagemap".into(), // the same, and does not end
    ] {
        let calls = Calls::to("https://127.0.0.1:1").set("--ca-file", &path);
        let answer = calls.set("--file-id", "").answer();
        assert_eq!(
            (answer.is_call, &*answer.status),
            (false, "invalid_argument"),
            "{answer:?}"
        );
        assert!(answer.message().contains("ca_file"), "{answer:?}");
        assert!(
            answer.message().contains(&*path.to_string_lossy()),
            "{answer:?}"
        );
    }
}

/// A file that takes no room and has no line in it.
fn three_gibibytes(path: &Path) -> PathBuf {
    let file = fs::File::create(path).expect("a file");
    file.set_len(3 << 30).expect("a long file");
    path.to_owned()
}

#[test]
fn a_proxy_off_loopback_does_not_go_with_an_http_base_url() {
    let server = Server::answers([ok("[]")]);
    let calls = |proxy| Calls::to(&server.url()).set("--proxy", proxy);

    let answer = calls("http://proxy.example:3128").answer();
    assert_eq!(
        (answer.is_call, &*answer.status),
        (false, "invalid_argument"),
        "{answer:?}"
    );
    assert!(answer.message().contains("proxy"), "{answer:?}");

    let proxy = Server::connections([vec![]]);
    assert_eq!(calls(&proxy.url()).answer().json(), "[]");
    assert_eq!(
        proxy.connection_count(),
        0,
        "plain HTTP to loopback goes direct"
    );
}

#[rustfmt::skip]
const BAD_IDS: &[&[u8]] = &[
    b"", b".", b"..", b"a\nb", b"a\rb", b"\t", b"a\x1bb", b"a\x7fb", b"\xff\xfe", b"half \xc3", &[b'a'; 257],
];

#[test]
fn an_id_that_cannot_be_one_is_refused_and_nothing_is_sent() {
    use std::os::unix::ffi::OsStrExt;
    let server = Server::answers([ok("[]")]);
    in_parallel(BAD_IDS, |id| {
        let id = std::ffi::OsStr::from_bytes(id);
        let answer = Calls::to(&server.url()).set("--file-id", id).answer();
        assert_eq!(answer.status, "invalid_argument", "{answer:?}");
        assert!(answer.message().contains("file_id"), "{answer:?}");
        assert!(matches!(answer.attempts(), None | Some(0)), "{answer:?}");
    });
    assert_eq!(server.connection_count(), 0);
}
