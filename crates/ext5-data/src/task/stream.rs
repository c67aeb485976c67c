use std::collections::VecDeque;

use crate::skip::Skipping;
use crate::{Result, SourceRow};

/// What `render` makes of rows, one after another, up to a limit; ends after an error that is not left out.
pub(super) struct Stream<R, T, F> {
    rows: R,
    render: F,
    ready: VecDeque<T>,
    left: u64,
    skipping: Option<Skipping>,
}

impl<R, T, F> Stream<R, T, F>
where
    R: Iterator<Item = Result<SourceRow>>,
    F: FnMut(&SourceRow) -> Result<Vec<T>>,
{
    pub(super) fn new(rows: R, limit: Option<u64>, render: F) -> Self {
        Self {
            rows,
            render,
            ready: VecDeque::new(),
            left: limit.unwrap_or(u64::MAX),
            skipping: None,
        }
    }

    /// The same without bad rows, where there is a count of them.
    pub(super) fn skipping(self, skipping: Option<Skipping>) -> Self {
        Self { skipping, ..self }
    }
}

impl<R, T, F> Iterator for Stream<R, T, F>
where
    R: Iterator<Item = Result<SourceRow>>,
    F: FnMut(&SourceRow) -> Result<Vec<T>>,
{
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.left > 0 {
            if let Some(item) = self.ready.pop_front() {
                self.left -= 1;
                return Some(Ok(item));
            }
            let row = self.rows.next()?;
            let skipping = self.skipping.as_ref().inspect(|skipping| skipping.read());
            match row.and_then(|row| (self.render)(&row)) {
                Ok(items) => self.ready.extend(items),
                Err(error) if skipping.is_some_and(|it| it.leaves_out(&error)) => {}
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}
