//! The configuration of the process: the embedded default file, a file, the environment, the command line; later wins.
//!
//! `countersign.default.toml` is the list of keys: what is not in it is unknown, wherever it comes from.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ::config::{Config as Builder, ConfigError as Problem, File, FileFormat, Value, ValueKind};
use countersign_domain::base::Secret;
use countersign_domain::webhook::Reach;
use serde::{Deserialize, Deserializer};

use crate::http::client::Cidr;
use crate::telemetry;

/// The default file, as `countersign.default.toml` beside this crate.
pub const DEFAULT: &str = include_str!("../countersign.default.toml");

const DEFAULT_NAME: &str = "countersign.default.toml";
const FILE_NAME: &str = "countersign.toml";
const PREFIX: &str = "COUNTERSIGN_";

/// What a process needs to know before it opens its database. Each key is explained in `countersign.default.toml`.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// Address and port to answer on.
    pub listen: SocketAddr,
    /// The database's URL. It may hold a password.
    #[serde(deserialize_with = "secret")]
    pub database: Secret,
    #[serde(deserialize_with = "not_empty")]
    database_file: Option<String>,
    /// The file with the master key.
    pub key_file: PathBuf,
    /// The address by which people reach the server, without a slash at its end.
    #[serde(deserialize_with = "not_empty")]
    pub public_url: Option<String>,
    /// The project of a request that names none.
    #[serde(deserialize_with = "not_empty")]
    pub default_project: Option<String>,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Networks in which providers may be called, also unencrypted.
    pub private_networks: Vec<Cidr>,
    /// Where reCAPTCHA answers.
    pub captcha_url: String,
    /// Connections to PostgreSQL.
    pub connections: usize,
    /// What is logged, and how.
    pub log: Log,
    /// What one client can make the server hold.
    pub limits: Limits,
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// A level, or a list of `target=level`.
    pub level: String,
    /// Whether each request is a line.
    pub requests: bool,
}

/// The form of a log line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Human on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Human,
    /// One JSON object per line.
    Json,
}

/// What one client can make the server hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct Limits {
    /// Largest body of a request.
    pub body_bytes: usize,
    /// Seconds for the head of a request.
    pub header_seconds: u32,
    /// Seconds for the body of a request, and for an unread answer.
    pub body_seconds: u32,
    /// Seconds that a connection may wait for its next request.
    pub idle_seconds: u32,
    /// Open connections.
    pub connections: usize,
}

/// What the command line says. It wins over all else.
#[derive(Clone, Default, Debug)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--data`: the folder of a SQLite database and its key file.
    pub data: Option<PathBuf>,
    /// `--database`. Wins over `data`.
    pub database: Option<Secret>,
    /// `--key-file`. Wins over `data`.
    pub key_file: Option<PathBuf>,
    /// `--log-format`.
    pub log_format: Option<LogFormat>,
    /// `--log-level`.
    pub log_level: Option<String>,
}

/// Why the configuration cannot be used: where, which key, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The file, variable or option in which it stands.
    pub place: String,
    /// The key, if one is to blame.
    pub key: Option<String>,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl ConfigError {
    fn new(place: impl Into<String>, key: Option<&str>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), key: key.map(str::to_owned), problem: problem.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(key) = &self.key {
            write!(f, "`{key}`: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Where webhooks may go: by http too once private networks are opened.
    pub fn reach(&self) -> Reach {
        if self.private_networks.is_empty() { Reach::Public } else { Reach::Private }
    }

    /// Reads the configuration. Without `path`, `countersign.toml` is read if it is there; a given file must be there.
    pub fn load(path: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let file = match path {
            Some(path) => Some(path),
            None => Some(Path::new(FILE_NAME)).filter(|path| path.exists()),
        };
        let mut variables = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            let value = value.into_string().map_err(|_| ConfigError::new(name, None, "must be UTF-8 text"))?;
            variables.push((name.to_owned(), value));
        }
        Self::from_layers(file, variables, overrides)
    }

    fn from_layers(
        file: Option<&Path>,
        variables: Vec<(String, String)>,
        overrides: Overrides,
    ) -> Result<Self, ConfigError> {
        let mut settings = parse(DEFAULT_NAME, DEFAULT)?;
        if let Some(path) = file {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|e| {
                ConfigError::new(&name, None, format!("cannot be read ({e}): check the path given with --config"))
            })?;
            lay_over(&mut settings, parse(&name, &text)?)?;
        }
        lay_over(&mut settings, from_environment(variables))?;

        let places: HashMap<String, String> =
            settings.iter().map(|(key, value)| (key.clone(), place_of(value))).collect();
        let mut builder = Builder::builder();
        for (key, value) in settings {
            builder = builder.set_override(&key, value).map_err(|e| bad_value(&e))?;
        }
        let mut config: Self = builder.build().and_then(Builder::try_deserialize).map_err(|e| {
            let mut error = bad_value(&e);
            // Errors of our own types come without a place.
            let key = error.key.as_deref().and_then(|key| key.split('[').next());
            if let Some(place) = key.and_then(|key| places.get(key)) {
                error.place.clone_from(place);
            }
            error
        })?;
        if overrides.database.is_none() && overrides.data.is_none() {
            config.read_database_file(&places)?;
        }
        config.apply(overrides)?;
        config.check(&places)?;
        Ok(config)
    }

    fn read_database_file(&mut self, places: &HashMap<String, String>) -> Result<(), ConfigError> {
        if let Some(path) = self.database_file.take() {
            let text = std::fs::read_to_string(&path).map_err(|e| {
                let place = places.get("database_file").map_or(DEFAULT_NAME, String::as_str);
                ConfigError::new(place, Some("database_file"), format!("{path} cannot be read: {e}"))
            })?;
            self.database = Secret::new(text.trim());
        }
        Ok(())
    }

    fn apply(&mut self, overrides: Overrides) -> Result<(), ConfigError> {
        if let Some(data) = overrides.data {
            let file = data.join("countersign.db");
            let file = file.to_str().ok_or_else(|| ConfigError::new("--data", None, "must be UTF-8 text"))?;
            self.database = Secret::new(format!("sqlite://{file}"));
            self.key_file = data.join("countersign.key");
        }
        self.listen = overrides.listen.unwrap_or(self.listen);
        if let Some(database) = overrides.database {
            self.database = database;
        }
        if let Some(key_file) = overrides.key_file {
            self.key_file = key_file;
        }
        self.log.format = overrides.log_format.unwrap_or(self.log.format);
        if let Some(level) = overrides.log_level {
            self.log.level = level;
        }
        Ok(())
    }

    fn check(&mut self, places: &HashMap<String, String>) -> Result<(), ConfigError> {
        let wrong = |key: &str, problem: &str| {
            Err(ConfigError::new(places.get(key).map_or(DEFAULT_NAME, String::as_str), Some(key), problem))
        };
        // The value itself is not shown: it may hold a password.
        if !["sqlite://", "postgres://", "postgresql://"].iter().any(|s| self.database.expose().starts_with(s)) {
            return wrong("database", "must start with sqlite:// or postgres://");
        }
        if self.key_file.as_os_str().is_empty() {
            return wrong("key_file", "must name a file");
        }
        if let Some(url) = &mut self.public_url {
            url.truncate(url.trim_end_matches('/').len());
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            let clean = |host: &str| {
                !host.is_empty()
                    && !host.starts_with('/')
                    && host.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'@' | b'\\' | b'"'))
            };
            if !host.is_some_and(clean) {
                return wrong("public_url", "must be http:// or https:// with a host, like https://id.example.com");
            }
        }
        if telemetry::filter(&self.log.level).is_err() {
            return wrong("log.level", "must be error, warn, info, debug, trace or a list of target=level");
        }
        let at_least_one = [
            ("connections", self.connections),
            ("limits.body_bytes", self.limits.body_bytes),
            ("limits.header_seconds", self.limits.header_seconds as usize),
            ("limits.body_seconds", self.limits.body_seconds as usize),
            ("limits.idle_seconds", self.limits.idle_seconds as usize),
            ("limits.connections", self.limits.connections),
        ];
        for (key, value) in at_least_one {
            if value == 0 {
                return wrong(key, "must be at least 1");
            }
        }
        Ok(())
    }
}

/// Settings by their dotted key.
type Settings = BTreeMap<String, Value>;

fn parse(name: &str, text: &str) -> Result<Settings, ConfigError> {
    let root: HashMap<String, Value> = Builder::builder()
        .add_source(File::from_str(text, FileFormat::Toml))
        .build()
        .and_then(Builder::try_deserialize)
        .map_err(|e| ConfigError::new(name, None, without_excerpt(&e)))?;
    let mut settings = Settings::new();
    flatten(name, "", root, &mut settings);
    Ok(settings)
}

fn flatten(name: &str, prefix: &str, table: HashMap<String, Value>, settings: &mut Settings) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value.kind {
            ValueKind::Table(table) => flatten(name, &key, table, settings),
            kind => {
                settings.insert(key, Value::new(Some(&name.to_owned()), kind));
            }
        }
    }
}

/// A TOML error shows the line it stopped at, which may hold the database's password.
fn without_excerpt(error: &Problem) -> String {
    error.to_string().lines().filter(|line| !line.contains('|')).collect::<Vec<_>>().join(": ")
}

fn from_environment(variables: Vec<(String, String)>) -> Settings {
    let mut settings = Settings::new();
    for (name, value) in variables {
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        let key = key.to_ascii_lowercase().replace("__", ".");
        // Kubernetes sets COUNTERSIGN_PORT… and COUNTERSIGN_SERVICE_… for a Service of this name; TEST_ is for ./test.
        if key == "port" || ["port_", "service_", "test_"].iter().any(|p| key.starts_with(p)) {
            continue;
        }
        let origin = format!("environment variable {name}");
        let kind = if matches!(&*key, "trusted_proxies" | "private_networks") {
            let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
            ValueKind::Array(parts.map(|part| Value::new(Some(&origin), part)).collect())
        } else {
            ValueKind::String(value)
        };
        settings.insert(key, Value::new(Some(&origin), kind));
    }
    settings
}

/// Puts `layer` over `settings`. The default file is the bottom, so a key that is not yet there is unknown.
fn lay_over(settings: &mut Settings, layer: Settings) -> Result<(), ConfigError> {
    let is_set = |key: &str| layer.get(key).is_some_and(|v| !v.to_string().is_empty());
    match (is_set("database"), is_set("database_file")) {
        (true, true) => {
            let place = layer.get("database_file").map(place_of).unwrap_or_default();
            return Err(ConfigError::new(
                place,
                Some("database_file"),
                "stands beside `database`: remove one of the two",
            ));
        }
        // Whichever of the two was said last counts.
        (true, false) => {
            settings.insert("database_file".into(), Value::from(""));
        }
        _ => {}
    }
    for (key, value) in layer {
        if !settings.contains_key(&key) {
            let section = key.rsplit_once('.').map_or("", |(section, _)| section);
            let mut known: Vec<_> = settings
                .keys()
                .filter(|k| k.rsplit_once('.').map_or("", |(s, _)| s) == section)
                .map(String::as_str)
                .collect();
            if known.is_empty() {
                known = settings.keys().map(String::as_str).collect();
            }
            let problem = format!("is not a setting; there are: {}", known.join(", "));
            return Err(ConfigError::new(place_of(&value), Some(&key), problem));
        }
        settings.insert(key, value);
    }
    Ok(())
}

fn place_of(value: &Value) -> String {
    value.origin().unwrap_or(DEFAULT_NAME).to_owned()
}

fn bad_value(error: &Problem) -> ConfigError {
    match error {
        Problem::Type { origin, unexpected, expected, key } => ConfigError::new(
            origin.as_deref().unwrap_or(DEFAULT_NAME),
            key.as_deref(),
            format!("is {unexpected}; it must be {expected}"),
        ),
        Problem::At { error, origin, key } => {
            let inner = bad_value(error);
            ConfigError {
                place: origin.clone().unwrap_or(inner.place),
                key: key.clone().or(inner.key),
                problem: inner.problem,
            }
        }
        other => ConfigError::new(DEFAULT_NAME, None, other.to_string()),
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(|text| Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        load_with(file, variables, Overrides::default())
    }

    fn load_with(file: &str, variables: &[(&str, &str)], overrides: Overrides) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, file).unwrap();
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::from_layers(Some(&path), variables, overrides).map_err(|mut e| {
            e.place = e.place.replace(folder.path().to_str().unwrap(), "");
            e
        })
    }

    #[test]
    fn the_default_file_is_a_whole_configuration() {
        let config = Config::from_layers(None, Vec::new(), Overrides::default()).unwrap();
        assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(config.database.expose(), "sqlite://countersign-data/countersign.db");
        assert_eq!(config.key_file, Path::new("countersign-data/countersign.key"));
        assert_eq!((config.public_url, config.default_project), (None, None));
        assert!(config.trusted_proxies.is_empty() && config.private_networks.is_empty());
        assert_eq!(config.connections, 16);
        assert_eq!((config.log.format, &*config.log.level, config.log.requests), (LogFormat::Auto, "info", false));
        let limits =
            Limits { body_bytes: 262_144, header_seconds: 10, body_seconds: 20, idle_seconds: 75, connections: 12_000 };
        assert_eq!(config.limits, limits);
    }

    #[test]
    fn later_layers_win() {
        let file = "listen = '127.0.0.1:1'\nconnections = 3\n[log]\nlevel = 'warn'\nrequests = true\n";
        let variables = [
            ("COUNTERSIGN_LISTEN", "127.0.0.1:2"),
            ("COUNTERSIGN_LOG__LEVEL", "debug"),
            ("COUNTERSIGN_LIMITS__BODY_BYTES", "1000"),
            ("COUNTERSIGN_TRUSTED_PROXIES", "10.0.0.0/8, fd00::1"),
            ("COUNTERSIGN_PRIVATE_NETWORKS", "10.0.0.5,192.168.0.0/16"),
            ("COUNTERSIGN_DEFAULT_PROJECT", "007"),
        ];
        let listen = Some("127.0.0.1:3".parse().unwrap());
        let config = load_with(file, &variables, Overrides { listen, ..Overrides::default() }).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.connections, 3);
        assert_eq!((&*config.log.level, config.log.requests), ("debug", true));
        assert_eq!(config.limits.body_bytes, 1000);
        assert_eq!(config.trusted_proxies, ["10.0.0.0/8".parse().unwrap(), "fd00::1/128".parse().unwrap()]);
        assert_eq!(config.private_networks, ["10.0.0.5/32".parse().unwrap(), "192.168.0.0/16".parse().unwrap()]);
        assert_eq!(config.default_project.as_deref(), Some("007"));
        assert_eq!(load(file, &variables[..1]).unwrap().listen.port(), 2);
        assert_eq!(load(file, &[]).unwrap().listen.port(), 1);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name_and_place() {
        let error = load("[limits]\nconections = 1\n", &[]).unwrap_err();
        assert_eq!((&*error.place, error.key.as_deref()), ("/c.toml", Some("limits.conections")));
        assert!(error.to_string().contains("limits.connections"), "{error}");
        let error = load("[limts]\nconnections = 1\n", &[]).unwrap_err();
        assert_eq!(error.key.as_deref(), Some("limts.connections"));
        let error = load("", &[("COUNTERSIGN_LISTN", "x")]).unwrap_err();
        assert!(error.to_string().starts_with("environment variable COUNTERSIGN_LISTN: `listn`: is not a"), "{error}");
        for foreign in
            ["COUNTERSIGN_PORT", "COUNTERSIGN_PORT_8080_TCP", "COUNTERSIGN_SERVICE_HOST", "COUNTERSIGN_TEST_POSTGRES"]
        {
            assert!(load("", &[(foreign, "x")]).is_ok(), "{foreign}");
        }
    }

    #[test]
    fn a_bad_value_is_refused_by_name_and_place() {
        let cases = [
            ("connections = 'many'", "connections"),
            ("connections = 0", "connections"),
            ("listen = 'localhost'", "listen"),
            ("trusted_proxies = ['10.0.0.0/40']", "trusted_proxies[0]"),
            ("private_networks = ['10.0.0.5', '10.0.0.5/8']", "private_networks[1]"),
            ("private_networks = ['mail.internal']", "private_networks[0]"),
            ("log.format = 'xml'", "log.format"),
            ("log.level = 'inof'", "log.level"),
            ("limits.idle_seconds = 0", "limits.idle_seconds"),
            ("limits.body_bytes = -1", "limits.body_bytes"),
            ("public_url = 'id.example.com'", "public_url"),
            ("public_url = 'https://'", "public_url"),
            ("key_file = ''", "key_file"),
            ("database = 'mysql://u:hunter2@h/d'", "database"),
            ("database_file = '/does/not/exist'", "database_file"),
        ];
        for (file, key) in cases {
            let error = load(file, &[]).unwrap_err();
            assert_eq!((&*error.place, error.key.as_deref()), ("/c.toml", Some(key)), "{error}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn neither_errors_nor_debug_show_the_password() {
        let error = load("connections = 1\ndatabase = \"postgres://u:hunter2@h/d\n", &[]).unwrap_err();
        assert!(error.to_string().contains("line 2") && !error.to_string().contains("hunter2"), "{error}");
        let config = load("database = 'postgres://u:hunter2@h/d'", &[]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn the_database_may_stand_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "postgres://h/d\n").unwrap();
        let path = path.to_str().unwrap();
        let file = format!("database_file = '{path}'");
        assert_eq!(load(&file, &[]).unwrap().database.expose(), "postgres://h/d");
        assert_eq!(load("", &[("COUNTERSIGN_DATABASE_FILE", path)]).unwrap().database.expose(), "postgres://h/d");
        // Whichever was said last counts, and both at once is a mistake.
        assert_eq!(load(&file, &[("COUNTERSIGN_DATABASE", "sqlite://x")]).unwrap().database.expose(), "sqlite://x");
        let both = load(&format!("{file}\ndatabase = 'sqlite://x'"), &[]).unwrap_err();
        assert_eq!(both.key.as_deref(), Some("database_file"));
        let data = Overrides { data: Some("d".into()), ..Overrides::default() };
        let config = load_with(&file, &[], data).unwrap();
        assert_eq!(
            (config.database.expose(), config.key_file.to_str()),
            ("sqlite://d/countersign.db", Some("d/countersign.key"))
        );
    }

    #[test]
    fn the_public_url_has_no_slash_at_its_end() {
        let config = load("public_url = 'https://id.example.com/auth//'", &[]).unwrap();
        assert_eq!(config.public_url.as_deref(), Some("https://id.example.com/auth"));
    }

    #[test]
    fn a_file_that_was_asked_for_must_exist() {
        let error = Config::load(Some(Path::new("/does/not/exist.toml")), Overrides::default()).unwrap_err();
        assert!(error.to_string().starts_with("/does/not/exist.toml: cannot be read"), "{error}");
    }
}
