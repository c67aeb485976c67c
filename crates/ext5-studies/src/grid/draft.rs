use super::ground::Ground;
use crate::cell::{Cell, Grid, Scoring, Start};
use ext5_data::MixtureSpec;
use ext5_findings::Condition;

/// A grid in the making. A run that is wanted twice is there once, with the scores of both.
#[derive(Default)]
pub(super) struct Draft {
    grid: Grid,
}

impl Draft {
    pub(super) fn condition(&mut self, condition: Condition) {
        self.grid.conditions.push(condition);
    }

    pub(super) fn mixture(&mut self, mixture: MixtureSpec) {
        if !self.grid.mixtures.contains(&mixture) {
            self.grid.mixtures.push(mixture);
        }
    }

    /// Adds a run, and answers its end as a start for others.
    pub(super) fn run(&mut self, cell: Cell) -> Start {
        let start = Start {
            cell: cell.name.clone(),
            step: None,
        };
        let known = self.grid.cells.iter_mut().find(|it| it.name == cell.name);
        match known {
            Some(known) => known.scorings.extend(cell.scorings),
            None => self.grid.cells.push(cell),
        }
        start
    }

    /// Fine-tunes from `start` on each thing that is scored, and counts the scores for a condition and repetition.
    pub(super) fn finetune(
        &mut self,
        ground: &Ground<'_>,
        (start, seed): (&Start, u64),
        (condition, replicate): (&str, u64),
    ) {
        for (mixture, subject) in ground.targets() {
            let mut cell = ground.finetuning(&mixture, seed, start);
            cell.scorings.push(Scoring {
                condition: condition.to_owned(),
                replicate,
                ..ground.scoring(subject)
            });
            self.run(cell);
        }
    }

    pub(super) fn done(self) -> Grid {
        self.grid
    }
}
