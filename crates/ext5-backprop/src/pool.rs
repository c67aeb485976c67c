use std::cell::RefCell;

/// Buffers that are handed out and come back, so that a step touches no fresh memory after the first.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    free: RefCell<Vec<Vec<f32>>>,
}

impl Pool {
    /// A buffer of `len` numbers, which are whatever was left in it.
    pub(crate) fn take(&self, len: usize) -> Vec<f32> {
        let mut buffer = self.chosen(len).unwrap_or_default();
        if buffer.capacity() < len {
            buffer = Vec::new(); // what it holds need not be copied
            buffer.reserve_exact(len);
        }
        buffer.resize(len, 0.0);
        buffer
    }

    /// The free buffer to use for `len` numbers, large enough or not; none only where none is free, so that there are never
    /// more buffers than were out at once.
    fn chosen(&self, len: usize) -> Option<Vec<f32>> {
        let mut free = self.free.borrow_mut();
        let sizes = || free.iter().map(Vec::capacity).enumerate();
        let fitting = sizes().filter(|size| size.1 >= len);
        let fitting = fitting.min_by_key(|size| size.1);
        let close = fitting.filter(|size| size.1 / 3 <= len / 2);
        // A batch grew: its own buffer grows with it, for if it took a larger one, that one's user would find none.
        let outgrown = || {
            let near = sizes().filter(|size| size.1 < len && size.1 >= len / 8 * 7);
            near.max_by_key(|size| size.1)
        };
        let largest = || sizes().max_by_key(|size| size.1);
        let (at, _) = close.or_else(outgrown).or(fitting).or_else(largest)?;
        Some(free.swap_remove(at))
    }

    /// A buffer of zeros.
    pub(crate) fn zeros(&self, len: usize) -> Vec<f32> {
        let mut buffer = self.take(len);
        buffer.fill(0.0);
        buffer
    }

    /// A copy of `values`.
    pub(crate) fn copy(&self, values: &[f32]) -> Vec<f32> {
        let mut buffer = self.take(values.len());
        buffer.copy_from_slice(values);
        buffer
    }

    /// Takes a buffer back.
    pub(crate) fn give(&self, buffer: Vec<f32>) {
        self.free.borrow_mut().push(buffer);
    }

    /// Bytes of the buffers that are not handed out: between steps, all of them.
    pub(crate) fn bytes(&self) -> usize {
        let free = self.free.borrow();
        free.iter()
            .map(|buffer| buffer.capacity() * size_of::<f32>())
            .sum()
    }
}
