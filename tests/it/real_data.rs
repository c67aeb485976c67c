use ext5_data::{Cursor, order};
use ext5_trainer::{Session, Silent, feeds, recipe};
use std::collections::BTreeMap;

/// Draws of `ext5_local` that are counted.
const DRAWS: u64 = 200_000;

/// Every family of the local data is drawn at its rate: within five standard deviations of a binomial count.
#[test]
fn families_are_drawn_at_their_rates() {
    let Ok(shared) = std::env::var("EXT5_SHARED") else {
        println!("skipped: EXT5_SHARED is not set");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let root = format!("data.root={:?}", format!("{shared}/data"));
    let config = recipe("ext5_local", &[root]).unwrap();
    let session = Session::open(&config, &dir.path().join("run"), &mut Silent).unwrap();
    let place = (session.vocabulary.as_ref(), session.cache.as_path());
    let (data, catalogue) = (&config.data, &session.catalogue);
    let found = feeds(data, &data.mixture, "train", catalogue, place, &mut Silent).unwrap();
    let counts = Cursor::replay(&order(&found.feeds, config.trainer.seed), DRAWS).counts;
    let mut families: BTreeMap<String, (usize, f64, u64)> = BTreeMap::new();
    for (share, count) in found.shares.iter().zip(counts) {
        let family = format!("{:?}", catalogue.task(&share.task).unwrap().family);
        let entry = families.entry(family).or_default();
        *entry = (entry.0 + 1, entry.1 + share.share, entry.2 + count);
    }
    println!(
        "{:<22} {:>5} {:>9} {:>9}",
        "family", "tasks", "share", "drawn"
    );
    for (family, (tasks, share, drawn)) in &families {
        let part = *drawn as f64 / DRAWS as f64;
        println!("{family:<22} {tasks:>5} {share:>9.5} {part:>9.5}");
        let deviation = (share * (1.0 - share) / DRAWS as f64).sqrt();
        assert!(
            (part - share).abs() < 5.0 * deviation,
            "{family}: {part} for {share}"
        );
    }
    let supervised = families
        .keys()
        .filter(|name| !["SelfSupervised", "Other"].contains(&name.as_str()));
    assert_eq!(supervised.count(), 8);
    let (_, text, _) = families["SelfSupervised"];
    assert!(
        (text - 2.0 / 3.0).abs() < 1e-9,
        "R = 2 gives plain text two thirds, not {text}"
    );
}
