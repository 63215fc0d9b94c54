//! The library comes and goes: in a plugin, by itself and inside of one.

use super::{against, emulator};
use crate::support::{library_dir, shared_object, static_library};

#[test]
fn the_library_can_be_loaded_used_and_unloaded_again_and_again() {
    let emulator = emulator(false);
    let library = library_dir().join("libimagekit.so");
    let library = library.to_str().expect("a path in UTF-8");
    against(&emulator, "dlclose", library).run().expect_ok();
}

#[test]
fn a_plugin_with_the_library_inside_can_be_loaded_used_and_unloaded_again_and_again() {
    let with = ["-lpthread", "-ldl", "-lm", "-lrt"].map(Into::into);
    let with = [&[static_library()], &with[..]].concat();
    let plugin = shared_object("plugin", &with);
    let plugin = plugin.to_str().expect("a path in UTF-8");
    let emulator = emulator(false);
    against(&emulator, "plugin_host", plugin).run().expect_ok();
}
