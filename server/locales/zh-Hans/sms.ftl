sms-sign-in = 【{ $brand }】您正在登录，验证码：{ $code }，请勿告知他人。
sms-verify-phone = 【{ $brand }】您正在验证手机号，验证码：{ $code }，请勿告知他人。
sms-change-phone = 【{ $brand }】您正在更换手机号，验证码：{ $code }，请勿告知他人。
sms-remove-phone = 【{ $brand }】您正在解绑手机号，验证码：{ $code }，请勿告知他人。
sms-mfa = 【{ $brand }】您正在进行两步验证，验证码：{ $code }，请勿告知他人。
sms-recovery = 【{ $brand }】您正在找回账号，验证码：{ $code }，请勿告知他人。

sms-sign-in-short = 【{ $brand }】登录验证码：{ $code }
sms-verify-phone-short = 【{ $brand }】手机号验证码：{ $code }
sms-change-phone-short = 【{ $brand }】更换手机号验证码：{ $code }
sms-remove-phone-short = 【{ $brand }】解绑手机号验证码：{ $code }
sms-mfa-short = 【{ $brand }】两步验证码：{ $code }
sms-recovery-short = 【{ $brand }】找回账号验证码：{ $code }

sms-notice-phone = 【{ $brand }】您账号的手机号已更改。如非本人操作，请与我们联系。
sms-notice-security = 【{ $brand }】您账号的安全设置已更改。如非本人操作，请与我们联系。
