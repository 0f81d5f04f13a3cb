//! The benchmark's side of the server: the child process, its counts and its ticks.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    process::{Child, Command, Stdio},
};

use serde::Deserialize;

use crate::{Result, Served, page::Places};

/// The server as a child process, so that its CPU time is not counted with anybody else's.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) places: Places,
}

/// What it has been asked since it started.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Stats {
    pub(crate) requests: u64,
    pub(crate) not_modified: u64,
    /// Answered with an error on purpose, or not at all.
    pub(crate) faulty: u64,
    pub(crate) body_bytes: u64,
}

#[derive(Deserialize)]
struct Ticked {
    changed: usize,
}

impl ServerProcess {
    /// Starts it on a free port and waits until it serves.
    pub(crate) fn start(served: &Served) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--port", "0"])
            .args(["--feeds", &served.feeds.to_string()])
            .args(["--entries", &served.entries.to_string()])
            .args(["--seed", &served.seed.to_string()])
            .args(["--addresses", &served.places(0).addresses.to_string()])
            .args(served.brisk.then_some("--brisk"))
            .args(served.faults.args())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stderr = child
            .stderr
            .take()
            .ok_or("the server has no standard error")?;
        let mut server = Self {
            child,
            places: served.places(0),
        };
        BufReader::new(stderr).read_line(&mut line)?;
        let port = line
            .trim()
            .rsplit(' ')
            .next()
            .and_then(|port| port.parse().ok());
        server.places.port = port.ok_or_else(|| format!("the server did not start: {line}"))?;
        Ok(server)
    }

    pub(crate) fn stats(&self) -> Result<Stats> {
        Ok(serde_json::from_slice(&self.ask("GET", "/stats")?)?)
    }

    /// Changes 2 % of the feeds and says how many those are.
    pub(crate) fn tick(&self) -> Result<usize> {
        Ok(serde_json::from_slice::<Ticked>(&self.ask("POST", "/tick")?)?.changed)
    }

    fn ask(&self, method: &str, path: &str) -> Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.places.port))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        Ok(answer.split_off(body.ok_or("the server answered nothing")? + 4))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
