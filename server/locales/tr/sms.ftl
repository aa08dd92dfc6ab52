sms-sign-in = { $brand }: giriş kodunuz { $code }. Kimseyle paylaşmayın.
sms-verify-phone = { $brand }: numara doğrulama kodu { $code }. Kimseyle paylaşmayın.
sms-change-phone = { $brand }: numara değiştirme kodunuz { $code }. Paylaşmayın.
sms-remove-phone = { $brand }: numara silme kodunuz { $code }. Kimseyle paylaşmayın.
sms-mfa = { $brand }: iki adımlı doğrulama kodunuz { $code }. Paylaşmayın.
sms-recovery = { $brand }: hesap kurtarma kodu { $code }. Kimseyle paylaşmayın.

sms-sign-in-short = { $brand }: giriş kodu { $code }
sms-verify-phone-short = { $brand }: numara onayı { $code }
sms-change-phone-short = { $brand }: yeni numara { $code }
sms-remove-phone-short = { $brand }: numara silme { $code }
sms-mfa-short = { $brand }: ikinci adım { $code }
sms-recovery-short = { $brand }: kurtarma kodu { $code }

sms-notice-phone = { $brand }: telefon numaranız değişti. Siz değilseniz bize ulaşın.
sms-notice-security = { $brand }: güvenlik ayarlarınız değişti. Siz değilseniz bize ulaşın.
