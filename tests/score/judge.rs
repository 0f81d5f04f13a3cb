//! The judge: what one feed's log says about its reader. It knows HTTP and nothing else.

use super::publisher::Line;

/// One feed's requests, in order.
pub(super) struct Judge {
    feed: usize,
    lines: Vec<Line>,
}

impl Judge {
    pub(super) fn of(log: &[Line], feed: usize) -> Self {
        let lines = log.iter().filter(|line| line.feed == feed).cloned();
        Self {
            feed,
            lines: lines.collect(),
        }
    }

    /// The counts that every feed must pass.
    pub(super) fn assert_clean(&self) {
        self.assert_gaps(3600);
        for line in &self.lines {
            for name in [
                "cookie",
                "referer",
                "cache-control",
                "pragma",
                "authorization",
            ] {
                assert_eq!(line.header(name), None, "{}", self.tell(line));
            }
            assert!(!line.path.contains('?'), "{}", self.tell(line));
            let agent = line.header("user-agent").unwrap_or_default();
            assert!(agent.starts_with("Tidings/"), "{}", self.tell(line));
        }
        self.assert_validators("if-none-match", |line| line.answer.etag.as_deref());
        self.assert_validators("if-modified-since", |line| line.answer.modified.as_deref());
        let had_validators =
            |line: &&Line| line.answer.etag.is_some() || line.answer.modified.is_some();
        if let Some(first) = self.documents().position(|line| had_validators(&line)) {
            let unconditional = self.documents().skip(first + 1).filter(|line| {
                line.header("if-none-match").is_none() && line.header("if-modified-since").is_none()
            });
            let unconditional: Vec<String> = unconditional.map(|line| self.tell(line)).collect();
            assert_eq!(
                unconditional, [""; 0],
                "unconditional although validators were given"
            );
        }
    }

    /// Each value sent is the one given last: none made up, none out of sequence.
    fn assert_validators(&self, name: &str, given: impl Fn(&Line) -> Option<&str>) {
        let mut last = None;
        for line in self.documents() {
            if let Some(sent) = line.header(name) {
                assert_eq!(Some(sent), last.as_deref(), "{name}: {}", self.tell(line));
            }
            if matches!(line.answer.status, 200 | 304) {
                last = given(line).map(str::to_owned);
            }
        }
    }

    /// No two requests for one address are closer.
    pub(super) fn assert_gaps(&self, least: i64) {
        let mut paths: Vec<&str> = self.lines.iter().map(|line| line.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            let times: Vec<&Line> = self.lines.iter().filter(|line| line.path == path).collect();
            for pair in times.windows(2) {
                let gap = pair[1].at - pair[0].at;
                // Errors may be followed up sooner than documents are fetched anew.
                let least = if pair[0].answer.edition.is_some() {
                    least
                } else {
                    least.min(3600)
                };
                assert!(
                    gap >= least,
                    "{gap} s: {} then {}",
                    self.tell(pair[0]),
                    self.tell(pair[1])
                );
            }
        }
    }

    /// No request within a `Retry-After`.
    pub(super) fn assert_waits(&self) {
        assert!(
            self.lines
                .iter()
                .any(|line| line.answer.retry_after.is_some())
        );
        for pair in self.lines.windows(2) {
            let wait = pair[0].answer.retry_after.unwrap_or(0);
            assert!(pair[1].at - pair[0].at >= wait, "{}", self.tell(&pair[1]));
        }
    }

    /// The old address is left alone after this time.
    pub(super) fn assert_learns_within(&self, seconds: i64) {
        let start = self.lines[0].at;
        let late = self
            .lines
            .iter()
            .find(|line| line.path == "/old" && line.at > start + seconds);
        assert!(
            late.is_none(),
            "{}",
            late.map(|line| self.tell(line)).unwrap_or_default()
        );
    }

    pub(super) fn assert_whole_documents_at_most(&self, most: i64) {
        let whole = self
            .lines
            .iter()
            .filter(|line| line.answer.status == 200)
            .count();
        assert!(
            i64::try_from(whole).unwrap() <= most,
            "feed {}: {whole} of {most}",
            self.feed
        );
    }

    /// The newest entry that the reader was given.
    pub(super) fn last_edition(&self) -> i64 {
        self.lines
            .iter()
            .filter_map(|line| line.answer.edition)
            .max()
            .unwrap_or(-1)
    }

    fn documents(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.path != "/old")
    }

    fn tell(&self, line: &Line) -> String {
        format!("feed {}, {line:?}", self.feed)
    }
}
