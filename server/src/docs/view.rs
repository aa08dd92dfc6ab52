//! The OpenAPI document in the shape of its page: references resolved, examples made.

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

/// How deep an example follows references.
const DEEP: usize = 4;
/// A body of an example that is no longer stands on one line.
const SHORT: usize = 56;
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The server and project that examples talk to.
pub(super) struct Server<'a> {
    pub url: &'a str,
    pub project: &'a str,
}

/// The whole page.
#[derive(Serialize)]
pub(super) struct Page {
    title: String,
    version: String,
    description: Vec<String>,
    groups: Vec<Group>,
    models: Vec<Model>,
}

/// The operations of a tag.
#[derive(Serialize)]
struct Group {
    name: String,
    description: Vec<String>,
    operations: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    id: String,
    method: String,
    path: String,
    description: Vec<String>,
    deprecated: bool,
    parameters: Vec<Field>,
    body: Option<Body>,
    answers: Vec<Answer>,
    curl: String,
    /// An answer that somebody gets when all is well.
    sample: Option<Sample>,
}

#[derive(Serialize)]
struct Sample {
    status: String,
    text: String,
}

#[derive(Serialize)]
struct Body {
    media: String,
    required: bool,
    kind: Kind,
    description: Vec<String>,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Answer {
    status: String,
    /// The first digit of the status.
    class: char,
    description: String,
    media: Option<String>,
    kind: Option<Kind>,
    /// Only of an answer when all is well: refusals share one model.
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    /// Where a parameter goes: `path`, `query`, `header`.
    place: Option<String>,
    kind: Kind,
    required: bool,
    description: Vec<String>,
    limits: Vec<String>,
    example: Option<String>,
}

/// A type in words, and the model it names.
#[derive(Serialize)]
struct Kind {
    text: String,
    model: Option<String>,
}

#[derive(Serialize)]
struct Model {
    name: String,
    kind: Kind,
    description: Vec<String>,
    fields: Vec<Field>,
}

impl Page {
    /// The page of `document`.
    pub(super) fn of(document: &Value, server: &Server<'_>) -> Self {
        let reader = Reader { document };
        let info = &document["info"];
        let models = entries(&document["components"]["schemas"]).map(|(name, schema)| reader.model(name, schema));
        Self {
            title: text(&info["title"]),
            version: text(&info["version"]),
            description: paragraphs(&info["description"]),
            groups: reader.groups(server),
            models: models.collect(),
        }
    }
}

/// The name under which a link finds an operation.
pub(super) fn anchor(method: &str, path: &str) -> String {
    let mut id = method.to_owned();
    for part in path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        id.push('-');
        id.push_str(part);
    }
    id
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Blank lines part paragraphs; single line ends do not count.
fn paragraphs(value: &Value) -> Vec<String> {
    let joined = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    value.as_str().unwrap_or_default().split("\n\n").map(joined).filter(|part| !part.is_empty()).collect()
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    document: &'a Value,
}

impl<'a> Reader<'a> {
    /// The schema that `schema` stands for, with the model's name if it is a reference.
    fn resolve(self, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        let name = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/"));
        match name {
            Some(name) => (&self.document["components"]["schemas"][name], Some(name)),
            None => (schema, None),
        }
    }

    fn groups(self, server: &Server<'_>) -> Vec<Group> {
        let mut groups: Vec<Group> = items(&self.document["tags"])
            .map(|tag| Group {
                name: text(&tag["name"]),
                description: paragraphs(&tag["description"]),
                operations: Vec::new(),
            })
            .collect();
        for (path, methods) in entries(&self.document["paths"]) {
            for method in METHODS {
                let Some(operation) = methods.get(method) else { continue };
                let tag = operation["tags"][0].as_str().unwrap_or("other");
                let made = self.operation(method, path, operation, server);
                if let Some(group) = groups.iter_mut().find(|group| group.name == tag) {
                    group.operations.push(made);
                } else {
                    let (name, description) = (tag.to_owned(), Vec::new());
                    groups.push(Group { name, description, operations: vec![made] });
                }
            }
        }
        groups.retain(|group| !group.operations.is_empty());
        groups
    }

    fn operation(self, method: &str, path: &str, operation: &'a Value, server: &Server<'_>) -> Operation {
        let mut description = paragraphs(&operation["summary"]);
        description.extend(paragraphs(&operation["description"]));
        let parameters = items(&operation["parameters"]).map(|p| Field {
            place: p["in"].as_str().map(str::to_owned),
            required: p["required"] == true,
            description: paragraphs(&p["description"]),
            ..self.field(p["name"].as_str().unwrap_or_default(), &p["schema"], false)
        });
        let answers: Vec<Answer> =
            entries(&operation["responses"]).map(|(status, answer)| self.answer(status, answer)).collect();
        let sample = entries(&operation["responses"]).find(|(status, _)| status.starts_with('2')).and_then(|(s, a)| {
            let (media, schema) = first_content(&a["content"])?;
            media.ends_with("json").then(|| Sample { status: s.clone(), text: self.sample("", schema, 0, DEEP) })
        });
        Operation {
            id: anchor(method, path),
            method: method.to_owned(),
            path: path.to_owned(),
            description,
            deprecated: operation["deprecated"] == true,
            parameters: parameters.collect(),
            body: self.body(&operation["requestBody"]),
            answers,
            curl: self.curl(method, path, operation, server),
            sample,
        }
    }

    fn body(self, body: &'a Value) -> Option<Body> {
        let (media, schema) = first_content(&body["content"])?;
        let (resolved, _) = self.resolve(schema);
        let mut description = paragraphs(&body["description"]);
        if description.is_empty() {
            description = paragraphs(&resolved["description"]);
        }
        Some(Body {
            media: media.to_owned(),
            required: body["required"] == true,
            kind: self.kind(schema),
            description,
            fields: self.fields(resolved),
        })
    }

    fn answer(self, status: &str, answer: &'a Value) -> Answer {
        let content = first_content(&answer["content"]);
        let told = paragraphs(&answer["description"]).join(" ");
        let usual = StatusCode::from_bytes(status.as_bytes()).ok().and_then(|s| s.canonical_reason());
        let class = status.chars().next().unwrap_or('2');
        Answer {
            status: status.to_owned(),
            class,
            description: if told.is_empty() { usual.unwrap_or_default().to_owned() } else { told },
            media: content.map(|(media, _)| media.to_owned()),
            kind: content.map(|(_, schema)| self.kind(schema)),
            fields: content
                .filter(|_| class == '2')
                .map(|(_, schema)| self.fields(self.resolve(schema).0))
                .unwrap_or_default(),
        }
    }

    fn model(self, name: &str, schema: &'a Value) -> Model {
        Model {
            name: name.to_owned(),
            kind: self.kind(schema),
            description: paragraphs(&schema["description"]),
            fields: self.fields(schema),
        }
    }

    /// The properties of a schema, then those of the models that it takes in.
    fn properties(self, schema: &'a Value) -> Vec<(&'a str, &'a Value, bool)> {
        let mut all: Vec<_> = ordered(schema).collect();
        let (own, taken): (Vec<_>, Vec<_>) = items(&schema["allOf"]).partition(|part| part["$ref"].is_null());
        for part in own.into_iter().chain(taken) {
            all.extend(self.properties(self.resolve(part).0));
        }
        all
    }

    /// The required properties in the order of the code, then the others. A list has the fields of its items.
    fn fields(self, schema: &'a Value) -> Vec<Field> {
        let properties = self.properties(schema).into_iter();
        let fields: Vec<Field> = properties.map(|(name, s, required)| self.field(name, s, required)).collect();
        if fields.is_empty() && schema["type"] == "array" {
            return self.fields(self.resolve(&schema["items"]).0);
        }
        fields
    }

    fn field(self, name: &str, schema: &'a Value, required: bool) -> Field {
        let (resolved, _) = self.resolve(schema);
        let description = [schema, resolved].map(|s| paragraphs(&s["description"]));
        let example =
            [&schema["example"], &schema["examples"][0], &schema["default"]].into_iter().find(|e| !e.is_null());
        Field {
            name: name.to_owned(),
            place: None,
            kind: self.kind(schema),
            required,
            description: description.into_iter().find(|d| !d.is_empty()).unwrap_or_default(),
            limits: limits(schema),
            example: example.map(ToString::to_string),
        }
    }

    fn kind(self, schema: &'a Value) -> Kind {
        let plain = |text: &str| Kind { text: text.to_owned(), model: None };
        if let (_, Some(name)) = self.resolve(schema) {
            return Kind { text: name.to_owned(), model: Some(name.to_owned()) };
        }
        if schema["allOf"].is_array() {
            return plain("object");
        }
        let choices: Vec<Kind> = ["oneOf", "anyOf"]
            .into_iter()
            .flat_map(|way| items(&schema[way]))
            .map(|choice| self.kind(choice))
            .collect();
        if !choices.is_empty() {
            let model = choices.iter().find_map(|k| k.model.clone());
            return Kind { text: choices.into_iter().map(|k| k.text).collect::<Vec<_>>().join(" or "), model };
        }
        let one = |kind: &str| match kind {
            "array" => {
                let of = self.kind(&schema["items"]);
                let many = if of.text.contains(' ') { format!("({})[]", of.text) } else { format!("{}[]", of.text) };
                Kind { text: many, model: of.model }
            }
            "string" => match schema["format"].as_str() {
                Some(format) => plain(&format!("string ({format})")),
                None => plain("string"),
            },
            other => plain(other),
        };
        match &schema["type"] {
            Value::String(kind) => one(kind),
            Value::Array(kinds) => {
                let kinds: Vec<Kind> = kinds.iter().filter_map(Value::as_str).map(one).collect();
                let model = kinds.iter().find_map(|k| k.model.clone());
                Kind { text: kinds.into_iter().map(|k| k.text).collect::<Vec<_>>().join(" or "), model }
            }
            _ => plain("any value"),
        }
    }

    /// A value of this schema as JSON text, `indent` levels in.
    fn sample(self, name: &str, schema: &'a Value, indent: usize, deep: usize) -> String {
        let (resolved, _) = self.resolve(schema);
        let told = [&schema["example"], &resolved["example"], &resolved["examples"][0], &resolved["enum"][0]];
        if let Some(told) = told.into_iter().find(|v| !v.is_null()) {
            return told.to_string();
        }
        let choice = ["oneOf", "anyOf"]
            .into_iter()
            .flat_map(|way| items(&resolved[way]))
            .find(|choice| choice["type"] != "null");
        if let Some(choice) = choice {
            return self.sample(name, choice, indent, deep);
        }
        let kind = match &resolved["type"] {
            Value::Array(kinds) => kinds.iter().find_map(|k| k.as_str().filter(|k| *k != "null")),
            kind => kind.as_str(),
        };
        match kind {
            Some("string") => Value::from(typical(name)).to_string(),
            Some("integer") => resolved["minimum"].as_i64().unwrap_or(0).to_string(),
            Some("number") => "0.0".to_owned(),
            Some("boolean") => "true".to_owned(),
            Some("array") if deep > 0 => {
                format!("[{}]", self.sample(name, &resolved["items"], indent, deep - 1))
            }
            Some("array") => "[]".to_owned(),
            Some("null") => "null".to_owned(),
            _ if deep == 0 => "{}".to_owned(),
            _ => {
                let (inner, mut lines) = ("  ".repeat(indent + 1), Vec::new());
                for (key, schema, _) in self.properties(resolved) {
                    let value = self.sample(key, schema, indent + 1, deep - 1);
                    lines.push(format!("{inner}{}: {value}", Value::from(key)));
                }
                if lines.is_empty() {
                    return "{}".to_owned();
                }
                format!("{{\n{}\n{}}}", lines.join(",\n"), "  ".repeat(indent))
            }
        }
    }

    fn curl(self, method: &str, path: &str, operation: &'a Value, server: &Server<'_>) -> String {
        let mut line = String::from("curl ");
        if !matches!(method, "get" | "post") {
            let _ = write!(line, "-X {} ", method.to_ascii_uppercase());
        }
        let query: Vec<String> = items(&operation["parameters"])
            .filter(|p| p["in"] == "query" && p["required"] == true)
            .map(|p| format!("{0}={0}", text(&p["name"])))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let address = format!("{}{path}{mark}{}", server.url, query.join("&"));
        line.push_str(&quoted_if_needed(&address));
        let has_body = operation["requestBody"].is_object();
        if method == "post" && !has_body {
            line.push_str(" -X POST");
        }
        let mut add = |option: String| {
            let _ = write!(line, " \\\n  {option}");
        };
        if path.starts_with("/v1/") {
            add(format!("-H 'X-Appwrite-Project: {}'", server.project));
            if let Some(option) = session_option(method, path) {
                add(option.to_owned());
            }
        }
        if path.starts_with("/admin/v1/") && (method, path) != ("post", "/admin/v1/sessions") {
            add("-H \"Authorization: Bearer $TOKEN\"".to_owned());
        }
        if let Some((media, schema)) = first_content(&operation["requestBody"]["content"]) {
            add(format!("-H 'Content-Type: {media}'"));
            let body = self.sample("", schema, 0, DEEP);
            let flat = body.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            add(format!("-d {}", quoted(if flat.len() <= SHORT { &flat } else { &body })));
        }
        line
    }
}

/// How curl carries the session of the Nuvix and Appwrite routes: the exchange sets its cookie, the account's own
/// routes need it.
fn session_option(method: &str, path: &str) -> Option<&'static str> {
    let below = path.strip_prefix("/v1/account")?;
    match (method, below) {
        ("post", "/sessions/token" | "/sessions/anonymous") => Some("-c cookies.txt"),
        ("post", below) if below.starts_with("/tokens/") => None,
        _ => Some("-b cookies.txt"),
    }
}

fn first_content(content: &Value) -> Option<(&str, &Value)> {
    let content = content.as_object()?;
    let (media, first) = content.get_key_value("application/json").or_else(|| content.iter().next())?;
    Some((media.as_str(), &first["schema"]))
}

fn ordered(schema: &Value) -> impl Iterator<Item = (&str, &Value, bool)> {
    let properties = &schema["properties"];
    let required: Vec<&str> = items(&schema["required"]).filter_map(Value::as_str).collect();
    let others: Vec<&str> =
        entries(properties).map(|(name, _)| name.as_str()).filter(|n| !required.contains(n)).collect();
    let needed = required.into_iter().map(|name| (name, true));
    needed
        .chain(others.into_iter().map(|name| (name, false)))
        .filter_map(|(name, required)| Some((name, properties.get(name)?, required)))
}

fn limits(schema: &Value) -> Vec<String> {
    let one = |key: &str, say: &str| (!schema[key].is_null()).then(|| format!("{say} {}", schema[key]));
    let mut limits: Vec<String> = [
        one("minimum", "at least"),
        one("maximum", "at most"),
        one("minLength", "characters: at least"),
        one("maxLength", "characters: at most"),
        one("pattern", "pattern"),
    ]
    .into_iter()
    .flatten()
    // What every unsigned number has tells nobody anything.
    .filter(|limit| limit != "at least 0")
    .collect();
    let values: Vec<String> = items(&schema["enum"]).map(|v| format!("`{}`", v.as_str().unwrap_or_default())).collect();
    if !values.is_empty() {
        limits.push(format!("one of {}", values.join(", ")));
    }
    limits
}

/// A text that a field of this name may well hold.
fn typical(name: &str) -> &'static str {
    match name {
        "phone" => "+14255550123",
        "email" => "anna@example.com",
        "name" => "Anna",
        "secret" | "otp" | "code" => "482913",
        "ip" => "203.0.113.7",
        "status" => "pass",
        "expire" | "registration" => "2026-11-21T08:00:00.000Z",
        _ if name.ends_with("At") || name.ends_with("Update") => "2026-11-21T08:00:00.000Z",
        _ if name == "id" || name.ends_with("Id") || name == "$id" => "01a1fd64-da5b-7f25-888e-a947dfb6d07d",
        _ => "…",
    }
}

fn quoted_if_needed(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:.-_".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SERVER: Server<'static> = Server { url: "http://127.0.0.1:8080", project: "demo" };

    fn document() -> Value {
        json!({
            "info": {"title": "T", "version": "1"},
            "tags": [{"name": "b"}, {"name": "empty"}],
            "paths": {
                "/v1/account/tokens/phone": {"post": {
                    "tags": ["b"], "summary": "Sends it.",
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}},
                    "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}}}, "429": {}}
                }},
                "/x/{id}": {"delete": {"tags": ["a"], "responses": {"204": {}}}}
            },
            "components": {"schemas": {
                "In": {"type": "object", "required": ["z", "a"], "properties": {
                    "a": {"type": "string", "example": "it's"}, "z": {"type": "integer", "minimum": 1}, "o": {"type": ["string", "null"]}}},
                "Out": {"type": "object", "required": ["many"], "properties": {
                    "many": {"type": "array", "items": {"$ref": "#/components/schemas/Out"}}}}
            }}
        })
    }

    #[test]
    fn a_model_has_the_fields_of_the_models_that_it_takes_in() {
        let mut document = document();
        document["components"]["schemas"]["Out"] = json!({"allOf": [
            {"$ref": "#/components/schemas/In"},
            {"type": "object", "required": ["own"], "properties": {"own": {"type": "boolean"}}},
        ]});
        let page = Page::of(&document, &SERVER);
        let model = page.models.iter().find(|m| m.name == "Out").unwrap();
        assert_eq!(model.kind.text, "object");
        assert_eq!(model.fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["own", "z", "a", "o"]);
        let sample = &page.groups[0].operations[0].sample.as_ref().unwrap().text;
        let sample: Value = serde_json::from_str(sample).unwrap();
        assert_eq!(sample.as_object().unwrap().len(), 4);
    }

    #[test]
    fn operations_are_grouped_by_tag_in_the_order_of_the_document() {
        let page = Page::of(&document(), &SERVER);
        assert_eq!(page.groups.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        let op = &page.groups[0].operations[0];
        assert_eq!(
            op.answers.iter().map(|a| a.description.as_str()).collect::<Vec<_>>(),
            ["Created", "Too Many Requests"]
        );
        let fields = &op.body.as_ref().unwrap().fields;
        assert_eq!(
            fields.iter().map(|f| (f.name.as_str(), f.required)).collect::<Vec<_>>(),
            [("z", true), ("a", true), ("o", false)]
        );
        assert_eq!(
            fields.iter().map(|f| f.kind.text.as_str()).collect::<Vec<_>>(),
            ["integer", "string", "string or null"]
        );
    }

    #[test]
    fn curl_is_quoted_for_a_shell() {
        let page = Page::of(&document(), &SERVER);
        assert_eq!(
            page.groups[0].operations[0].curl,
            "curl http://127.0.0.1:8080/v1/account/tokens/phone \\\n  -H 'X-Appwrite-Project: demo' \\\n  \
             -H 'Content-Type: application/json' \\\n  -d '{ \"z\": 1, \"a\": \"it'\\''s\", \"o\": \"…\" }'"
        );
        assert_eq!(page.groups[1].operations[0].curl, "curl -X DELETE 'http://127.0.0.1:8080/x/{id}'");
    }

    #[test]
    fn a_model_that_holds_itself_ends() {
        let page = Page::of(&document(), &SERVER);
        let sample = &page.groups[0].operations[0].sample.as_ref().unwrap().text;
        assert!(serde_json::from_str::<Value>(sample).is_ok(), "{sample}");
        assert_eq!(page.models[1].fields[0].kind.text, "Out[]");
    }
}
