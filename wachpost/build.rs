//! How the program is linked. Four processes run it, each has its own copy of what the loader writes into, and the
//! kernel maps 64 KiB of the program around whatever is run of it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The functions that run at the start and for the first client: a name a line, and which of those with that name.
/// Side by side they are 4 MB, strewn over the program the kernel maps 22 MB for them. `cargo xtask start-order`
/// writes it; names that are gone do no harm.
const START_ORDER: &str = "start-order.txt";

/// Where the order is known to work: rustc links with its own LLD there.
const ORDERED_TARGET: &str = "x86_64-unknown-linux-gnu";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // The list of 70,000 places that the loader relocates takes 20 KB instead of 1.7 MB (glibc 2.36, Debian 12).
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    // Other profiles have other names.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") && links_with_lld() {
        println!("cargo::rerun-if-changed={START_ORDER}");
        let folder = env::var("OUT_DIR").expect("cargo sets it");
        let order = Path::new(&folder).join(START_ORDER);
        let list = fs::read_to_string(START_ORDER).expect("it lies beside this program");
        fs::write(&order, symbols(&list)).expect("cargo made the folder to write to");
        println!(
            "cargo::rustc-link-arg-bins=-Wl,--symbol-ordering-file={}",
            order.display()
        );
        println!("cargo::rustc-link-arg-bins=-Wl,--no-warn-symbol-ordering");
    }
}

/// The symbols of the list, as the compiler makes them: a name, and digits that tell those with that name apart.
fn symbols(list: &str) -> String {
    let mut symbols = String::new();
    for line in list.lines() {
        let (name, digits) = line.split_once(' ').unwrap_or((line, ""));
        if digits.is_empty() {
            symbols.extend([name, "\n"]);
        }
        for digits in digits.split_ascii_whitespace() {
            symbols.extend([name, "17h", digits, "E\n"]);
        }
    }
    symbols
}

/// Whether the linker is the one that comes with rustc, as it is unless somebody chose another.
fn links_with_lld() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let chosen = env::var_os("RUSTC_LINKER").is_some()
        || ["linker", "fuse-ld", "link-self-contained"]
            .iter()
            .any(|word| flags.contains(word));
    let target = env::var("TARGET").unwrap_or_default();
    if chosen || target != ORDERED_TARGET || env::var("HOST").is_ok_and(|host| host != target) {
        return false;
    }
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(compiler).args(["--print", "sysroot"]).output();
    let Ok(answer) = asked.map(|asked| String::from_utf8_lossy(&asked.stdout).into_owned()) else {
        return false;
    };
    let linker = format!("lib/rustlib/{target}/bin/gcc-ld/ld.lld");
    Path::new(answer.trim()).join(linker).is_file()
}
