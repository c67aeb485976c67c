mod curation;
mod draft;
mod efficiency;
mod facts;
mod ground;
mod names;
mod ratio;
mod scaling;
mod stage;
mod subsets;
mod suites;
mod task_affinity;
mod transfer;
mod transfer_report;

use crate::cell::Grid;
use crate::definitions::definitions;
use crate::{Result, StudySpec};
use draft::Draft;
use ext5_findings::Question;
use ext5_tasks::Catalogue;
use ground::Ground;
pub(crate) use ground::{families, gcd, scorable};
pub(crate) use stage::before_prefinetuning;

impl StudySpec {
    /// Everything the study runs, in order. No data, no clock: the same file and catalogue give the same grid.
    ///
    /// # Errors
    /// As [`StudySpec::validate`]; [`crate::Error::Data`] where a transfer study to choose from cannot be read.
    pub fn grid(&self, catalogue: &Catalogue) -> Result<Grid> {
        self.validate(catalogue)?;
        let ground = Ground::new(self, catalogue)?;
        let mut draft = Draft::default();
        match self.question {
            Question::Transfer => transfer::lay(&ground, &mut draft),
            Question::Curation => curation::lay(&ground, &mut draft)?,
            Question::Scaling => scaling::lay(&ground, &mut draft),
            Question::Ratio => ratio::lay(&ground, &mut draft),
            Question::Stage => stage::lay(&ground, &mut draft),
            Question::Efficiency => efficiency::lay(&ground, &mut draft),
            Question::Suites => suites::lay(&ground, &mut draft),
            Question::TaskAffinity => task_affinity::lay(&ground, &mut draft),
        }
        let grid = draft.done();
        Ok(Grid {
            facts: facts::facts(&ground),
            definitions: definitions(catalogue, &grid.mixtures, &grid.cells),
            ..grid
        })
    }
}
