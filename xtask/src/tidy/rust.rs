//! Rust text with what a check must not stumble over blanked out: a word in a string is no code.
//!
//! A small lexer, exact for comments, strings, raw strings, characters and lifetimes of formatted
//! code; it does not expand macros.

/// One Rust file in two views of the same lines.
pub(super) struct Rust {
    /// Comments and the contents of strings are blanks.
    code: String,
    /// Only the contents of strings are blanks.
    prose: String,
    /// For each line, whether it belongs to a `#[cfg(test)]` item.
    tests: Vec<bool>,
}

/// A line of one of the views.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
    pub(super) in_test: bool,
}

impl Rust {
    pub(super) fn new(text: &str) -> Self {
        let (code, prose) = blank(text);
        let tests = test_lines(&code);
        Self { code, prose, tests }
    }

    /// Code without comments and strings.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Lines of [`Rust::code`].
    pub(super) fn code_lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.view(&self.code)
    }

    /// Lines with comments, without strings.
    pub(super) fn prose_lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.view(&self.prose)
    }

    /// Whether line `number` (from 1) belongs to a `#[cfg(test)]` item.
    pub(super) fn in_test(&self, number: usize) -> bool {
        self.tests.get(number - 1).copied().unwrap_or(false)
    }

    fn view<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Line<'a>> {
        text.lines().enumerate().map(|(index, text)| Line {
            number: index + 1,
            text,
            in_test: self.in_test(index + 1),
        })
    }
}

/// Byte positions of `needle` in `text` where it is not part of a longer word.
pub(super) fn words<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let edge = move |c: Option<char>| c.is_none_or(|c| !in_word(c));
    text.match_indices(needle)
        .map(|(at, _)| at)
        .filter(move |&at| {
            edge(text[..at].chars().next_back()) && edge(text[at + needle.len()..].chars().next())
        })
}

/// The line, from 1, that holds byte `at`.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Position just after the bracket that closes the one opened at byte `open`.
pub(super) fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in code[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(open + at + c.len_utf8());
        }
    }
    None
}

/// Position of the first `{` or `;` after `from` outside parentheses and square brackets.
pub(super) fn body_or_end(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in code[from..].char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' | ';' if depth == 0 => return Some(from + at),
            _ => {}
        }
    }
    None
}

fn test_lines(code: &str) -> Vec<bool> {
    const MARK: &str = "#[cfg(test)]";
    let mut tests = vec![false; code.lines().count()];
    for (at, _) in code.match_indices(MARK) {
        let end = body_or_end(code, at + MARK.len())
            .and_then(|body| {
                if code[body..].starts_with('{') {
                    closing(code, body)
                } else {
                    Some(body)
                }
            })
            .unwrap_or(code.len());
        let (first, last) = (line_at(code, at), line_at(code, end));
        for test in tests.iter_mut().take(last).skip(first - 1) {
            *test = true;
        }
    }
    tests
}

/// What a stretch of text is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    String,
}

fn blank(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut prose) = (String::new(), String::new());
    let mut at = 0;
    while at < chars.len() {
        let (kind, end) = stretch(&chars, at);
        for &c in &chars[at..end] {
            let keep = |yes: bool| if yes || c == '\n' { c } else { ' ' };
            code.push(keep(kind == Kind::Code));
            prose.push(keep(kind != Kind::String));
        }
        at = end;
    }
    (code, prose)
}

/// The stretch that starts at `at`: its kind and its end (never `at` itself).
fn stretch(chars: &[char], at: usize) -> (Kind, usize) {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => {
            let end = chars[at..].iter().position(|&c| c == '\n');
            (Kind::Comment, end.map_or(chars.len(), |length| at + length))
        }
        '/' if next == Some('*') => (Kind::Comment, after_block_comment(chars, at)),
        '"' => (Kind::String, after_quote(chars, at + 1, '"')),
        '\'' if next == Some('\\') || chars.get(at + 2) == Some(&'\'') => {
            (Kind::String, after_quote(chars, at + 1, '\''))
        }
        'r' if !at
            .checked_sub(1)
            .is_some_and(|before| is_word_end(chars, before)) =>
        {
            after_raw_string(chars, at).map_or((Kind::Code, at + 1), |end| (Kind::String, end))
        }
        _ => (Kind::Code, at + 1),
    }
}

/// Whether the character at `at` ends a word other than the prefixes `b` and `c` of a string.
fn is_word_end(chars: &[char], at: usize) -> bool {
    let in_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let prefix = matches!(chars[at], 'b' | 'c') && !(at > 0 && in_word(&chars[at - 1]));
    in_word(&chars[at]) && !prefix
}

fn after_quote(chars: &[char], mut at: usize, quote: char) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

fn after_raw_string(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let closes = |end: &usize| {
        chars[*end] == '"'
            && chars[end + 1..]
                .iter()
                .take(hashes)
                .filter(|&&c| c == '#')
                .count()
                == hashes
    };
    Some(
        (open + 1..chars.len())
            .find(closes)
            .map_or(chars.len(), |end| end + 1 + hashes),
    )
}

fn after_block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_no_code() {
        for text in [
            "// word",
            "/* a /* word */ b */",
            "let s = \"word\";",
            "let s = \"\\\"word\";",
            "let s = r#\"a \" word\"#;",
            "let s = br\"word\";",
            "let c = '\"'; // word",
            "let c = '\\''; let s = \"word\";",
        ] {
            assert_eq!(words(Rust::new(text).code(), "word").count(), 0, "{text}");
        }
        for text in [
            "word()",
            "fn f<'a>(x: &'a str) { word }",
            "bar\"x\" word",
            "r#fn word",
        ] {
            assert_eq!(words(Rust::new(text).code(), "word").count(), 1, "{text}");
        }
    }

    #[test]
    fn lines_stay_where_they_are() {
        let rust = Rust::new("/* a\nb */ one\n\"x\ny\" two\n");
        let lines: Vec<_> = rust
            .code_lines()
            .map(|it| (it.number, it.text.trim()))
            .collect();
        assert_eq!(lines, [(1, ""), (2, "one"), (3, ""), (4, "two")]);
    }

    #[test]
    fn test_items_are_marked_to_their_closing_brace() {
        let rust = Rust::new("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        let marked: Vec<_> = (1..=6).map(|line| rust.in_test(line)).collect();
        assert_eq!(marked, [false, true, true, true, true, false]);
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(
            words("unsafe_code unsafe", "unsafe").collect::<Vec<_>>(),
            [12]
        );
    }
}
