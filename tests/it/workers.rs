use crate::micro::config;
use ext5_data::{Cursor, Loader};
use ext5_trainer::{Session, Silent, feeds, loader_config};
use std::sync::Arc;

/// The batches of a whole mixture are the same bytes for any number of workers.
#[test]
fn workers_do_not_change_the_batches() {
    let dir = tempfile::tempdir().unwrap();
    let mut expected = None;
    for workers in [0, 1, 4] {
        let mut config = config(&[]);
        config.data.workers = workers;
        let session = Session::open(&config, &dir.path().join("run"), &mut Silent).unwrap();
        let place = (session.vocabulary.as_ref(), session.cache.as_path());
        let found = feeds(
            &config.data,
            "micro_ext5",
            "train",
            &session.catalogue,
            place,
            &mut Silent,
        );
        let found = found.unwrap().feeds;
        let cursor = Cursor::start(found.len());
        let mut loader = Loader::new(Arc::from(found), loader_config(&config), cursor).unwrap();
        let batches: Vec<_> = (0..50).map(|_| loader.next().unwrap()).collect();
        let expected = expected.get_or_insert_with(|| batches.clone());
        assert!(*expected == batches, "{workers} workers");
    }
}
