//! Filters that are put in place and taken out while mail arrives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::World;
use crate::crashes::look::{PASSWORD, person};
use crate::crashes::wire::{Trouble, Wire};

/// An editor of filters.
pub(super) fn managesieve(world: &World<'_>) {
    world.work("managesieve", |random| {
        let who = usize::try_from(random.below(super::PEOPLE as u64)).unwrap();
        let mut wire = Wire::connect(world.server.managesieve_port())?;
        want(&mut wire)?;
        let plain = STANDARD.encode(format!("\0{}\0{PASSWORD}", person(who)));
        ask(&mut wire, &format!("AUTHENTICATE \"PLAIN\" \"{plain}\""))?;
        let number = world.number();
        let script = format!(
            "require [\"fileinto\", \"mailbox\", \"imap4flags\"];\r\n# {number}\r\n\
             if header :contains \"subject\" \"{}\" {{ fileinto :create \"Sorted\"; }}\r\n",
            number % 10
        );
        let put = format!("PUTSCRIPT \"soak\" {{{}+}}\r\n{script}", script.len());
        ask(&mut wire, &put)?;
        ask(&mut wire, "SETACTIVE \"soak\"")?;
        ask(&mut wire, "LISTSCRIPTS")?;
        ask(&mut wire, "GETSCRIPT \"soak\"")?;
        ask(&mut wire, "SETACTIVE \"\"")?;
        ask(&mut wire, "DELETESCRIPT \"soak\"")?;
        ask(&mut wire, "LOGOUT").map(|()| 8)
    });
}

fn ask(wire: &mut Wire, line: &str) -> Result<(), Trouble> {
    wire.write(format!("{line}\r\n").as_bytes())?;
    want(wire).map_err(|trouble| match trouble {
        Trouble::Wrong(what) => Trouble::Wrong(format!("{line}: {what}")),
        gone @ Trouble::Gone(_) => gone,
    })
}

/// RFC 5804 1.2: an answer ends with a line that begins with OK, NO or BYE.
fn want(wire: &mut Wire) -> Result<(), Trouble> {
    loop {
        let line = wire.line()?;
        if line.starts_with("OK") {
            return Ok(());
        }
        if line.starts_with("NO") || line.starts_with("BYE") {
            return Err(Trouble::Wrong(line));
        }
    }
}
