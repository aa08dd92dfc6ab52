# Most texts need no letter outside the GSM alphabet; the one with "usunięcia" has 70 units.

sms-sign-in = { $brand }: kod logowania { $code }. Nikomu go nie podawaj.
sms-verify-phone = { $brand }: kod do potwierdzenia tego numeru telefonu: { $code }. Nikomu go nie podawaj.
sms-change-phone = { $brand }: kod do zmiany numeru telefonu: { $code }. Nikomu go nie podawaj.
sms-remove-phone = { $brand }: kod do usunięcia numeru { $code }. Nikomu nie podawaj.
sms-mfa = { $brand }: kod weryfikacji dwuetapowej: { $code }. Nikomu go nie podawaj.
sms-recovery = { $brand }: kod odzyskiwania konta: { $code }. Nikomu go nie podawaj.

sms-sign-in-short = { $brand }: kod logowania { $code }
sms-verify-phone-short = { $brand }: potwierdzenie { $code }
sms-change-phone-short = { $brand }: zmiana numeru { $code }
sms-remove-phone-short = { $brand }: usuń numer { $code }
sms-mfa-short = { $brand }: kod dwuetapowy { $code }
sms-recovery-short = { $brand }: odzyskiwanie { $code }

sms-notice-phone = { $brand }: zmieniono numer telefonu konta. To nie Pan/Pani? Prosimy o kontakt.
sms-notice-security = { $brand }: zmieniono zabezpieczenia konta. To nie Pan/Pani? Prosimy o kontakt.
