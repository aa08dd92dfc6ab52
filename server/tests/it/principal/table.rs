//! `tests/principals.txt`, read.

use std::collections::BTreeMap;

/// The table itself.
const TEXT: &str = include_str!("../../principals.txt");

/// A row: a route, and what it answers to whom.
pub struct Row {
    pub method: &'static str,
    pub path: &'static str,
    /// What may stand before the path.
    pub mounts: &'static [&'static str],
    /// What an API key needs.
    pub scope: &'static str,
    /// Whether a call names something that is somebody's.
    pub names: bool,
    pub cells: Vec<Cell>,
}

/// What a kind of caller is answered.
pub struct Cell {
    /// The kind of caller.
    pub column: &'static str,
    /// Status and type, for a client of Appwrite and for one of Nuvix; none where the route names nothing that could be
    /// somebody else's.
    pub expected: Option<[String; 2]>,
}

impl Row {
    pub fn expected(&self, column: &str) -> &[String; 2] {
        let cell = self.cells.iter().find(|cell| cell.column == column).expect("a column");
        cell.expected.as_ref().expect("not every route has an answer")
    }

    pub fn is_dialect(&self) -> bool {
        self.path.starts_with("/v1/")
    }

    pub fn is_admin(&self) -> bool {
        self.path.starts_with("/admin/v1/")
    }

    /// Whether nevr clients call it.
    pub fn is_nevr(&self) -> bool {
        self.path.starts_with("/auth/") && !self.is_frontegg()
    }

    /// Whether Frontegg's clients call it.
    pub fn is_frontegg(&self) -> bool {
        self.mounts.len() == 2
    }

    /// Method and path, at each mount.
    pub fn routes(&self) -> impl Iterator<Item = String> {
        self.mounts.iter().map(move |mount| format!("{} {mount}{}", self.method, self.path))
    }
}

/// All rows, in the order of the file.
pub fn rows() -> Vec<Row> {
    let mut words = BTreeMap::new();
    let mut columns: Option<Vec<&str>> = None;
    let mut rows = Vec::new();
    for line in TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((word, meaning)) = line.split_once(" = ") {
            let before = words.insert(word.trim(), meaning.trim());
            assert_eq!(before, None, "{word} means two things");
            continue;
        }
        let mut parts = line.split_whitespace();
        let [method, path, scope] = [(); 3].map(|()| parts.next().expect("method, path and scope"));
        if [method, path, scope] == ["METHOD", "PATH", "SCOPE"] {
            columns = Some(parts.collect());
            continue;
        }
        let columns = columns.as_ref().expect("columns come first");
        let texts: Vec<_> = parts.collect();
        assert_eq!(texts.len(), columns.len(), "{line}: a cell for each column");
        let meaning = |text: &str| match words.get(text) {
            Some(meaning) => (*meaning).to_owned(),
            None if text.parse::<u16>().is_ok() => text.to_owned(),
            None => panic!("{line}: nobody knows what {text:?} means"),
        };
        let cells = columns.iter().zip(texts).map(|(column, text)| {
            let (appwrite, nuvix) = text.split_once('/').unwrap_or((text, text));
            Cell { column, expected: (text != "-").then(|| [meaning(appwrite), meaning(nuvix)]) }
        });
        let cells: Vec<_> = cells.collect();
        let names = cells.iter().any(|cell| cell.column == "other" && cell.expected.is_some());
        let (path, mounts): (_, &[&str]) = match (path.strip_prefix('*'), path.strip_prefix('~')) {
            (Some(path), _) => (path, &["", "/api", "/api/api"]),
            (None, Some(path)) => (path, &["", "/frontegg"]),
            (None, None) => (path, &[""]),
        };
        rows.push(Row { method, path, mounts, scope, names, cells });
    }
    rows
}
