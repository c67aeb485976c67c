//! Sums of lists, paid for: the engine joins lists lazily, and unpacks long chains of them without charging any fuel.
use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, State};

/// Makes the templates of `environment` pay for the lists that they join, as [`paid`] writes them.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("summand", summand);
    // It joins lists as `+` does, and nothing could come between.
    environment.remove_filter("chain");
}

/// A term of a sum as it is, a list no longer lazy: every second item costs a unit of fuel, as it does where the engine charges.
fn summand(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) || value.is_tuple() {
        return Ok(value);
    }
    if let Some(items) = value.downcast_object_ref::<Vec<Value>>() {
        state.consume_fuel(items.len() as u64 / 2 + 1)?;
        return Ok(value);
    }
    let mut items = Vec::new();
    for item in value.try_iter()? {
        state.consume_fuel(items.len() as u64 % 2)?;
        items.push(item);
    }
    Ok(Value::from(items))
}

/// `source` with every term of every sum put through the filter `summand`: `a + b` is `(a) | summand + (b) | summand`. What
/// the engine cannot read stays as it is, for the engine to say so.
pub(super) fn paid(source: &str, is_expression: bool) -> String {
    let mut sums = Sums::default();
    for token in tokenize(source, is_expression, SyntaxConfig::default()) {
        let Ok((token, span)) = token else {
            return source.to_owned();
        };
        sums.take(&token, span.end_offset as usize);
    }
    sums.end_term(false, source.len());
    sums.marks.sort_unstable();
    let (mut text, mut from) = (String::with_capacity(source.len()), 0);
    for (at, mark) in sums.marks {
        text += &source[from..at];
        text += mark;
        from = at;
    }
    text + &source[from..]
}

/// What is known of a source's sums after some of its tokens.
#[derive(Default)]
struct Sums {
    /// What is to be put where.
    marks: Vec<(usize, &'static str)>,
    /// Terms around the brackets that are open.
    outer: Vec<Term>,
    term: Term,
    before: Before,
    /// End of the last token.
    end: usize,
}

/// What may be a term of a sum: where it starts, and whether it follows a plus.
#[derive(Clone, Copy, Default)]
struct Term {
    start: usize,
    is_added: bool,
}

/// The last token, where it says how to read the next word.
#[derive(Clone, Copy, Default, PartialEq)]
enum Before {
    #[default]
    Other,
    /// `{%`: a statement's name follows.
    Statement,
    /// `.` or `is`: a name follows, whatever it looks like.
    Name,
}

impl Sums {
    /// Reads a token that ends at `end`.
    fn take(&mut self, token: &Token<'_>, end: usize) {
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                self.outer.push(self.term);
                self.term = Term {
                    start: end,
                    is_added: false,
                };
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                self.end_term(false, end);
                self.term = self.outer.pop().unwrap_or_default();
            }
            token if self.is_between_terms(token) => {
                self.end_term(matches!(token, Token::Plus), end);
            }
            _ => {}
        }
        self.before = match token {
            Token::BlockStart => Before::Statement,
            Token::Dot | Token::Ident("is") => Before::Name,
            _ => Before::Other,
        };
        self.end = end;
    }

    /// Ends a term before a token, which is a plus or not; the next one starts at `start`.
    fn end_term(&mut self, by_plus: bool, start: usize) {
        let Term {
            start: first,
            is_added,
        } = self.term;
        if (by_plus || is_added) && first < self.end {
            self.marks.extend([(first, "("), (self.end, ")|summand")]);
        }
        self.term = Term {
            start,
            is_added: by_plus,
        };
    }

    /// Whether a token binds no closer than `+`.
    fn is_between_terms(&self, token: &Token<'_>) -> bool {
        const WORDS: [&str; 8] = ["if", "else", "elif", "in", "and", "or", "not", "recursive"];
        match token {
            Token::Ident(word) => match self.before {
                Before::Statement => true,
                Before::Name => false,
                Before::Other => WORDS.contains(word),
            },
            Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_)
            | Token::Dot
            | Token::Pipe
            | Token::Tilde
            | Token::Mul
            | Token::Div
            | Token::FloorDiv
            | Token::Mod
            | Token::Pow => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a template gives with fuel for 100,000 units.
    fn rendered(source: &str) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(100_000));
        register(&mut environment);
        environment.render_str(&paid(source, false), ())
    }

    #[test]
    fn terms_are_marked_and_all_else_stays() {
        for (source, marked) in [
            ("a + b {{ a - 1 }} {# a + b #}", None),
            ("{% raw %}{{ a + b }}{% endraw %}{{ '+' }}", None),
            ("{{+ a }}{{ 1e+5 }}{{ a.b[-1] * c }}", None),
            ("{{ a+b }}", Some("{{( a)|summand+(b)|summand }}")),
            (
                "{{ f(a + b | length, c) }}",
                Some("{{ f((a)|summand +( b | length)|summand, c) }}"),
            ),
            (
                "{% for i in a * 2 + b recursive %}",
                Some("{% for i in( a * 2)|summand +( b)|summand recursive %}"),
            ),
            (
                "{{ a.if is not odd + 1 }}",
                Some("{{( a.if is not odd)|summand +( 1)|summand }}"),
            ),
        ] {
            assert_eq!(paid(source, false), marked.unwrap_or(source));
        }
        assert_eq!(
            paid("a[x + 1:] == b", true),
            "a[(x)|summand +( 1)|summand:] == b"
        );
        assert_eq!(paid("a + b", true), "(a)|summand +( b)|summand");
        assert_eq!(paid("a + 'open", true), "a + 'open");
    }

    #[test]
    fn sums_are_what_they_were() {
        for (source, text) in [
            ("{{ 1 + 2 * 3 - 4 + 5 }}", "8"),
            ("{{ -1 + -2 ** 2 }}", "3"),
            ("{{ 'a' + 'b' ~ 1 }}", "ab1"),
            ("{{ ([1] + range(2, 4) | list + [4][0:]) | join }}", "1234"),
            (
                "{{ [1, 2, 3, 4][1 + 1:] + [{'a': 1 + 1}['a']] }}",
                "[3, 4, 2]",
            ),
            ("{{ 'x' if 1 + 1 == 2 and not 0 + 0 else 1 + 'y' }}", "x"),
            (
                "{% set x = 1 + 1 %}{% for i in [x] + [3] if i + 1 in [4] %}{{ i }}{% endfor %}",
                "3",
            ),
        ] {
            assert_eq!(rendered(source).unwrap(), text, "{source}");
        }
    }

    #[test]
    fn lists_that_grow_by_themselves_are_paid_for() {
        let grow = |first: &str, sum: &str| {
            let source = format!(
                "{{% set n = namespace(x={first}) %}}{{% for i in range(1000) %}}{{% set n.x = {sum} %}}{{% endfor %}}{{{{ n.x | length }}}}"
            );
            rendered(&source)
        };
        for sum in [
            "n.x + n.x",
            "n.x + n.x[0:]",
            "[0] * 100 + n.x",
            "n.x * 1 + n.x",
            "(n.x) + ((n.x))",
        ] {
            let kind = grow("[1]", sum).map_err(|error| error.kind());
            assert_eq!(kind, Err(minijinja::ErrorKind::OutOfFuel), "{sum}");
        }
        assert_eq!(grow("[]", "n.x + n.x").unwrap(), "0");
        // What honest templates do: a list that one item is added to at a time.
        let kept = "n.x + [i] if i < 300 else n.x";
        assert_eq!(grow("[]", kept).unwrap(), "300");
    }
}
