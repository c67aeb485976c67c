use std::collections::BTreeMap;

/// The answers that may be written, as a tree of tokens.
#[derive(Debug, Default)]
pub(super) struct Choices {
    next: BTreeMap<u32, Choices>,
    ends: bool,
}

impl Choices {
    pub(super) fn new(choices: &[Vec<u32>]) -> Self {
        let mut root = Self::default();
        for choice in choices {
            let node = choice.iter().fold(&mut root, |node, &token| {
                node.next.entry(token).or_default()
            });
            node.ends = true;
        }
        root
    }

    /// Tokens that may follow `written`, ascending except for `end`.
    pub(super) fn after(&self, written: &[u32], end: u32) -> Vec<u32> {
        let node = written
            .iter()
            .try_fold(self, |node, token| node.next.get(token));
        let Some(node) = node else {
            return Vec::new();
        };
        let end = node.ends.then_some(end);
        node.next.keys().copied().chain(end).collect()
    }
}
