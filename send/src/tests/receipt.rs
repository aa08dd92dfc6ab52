//! The signatures were made by Python's `hmac` and `hashlib`, where nothing else is said:
//! Twilio `b64encode(hmac.new(token, url + "".join(k + v for k in sorted(params)), sha1).digest())`,
//! Vonage `hmac.new(secret, "".join(f"&{k}={v with & and = as _}" for k in sorted(params)), sha256).hexdigest()`.

use countersign_domain::base::Secret;
use countersign_domain::message::{Delivery, Receipt};

use crate::sms::receipt::{Param, ReceiptError, twilio, vonage};

const URL: &str = "https://auth.example.com/webhooks/sms/demo/twilio";

fn params(pairs: &[(&str, &str)]) -> Vec<Param> {
    pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
}

fn receipt(id: &str, delivery: Delivery, error: Option<&str>) -> Receipt {
    Receipt { provider_id: id.into(), delivery, error: error.map(Into::into) }
}

fn twilio_form(status: &str, error: Option<&str>) -> Vec<Param> {
    let mut form = params(&[
        ("To", "+14255550199"),
        ("AccountSid", "AC123"),
        ("ApiVersion", "2010-04-01"),
        ("From", "+15005550006"),
        ("MessageSid", "SM1"),
        ("MessageStatus", status),
        ("SmsSid", "SM1"),
        ("SmsStatus", status),
    ]);
    form.extend(error.map(|e| ("ErrorCode".into(), e.into())));
    form
}

fn vonage_params(status: &str, error: &str, sig: &str) -> Vec<Param> {
    params(&[
        ("msisdn", "14255550199"),
        ("to", "Acme&Co=x"),
        ("network-code", "310090"),
        ("messageId", "V1"),
        ("price", "0.03330000"),
        ("status", status),
        ("scts", "2601010000"),
        ("err-code", error),
        ("api-key", "vkey"),
        ("message-timestamp", "2026-01-01 00:00:00"),
        ("timestamp", "1767225600"),
        ("nonce", "aaaaaaaa-bbbb"),
        ("sig", sig),
    ])
}

#[test]
fn twilios_published_signatures_are_right() {
    // The example of Twilio's documentation, and the one with repeated parameters from the tests of its libraries.
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let call = params(&[
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]);
    let repeated = params(&[
        ("Sid", "CA123"),
        ("SidAccount", "AC123"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
    ]);
    for (form, signature) in [(call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="), (repeated, "IK+Dwps556ElfBT0I3Rgjkr1wJU=")] {
        // Signed, but about a call: the signature passes, the missing status does not.
        assert_eq!(twilio(&Secret::new("12345"), url, &form, Some(signature)), Err(ReceiptError::Malformed));
        let longer = format!("{url}&x=1");
        assert_eq!(twilio(&Secret::new("12345"), &longer, &form, Some(signature)), Err(ReceiptError::WrongSignature));
    }
}

#[test]
fn twilios_final_statuses_are_receipts_and_others_are_none() {
    let token = Secret::new("tw-token");
    let read = |form: &[Param], signature| twilio(&token, URL, form, Some(signature));
    let delivered = read(&twilio_form("delivered", None), "DJHMa+SeeinIqzili3wmQvn/41M=");
    assert_eq!(delivered, Ok(Some(receipt("SM1", Delivery::Delivered, None))));
    let undelivered = read(&twilio_form("undelivered", Some("30006")), "6iPBfNjiJwS2SAayY3lHjmwkTo4=");
    assert_eq!(undelivered, Ok(Some(receipt("SM1", Delivery::Failed, Some("30006")))));
    assert_eq!(read(&twilio_form("sent", None), "twWCkzg9E99rkWieIuUgg5COEMU="), Ok(None));
}

#[test]
fn forged_receipts_of_twilio_are_refused() {
    let (token, form) = (Secret::new("tw-token"), twilio_form("delivered", None));
    let right = "DJHMa+SeeinIqzili3wmQvn/41M=";
    assert_eq!(twilio(&token, URL, &form, None), Err(ReceiptError::Unsigned));
    for wrong in ["", "x", "DJHMa+SeeinIqzili3wmQvn/41M", "6iPBfNjiJwS2SAayY3lHjmwkTo4=", "DJHM"] {
        assert_eq!(twilio(&token, URL, &form, Some(wrong)), Err(ReceiptError::WrongSignature), "{wrong}");
    }
    let wrong = Err(ReceiptError::WrongSignature);
    assert_eq!(twilio(&Secret::new("other"), URL, &form, Some(right)), wrong);
    assert_eq!(twilio(&token, "https://auth.example.com/webhooks/sms/other/twilio", &form, Some(right)), wrong);
    assert_eq!(twilio(&token, URL, &twilio_form("failed", None), Some(right)), wrong);
    assert_eq!(twilio(&token, URL, &form[1..], Some(right)), wrong);
}

#[test]
fn vonages_final_statuses_are_receipts_and_others_are_none() {
    let read = |status, error, sig: &str| vonage(&Secret::new("vsig"), &vonage_params(status, error, sig));
    let delivered = "e622c9bd9f5e89845ea8320f475ddd3a4f7076c57e73b2144853776fbe12d2ad";
    assert_eq!(read("delivered", "0", delivered), Ok(Some(receipt("V1", Delivery::Delivered, None))));
    assert_eq!(read("delivered", "0", &delivered.to_uppercase()), Ok(Some(receipt("V1", Delivery::Delivered, None))));
    for (status, error, sig) in [
        ("failed", "6", "93278f0ffde2ec60ed99fc35ade3084a280352a467e21a086a4004059e1c9cc2"),
        ("rejected", "9", "22cdd1625a6cdae965417ad89b6a107fb93d30e3b84d8ea0e2eecd312c542852"),
        ("expired", "1", "c171c37beb2d7d8828b41e6f490ef6f5b33745bf25d3e26fe22963b85634bc17"),
    ] {
        assert_eq!(read(status, error, sig), Ok(Some(receipt("V1", Delivery::Failed, Some(error)))));
    }
    for (status, sig) in [
        ("accepted", "384d8c71806403fdcc048dab4f822e5b070fb523169716ff4a4ff3b1c6adf3d3"),
        ("buffered", "284b1d4cde2d40e00cfb266501571230036e7580c18e4300b26614033cbdf7e8"),
    ] {
        assert_eq!(read(status, "0", sig), Ok(None));
    }
}

#[test]
fn forged_receipts_of_vonage_are_refused() {
    let secret = Secret::new("vsig");
    let delivered = "e622c9bd9f5e89845ea8320f475ddd3a4f7076c57e73b2144853776fbe12d2ad";
    let unsigned: Vec<Param> =
        vonage_params("delivered", "0", "").into_iter().filter(|(name, _)| name != "sig").collect();
    assert_eq!(vonage(&secret, &unsigned), Err(ReceiptError::Unsigned));
    assert_eq!(vonage(&secret, &vonage_params("delivered", "0", "")), Err(ReceiptError::Unsigned));
    // The last is the MD5 kind of signature: 16 bytes.
    for wrong in ["x", &delivered[..62], &delivered[1..], "0".repeat(64).as_str(), "d41d8cd98f00b204e9800998ecf8427e"] {
        let result = vonage(&secret, &vonage_params("delivered", "0", wrong));
        assert_eq!(result, Err(ReceiptError::WrongSignature), "{wrong}");
    }
    let wrong = Err(ReceiptError::WrongSignature);
    assert_eq!(vonage(&secret, &vonage_params("failed", "0", delivered)), wrong);
    assert_eq!(vonage(&Secret::new("other"), &vonage_params("delivered", "0", delivered)), wrong);
}

#[test]
fn a_signed_receipt_of_vonage_cannot_be_cut_into_other_parameters() {
    let sig = "d1ae791ec09482e7bef2c5f75cd13331db7d2e2fae813c06ab63aea170d39d4b";
    let whole = params(&[("messageId", "V1"), ("note", "x"), ("status", "delivered"), ("sig", sig)]);
    assert_eq!(vonage(&Secret::new("vsig"), &whole), Ok(Some(receipt("V1", Delivery::Delivered, None))));
    let joined = params(&[("messageId", "V1"), ("note=x&status", "delivered"), ("sig", sig)]);
    assert_eq!(vonage(&Secret::new("vsig"), &joined), Err(ReceiptError::Malformed));
    let twice = params(&[("messageId", "V1"), ("messageId", "V2"), ("status", "delivered"), ("sig", sig)]);
    assert_eq!(vonage(&Secret::new("vsig"), &twice), Err(ReceiptError::Malformed));
}
