//! What may fail, with which errors, and what a scenario may then come to.

use libc::{
    EACCES, EADDRNOTAVAIL, EAGAIN, EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_NODATA, EAI_NONAME,
    ECONNREFUSED, ECONNRESET, EHOSTUNREACH, EINTR, EINVAL, EIO, EMFILE, ENETUNREACH, ENFILE,
    ENOBUFS, ENOENT, ENOMEM, ENOPROTOOPT, ENOSPC, ENOTCONN, EPERM, EPIPE, ESTALE, ETIMEDOUT,
};

/// A function of the system, under the key that `failing.c` counts it by.
pub struct Failure {
    pub key: &'static str,
    /// Above 0 an errno, below 0 an `EAI_...`.
    pub errors: &'static [i32],
    /// The statuses of the one step that may fail; `ok` where none has to.
    pub comes_to: &'static [&'static str],
}

/// It is repeated, replaced, or not needed: nobody notices.
const HEALS: &[&str] = &["ok"];
const EXHAUSTED: &[&str] = &["resource_exhausted"];
/// Repeated, unless the stack passes on that memory was lacking, which ends the call.
const HEALS_OR_EXHAUSTED: &[&str] = &["ok", "resource_exhausted"];
const HEALS_OR_INVALID: &[&str] = &["ok", "invalid_argument"];
const INVALID: &[&str] = &["invalid_argument"];
const UNTRUSTED: &[&str] = &["tls_failed"];

const fn row(
    key: &'static str,
    errors: &'static [i32],
    comes_to: &'static [&'static str],
) -> Failure {
    Failure {
        key,
        errors,
        comes_to,
    }
}

#[rustfmt::skip]
pub const FAILURES: &[Failure] = &[
    // the runtime: descriptors, threads, the page that marks forks
    row("socket canary",         &[EMFILE, ENFILE, ENOMEM, ENOBUFS, EACCES],      EXHAUSTED),
    row("dup canary",            &[EMFILE, EINVAL],                               HEALS),
    row("epoll_create1",         &[EMFILE, ENFILE, ENOMEM],                       EXHAUSTED),
    row("dup epoll",             &[EMFILE, ENOMEM],                               EXHAUSTED),
    row("eventfd",               &[EMFILE, ENFILE, ENOMEM],                       EXHAUSTED),
    row("epoll_ctl add eventfd", &[ENOSPC, ENOMEM],                               EXHAUSTED),
    row("epoll_wait",            &[EINTR],                                        HEALS),
    row("pthread_create",        &[EAGAIN, EPERM],                                EXHAUSTED),
    row("pthread_key_create",    &[EAGAIN, ENOMEM],                               EXHAUSTED),
    row("pthread_atfork",        &[ENOMEM],                                       HEALS),
    row("mmap",                  &[ENOMEM, EAGAIN, EPERM],                        HEALS),
    row("madvise",               &[EINVAL, ENOMEM],                               HEALS),
    row("dlopen",                &[ENOMEM],                                       HEALS),
    row("getrandom",             &[EINTR],                                        HEALS),
    row("close",                 &[EINTR, EIO],                                   HEALS),

    // a connection
    row("getaddrinfo",           &[EAI_AGAIN, EAI_NONAME, EAI_NODATA, EAI_FAIL, EAI_MEMORY], HEALS),
    row("getaddrinfo",           &[ENOENT, EAGAIN, ECONNREFUSED],                 HEALS), // EAI_SYSTEM
    row("getaddrinfo",           &[EMFILE, ENFILE, ENOMEM],                       EXHAUSTED),
    row("socket tcp",            &[EMFILE, ENFILE, ENOMEM, ENOBUFS],              EXHAUSTED),
    row("socket tcp",            &[EACCES],                                       HEALS),
    row("setsockopt",            &[ENOMEM, ENOBUFS, EINVAL, ENOPROTOOPT],         HEALS),
    row("connect",               &[ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH], HEALS),
    row("connect",               &[EADDRNOTAVAIL, EAGAIN, EINTR, EACCES, EPERM],  HEALS),
    row("connect",               &[ENOBUFS, ENOMEM],                              EXHAUSTED),
    row("epoll_ctl add tcp",     &[ENOSPC, ENOMEM],                               EXHAUSTED),
    row("getsockopt SO_ERROR",   &[ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, ECONNRESET], HEALS),
    row("getpeername",           &[ENOTCONN, ENOBUFS],                            HEALS),

    // what goes over it
    row("recv tcp",              &[ECONNRESET, ETIMEDOUT, EHOSTUNREACH, EIO, EINTR, EAGAIN], HEALS),
    row("recv tcp",              &[ENOMEM, ENOBUFS],                              HEALS_OR_EXHAUSTED),
    row("send tcp",              &[ECONNRESET, EPIPE, ETIMEDOUT, EINTR, EAGAIN],  HEALS),
    row("send tcp",              &[ENOMEM, ENOBUFS],                              HEALS_OR_EXHAUSTED),
    row("writev tcp",            &[ECONNRESET, EPIPE, ETIMEDOUT, EINTR, EAGAIN],  HEALS),
    row("writev tcp",            &[ENOMEM, ENOBUFS],                              HEALS_OR_EXHAUSTED),
    row("shutdown",              &[ENOTCONN],                                     HEALS),

    // a queue, and the byte by which its descriptor polls readable
    row("socketpair",            &[EMFILE, ENFILE, ENOMEM, ENOBUFS],              EXHAUSTED),
    row("send pair",             &[ENOMEM, ENOBUFS],                              HEALS),

    // certificates: the host's own file has to be there, one of the system's may be missing. Both are
    // looked at twice, the second time only to know them again
    row("stat CA file",          &[ENOMEM],                                       HEALS_OR_EXHAUSTED),
    row("stat CA file",          &[ENOENT, EACCES, EIO],                          HEALS_OR_INVALID),
    row("open CA file",          &[EMFILE, ENFILE, ENOMEM],                       EXHAUSTED),
    row("open CA file",          &[ENOENT, EACCES, EIO],                          INVALID),
    row("read CA file",          &[ENOMEM],                                       EXHAUSTED),
    row("read CA file",          &[EIO, ESTALE],                                  INVALID),
    row("read CA file",          &[EINTR],                                        HEALS),
    row("stat system roots",     &[ENOMEM, EIO, ENOENT, EACCES],                  HEALS),
    row("open system roots",     &[EMFILE, ENFILE, ENOMEM],                       EXHAUSTED),
    row("open system roots",     &[EIO],                                          UNTRUSTED),
    row("open system roots",     &[ENOENT, EACCES],                               HEALS),
    row("read system roots",     &[ENOMEM],                                       EXHAUSTED),
    row("read system roots",     &[EIO, ESTALE],                                  UNTRUSTED),
    row("read system roots",     &[EINTR],                                        HEALS),
];
