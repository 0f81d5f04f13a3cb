//! A running binary under test: its output line by line, signals to it, and its certain end.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdin, Command, ExitStatus},
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{DEADLINE, Ran};

/// A child process; dropping it kills it by its own id and collects it.
pub(crate) struct Daemon {
    command: String,
    child: Child,
    stdout: Arc<Pipe>,
    stderr: Arc<Pipe>,
    readers: Vec<JoinHandle<()>>,
    /// Per text waited for, where in stderr to look for the next line that has it.
    looked: HashMap<String, usize>,
}

/// What one output stream has said so far.
#[derive(Default)]
struct Pipe {
    said: Mutex<Said>,
    changed: Condvar,
}

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    ended: bool,
}

impl Daemon {
    /// Starts the command, whose stdout and stderr are pipes.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (stdout, stderr) = (Arc::<Pipe>::default(), Arc::<Pipe>::default());
        let readers = vec![
            read(child.stdout.take().expect("stdout is a pipe"), &stdout),
            read(child.stderr.take().expect("stderr is a pipe"), &stderr),
        ];
        let command = words(&command);
        Self {
            command,
            child,
            stdout,
            stderr,
            readers,
            looked: HashMap::new(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// All of stderr up to now.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.said.lock().unwrap().bytes).into_owned()
    }

    /// Blocks until stderr has a line with this text and returns it. Waiting again for the same
    /// text waits for the next such line; different texts may come in any order.
    #[track_caller]
    pub(crate) fn wait_for_stderr_line(&mut self, text: &str) -> String {
        let from = self.looked.get(text).copied().unwrap_or(0);
        let said = self.stderr.said.lock().unwrap();
        let (said, _) = self
            .stderr
            .changed
            .wait_timeout_while(said, DEADLINE, |said| {
                !said.ended && line_with(&said.bytes, from, text).is_none()
            })
            .unwrap();
        let found = line_with(&said.bytes, from, text);
        drop(said);
        let Some((line, end)) = found else {
            panic!(
                "no line with {text:?} from `{}`; it said:\n{}",
                self.command,
                self.stderr()
            );
        };
        self.looked.insert(text.to_owned(), end);
        line
    }

    /// Asks it to stop.
    pub(crate) fn sigterm(&self) -> &Self {
        self.signal(Signal::SIGTERM)
    }

    /// What Ctrl-C sends.
    pub(crate) fn sigint(&self) -> &Self {
        self.signal(Signal::SIGINT)
    }

    /// Asks it to reload.
    pub(crate) fn sighup(&self) -> &Self {
        self.signal(Signal::SIGHUP)
    }

    /// Ends it without asking.
    pub(crate) fn kill9(&self) -> &Self {
        self.signal(Signal::SIGKILL)
    }

    fn signal(&self, signal: Signal) -> &Self {
        let id = i32::try_from(self.child.id()).expect("process ids are small");
        // The child is ours and not yet waited for, so the id cannot be another process.
        kill(Pid::from_raw(id), signal).expect("the child can be signalled");
        self
    }

    /// Waits for the end; a run that outlives the deadline is killed and fails the test.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Ran {
        let ended = self.stdout.wait_for_end() && self.stderr.wait_for_end();
        if !ended {
            let _ = self.child.kill();
        }
        let status = self.child.wait().expect("the child can be waited for");
        let ran = self.collect(status);
        assert!(ended, "still running after {DEADLINE:?}: {ran}");
        ran
    }

    fn collect(&mut self, status: ExitStatus) -> Ran {
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        let (stdout, stderr) = (
            self.stdout.said.lock().unwrap(),
            self.stderr.said.lock().unwrap(),
        );
        Ran::new(self.command.clone(), status, &stdout.bytes, &stderr.bytes)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Pipe {
    /// Whether the stream ended before the deadline.
    fn wait_for_end(&self) -> bool {
        let said = self.said.lock().unwrap();
        let (said, _) = self
            .changed
            .wait_timeout_while(said, DEADLINE, |said| !said.ended)
            .unwrap();
        said.ended
    }
}

/// Collects a stream in a thread, line by line as they come.
fn read(stream: impl Read + Send + 'static, pipe: &Arc<Pipe>) -> JoinHandle<()> {
    let pipe = Arc::clone(pipe);
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            pipe.said.lock().unwrap().bytes.append(&mut line);
            pipe.changed.notify_all();
        }
        pipe.said.lock().unwrap().ended = true;
        pipe.changed.notify_all();
    })
}

/// The first whole line from `from` on that has the text, and where the one after it begins.
fn line_with(bytes: &[u8], from: usize, text: &str) -> Option<(String, usize)> {
    let mut start = from;
    for line in bytes[from..].split_inclusive(|&byte| byte == b'\n') {
        start += line.len();
        let line = String::from_utf8_lossy(line);
        if line.contains(text) {
            return Some((line.trim_end().to_owned(), start));
        }
    }
    None
}

/// The command as one would type it.
fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn waiting_twice_for_a_text_waits_for_its_second_line() {
    let said = b"loaded a\nother\nloaded b\n";
    let (line, end) = line_with(said, 0, "loaded").unwrap();
    assert_eq!(line, "loaded a");
    assert_eq!(line_with(said, end, "loaded").unwrap().0, "loaded b");
    assert_eq!(line_with(said, said.len(), "loaded"), None);
}

#[test]
fn a_child_can_be_watched_and_signalled_and_its_output_is_kept() {
    let mut command = Command::new("sh");
    let script = "trap 'echo bye; exit 3' TERM; echo ready >&2; while :; do read line; done";
    command
        .args(["-c", script])
        .stdin(std::process::Stdio::piped());
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = Daemon::start(command);
    // Held open, so that `read` waits; closed, so that it returns to the trap.
    let stdin = child.take_stdin();
    assert_eq!(child.wait_for_stderr_line("ready"), "ready");
    child.sigterm();
    drop(stdin);
    child.wait().code(3).stdout_has("bye").stderr_has("ready");
}
