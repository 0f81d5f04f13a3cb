//! Wire, run, reload, drain.
