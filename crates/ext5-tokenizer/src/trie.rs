//! A double array over byte strings: the vocabulary's pieces, walked one byte a step.

const FREE: u32 = u32::MAX;
const NO_ID: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Cell {
    /// Children of this node lie at `children + byte`.
    children: u32,
    parent: u32,
    id: u32,
}

const EMPTY: Cell = Cell {
    children: 0,
    parent: FREE,
    id: NO_ID,
};

/// Maps byte strings to ids.
pub(crate) struct Trie {
    cells: Vec<Cell>,
}

/// A node of a [`Trie`].
#[derive(Clone, Copy)]
pub(crate) struct Node(u32);

impl Trie {
    pub(crate) const ROOT: Node = Node(0);

    /// Builds from (key, id) pairs in any order; of equal keys the last wins, empty keys are left out.
    pub(crate) fn build<'a>(keys: impl IntoIterator<Item = (&'a [u8], u32)>) -> Self {
        let sorted: std::collections::BTreeMap<&[u8], u32> = keys
            .into_iter()
            .filter(|(key, _)| !key.is_empty())
            .collect();
        let keys: Vec<_> = sorted.into_iter().collect();
        Builder {
            cells: vec![Cell { parent: 0, ..EMPTY }],
            cursor: 1,
        }
        .build(&keys)
    }

    /// Follows one byte; the id is that of the key ending there.
    #[inline]
    pub(crate) fn step(&self, node: Node, byte: u8) -> Option<(Node, Option<u32>)> {
        let children = self.cells.get(node.0 as usize)?.children;
        if children == 0 {
            return None;
        }
        let index = children + u32::from(byte);
        let cell = self.cells.get(index as usize)?;
        (cell.parent == node.0).then_some((Node(index), (cell.id != NO_ID).then_some(cell.id)))
    }

    /// Length of the longest key that `bytes` starts with.
    pub(crate) fn longest(&self, bytes: &[u8]) -> Option<usize> {
        let (mut node, mut found) = (Self::ROOT, None);
        for (index, &byte) in bytes.iter().enumerate() {
            let Some((next, id)) = self.step(node, byte) else {
                break;
            };
            node = next;
            found = id.map(|_| index + 1).or(found);
        }
        found
    }
}

struct Builder {
    cells: Vec<Cell>,
    /// Below it almost every cell is taken.
    cursor: usize,
}

impl Builder {
    fn build(mut self, keys: &[(&[u8], u32)]) -> Trie {
        let mut waiting = vec![(0_usize, keys, 0_usize)];
        while let Some((node, keys, depth)) = waiting.pop() {
            // Keys are sorted, so the one that ends here comes first.
            let keys = match keys.split_first() {
                Some(((key, id), rest)) if key.len() == depth => {
                    self.cells[node].id = *id;
                    rest
                }
                _ => keys,
            };
            let groups: Vec<_> = keys.chunk_by(|a, b| a.0[depth] == b.0[depth]).collect();
            if groups.is_empty() {
                continue;
            }
            let labels: Vec<usize> = groups.iter().map(|g| usize::from(g[0].0[depth])).collect();
            let children = self.place(&labels);
            self.cells[node].children = children as u32;
            for (label, group) in labels.into_iter().zip(groups) {
                self.cells[children + label].parent = node as u32;
                waiting.push((children + label, group, depth + 1));
            }
        }
        Trie { cells: self.cells }
    }

    /// First position where all of `labels` (ascending, not empty) fall on free cells.
    fn place(&mut self, labels: &[usize]) -> usize {
        let first = labels[0];
        let start = self.cursor.max(first + 1);
        let mut taken = 0;
        let mut cell = start;
        loop {
            if self.cells.len() < cell + 256 {
                self.cells.resize(cell + 256, EMPTY);
            }
            let children = cell - first;
            if self.cells[cell].parent != FREE {
                taken += 1;
            } else if labels
                .iter()
                .all(|label| self.cells[children + label].parent == FREE)
            {
                // Nineteen of twenty cells taken: not worth another visit.
                if taken * 20 >= (cell - start) * 19 {
                    self.cursor = cell;
                }
                return children;
            }
            cell += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn holds_exactly_its_keys(
            keys in prop::collection::btree_map(prop::collection::vec(0_u8..5, 1..6), 0_u32..9, 0..60),
            probe in prop::collection::vec(0_u8..5, 0..8),
        ) {
            let trie = Trie::build(keys.iter().map(|(key, id)| (key.as_slice(), *id)));
            let mut found = BTreeMap::new();
            let mut node = Trie::ROOT;
            for (index, &byte) in probe.iter().enumerate() {
                let Some((next, id)) = trie.step(node, byte) else { break };
                node = next;
                if let Some(id) = id { found.insert(index + 1, id); }
            }
            let expected: BTreeMap<_, _> = (1..=probe.len())
                .filter_map(|end| keys.get(&probe[..end]).map(|id| (end, *id)))
                .collect();
            prop_assert_eq!(trie.longest(&probe), expected.keys().last().copied());
            prop_assert_eq!(found, expected);
        }
    }
}
