//! A strict reader of pages that knows nothing of their writer: what a browser would take for more than text is a problem.
use sha2::{Digest, Sha256};

/// Tags that pages are made of. None of them loads anything or runs anything but the two that the policy names.
const TAGS: &[&str] = &[
    "a",
    "b",
    "body",
    "button",
    "circle",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "g",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "head",
    "header",
    "html",
    "i",
    "input",
    "li",
    "line",
    "main",
    "meta",
    "nav",
    "ol",
    "option",
    "output",
    "p",
    "path",
    "polygon",
    "polyline",
    "pre",
    "rect",
    "script",
    "section",
    "select",
    "small",
    "span",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "wbr",
    "br",
];

/// What was found in a page.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// All text between tags and in attributes, unescaped.
    pub(super) text: String,
    pub(super) problems: Vec<String>,
    policy: Option<String>,
    scripts: Vec<String>,
    styles: Vec<String>,
}

/// Reads a page.
pub(super) fn scan(page: &str) -> Scan {
    let mut scan = Scan::default();
    let mut rest = page.strip_prefix("<!doctype html>").unwrap_or(page);
    let mut open: Vec<&str> = Vec::new();
    while let Some(at) = rest.find('<') {
        scan.text(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(closing) = rest.strip_prefix('/') {
            let end = closing.find('>').unwrap_or(closing.len());
            let (name, behind) = closing.split_at(end);
            if open.pop() != Some(name) {
                scan.problem(format!("`</{}>` closes what is not open", short(name)));
            }
            rest = behind.strip_prefix('>').unwrap_or(behind);
            continue;
        }
        let name_end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let (name, behind) = rest.split_at(name_end);
        if !TAGS.contains(&name) {
            scan.problem(format!("a tag `<{}`", short(rest)));
        }
        rest = scan.attributes(name, behind);
        if name == "script" || name == "style" {
            let end = format!("</{name}>");
            let (body, behind) = rest.split_once(&end).unwrap_or((rest, ""));
            let into = if name == "script" {
                &mut scan.scripts
            } else {
                &mut scan.styles
            };
            into.push(body.to_owned());
            rest = behind;
        } else if !["br", "input", "meta", "wbr"].contains(&name) {
            open.push(name);
        }
    }
    scan.text(rest);
    if !open.is_empty() {
        scan.problem(format!("{} tags are never closed", open.len()));
    }
    scan.conclude();
    scan
}

impl Scan {
    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Reads the attributes of a tag; answers what is behind its end.
    fn attributes<'a>(&mut self, tag: &str, mut rest: &'a str) -> &'a str {
        let mut content = String::new();
        let mut is_policy = false;
        while let Some(behind) = rest.strip_prefix(' ') {
            let end = behind.find(['=', ' ', '>']).unwrap_or(behind.len());
            let (name, behind) = behind.split_at(end);
            let mut value = "";
            rest = behind;
            if let Some(behind) = rest.strip_prefix("=\"") {
                (value, rest) = behind.split_once('"').unwrap_or((behind, ""));
            } else if rest.starts_with('=') {
                self.problem(format!("attribute `{}` is not quoted", short(name)));
            }
            let plain = |c: char| {
                c.is_ascii_lowercase()
                    || c.is_ascii_digit()
                    || "-:".contains(c)
                    || c.is_ascii_uppercase()
            };
            if name.is_empty()
                || !name.chars().all(plain)
                || name.to_ascii_lowercase().starts_with("on")
            {
                self.problem(format!("an attribute `{}` of `<{tag}>`", short(name)));
            }
            let value = self.unescaped(value);
            let is_place = value.starts_with('#');
            let leads =
                name == "href" && !is_place && !(tag == "a" && value.starts_with("https://"));
            let loads = [
                "src",
                "srcset",
                "data",
                "action",
                "formaction",
                "poster",
                "background",
                "xlink:href",
            ];
            if leads || loads.contains(&name) || name == "style" {
                self.problem(format!("`<{tag} {name}={}`", short(&value)));
            }
            is_policy |= name == "http-equiv" && value == "Content-Security-Policy";
            if name == "content" {
                content.clone_from(&value);
            }
            self.text.push_str(&value);
        }
        if is_policy {
            self.policy = Some(content);
        }
        if let Some(behind) = rest.strip_prefix('>') {
            return behind;
        }
        self.problem(format!("`<{tag}` has no end before `{}`", short(rest)));
        rest
    }

    fn text(&mut self, text: &str) {
        let text = self.unescaped(text);
        self.text.push_str(&text);
    }

    /// What a reader sees of text; a bracket or an ampersand by itself is a problem, as is a character that no page may hold.
    fn unescaped(&mut self, text: &str) -> String {
        let odd = |c: char| (c.is_control() && c != '\n' && c != '\t') || "<>\"'".contains(c);
        if text.contains(odd) {
            self.problem(format!(
                "text holds what must be escaped: `{}`",
                short(text)
            ));
        }
        let mut parts = text.split('&');
        let mut plain = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, behind) = part.split_once(';').unwrap_or((part, ""));
            match name {
                "amp" => plain.push('&'),
                "lt" => plain.push('<'),
                "gt" => plain.push('>'),
                "quot" => plain.push('"'),
                "#39" => plain.push('\''),
                _ => self.problem(format!("`&{}` stands by itself", short(name))),
            }
            plain.push_str(behind);
        }
        plain
    }

    /// The policy is there, and names what may run by hash.
    fn conclude(&mut self) {
        let policy = self.policy.clone().unwrap_or_default();
        if !policy.starts_with("default-src 'none';")
            || policy.contains("unsafe")
            || policy.contains("http")
        {
            self.problem(format!("the policy is `{policy}`"));
        }
        for body in self
            .scripts
            .iter()
            .chain(&self.styles)
            .cloned()
            .collect::<Vec<_>>()
        {
            if !policy.contains(&source(&body)) {
                self.problem(format!("not named by the policy: `{}`", short(&body)));
            }
            let lower = body.to_ascii_lowercase();
            for word in [
                "url(",
                "@import",
                "fetch(",
                "xmlhttprequest",
                "innerhtml",
                "eval(",
            ] {
                if lower.contains(word) {
                    self.problem(format!("`{word}` in a script or style"));
                }
            }
        }
        // Marks that turn the direction of writing end with the element that holds them.
        if !self
            .styles
            .iter()
            .any(|style| style.contains("unicode-bidi: isolate"))
        {
            self.problem("marks of direction reach beyond their element".to_owned());
        }
        if (self.scripts.len(), self.styles.len()) != (1, 1) {
            self.problem(format!(
                "{} scripts, {} styles",
                self.scripts.len(),
                self.styles.len()
            ));
        }
    }
}

/// How a policy names a body.
fn source(body: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digest = Sha256::digest(body.as_bytes());
    let mut text = String::new();
    for three in digest.chunks(3) {
        let word = (0..3).fold(0_u32, |word, at| {
            word << 8 | u32::from(*three.get(at).unwrap_or(&0))
        });
        for at in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= three.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    format!("'sha256-{text}'")
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
