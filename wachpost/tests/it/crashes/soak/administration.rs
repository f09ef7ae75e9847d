//! Administrators: requests over the server's own socket, commands, backups, and `verify` beside it all.

use std::io::{Read, Write};
use std::net::TcpStream;

use admin::{Client, Request};
use serde_json::Value;

use super::World;
use crate::crashes::look::person;
use crate::crashes::wire::Trouble;
use crate::server::TestServer;

/// What monitoring and an open administration page ask for all the time.
pub(super) fn requests(world: &World<'_>) {
    world.work("administration", |_| {
        let socket = world.server.data().join("admin.sock");
        let mut client = Client::connect(&socket)
            .map_err(|error| Trouble::Wrong(error.to_string()))?
            .ok_or_else(|| Trouble::Gone("no server answers".to_owned()))?;
        for request in [Request::Status, Request::Checkpoint] {
            client
                .call(&request, &mut |_| {})
                .map_err(|error| Trouble::Wrong(format!("{request:?}: {error}")))?;
        }
        let metrics = metrics(world.server);
        if !metrics.contains("200 OK") {
            return Err(Trouble::Wrong(metrics));
        }
        Ok(3)
    });
}

pub(super) fn metrics(server: &TestServer) -> String {
    let mut answer = String::new();
    let asked =
        TcpStream::connect(("127.0.0.1", server.monitoring_port())).and_then(|mut socket| {
            socket.write_all(
                b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            )?;
            socket.read_to_string(&mut answer)
        });
    asked.map_or_else(|error| error.to_string(), |_| answer)
}

/// What is done by hand and by timers.
pub(super) fn commands(world: &World<'_>) {
    let backup = world.server.folder().join("backup");
    let backup = backup.to_str().unwrap().to_owned();
    world.work("commands", |random| {
        let (number, who) = (world.number(), person(0));
        let (alias, name) = (
            format!("alias{number}@example.org"),
            format!("new{number}@example.org"),
        );
        let mut done = 0;
        let mut run = |arguments: &[&str]| {
            let output = world.server.command(arguments);
            done += 1;
            if output.status.success() {
                return Ok(output.stdout);
            }
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            Err(Trouble::Wrong(format!("{arguments:?}: {errors}{said}")))
        };
        run(&["account", "add", &name, "--shared"])?;
        run(&["alias", "add", &alias, &who])?;
        run(&["account", "list"])?;
        run(&["journal", &who])?;
        run(&["mailboxes", &who])?;
        let queue: Value = serde_json::from_slice(&run(&["queue", "--json"])?)
            .map_err(|error| Trouble::Wrong(error.to_string()))?;
        if !queue.is_array() {
            return Err(Trouble::Wrong(queue.to_string()));
        }
        run(&["alias", "remove", &alias])?;
        run(&["account", "remove", &name])?;
        run(&["verify", "--since-last"])?;
        match random.below(4) {
            0 => drop(run(&["backup", &backup])?),
            1 => drop(run(&["verify"])?),
            2 => drop(run(&["posture"])?),
            _ => drop(run(&["status"])?),
        }
        Ok(done)
    });
}
