use std::cell::RefCell;

/// Buffers that are handed out and come back, so that a step touches no fresh memory after the first.
#[derive(Debug, Default)]
pub struct Pool {
    free: RefCell<Vec<Vec<f32>>>,
}

impl Pool {
    /// A buffer of `len` numbers, which are whatever was left in it.
    pub(crate) fn take(&self, len: usize) -> Vec<f32> {
        let mut free = self.free.borrow_mut();
        let fitting = free
            .iter()
            .enumerate()
            .filter(|(_, buffer)| buffer.capacity() >= len)
            .min_by_key(|(_, buffer)| buffer.capacity())
            .map(|(at, _)| at);
        // Where none is large enough the largest grows, so that there are never more buffers than were out at once.
        let largest = || {
            let sizes = free.iter().enumerate();
            sizes
                .max_by_key(|(_, buffer)| buffer.capacity())
                .map(|(at, _)| at)
        };
        let mut buffer = match fitting {
            Some(at) => free.swap_remove(at),
            None => largest().map_or_else(Vec::new, |at| free.swap_remove(at)),
        };
        if buffer.capacity() < len {
            buffer = Vec::new(); // what it holds need not be copied
            buffer.reserve_exact(len);
        }
        buffer.resize(len, 0.0);
        buffer
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
    pub fn bytes(&self) -> usize {
        let free = self.free.borrow();
        free.iter()
            .map(|buffer| buffer.capacity() * size_of::<f32>())
            .sum()
    }
}
