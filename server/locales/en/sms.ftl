# Each text fits one segment; the -short ones also with an origin line (see server/src/text/mod.rs). Notices have neither.

sms-sign-in = { $brand }: { $code } is your sign-in code. Do not share it with anyone.
sms-verify-phone = { $brand }: { $code } is your code to confirm this phone number. Do not share it with anyone.
sms-change-phone = { $brand }: { $code } is your code to change your phone number. Do not share it with anyone.
sms-remove-phone = { $brand }: { $code } is your code to remove this phone number. Do not share it with anyone.
sms-mfa = { $brand }: { $code } is your two-step verification code. Do not share it with anyone.
sms-recovery = { $brand }: { $code } is your account recovery code. Do not share it with anyone.

sms-sign-in-short = { $brand }: sign-in code { $code }
sms-verify-phone-short = { $brand }: confirm number { $code }
sms-change-phone-short = { $brand }: change number { $code }
sms-remove-phone-short = { $brand }: remove number { $code }
sms-mfa-short = { $brand }: two-step code { $code }
sms-recovery-short = { $brand }: recovery code { $code }

sms-notice-phone = { $brand }: the phone number of your account was changed. If this was not you, please contact us.
sms-notice-security = { $brand }: the security settings of your account were changed. If this was not you, please contact us.
