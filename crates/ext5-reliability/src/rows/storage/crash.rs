//! What a disk may hold after the power went: everything that was synced, and any part of what was not.
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ext5_objectives::Stream;

use super::recorder::Op;

/// Bytes of a sector, and of a page.
const SECTOR: usize = 512;
const PAGE: usize = 4096;
/// Most changes of one directory of which all subsets are tried.
const SUBSETS: usize = 9;
/// Random selections of the sectors of an unsynced file that are tried.
const SELECTIONS: usize = 600;
/// Tag of the stream that selects them.
const SECTORS: u64 = 0x5ec7;

/// A content with its hash.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) bytes: Arc<Vec<u8>>,
    hash: u64,
}

impl Content {
    fn new(bytes: Vec<u8>) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            bytes: Arc::new(bytes),
        }
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

/// A tree of files and directories (no content), by path below the root.
pub(super) type Tree = BTreeMap<PathBuf, Option<Content>>;

/// The hash of a tree, by which equal ones are tried once.
pub(super) fn hash(tree: &Tree) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (path, content) in tree {
        path.hash(&mut hasher);
        content.as_ref().map(|it| it.hash).hash(&mut hasher);
    }
    hasher.finish()
}

#[derive(Clone)]
enum Node {
    File { synced: Content, now: Content },
    Dir { synced: Names, pending: Vec<Change> },
}

type Names = BTreeMap<String, usize>;

/// A change of a directory.
#[derive(Clone)]
enum Change {
    Add(String, usize),
    Remove(String),
    Move(String, String),
}

impl Change {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Add(name, node) => drop(names.insert(name.clone(), *node)),
            Self::Remove(name) => drop(names.remove(name)),
            Self::Move(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
        }
    }
}

/// A disk as the operating system sees it, with what of it has reached the medium.
pub(super) struct Disk {
    nodes: Vec<Node>,
}

impl Disk {
    /// An empty directory.
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![empty_dir()],
        }
    }

    /// Carries out an operation; one that is not of this disk changes nothing.
    pub(super) fn apply(&mut self, op: &Op) {
        match op {
            Op::Create(path) => {
                let (synced, now) = (Content::new(Vec::new()), Content::new(Vec::new()));
                self.add(path, Node::File { synced, now });
            }
            Op::MakeDir(path) => self.add(path, empty_dir()),
            Op::Write(path, bytes) => {
                if let Some(Node::File { now, .. }) = self.node(path) {
                    *now = Content::new([now.bytes.as_slice(), bytes].concat());
                }
            }
            Op::SyncFile(path) => {
                if let Some(Node::File { synced, now }) = self.node(path) {
                    *synced = now.clone();
                }
            }
            Op::SyncDir(path) => {
                if let Some(Node::Dir { synced, pending }) = self.node(path) {
                    for change in pending.drain(..) {
                        change.apply(synced);
                    }
                }
            }
            Op::Rename(from, to) => self.change(from, Change::Move(name(from), name(to))),
            Op::Unlink(path) | Op::RemoveDir(path) => {
                self.change(path, Change::Remove(name(path)));
            }
            Op::Told(_) => {}
        }
    }

    fn add(&mut self, path: &Path, node: Node) {
        self.nodes.push(node);
        let change = Change::Add(name(path), self.nodes.len() - 1);
        self.change(path, change);
    }

    fn change(&mut self, path: &Path, change: Change) {
        if let Some(Node::Dir { pending, .. }) = path.parent().and_then(|it| self.node(it)) {
            pending.push(change);
        }
    }

    fn node(&mut self, path: &Path) -> Option<&mut Node> {
        let mut at = 0;
        for part in path {
            let Node::Dir { synced, pending } = &self.nodes[at] else {
                return None;
            };
            let mut names = synced.clone();
            for change in pending {
                change.apply(&mut names);
            }
            at = *names.get(part.to_str()?)?;
        }
        self.nodes.get_mut(at)
    }

    /// Every tree that may be found after a crash now. Of several directories with unsynced names one at a time is cut short, of
    /// several unsynced files one at a time is damaged.
    pub(super) fn states(&self, mut each: impl FnMut(Tree) -> bool) -> bool {
        let dirs = self.variants(|node| match node {
            Node::Dir { pending, .. } if !pending.is_empty() => subsets(pending.len()),
            _ => Vec::new(),
        });
        let files = self.variants(|node| match node {
            Node::File { synced, now } if synced != now => damages(synced, now),
            _ => Vec::new(),
        });
        for dir in &dirs {
            for file in &files {
                let mut tree = Tree::new();
                self.fill(0, Path::new(""), dir.as_ref(), file.as_ref(), &mut tree);
                if !each(tree) {
                    return false;
                }
            }
        }
        true
    }

    /// The choice to leave every node as it is, and all others of one node each that a path may lead to.
    fn variants<T>(&self, of: impl Fn(&Node) -> Vec<T>) -> Vec<Option<(usize, T)>> {
        let (mut found, mut at) = (vec![0], 0);
        while let Some(node) = found.get(at) {
            if let Node::Dir { synced, pending } = &self.nodes[*node] {
                let added = pending.iter().filter_map(|change| match change {
                    Change::Add(_, node) => Some(*node),
                    _ => None,
                });
                let inside: Vec<usize> = synced.values().copied().chain(added).collect();
                found.extend(inside);
            }
            at += 1;
        }
        found.sort_unstable();
        found.dedup();
        let others = found.into_iter().flat_map(|at| {
            of(&self.nodes[at])
                .into_iter()
                .map(move |it| Some((at, it)))
        });
        std::iter::once(None).chain(others).collect()
    }

    fn fill(
        &self,
        at: usize,
        path: &Path,
        dir: Option<&(usize, u64)>,
        file: Option<&(usize, Content)>,
        tree: &mut Tree,
    ) {
        match &self.nodes[at] {
            Node::File { now, .. } => {
                let damaged = file.filter(|it| it.0 == at).map(|it| &it.1);
                tree.insert(path.to_owned(), Some(damaged.unwrap_or(now).clone()));
            }
            Node::Dir { synced, pending } => {
                let kept = dir.filter(|it| it.0 == at).map_or(u64::MAX, |it| it.1);
                let mut names = synced.clone();
                for (number, change) in pending.iter().enumerate() {
                    if kept >> number.min(63) & 1 == 1 {
                        change.apply(&mut names);
                    }
                }
                tree.insert(path.to_owned(), None);
                for (name, node) in &names {
                    self.fill(*node, &path.join(name), dir, file, tree);
                }
            }
        }
    }
}

fn empty_dir() -> Node {
    Node::Dir {
        synced: Names::new(),
        pending: Vec::new(),
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Which of so many changes reach the medium, as bits: any, or where they are many all first ones, all but one, and one alone.
fn subsets(count: usize) -> Vec<u64> {
    if count <= SUBSETS {
        return (0..1 << count).collect();
    }
    let all = u64::MAX;
    let one = (0..count.min(63)).map(|it| 1 << it);
    one.flat_map(|bit: u64| [bit - 1, all ^ bit, bit]).collect()
}

/// What may be of a file that grew from `synced` to `now`: nothing new, a part that ends at a sector or page, zeros in place of
/// what is behind that part, of one piece, or of any selection of sectors.
fn damages(synced: &Content, now: &Content) -> Vec<Content> {
    let (from, to) = (synced.bytes.len(), now.bytes.len());
    let zeroed = |first: usize, last: usize| {
        let mut bytes = now.bytes.to_vec();
        bytes[first..last].fill(0);
        Content::new(bytes)
    };
    let mut found = vec![synced.clone(), zeroed(from, to)];
    for at in (from..to).filter(|at| at.is_multiple_of(SECTOR)) {
        found.push(Content::new(now.bytes[..at].to_vec()));
        found.push(zeroed(at, to));
        found.push(zeroed(at, to.min(at + SECTOR)));
        if at.is_multiple_of(PAGE) {
            found.push(zeroed(at, to.min(at + PAGE)));
        }
    }
    let mut stream = Stream::new(&[SECTORS, now.hash]);
    for _ in 0..SELECTIONS * usize::from(to - from > 2 * PAGE) {
        let mut bytes = now.bytes.to_vec();
        for sector in bytes[from..].chunks_mut(SECTOR) {
            if stream.below(2) == 0 {
                sector.fill(0);
            }
        }
        found.push(Content::new(bytes));
    }
    found
}
