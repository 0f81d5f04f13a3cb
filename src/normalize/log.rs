//! What is told about an entry while its article is made: problems always, steps when asked.
//!
//! The rules themselves write here, so that an explanation cannot say anything but what was done.
//! Without a listener a step costs a branch: its words are never made.

/// One thing that was done to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// What was done, in words.
    Step(String),
    /// The kind of element that the value is from, as `RawEntry::origins` names fields.
    From(&'static str),
}

/// Takes what is told.
pub(super) struct Log<'a> {
    problem: &'a mut dyn FnMut(String),
    steps: Option<&'a mut Vec<(&'static str, Told)>>,
}

impl<'a> Log<'a> {
    /// Hears problems only.
    pub(super) fn new(problem: &'a mut dyn FnMut(String)) -> Self {
        Self {
            problem,
            steps: None,
        }
    }

    /// Hears everything.
    pub(super) fn with_steps(
        problem: &'a mut dyn FnMut(String),
        steps: &'a mut Vec<(&'static str, Told)>,
    ) -> Self {
        Self {
            problem,
            steps: Some(steps),
        }
    }

    /// The same listener, deaf to steps.
    pub(super) fn problems_only(&mut self) -> Log<'_> {
        Log::new(&mut *self.problem)
    }

    /// True if somebody listens to steps.
    pub(super) fn is_told(&self) -> bool {
        self.steps.is_some()
    }

    /// The entry comes out poorer.
    pub(super) fn problem(&mut self, field: &'static str, what: String) {
        if let Some(steps) = &mut self.steps {
            steps.push((field, Told::Step(what.clone())));
        }
        (self.problem)(what);
    }

    /// Something was done to a field.
    pub(super) fn step(&mut self, field: &'static str, what: impl FnOnce() -> String) {
        if let Some(steps) = &mut self.steps {
            steps.push((field, Told::Step(what())));
        }
    }

    /// Where a field's value is from.
    pub(super) fn from(&mut self, field: &'static str, origin: &'static str) {
        if let Some(steps) = &mut self.steps {
            steps.push((field, Told::From(origin)));
        }
    }

    /// Steps that were gathered elsewhere.
    pub(super) fn steps(&mut self, field: &'static str, what: Vec<String>) {
        if let Some(steps) = &mut self.steps {
            steps.extend(what.into_iter().map(|what| (field, Told::Step(what))));
        }
    }
}
