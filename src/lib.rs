//! Tidings collects the news as data: it polls feeds politely, turns every entry into one article
//! record with its provenance, keeps articles and their edits in a store, and hands them out again
//! as files and streams.
//!
//! The modules stand in the order of the data's way. `ingest` conducts: it alone calls the stages
//! `fetch`, `parse`, `normalize`, `store` one after the other; a stage never calls another.
//! ARCHITECTURE.md has the picture and the rules, `tests/layers.rs` enforces them.

pub mod model;

pub mod config;

pub mod fetch;
pub mod normalize;
pub mod parse;
pub mod store;
pub mod websub;

pub mod schedule;

pub mod export;
pub mod ingest;

pub mod serve;

pub mod daemon;

pub mod cli;
