//! What the probes of a run say beside the cosines: how sure the directions are, and what the run does for each family.
use std::collections::BTreeMap;

use crate::FamilyProbe;
use crate::statistics::mean;

/// A sentence each, where there is something to say.
pub(super) fn notes(probes: &[FamilyProbe]) -> Vec<String> {
    [agreement(probes), slopes(probes)]
        .into_iter()
        .flatten()
        .collect()
}

/// How far the halves of the families' batches agree.
fn agreement(probes: &[FamilyProbe]) -> Option<String> {
    let known = probes.iter();
    let known = known.filter_map(|it| Some((it.family.as_str(), it.agreement?)));
    let ((lowest, low), (highest, high)) = ends(known)?;
    Some(format!(
        "The mean gradients of the halves of a family's batches have a cosine of {low:.2} (`{lowest}`) to {high:.2} \
         (`{highest}`): the lower it is, the more of a direction is chance, and the more the cosines between families are drawn \
         towards 0. More batches (`grid.batches`) make it higher."
    ))
}

/// By how much the loss of each family has changed from the first probe to the last.
fn slopes(probes: &[FamilyProbe]) -> Option<String> {
    let first = probes.iter().map(|it| it.step).min()?;
    let last = probes.iter().map(|it| it.step).max()?;
    let at = |step: u64| probes.iter().filter(move |it| it.step == step);
    let changes = at(last).filter_map(|late| {
        let mut same = at(first);
        let same =
            same.find(|early| (&early.family, early.replicate) == (&late.family, late.replicate));
        Some((late.family.as_str(), late.loss - same?.loss))
    });
    let ((most, low), (least, high)) = ends(changes).filter(|_| first < last)?;
    Some(format!(
        "From step {first} to step {last} the loss per target token changed the most for `{most}` ({low:+.2} nats) and the least \
         for `{least}` ({high:+.2}), measured on the same training batches."
    ))
}

/// A family and a number of it.
type Named<'a> = (&'a str, f64);

/// The families whose mean is lowest and highest.
fn ends<'a>(numbers: impl Iterator<Item = Named<'a>>) -> Option<(Named<'a>, Named<'a>)> {
    let mut by_family: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (family, number) in numbers.filter(|it| it.1.is_finite()) {
        by_family.entry(family).or_default().push(number);
    }
    let means: Vec<Named<'a>> = by_family
        .into_iter()
        .filter_map(|(family, numbers)| Some((family, mean(&numbers)?)))
        .collect();
    let lowest = means
        .iter()
        .min_by(|one, other| one.1.total_cmp(&other.1))?;
    let highest = means
        .iter()
        .max_by(|one, other| one.1.total_cmp(&other.1))?;
    Some((*lowest, *highest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(family: &str, step: u64, replicate: u64, loss: f64, agreement: f64) -> FamilyProbe {
        FamilyProbe {
            family: family.to_owned(),
            step,
            replicate,
            loss,
            tokens: 10,
            slope: None,
            norm: 1.0,
            agreement: Some(agreement),
        }
    }

    /// By hand: `a` falls by 1 and 3, `b` by 0.5 and 0.5; halves of `a` agree by 0.5, of `b` by 0.8.
    #[test]
    fn families_are_named_by_their_means_over_seeds() {
        let probes = [
            probe("a", 10, 0, 4.0, 0.2),
            probe("b", 10, 0, 2.0, 0.8),
            probe("a", 10, 1, 5.0, 0.8),
            probe("b", 10, 1, 2.5, 0.8),
            probe("a", 30, 0, 3.0, 0.2),
            probe("b", 30, 0, 1.5, 0.8),
            probe("a", 30, 1, 2.0, 0.8),
            probe("b", 30, 1, 2.0, 0.8),
        ];
        let [agreement, slopes] = notes(&probes).try_into().unwrap();
        assert!(
            agreement.contains("0.50 (`a`) to 0.80 (`b`)"),
            "{agreement}"
        );
        assert!(slopes.contains("From step 10 to step 30"), "{slopes}");
        assert!(slopes.contains("`a` (-2.00 nats)"), "{slopes}");
        assert!(slopes.contains("`b` (-0.50)"), "{slopes}");
        assert_eq!(notes(&probes[..4]).len(), 1, "one step has no slope");
        assert!(notes(&[]).is_empty());
    }
}
