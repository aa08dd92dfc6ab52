# The text begins with a Persian letter, so that phones lay the whole of it out from right to left.

sms-sign-in = رمز ورود به { $brand }: { $code }. آن را به کسی ندهید.
sms-verify-phone = رمز تأیید شماره در { $brand }: { $code }. آن را به کسی ندهید.
sms-change-phone = رمز تغییر شماره در { $brand }: { $code }. آن را به کسی ندهید.
sms-remove-phone = رمز حذف شماره از { $brand }: { $code }. آن را به کسی ندهید.
sms-mfa = رمز تأیید دومرحله‌ای { $brand }: { $code }. آن را به کسی ندهید.
sms-recovery = رمز بازیابی حساب { $brand }: { $code }. آن را به کسی ندهید.

sms-sign-in-short = رمز ورود { $code } ({ $brand })
sms-verify-phone-short = تأیید شماره { $code } ({ $brand })
sms-change-phone-short = تغییر شماره { $code } ({ $brand })
sms-remove-phone-short = حذف شماره { $code } ({ $brand })
sms-mfa-short = رمز مرحله دوم { $code } ({ $brand })
sms-recovery-short = رمز بازیابی { $code } ({ $brand })

sms-notice-phone = شماره تلفن حساب در { $brand } تغییر کرد. اگر شما نبودید، تماس بگیرید.
sms-notice-security = تنظیمات امنیتی در { $brand } تغییر کرد. اگر شما نبودید، تماس بگیرید.
