use countersign_domain::base::Secret;
use countersign_domain::message::{Account, Outcome, Provider, Sms, VerifyChannel};
use data_encoding::BASE64;
use serde_json::{Value, json};
use wiremock::matchers::{any, body_string_contains};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{NOW_SECONDS, http, provider, secret, sms, twilio, verify, world};

const CODE: &str = "404174";
const PHONE_DIGITS: &str = "14255550199";

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// Sends `sms` to the provider that `make` makes for a server with this answer.
async fn exchange(make: impl Fn(&str) -> Provider, sms: &Sms, status: u16, body: Value) -> (Outcome, Request) {
    let server = answering(ResponseTemplate::new(status).set_body_json(body)).await;
    let outcome = world().sender.send_sms(sms, &make(&server.uri())).await;
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    (outcome, requests.remove(0))
}

/// Name and value pairs of a form body, decoded and sorted.
fn form(request: &Request) -> Vec<(String, String)> {
    assert_eq!(header(request, "content-type"), "application/x-www-form-urlencoded");
    let mut url = reqwest::Url::parse("http://x").unwrap();
    url.set_query(Some(std::str::from_utf8(&request.body).unwrap()));
    let mut pairs: Vec<_> = url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    pairs.sort();
    pairs
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).map_or("", |v| v.to_str().unwrap())
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

fn accepted(id: &str) -> Outcome {
    Outcome::Accepted { provider_id: Some(id.into()) }
}

fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reason: reason.into() }
}

fn vonage(base: &str) -> Provider {
    let account = Account::Vonage {
        api_key: "vkey".into(),
        api_secret: secret("vsecret"),
        from: "Acme".into(),
        signature_secret: None,
    };
    provider("v", base, account)
}

fn msg91(base: &str) -> Provider {
    let account = Account::Msg91 { sender_id: "ACMEIN".into(), auth_key: secret("m-key"), template_id: "tpl1".into() };
    provider("m", base, account)
}

fn telesign(base: &str) -> Provider {
    provider("t", base, Account::Telesign { customer_id: "cust".into(), api_key: secret("t-key") })
}

fn textmagic(base: &str) -> Provider {
    let account = Account::Textmagic { username: "acme".into(), api_key: secret("x-key"), from: "+15005550006".into() };
    provider("x", base, account)
}

#[tokio::test]
async fn twilio_gets_the_captured_request() {
    let mut sms = sms();
    sms.body = Secret::new(CODE);
    let (outcome, request) = exchange(|b| twilio("tw", b), &sms, 201, json!({"sid": "SM1", "status": "queued"})).await;
    assert_eq!(outcome, accepted("SM1"));
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/2010-04-01/Accounts/AC123/Messages.json"));
    assert_eq!(header(&request, "authorization"), basic("AC123", "tw-token"));
    assert_eq!(header(&request, "user-agent"), concat!("Countersign/", env!("CARGO_PKG_VERSION")));
    // The body captured from the original, contract nuvix §5.
    assert_eq!(request.body, b"Body=404174&From=%2B15005550006&To=%2B14255550199");
}

#[tokio::test]
async fn twilio_takes_a_messaging_service_in_place_of_a_number_but_not_a_short_name() {
    for (from, name) in [("MG0123456789abcdef0123456789abcdef", "MessagingServiceSid"), ("MGM", "From")] {
        let make = |base: &str| {
            let mut provider = twilio("tw", base);
            if let Account::Twilio { from: sender, .. } = &mut provider.account {
                *sender = from.into();
            }
            provider
        };
        let (_, request) = exchange(make, &sms(), 201, json!({"sid": "SM1"})).await;
        let expected = [("Body", "404174 is your code & key"), (name, from), ("To", "+14255550199")];
        assert_eq!(form(&request), pairs(&expected));
    }
}

#[tokio::test]
async fn twilio_is_told_where_to_report_delivery() {
    let mut sms = sms();
    sms.receipt_url = Some("https://login.example.com/webhooks/sms/demo".into());
    let (_, request) = exchange(|b| twilio("tw", b), &sms, 201, json!({"sid": "SM1"})).await;
    let callback = ("StatusCallback".to_owned(), "https://login.example.com/webhooks/sms/demo".to_owned());
    assert!(form(&request).contains(&callback), "{:?}", form(&request));
}

#[tokio::test]
async fn twilio_refusals_carry_its_error_code_and_no_number() {
    let body =
        json!({"code": 21211, "message": "The 'To' number +14255550199 is not a valid phone number.", "status": 400});
    let (outcome, _) = exchange(|b| twilio("tw", b), &sms(), 400, body).await;
    assert_eq!(outcome, refused("HTTP 400, code 21211: The 'To' number * is not a valid phone number."));
    let body = json!({"sid": "SM1", "status": "failed", "error_code": 30007, "error_message": "filtered"});
    let (outcome, _) = exchange(|b| twilio("tw", b), &sms(), 201, body).await;
    assert_eq!(outcome, refused("HTTP 201, code 30007: filtered"));
}

#[tokio::test]
async fn twilio_verify_gets_the_code_the_number_and_the_language_and_not_our_text() {
    let (outcome, request) =
        exchange(|b| verify("v", b), &sms(), 201, json!({"sid": "VE1", "status": "pending", "valid": false})).await;
    assert_eq!(outcome, accepted("VE1"));
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/v2/Services/VA456/Verifications"));
    assert_eq!(header(&request, "authorization"), basic("AC123", "tw-token"));
    let expected = [("Channel", "sms"), ("CustomCode", CODE), ("Locale", "en"), ("To", "+14255550199")];
    assert_eq!(form(&request), pairs(&expected));
}

#[tokio::test]
async fn twilio_verify_calls_and_writes_by_whatsapp_and_speaks_the_language_of_the_country_where_it_has_not_ours() {
    for (channel, locale, named) in [
        (VerifyChannel::Call, "zh-Hans", Some("zh")),
        (VerifyChannel::Whatsapp, "pt-BR", Some("pt-BR")),
        (VerifyChannel::Sms, "fa", None),
    ] {
        let make = |base: &str| {
            let mut provider = verify("v", base);
            if let Account::TwilioVerify { channel: its, .. } = &mut provider.account {
                *its = channel;
            }
            provider
        };
        let sms = Sms { locale: locale.into(), ..sms() };
        let (_, request) = exchange(make, &sms, 201, json!({"sid": "VE1"})).await;
        let mut expected = vec![("Channel", channel.name()), ("CustomCode", CODE), ("To", "+14255550199")];
        expected.extend(named.map(|tag| ("Locale", tag)));
        expected.sort_unstable();
        assert_eq!(form(&request), pairs(&expected));
    }
}

#[tokio::test]
async fn twilio_verify_is_asked_again_without_a_language_that_its_words_do_not_have() {
    let server = MockServer::start().await;
    let none = ResponseTemplate::new(404).set_body_json(json!({"code": 20404, "message": "no"}));
    let in_german = body_string_contains("Locale=de");
    Mock::given(in_german).respond_with(none.clone()).with_priority(1).mount(&server).await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({"sid": "VE1"})))
        .mount(&server)
        .await;
    let german = Sms { locale: "de".into(), ..sms() };
    let outcome = world().sender.send_sms(&german, &verify("v", &server.uri())).await;
    assert_eq!(outcome, accepted("VE1"));
    let asked: Vec<_> = server.received_requests().await.unwrap().iter().map(form).collect();
    let plain = pairs(&[("Channel", "sms"), ("CustomCode", CODE), ("To", "+14255550199")]);
    assert_eq!((asked.len(), &asked[1]), (2, &plain));

    // Where the service itself is not known, there is no third request.
    let server = answering(none).await;
    let outcome = world().sender.send_sms(&german, &verify("v", &server.uri())).await;
    assert_eq!(outcome, refused("HTTP 404, code 20404: no"));
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn twilio_verify_refusals_carry_its_error_code_and_no_number() {
    let body = json!({"code": 60203, "message": "Max send attempts reached for +14255550199 in VA456", "status": 429});
    let (outcome, _) = exchange(|b| verify("v", b), &sms(), 429, body).await;
    assert_eq!(outcome, refused("HTTP 429, code 60203: Max send attempts reached for * in *"));
}

#[tokio::test]
async fn twilio_verify_is_not_asked_for_what_has_no_code_that_it_takes() {
    let server = answering(ResponseTemplate::new(201).set_body_json(json!({"sid": "VE1"}))).await;
    for code in [None, Some("123"), Some("12345678901"), Some("12ab56"), Some("")] {
        let sms = Sms { code: code.map(Secret::new), ..sms() };
        let outcome = world().sender.send_sms(&sms, &verify("v", &server.uri())).await;
        assert_eq!(outcome, refused("Twilio Verify carries codes of 4 to 10 digits and no other message"), "{code:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn twilio_verify_is_told_which_code_was_shown_and_nobody_else_is() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!({"sid": "VE1", "status": "approved"}))).await;
    let (sender, done) = (world().sender, Outcome::Accepted { provider_id: None });
    assert_eq!(sender.approve_sms(&verify("v", &server.uri()), "VE1").await, done);
    assert_eq!(sender.approve_sms(&twilio("tw", &server.uri()), "SM1").await, done);
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/v2/Services/VA456/Verifications/VE1"));
    assert_eq!(header(request, "authorization"), basic("AC123", "tw-token"));
    assert_eq!(form(request), pairs(&[("Status", "approved")]));
    let unclear = Outcome::Unknown { reason: "a gateway had no good answer".into() };
    for (status, expected) in [
        (404, done.clone()),
        (400, done),
        (503, refused("HTTP 503")),
        (401, refused("HTTP 401")),
        (429, refused("HTTP 429")),
        (502, unclear),
    ] {
        let server = answering(ResponseTemplate::new(status)).await;
        assert_eq!(sender.approve_sms(&verify("v", &server.uri()), "VE1").await, expected);
    }
}

#[tokio::test]
async fn vonage_gets_the_number_without_plus() {
    let body = json!({"message-count": "1", "messages": [{"status": "0", "message-id": "V1"}]});
    let (outcome, request) = exchange(vonage, &sms(), 200, body).await;
    assert_eq!(outcome, accepted("V1"));
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/sms/json"));
    let expected = [
        ("api_key", "vkey"),
        ("api_secret", "vsecret"),
        ("from", "Acme"),
        ("text", "404174 is your code & key"),
        ("to", PHONE_DIGITS),
    ];
    assert_eq!(form(&request), pairs(&expected));
}

#[tokio::test]
async fn vonage_is_told_when_a_text_needs_unicode() {
    let mut sms = sms();
    sms.body = Secret::new("کد شما: 404174");
    let (_, request) = exchange(vonage, &sms, 200, json!({})).await;
    assert!(form(&request).contains(&("type".into(), "unicode".into())));
    assert!(form(&request).contains(&("text".into(), "کد شما: 404174".into())));
}

#[tokio::test]
async fn vonage_answers_200_and_means_the_status_of_each_part() {
    let (outcome, _) =
        exchange(vonage, &sms(), 200, json!({"messages": [{"status": "4", "error-text": "Bad Credentials vsecret"}]}))
            .await;
    assert_eq!(outcome, refused("HTTP 200, code 4: Bad Credentials *"));
    let parts = json!({"messages": [{"status": "0", "message-id": "V1"}, {"status": "1", "error-text": "Throttled"}]});
    let (outcome, _) = exchange(vonage, &sms(), 200, parts).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    for unreadable in [json!({}), json!({"messages": []}), json!({"messages": [{}]}), json!([1])] {
        let (outcome, _) = exchange(vonage, &sms(), 200, unreadable.clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{unreadable} {outcome:?}");
    }
}

#[tokio::test]
async fn msg91_gets_the_code_apart_from_the_text() {
    let (outcome, request) = exchange(msg91, &sms(), 200, json!({"type": "success", "message": "3763646c"})).await;
    assert_eq!(outcome, accepted("3763646c"));
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/api/v5/flow/"));
    assert_eq!((header(&request, "authkey"), header(&request, "content-type")), ("m-key", "application/json"));
    let recipient = json!({"mobiles": PHONE_DIGITS, "content": "404174 is your code & key", "otp": CODE});
    let expected = json!({"sender": "ACMEIN", "template_id": "tpl1", "recipients": [recipient]});
    assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), expected);

    let body = json!({"type": "error", "message": "Invalid authkey", "code": "207"});
    let (outcome, _) = exchange(msg91, &sms(), 200, body).await;
    assert_eq!(outcome, refused("HTTP 200, code 207: Invalid authkey"));
}

#[tokio::test]
async fn telesign_gets_one_recipient_with_our_id() {
    let body =
        json!({"reference_id": "REF1", "status": {"code": 293, "description": "Bulk request accepted"}, "errors": []});
    let (outcome, request) = exchange(telesign, &sms(), 200, body).await;
    assert_eq!(outcome, accepted("REF1"));
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/v1/verify/bulk_sms"));
    assert_eq!(header(&request, "authorization"), basic("cust", "t-key"));
    let recipients = "14255550199:0190d5f2000070008000000000000001";
    let expected = [("recipients", recipients), ("template", "404174 is your code & key")];
    assert_eq!(form(&request), pairs(&expected));

    let body = json!({"status": {"code": 501}, "errors": [{"code": -40002, "description": "Not authorized"}]});
    let (outcome, _) = exchange(telesign, &sms(), 200, body).await;
    assert_eq!(outcome, refused("HTTP 200, code -40002: Not authorized"));
    let body = json!({"status": {"code": 500, "description": "Transaction not attempted"}, "errors": []});
    let (outcome, _) = exchange(telesign, &sms(), 200, body).await;
    assert_eq!(outcome, refused("HTTP 200, code 500: Transaction not attempted"));
}

#[tokio::test]
async fn textmagic_gets_its_headers_and_numbers_without_plus() {
    let (outcome, request) = exchange(textmagic, &sms(), 201, json!({"id": 7, "messageId": 4_957_571_012_u64})).await;
    assert_eq!(outcome, accepted("4957571012"));
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/api/v2/messages"));
    assert_eq!((header(&request, "x-tm-username"), header(&request, "x-tm-key")), ("acme", "x-key"));
    let expected = [("from", "15005550006"), ("phones", PHONE_DIGITS), ("text", "404174 is your code & key")];
    assert_eq!(form(&request), pairs(&expected));

    let (outcome, _) = exchange(textmagic, &sms(), 400, json!({"code": 400, "message": "Validation Failed"})).await;
    assert_eq!(outcome, refused("HTTP 400, code 400: Validation Failed"));
}

#[tokio::test]
async fn the_customers_code_gets_a_signed_event_stamped_by_our_clock() {
    let make = |base: &str| http(&format!("{base}/hooks/sms?tenant=a"));
    let mut message = sms();
    message.user = Some("u1".into());
    let (outcome, request) = exchange(make, &message, 202, json!({"id": "own-1"})).await;
    assert_eq!(outcome, accepted("own-1"));
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/hooks/sms"));
    assert_eq!(request.url.query(), Some("tenant=a"));
    assert_eq!(header(&request, "content-type"), "application/json");
    let expected = json!({
        "type": "sms.otp", "phoneNumber": "+14255550199", "code": CODE, "userId": "u1",
        "message": "404174 is your code & key", "template": "sign-in", "locale": "en", "messageId": message.id,
    });
    assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), expected);
    assert_eq!(header(&request, "webhook-id"), message.id);
    assert_eq!(header(&request, "webhook-timestamp"), NOW_SECONDS.to_string());
    // Made by Python: base64(hmac.new(b64decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), f"{id}.{ts}.".encode() + body,
    // sha256).digest()), with the body as it was received.
    assert_eq!(header(&request, "webhook-signature"), "v1,1zT3H6H1ngzrvz5+xa7QJMjLdNRusilc3wJQSoWd/K4=");
}

#[tokio::test]
async fn any_2xx_of_the_customers_code_is_enough_and_unknown_values_are_null() {
    let server = answering(ResponseTemplate::new(204)).await;
    let mut message = sms();
    message.code = None;
    let outcome = world().sender.send_sms(&message, &http(&server.uri())).await;
    assert_eq!(outcome, Outcome::Accepted { provider_id: None });
    let event: Value = serde_json::from_slice(&server.received_requests().await.unwrap()[0].body).unwrap();
    assert_eq!((&event["code"], &event["userId"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_inbox_is_handed_the_message_without_a_network() {
    let world = world();
    let inbox = Provider { name: "dev".into(), base_url: None, timeout_seconds: None, account: Account::Inbox {} };
    assert_eq!(world.sender.send_sms(&sms(), &inbox).await, Outcome::Accepted { provider_id: None });
    assert_eq!(*world.inbox.0.lock().unwrap(), [sms().id]);
}

#[tokio::test]
async fn error_statuses_are_refusals_and_what_does_not_tell_is_unknown() {
    let makes: [fn(&str) -> Provider; 7] =
        [|b| twilio("tw", b), |b| verify("v", b), vonage, msg91, telesign, textmagic, http];
    for make in makes {
        for status in [400, 401, 403, 404, 422, 429, 500, 503] {
            let server = answering(ResponseTemplate::new(status).set_body_string("<html>404174 no</html>")).await;
            let outcome = world().sender.send_sms(&sms(), &make(&server.uri())).await;
            assert_eq!(outcome, refused(&format!("HTTP {status}")));
        }
        for status in [301, 302, 307, 308, 502, 504] {
            let server = answering(ResponseTemplate::new(status)).await;
            let outcome = world().sender.send_sms(&sms(), &make(&server.uri())).await;
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{status} {outcome:?}");
        }
    }
    for make in &makes[..6] {
        for body in ["", "<html>", "{\"sid\": \"SM", "null", "[]", "{}"] {
            let server = answering(ResponseTemplate::new(200).set_body_string(body)).await;
            let outcome = world().sender.send_sms(&sms(), &make(&server.uri())).await;
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{body} {outcome:?}");
        }
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let body = format!("{{\"pad\": \"{}\", \"sid\": \"SM1\"}}", "x".repeat(200_000));
    let server = answering(ResponseTemplate::new(201).set_body_string(body)).await;
    let outcome = world().sender.send_sms(&sms(), &twilio("tw", &server.uri())).await;
    assert_eq!(outcome, Outcome::Unknown { reason: "HTTP 201: the answer cannot be read".into() });
}

#[tokio::test]
async fn an_echo_of_everything_leaves_nothing_in_the_reason() {
    let echo = "404174 is your code & key|+14255550199|1 425-555-0199|404174|404 174|AC123|tw-token";
    let (outcome, _) = exchange(|b| twilio("tw", b), &sms(), 400, json!({"code": "404174", "message": echo})).await;
    assert_eq!(outcome, refused("HTTP 400: *|*|*|*|*|*|*"));
}
