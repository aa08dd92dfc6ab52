# The text begins with an Arabic letter, so that phones lay the whole of it out from right to left.

sms-sign-in = رمز الدخول إلى { $brand } هو { $code }. لا تشاركه مع أحد.
sms-verify-phone = رمز تأكيد رقمك في { $brand } هو { $code }. لا تشاركه مع أحد.
sms-change-phone = رمز تغيير رقمك في { $brand } هو { $code }. لا تشاركه مع أحد.
sms-remove-phone = رمز إزالة رقمك من { $brand } هو { $code }. لا تشاركه مع أحد.
sms-mfa = رمز التحقق بخطوتين في { $brand } هو { $code }. لا تشاركه مع أحد.
sms-recovery = رمز استعادة حسابك في { $brand } هو { $code }. لا تشاركه مع أحد.

sms-sign-in-short = رمز الدخول { $code } ({ $brand })
sms-verify-phone-short = تأكيد الرقم { $code } ({ $brand })
sms-change-phone-short = تغيير الرقم { $code } ({ $brand })
sms-remove-phone-short = إزالة الرقم { $code } ({ $brand })
sms-mfa-short = خطوة التحقق { $code } ({ $brand })
sms-recovery-short = رمز الاستعادة { $code } ({ $brand })

sms-notice-phone = تم تغيير رقم هاتف حسابك في { $brand }. إن لم تكن أنت فتواصل معنا.
sms-notice-security = تم تغيير إعدادات أمان حسابك في { $brand }. إن لم تكن أنت فتواصل معنا.
