use ext5_report::{
    Bars, Cell, Chip, Chips, Colours, Column, HeatCell, HeatMap, Histogram, Html, KeyFigures,
    Level, LineChart, Page, Passport, Point, Scale, Section, Series, Stacked, Table, Tone, apart,
    badge, code, columns, details, label, link, list, name, note, notice, paragraph, sentence,
    verdict,
};

use crate::markup::read;

/// Curves and maps.
fn drawn(word: &str) -> Html {
    let point = |x: f64| Point {
        x,
        y: x * x,
        band: Some((x, 2.0 * x * x)),
    };
    let points = [0.0, 1.0, 2.0, f64::NAN].map(point).to_vec();
    let lines = LineChart::new(word, (word, word), (word, word))
        .series(Series {
            name: word.to_owned(),
            points: points.clone(),
        })
        .series(Series {
            name: word.to_owned(),
            points,
        });
    let level = |y| Level {
        name: word.to_owned(),
        y,
        band: Some((y - 1.0, y + 1.0)),
    };
    let lines = lines.level(level(2.0)).level(level(f64::NAN));
    let cell = HeatCell {
        value: Some(0.5),
        marked: true,
        hint: word.to_owned(),
    };
    let heat = |colours| {
        HeatMap::new(word, (word, word, word), word, colours)
            .note(word)
            .columns([word, word])
            .row(word, vec![Some(1.0), None])
            .row(word, vec![Some(f64::NAN), Some(-0.5)])
            .cells(word, vec![cell.clone(), HeatCell::default()])
            .beside(word, vec![Some(1.0), None])
            .below(word, vec![None, Some(1.0), Some(2.0)])
    };
    Html::all([
        lines.into(),
        Html::from(heat(Colours::Sequential(2.0))),
        heat(Colours::Diverging(1.0)).into(),
    ])
}

/// One of every block, with `word` wherever a text may stand.
pub(crate) fn page_of(word: &str) -> String {
    let table = Table::new(
        word,
        [Column::text(word).hint(word), Column::number(word, word)],
    )
    .note(word)
    .rows((0..12).map(|row| {
        vec![
            Cell::new(word),
            Cell::decimal(f64::from(row), 2).filled(0.5),
        ]
    }));
    let bars = Bars::new(word, word, word)
        .bar(word, -3.0)
        .coloured(word, 5.5, 3)
        .with_interval(word, f64::NAN, (1.0, 2.0))
        .measured(word, 2.0, Some((f64::NAN, 3.0)), 1)
        .note(word)
        .colour(word, 1)
        .level(word, 4.0)
        .signed();
    let histogram = Histogram::new(word, (word, word), word)
        .note(word)
        .scale(Scale::Log)
        .bin(1.0, 2.0, 7)
        .bin(2.0, 4.0, 0)
        .mark(3.0, word);
    let stacked = Stacked::new(word)
        .note(word)
        .part(word, 0)
        .part(word, 1)
        .row(word, vec![1.0, 3.0]);
    let chip = Chip {
        text: word.to_owned(),
        hint: word.to_owned(),
        special: true,
        muted: true,
    };
    let chips = Chips::new(word, 12).chips([chip]).left_out(5);
    let small = Html::all([
        badge(word, Tone::Bad),
        details(word, code(word)),
        paragraph(link(word, word)),
        link(word, &format!("#{word}")),
        link(word, &format!("https://{word}")),
        list([word, word]),
        note(word),
    ]);
    let small = Html::all([
        small,
        name(word),
        sentence(word),
        columns([label(word)]).into(),
        notice(word, word, Tone::Bad).into(),
        verdict("a word", Tone::Good, word, word),
        apart(word, word).into(),
    ]);
    let inner = Section::new(word)
        .folded(true)
        .aside(word)
        .add(chips)
        .add(small);
    let section = Section::new(word)
        .id(word)
        .add(table)
        .add(bars)
        .add(histogram)
        .part(inner);
    let second = Section::new(word).add(stacked).add(drawn(word));
    Page::new(word)
        .kicker(word)
        .top(KeyFigures::new().figure(word, word, word))
        .top(Passport::new().entry(word, word))
        .section(section)
        .section(second)
        .foot(word)
        .render()
}

#[test]
fn a_page_of_every_block_is_well_formed() {
    let read = read(&page_of("a word")).unwrap();
    assert!(read.tags.len() > 100);
    let count = |name: &str| read.tags.iter().filter(|tag| tag.name == name).count();
    assert_eq!(
        (count("script"), count("style"), count("h1"), count("table")),
        (1, 1, 1, 3)
    );
}

#[test]
fn the_policy_allows_the_pages_own_script_and_style_alone() {
    use sha2::{Digest, Sha256};
    let read = read(&page_of("a")).unwrap();
    let policy = read.tags.iter().find(|tag| {
        tag.get("http-equiv")
            .is_some_and(|name| name == "Content-Security-Policy")
    });
    let policy = policy.and_then(|tag| tag.get("content")).unwrap();
    for (directive, text) in [("script-src", &read.script), ("style-src", &read.style)] {
        let sources = policy
            .split("; ")
            .find_map(|part| part.strip_prefix(directive))
            .unwrap();
        let hash = sources
            .trim()
            .strip_prefix("'sha256-")
            .unwrap()
            .strip_suffix('\'')
            .unwrap();
        assert_eq!(
            decoded(hash),
            Sha256::digest(text.as_bytes()).to_vec(),
            "{directive}"
        );
    }
    assert!(policy.starts_with("default-src 'none'; "));
    assert!(!policy.contains("unsafe") && !policy.contains('*'));
}

#[test]
fn nothing_is_loaded_and_no_style_or_script_hides_in_an_attribute() {
    let read = read(&page_of("https://a.org")).unwrap();
    for tag in &read.tags {
        assert!(!["link", "img", "iframe", "object", "embed", "base"].contains(&tag.name.as_str()));
        for (name, _) in &tag.attributes {
            assert!(
                name != "src" && name != "style" && !name.starts_with("on"),
                "{tag:?}"
            );
        }
    }
    assert!(!read.style.contains("url(") && !read.style.contains("@import"));
    assert!(!read.script.contains("fetch") && !read.script.contains("innerHTML"));
}

#[test]
fn places_in_the_contents_exist() {
    let read = read(&page_of("two words")).unwrap();
    let ids: Vec<&str> = read.tags.iter().filter_map(|tag| tag.get("id")).collect();
    let nav = read.tags.iter().position(|tag| tag.name == "nav").unwrap();
    let links = read.tags[nav..].iter().take_while(|tag| tag.name != "main");
    let targets: Vec<&str> = links.filter_map(|tag| tag.get("href")).collect();
    assert_eq!(targets, ["#two-words", "#two-words-2", "#two-words-3"]);
    for target in targets {
        assert!(ids.contains(&&target[1..]), "{target}");
    }
}

#[test]
fn cells_sort_by_the_number_they_show() {
    let table = Table::new("", [Column::text("a"), Column::number("b", "%")])
        .row([Cell::new("x"), Cell::percent(0.1234, 1)])
        .row([Cell::new("y"), Cell::count(12_345)]);
    let html = Html::from(table);
    let read = read(html.as_str()).unwrap();
    assert!(
        read.tags
            .iter()
            .any(|tag| tag.get("data-v") == Some("12.34"))
    );
    let heads = read
        .tags
        .iter()
        .filter(|tag| tag.get("aria-sort") == Some("none"));
    assert_eq!(heads.count(), 2);
    assert!(read.text.contains("12\u{202f}345"));
}

/// Attributes of the elements of a class.
fn of_class(html: Html, class: &str) -> Vec<String> {
    let read = read(html.as_str()).unwrap();
    let tags = read
        .tags
        .iter()
        .filter(|tag| tag.get("class") == Some(class));
    tags.map(|tag| format!("{:?}", tag.attributes)).collect()
}

#[test]
fn a_band_ends_where_points_have_no_interval() {
    let chart = |bands: &[Option<(f64, f64)>]| {
        let points = bands.iter().enumerate();
        let points = points.map(|(x, band)| Point {
            x: x as f64,
            y: 1.0,
            band: *band,
        });
        let series = Series {
            name: "a".to_owned(),
            points: points.collect(),
        };
        Html::from(LineChart::new("", ("x", ""), ("y", "")).series(series))
    };
    let some = Some((0.0, 2.0));
    let cases = [
        (vec![some, some, some], 1, 0),
        (vec![some, some, None, some, some], 2, 0),
        (vec![some, None, None], 0, 1),
        (vec![None, None], 0, 0),
        (vec![some, Some((f64::NAN, 1.0)), some], 0, 2),
    ];
    for (bands, areas, lines) in cases {
        let html = chart(&bands);
        let found = (
            of_class(html.clone(), "band").len(),
            of_class(html, "whisker").len(),
        );
        assert_eq!(found, (areas, lines), "{bands:?}");
    }
}

#[test]
fn levels_are_inside_the_plot() {
    let level = |y| Level {
        name: "a level".to_owned(),
        y,
        band: None,
    };
    let point = Point {
        x: 1.0,
        y: 50.0,
        band: None,
    };
    let series = Series {
        name: "a".to_owned(),
        points: vec![point],
    };
    let chart = LineChart::new("", ("x", ""), ("y", "")).series(series);
    let html = Html::from(chart.level(level(0.0)).level(level(100.0)));
    let lines = of_class(html, "mark");
    assert!(lines[0].contains("(\"y1\", \"100%\")"), "{lines:?}");
    let top = lines.iter().any(|line| line.contains("(\"y1\", \"0%\")"));
    assert!(top, "{lines:?}");
}

/// RFC 4648, read by its definition: six bits a letter.
fn decoded(base64: &str) -> Vec<u8> {
    let place = |c: char| match c {
        'A'..='Z' => c as u32 - 65,
        'a'..='z' => c as u32 - 71,
        '0'..='9' => c as u32 + 4,
        '+' => 62,
        _ => 63,
    };
    let letters = base64.trim_end_matches('=').chars();
    let bits: String = letters.map(|c| format!("{:06b}", place(c))).collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    bytes
        .map(|byte| u8::from_str_radix(str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}
