//! Gives the shared library its name and its permanence. Never writes into the source tree.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let variable = |name| env::var(name).unwrap_or_default();

    // Asked of the target, not of the machine that builds: `cfg!` would answer for the latter.
    if variable("CARGO_CFG_TARGET_OS") == "linux" {
        let (major, minor) = (
            variable("CARGO_PKG_VERSION_MAJOR"),
            variable("CARGO_PKG_VERSION_MINOR"),
        );
        // Before 1.0 every minor release may break the ABI, so it is part of the name.
        let abi = if major == "0" {
            format!("0.{minor}")
        } else {
            major
        };
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libimagekit.so.{abi}");
        // A thread of ours may outlive dlclose(), so the code under it must stay mapped.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
