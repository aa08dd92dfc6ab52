//! What a `User-Agent` says about a client, in the terms of sessions and logs (contract nuvix §2, session).
//!
//! Appwrite fills these fields with Matomo's `DeviceDetector`, and clients show its codes and names. This is a small
//! table of what people really use; the header is whatever the client writes, so nothing may be decided by it.

use serde::Serialize;
use utoipa::ToSchema;

/// Longest part of the header that is looked at, in bytes.
const MAX_BYTES: usize = 512;

/// Longest version or model that is kept, in bytes.
const MAX_PART: usize = 32;

/// A client as it describes itself. What is not known is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Short code of the operating system: `WIN`, `MAC`, `IOS`, `IPA`, `AND`, `LIN`, `UBT`, `COS`.
    pub os_code: &'static str,
    /// Name of the operating system, for example `Windows`.
    pub os_name: &'static str,
    /// Its version, two parts at most; for Windows the name it is sold under, for example `10`.
    pub os_version: String,
    /// `browser` or `library`.
    pub client_type: &'static str,
    /// Short code of the browser: `CH`, `CM`, `FF`, `SF`, `MF`, `PS`. Libraries have none.
    pub client_code: &'static str,
    /// Name of the browser or library, for example `Chrome Mobile`.
    pub client_name: &'static str,
    /// Its version, two parts at most.
    pub client_version: String,
    /// Name of the browser's engine: `Blink`, `WebKit`, `Gecko`, `Trident`, `Edge`, `Presto`.
    pub client_engine: &'static str,
    /// Version of the engine in full.
    pub client_engine_version: String,
    /// `desktop`, `smartphone`, `tablet` or `portable media player`.
    pub device_name: &'static str,
    /// Maker of the device, for example `Apple`.
    pub device_brand: &'static str,
    /// Model as the header writes it, for example `iPhone` or `SM-S911B`.
    pub device_model: String,
}

/// Browsers by the product that only they name, the most particular first: nearly all of them also say `Chrome` or
/// `Safari`. Those two, Internet Explorer and old Opera are found by [`browser`] itself.
const BROWSERS: [(&str, &str, &str); 21] = [
    ("Edg/", "PS", "Microsoft Edge"),
    ("EdgA/", "PS", "Microsoft Edge"),
    ("EdgiOS/", "PS", "Microsoft Edge"),
    ("Edge/", "PS", "Microsoft Edge"),
    ("OPR/", "OP", "Opera"),
    ("OPiOS/", "O1", "Opera Mini iOS"),
    ("OPT/", "OO", "Opera Touch"),
    ("Opera Mini/", "OI", "Opera Mini"),
    ("SamsungBrowser/", "SB", "Samsung Browser"),
    ("YaBrowser/", "YA", "Yandex Browser"),
    ("Vivaldi/", "VI", "Vivaldi"),
    ("UCBrowser/", "UC", "UC Browser"),
    ("MiuiBrowser/", "MU", "MIUI Browser"),
    ("HuaweiBrowser/", "HU", "Huawei Browser"),
    ("DuckDuckGo/", "DD", "DuckDuckGo Privacy Browser"),
    ("FxiOS/", "F1", "Firefox Mobile iOS"),
    ("CriOS/", "CI", "Chrome Mobile iOS"),
    ("GSA/", "MF", "Mobile Safari"),
    ("Firefox/", "FF", "Firefox"),
    ("HeadlessChrome/", "HC", "Headless Chrome"),
    ("Chromium/", "CR", "Chromium"),
];

/// Libraries by the product that starts the header, in lower case.
const LIBRARIES: [(&str, &str); 30] = [
    ("node", "Node.js"),
    ("node.js", "Node.js"),
    ("node-fetch", "Node Fetch"),
    ("undici", "undici"),
    ("axios", "Axios"),
    ("got", "got"),
    ("deno", "Deno"),
    ("bun", "Bun"),
    ("curl", "curl"),
    ("libcurl", "curl"),
    ("wget", "Wget"),
    ("httpie", "HTTPie"),
    ("okhttp", "OkHttp"),
    ("java", "Java"),
    ("java-http-client", "Java HTTP Client"),
    ("apache-httpclient", "Apache HTTP Client"),
    ("dart", "Dart"),
    ("python-requests", "Python Requests"),
    ("python-httpx", "HTTPX"),
    ("python-urllib", "Python urllib"),
    ("python-urllib3", "Python urllib"),
    ("aiohttp", "aiohttp"),
    ("go-http-client", "Go-http-client"),
    ("reqwest", "reqwest"),
    ("guzzlehttp", "Guzzle (PHP HTTP Client)"),
    ("ruby", "ruby"),
    ("faraday", "Faraday"),
    ("restsharp", "RestSharp"),
    ("postmanruntime", "Postman Desktop"),
    ("insomnia", "Insomnia REST Client"),
];

/// Makers of Android devices by the start of their model names, in lower case.
const BRANDS: [(&str, &str); 29] = [
    ("sm-", "Samsung"),
    ("gt-", "Samsung"),
    ("samsung", "Samsung"),
    ("pixel", "Google"),
    ("nexus", "Google"),
    ("redmi", "Xiaomi"),
    ("xiaomi", "Xiaomi"),
    ("poco", "Xiaomi"),
    ("mi ", "Xiaomi"),
    ("m2", "Xiaomi"),
    ("oneplus", "OnePlus"),
    ("moto", "Motorola"),
    ("xt", "Motorola"),
    ("cph", "OPPO"),
    ("oppo", "OPPO"),
    ("rmx", "Realme"),
    ("realme", "Realme"),
    ("vivo", "Vivo"),
    ("huawei", "Huawei"),
    ("honor", "Honor"),
    ("nokia", "Nokia"),
    ("lm-", "LG"),
    ("lg-", "LG"),
    ("xq-", "Sony"),
    ("sony", "Sony"),
    ("tecno", "Tecno Mobile"),
    ("infinix", "Infinix"),
    ("fairphone", "Fairphone"),
    ("kf", "Amazon"),
];

/// Reads a `User-Agent` header. Only its first 512 bytes count.
pub fn parse(user_agent: &str) -> Agent {
    let text = user_agent.get(..user_agent.floor_char_boundary(MAX_BYTES)).unwrap_or("").trim();
    let mut agent = Agent::default();
    system(text, &mut agent);
    browser(text, &mut agent);
    if agent.client_type.is_empty() {
        library(text, &mut agent);
    }
    device(text, &mut agent);
    agent
}

fn system(text: &str, agent: &mut Agent) {
    let (code, name, version) = if let Some(version) = version_after(text, "Windows Phone ") {
        ("WPH", "Windows Phone", version)
    } else if let Some(kernel) = version_after(text, "Windows NT ") {
        ("WIN", "Windows", windows(&kernel).to_owned())
    } else if text.contains("Windows") {
        ("WIN", "Windows", String::new())
    } else if let Some(at) = text.find("CrOS ") {
        // `CrOS x86_64 14541.0.0`: the processor stands between.
        let version = text.get(at..).and_then(|rest| rest.split([' ', ')']).nth(2)).unwrap_or("");
        ("COS", "Chrome OS", digits_and_dots(version))
    } else if text.contains("Android") {
        ("AND", "Android", version_after(text, "Android ").unwrap_or_default())
    } else if text.contains("iPad") {
        let version = version_after(text, "CPU OS ").or_else(|| version_after(text, "iPadOS ")).unwrap_or_default();
        // Apple renamed it with version 13.
        if major(&version) >= 13 { ("IPA", "iPadOS", version) } else { ("IOS", "iOS", version) }
    } else if ["iPhone", "iPod"].iter().any(|device| text.contains(device)) {
        let version = version_after(text, "iPhone OS ").or_else(|| version_after(text, "iOS ")).unwrap_or_default();
        ("IOS", "iOS", version)
    } else if ["Macintosh", "Mac OS X", "macOS"].iter().any(|system| text.contains(system)) {
        ("MAC", "Mac", version_after(text, "Mac OS X ").or_else(|| version_after(text, "macOS ")).unwrap_or_default())
    } else if text.contains("Ubuntu") {
        ("UBT", "Ubuntu", version_after(text, "Ubuntu/").unwrap_or_default())
    } else if text.contains("Fedora") {
        ("FED", "Fedora", String::new())
    } else if text.contains("Debian") {
        ("DEB", "Debian", String::new())
    } else if text.contains("FreeBSD") {
        ("BSD", "FreeBSD", String::new())
    } else if ["Linux", "linux"].iter().any(|kernel| text.contains(kernel)) {
        ("LIN", "GNU/Linux", String::new())
    } else {
        return;
    };
    (agent.os_code, agent.os_name, agent.os_version) = (code, name, two_parts(&version));
}

/// The name under which a version of the Windows kernel is sold. Windows 11 calls itself 10 in this header.
fn windows(kernel: &str) -> &'static str {
    match kernel {
        "11.0" => "11",
        "10.0" => "10",
        "6.3" => "8.1",
        "6.2" => "8",
        "6.1" => "7",
        "6.0" => "Vista",
        "5.1" | "5.2" => "XP",
        _ => "",
    }
}

fn browser(text: &str, agent: &mut Agent) {
    let android = agent.os_code == "AND";
    let apple_handheld = matches!(agent.os_code, "IOS" | "IPA");
    let mobile = text.contains("Mobile");
    let listed = BROWSERS.iter().find_map(|&(product, code, name)| Some((code, name, version_after(text, product)?)));
    let (code, name, version) = if text.contains("MSIE ") || text.contains("Trident/") {
        let version = version_after(text, "MSIE ").or_else(|| version_after(text, "rv:"));
        ("IE", "Internet Explorer", version.unwrap_or_default())
    } else if let Some((code, name, version)) = listed {
        match code {
            "FF" if android => ("FM", "Firefox Mobile", version),
            "OP" if android && mobile => ("OM", "Opera Mobile", version),
            // The Google app is a Safari to everybody, and its number is not Safari's.
            "MF" => (code, name, String::new()),
            _ => (code, name, version),
        }
    } else if let Some(version) = version_after(text, "Opera/") {
        ("OP", "Opera", version_after(text, "Version/").unwrap_or(version))
    } else if let Some(version) = version_after(text, "Chrome/") {
        if android && (text.contains("; wv)") || text.contains(" Version/")) {
            ("CV", "Chrome Webview", version)
        } else if android && mobile {
            ("CM", "Chrome Mobile", version)
        } else {
            ("CH", "Chrome", version)
        }
    } else if apple_handheld && text.contains("AppleWebKit/") {
        ("MF", "Mobile Safari", version_after(text, "Version/").unwrap_or_default())
    } else if android && text.contains("AppleWebKit/") {
        ("AN", "Android Browser", String::new())
    } else if text.contains("Safari/") {
        ("SF", "Safari", version_after(text, "Version/").unwrap_or_default())
    } else {
        return;
    };
    agent.client_type = "browser";
    (agent.client_code, agent.client_name, agent.client_version) = (code, name, two_parts(&version));
    (agent.client_engine, agent.client_engine_version) = engine(text);
}

/// The engine that draws the pages, and its version in full.
fn engine(text: &str) -> (&'static str, String) {
    let products = [
        ("Trident/", "Trident"),
        ("Edge/", "Edge"),
        ("Presto/", "Presto"),
        ("Chrome/", "Blink"),
        ("HeadlessChrome/", "Blink"),
    ];
    for (product, name) in products {
        if let Some(version) = version_after(text, product) {
            return (name, version);
        }
    }
    if let Some(version) = version_after(text, "AppleWebKit/") {
        ("WebKit", version)
    } else if text.contains("Gecko/") {
        ("Gecko", version_after(text, "rv:").unwrap_or_default())
    } else {
        ("", String::new())
    }
}

fn library(text: &str, agent: &mut Agent) {
    let product = text.split([' ', '/']).next().unwrap_or("");
    let Some(&(_, name)) = LIBRARIES.iter().find(|(start, _)| product.eq_ignore_ascii_case(start)) else { return };
    let version = text.get(product.len()..).and_then(|rest| rest.strip_prefix('/')).unwrap_or("");
    agent.client_type = "library";
    agent.client_name = name;
    agent.client_version = two_parts(&digits_and_dots(version.strip_prefix('v').unwrap_or(version)));
}

fn device(text: &str, agent: &mut Agent) {
    match agent.os_code {
        "AND" => android_device(text, agent),
        "IOS" | "IPA" => {
            let (name, model) = if text.contains("iPad") {
                ("tablet", "iPad")
            } else if text.contains("iPod") {
                ("portable media player", "iPod Touch")
            } else {
                ("smartphone", "iPhone")
            };
            (agent.device_name, agent.device_brand, agent.device_model) = (name, "Apple", model.to_owned());
        }
        "MAC" => (agent.device_name, agent.device_brand) = ("desktop", "Apple"),
        "WPH" => agent.device_name = "smartphone",
        "" => {}
        _ => agent.device_name = "desktop",
    }
}

fn android_device(text: &str, agent: &mut Agent) {
    agent.device_model = android_model(text);
    let model = agent.device_model.to_ascii_lowercase();
    agent.device_brand = BRANDS.iter().find(|(start, _)| model.starts_with(start)).map_or("", |&(_, brand)| brand);
    let tablet = text.contains("Tablet") || ["sm-t", "sm-x", "kf"].iter().any(|start| model.starts_with(start));
    agent.device_name = if tablet {
        "tablet"
    } else if text.contains("Mobile") {
        "smartphone"
    } else if agent.client_type == "browser" {
        // Browsers on Android say "Mobile" on everything but tablets (Chrome's rule since 2012).
        "tablet"
    } else if agent.device_brand.is_empty() {
        ""
    } else {
        "smartphone"
    };
}

/// The model in `(Linux; Android 14; SM-S911B Build/UP1A; wv)`. Browsers that hide it say `K` or nothing.
fn android_model(text: &str) -> String {
    let comment = text.split_once('(').map_or("", |(_, rest)| rest);
    let comment = comment.split_once(") ").map_or(comment.trim_end_matches(')'), |(inside, _)| inside);
    let mut parts = comment.split(';').map(str::trim).skip_while(|part| !part.starts_with("Android")).skip(1);
    let model = parts.find(|part| !matches!(*part, "" | "U" | "K" | "wv" | "Mobile" | "Tablet") && !is_locale(part));
    let model = model.and_then(|part| part.split(" Build/").next()).unwrap_or("");
    let model = model.strip_prefix("SAMSUNG ").unwrap_or(model).trim();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b" -_.+()/".contains(&b);
    let is_model = model.len() <= MAX_PART && model.bytes().all(plain) && !model.starts_with("rv:");
    if is_model { model.to_owned() } else { String::new() }
}

/// Whether this is `de` or `en-us`, as old Androids put before the model.
fn is_locale(part: &str) -> bool {
    let mut letters = part.split(['-', '_']);
    let is_pair = |word: &str| word.len() == 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
    letters.next().is_some_and(|word| is_pair(word) && word.bytes().all(|b| b.is_ascii_lowercase()))
        && letters.all(is_pair)
}

/// The version that follows the first `name` not glued to a longer word. `None` without that name.
fn version_after(text: &str, name: &str) -> Option<String> {
    let (at, _) = text.match_indices(name).find(|(at, _)| {
        text.get(..*at).and_then(|before| before.bytes().next_back()).is_none_or(|b| !b.is_ascii_alphanumeric())
    })?;
    text.get(at + name.len()..).map(digits_and_dots)
}

/// The leading `17_4.1` of `text`, with dots.
fn digits_and_dots(text: &str) -> String {
    let version: String = text
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '_'))
        .map(|c| if c == '_' { '.' } else { c })
        .take(MAX_PART)
        .collect();
    version.trim_matches('.').to_owned()
}

/// `124.0` of `124.0.6367.60`: `DeviceDetector` keeps the minor version and drops the rest.
fn two_parts(version: &str) -> String {
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(at, _)| at);
    version.get(..end).unwrap_or(version).to_owned()
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All fields in their order, empty ones included.
    fn fields(agent: &Agent) -> String {
        [
            agent.os_code,
            agent.os_name,
            &agent.os_version,
            agent.client_type,
            agent.client_code,
            agent.client_name,
            &agent.client_version,
            agent.client_engine,
            &agent.client_engine_version,
            agent.device_name,
            agent.device_brand,
            &agent.device_model,
        ]
        .join("|")
    }

    const AGENTS: &[(&str, &str)] = &[
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
            "WIN|Windows|10|browser|CH|Chrome|124.0|Blink|124.0.0.0|desktop||",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51",
            "WIN|Windows|10|browser|PS|Microsoft Edge|124.0|Blink|124.0.0.0|desktop||",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763",
            "WIN|Windows|10|browser|PS|Microsoft Edge|18.17763|Edge|18.17763|desktop||",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0",
            "WIN|Windows|10|browser|FF|Firefox|125.0|Gecko|125.0|desktop||",
        ),
        (
            "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "WIN|Windows|7|browser|IE|Internet Explorer|11.0|Trident|7.0|desktop||",
        ),
        (
            "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
            "WIN|Windows|8|browser|IE|Internet Explorer|10.0|Trident|6.0|desktop||",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36 OPR/108.0.0.0",
            "WIN|Windows|10|browser|OP|Opera|108.0|Blink|122.0.0.0|desktop||",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15",
            "MAC|Mac|10.15|browser|SF|Safari|17.4|WebKit|605.1.15|desktop|Apple|",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:125.0) Gecko/20100101 Firefox/125.0",
            "MAC|Mac|10.15|browser|FF|Firefox|125.0|Gecko|125.0|desktop|Apple|",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
            "IOS|iOS|17.4|browser|MF|Mobile Safari|17.4|WebKit|605.1.15|smartphone|Apple|iPhone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/124.0.6367.71 Mobile/15E148 Safari/604.1",
            "IOS|iOS|17.4|browser|CI|Chrome Mobile iOS|124.0|WebKit|605.1.15|smartphone|Apple|iPhone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 14_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/125.0 Mobile/15E148 Safari/605.1.15",
            "IOS|iOS|14.4|browser|F1|Firefox Mobile iOS|125.0|WebKit|605.1.15|smartphone|Apple|iPhone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            "IOS|iOS|16.6|browser|MF|Mobile Safari||WebKit|605.1.15|smartphone|Apple|iPhone",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 15_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.6 Mobile/15E148 Safari/604.1",
            "IPA|iPadOS|15.6|browser|MF|Mobile Safari|15.6|WebKit|605.1.15|tablet|Apple|iPad",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 12_5_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1",
            "IOS|iOS|12.5|browser|MF|Mobile Safari|12.1|WebKit|605.1.15|tablet|Apple|iPad",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
            "AND|Android|10|browser|CM|Chrome Mobile|124.0|Blink|124.0.0.0|smartphone||",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.54 Mobile Safari/537.36",
            "AND|Android|14|browser|CM|Chrome Mobile|124.0|Blink|124.0.6367.54|smartphone|Google|Pixel 8 Pro",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36",
            "AND|Android|13|browser|SB|Samsung Browser|24.0|Blink|117.0.0.0|smartphone|Samsung|SM-S911B",
        ),
        (
            "Mozilla/5.0 (Linux; Android 12; SM-X906C Build/QP1A.190711.020; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/80.0.3987.119 Mobile Safari/537.36",
            "AND|Android|12|browser|CV|Chrome Webview|80.0|Blink|80.0.3987.119|tablet|Samsung|SM-X906C",
        ),
        (
            "Mozilla/5.0 (Linux; Android 8.1.0; meanIT X10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0.3987.162 Safari/537.36",
            "AND|Android|8.1|browser|CH|Chrome|80.0|Blink|80.0.3987.162|tablet||meanIT X10",
        ),
        (
            "Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0",
            "AND|Android|14|browser|FM|Firefox Mobile|125.0|Gecko|125.0|smartphone||",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; VOG-L29) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.82 Mobile Safari/537.36 OPR/76.2.4027.73374",
            "AND|Android|10|browser|OM|Opera Mobile|76.2|Blink|124.0.6367.82|smartphone||VOG-L29",
        ),
        (
            "Mozilla/5.0 (Linux; U; Android 4.2.2; ru-ru; GT-I9500 Build/JDQ39) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
            "AND|Android|4.2|browser|AN|Android Browser||WebKit|534.30|smartphone|Samsung|GT-I9500",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
            "LIN|GNU/Linux||browser|CH|Chrome|124.0|Blink|124.0.0.0|desktop||",
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
            "UBT|Ubuntu||browser|FF|Firefox|125.0|Gecko|125.0|desktop||",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
            "COS|Chrome OS|14541.0|browser|CH|Chrome|124.0|Blink|124.0.0.0|desktop||",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.6367.29 Safari/537.36",
            "LIN|GNU/Linux||browser|HC|Headless Chrome|124.0|Blink|124.0.6367.29|desktop||",
        ),
        ("node", "|||library||Node.js||||||"),
        ("undici", "|||library||undici||||||"),
        ("node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "|||library||Node Fetch|1.0|||||"),
        ("axios/1.6.8", "|||library||Axios|1.6|||||"),
        ("curl/8.5.0", "|||library||curl|8.5|||||"),
        ("okhttp/4.12.0", "|||library||OkHttp|4.12|||||"),
        ("Dart/3.3 (dart:io)", "|||library||Dart|3.3|||||"),
        ("python-requests/2.31.0", "|||library||Python Requests|2.31|||||"),
        ("Go-http-client/1.1", "|||library||Go-http-client|1.1|||||"),
        ("io.example.app/1.2.3 (Linux; Android 13; Pixel 6)", "AND|Android|13|||||||smartphone|Google|Pixel 6"),
        ("", "|||||||||||"),
        ("Countersign", "|||||||||||"),
    ];

    #[test]
    fn real_agents_are_told_apart() {
        for (header, expected) in AGENTS {
            assert_eq!(fields(&parse(header)), *expected, "{header}");
        }
    }

    #[test]
    fn hostile_headers_stay_short_and_plain() {
        let endless =
            format!("Mozilla/5.0 (Linux; Android {}; {}) Chrome/{}", "9".repeat(90), "x".repeat(90), "1.".repeat(90));
        let headers = [
            endless,
            "é".repeat(10_000),
            "(;".repeat(10_000),
            "Chrome/".repeat(10_000),
            "Mozilla/5.0 (Linux; Android 14; <script>\u{7}) Mobile Chrome/1".to_owned(),
            "Android (Android;;;;) CrOS ".to_owned(),
        ];
        for header in headers {
            let agent = parse(&header);
            for part in [&agent.os_version, &agent.client_version, &agent.client_engine_version, &agent.device_model] {
                assert!(part.len() <= MAX_PART && !part.contains(['<', '\u{7}']), "{part}");
            }
        }
    }

    #[test]
    fn a_name_inside_a_longer_word_is_not_that_name() {
        assert_eq!(parse("NotChrome/12.0").client_name, "");
        assert_eq!(parse("curlish/1.0").client_name, "");
    }
}
