//! Metrics, post-processing, suites and the evaluator.
//!
//! An answer of a model goes through the task's [`Postprocessor`], becomes an [`Item`] beside its right answers, and is
//! measured by [`Metric`]s. All percentages are times 100, as T5 reports them. A metric keeps one row of statistics for each
//! example (or group) and computes its scores over the whole corpus; it never averages over batches. The same rows give the
//! bootstrap interval and the paired tests of [`significance`].
//!
//! ```
//! use ext5_data::Example;
//! use ext5_eval::{Bootstrap, score};
//!
//! let answers = ["The Tower of London".to_owned()];
//! let targets = [Example { references: vec!["tower of london!".into()], ..Example::default() }];
//! let scores = score("squad", "qa", &answers, &targets, &[], Bootstrap::NONE)?;
//! assert_eq!((scores[0].name.as_str(), scores[0].value), ("em", Some(100.0)));
//! # Ok::<(), ext5_eval::Error>(())
//! ```
mod accumulator;
mod bootstrap;
mod cached_predictor;
mod card;
mod columns;
mod compare;
mod corpus;
mod error;
mod evaluation_dir;
mod evaluator;
mod identity;
mod item;
mod measure;
mod metric;
mod metrics;
mod output;
mod postprocess;
mod predictor;
mod protocol;
mod ranking;
mod reading;
mod recorded;
mod report;
mod response_cache;
mod sample_log;
pub mod significance;
mod submit;
mod suite;
mod table;
mod task_units;
mod text;

pub use accumulator::{Accumulator, score};
pub use bootstrap::{Bootstrap, Interval, Units};
pub use cached_predictor::CachedPredictor;
pub use card::{Card, CardDataset};
pub use columns::{Columns, ColumnsTask, ThreeScores};
pub use compare::{CompareOptions, ComparedScore, LeftOut, RunComparison, Verdict, compare};
pub use error::{Error, Result};
pub use evaluation_dir::EvaluationDir;
pub use evaluator::{EvaluateOptions, Progress, Sample, evaluate_task};
pub use identity::Identity;
pub use item::{Answer, Item, Kind};
pub use metric::{METRICS, Metric, MetricScore, metric};
pub use metrics::wordnet::load_wordnet;
pub use output::Outcome;
pub use postprocess::{POSTPROCESSORS, Postprocessor, postprocessor};
pub use predictor::{Predictor, Score};
pub use protocol::Protocol;
pub use ranking::{Length, Ranking, Scored};
pub use reading::{Reading, Scoring};
pub use recorded::{RecordedEvaluation, RecordedSample};
pub use report::TaskReport;
pub use response_cache::ResponseCache;
pub use submit::{Archive, Leaderboard, SubmittedFile, check_archive, submission};
pub use suite::{MemberReport, MemberSpec, MemberStatus, SuiteReport, SuiteSpec, evaluate_suite};
pub use task_units::{MetricUnits, TaskUnits};
