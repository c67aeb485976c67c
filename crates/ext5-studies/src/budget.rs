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
                "the study {study} is planned to take {} of training for {} runs, its budget is {}: take fewer seeds (now {}), fewer steps, or raise it with `--set budget.hours={}`",
                time(hours),
                plan.remaining.runs,
                time(most),
                plan.seeds,
                enough(hours),
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

/// Hours as people say them.
fn time(hours: f64) -> String {
    if hours < 0.1 {
        format!("{:.0} s", hours * 3600.0)
    } else {
        format!("{hours:.1} h")
    }
}

/// A budget in which some hours find room.
fn enough(hours: f64) -> f64 {
    let step = if hours < 1.0 { 100.0 } else { 1.0 };
    (hours * step).ceil() / step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_times_are_seconds_and_budgets_suffice() {
        assert_eq!(
            (time(0.01).as_str(), time(2.25).as_str()),
            ("36 s", "2.2 h")
        );
        for (hours, expected) in [(0.001, 0.01), (0.4321, 0.44), (1.0, 1.0), (3.2, 4.0)] {
            assert!((enough(hours) - expected).abs() < 1e-9, "{hours}");
        }
    }
}
