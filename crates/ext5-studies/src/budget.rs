use crate::plan::StudyPlan;
use crate::{Budget, Error, Result};

const MIB_PER_GIB: f64 = 1024.0;

/// Refuses a study that is planned to cost more than it may, or more room than `free_bytes` of the disk; what is finished is not
/// counted again. Hours that are not known are not refused.
///
/// # Errors
/// [`Error::OverBudget`] and [`Error::NoRoom`] with the numbers and what to change.
pub fn check_budget(plan: &StudyPlan, budget: &Budget, free_bytes: Option<u64>) -> Result<()> {
    let study = format!("{} ({})", plan.name, plan.scale);
    if let (Some(hours), Some(most)) = (plan.remaining.hours, budget.hours)
        && hours > most
    {
        return Err(Error::OverBudget {
            reason: format!(
                "the study {study} is planned to take {hours:.1} h of training for {} runs, its budget is {most} h: take fewer seeds (now {}), fewer steps, or raise it with `--set budget.hours={}`",
                plan.remaining.runs,
                plan.seeds,
                hours.ceil(),
            ),
        });
    }
    let most_gib = plan.disk.remaining_mib / MIB_PER_GIB;
    if let Some(most) = budget.disk_gib.filter(|&most| most_gib > most) {
        return Err(Error::OverBudget {
            reason: format!(
                "the study {study} is planned to hold {most_gib:.1} GiB of checkpoints, its budget is {most} GiB: take fewer seeds (now {}), a smaller `trainer.keep`, or raise it with `--set budget.disk_gib={}`",
                plan.seeds,
                most_gib.ceil(),
            ),
        });
    }
    let needed = plan.disk.remaining_mib;
    let free = free_bytes.map(|bytes| bytes as f64 / f64::from(1 << 20));
    if let Some(free) = free.filter(|free| needed > *free) {
        return Err(Error::NoRoom {
            reason: format!(
                "the study {study} still writes {:.1} GiB of checkpoints, {:.1} GiB are free: make room, name a directory on another disk, or take fewer seeds (now {}) or a smaller `trainer.keep`",
                needed / MIB_PER_GIB,
                free / MIB_PER_GIB,
                plan.seeds,
            ),
        });
    }
    Ok(())
}
