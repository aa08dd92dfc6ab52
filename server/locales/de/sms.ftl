sms-sign-in = { $brand }: Ihr Anmeldecode lautet { $code }. Bitte geben Sie ihn an niemanden weiter.
sms-verify-phone = { $brand }: Ihr Code zur Bestätigung dieser Telefonnummer lautet { $code }. Bitte geben Sie ihn an niemanden weiter.
sms-change-phone = { $brand }: Ihr Code zum Ändern Ihrer Telefonnummer lautet { $code }. Bitte geben Sie ihn an niemanden weiter.
sms-remove-phone = { $brand }: Ihr Code zum Entfernen dieser Telefonnummer lautet { $code }. Bitte geben Sie ihn an niemanden weiter.
sms-mfa = { $brand }: Ihr Code für die Bestätigung in zwei Schritten lautet { $code }. Bitte geben Sie ihn an niemanden weiter.
sms-recovery = { $brand }: Ihr Code zur Wiederherstellung Ihres Kontos lautet { $code }. Bitte geben Sie ihn an niemanden weiter.

sms-sign-in-short = { $brand }: Anmeldecode { $code }
sms-verify-phone-short = { $brand }: Nummer prüfen { $code }
sms-change-phone-short = { $brand }: Nummer ändern { $code }
sms-remove-phone-short = { $brand }: Nummer löschen { $code }
sms-mfa-short = { $brand }: Schritt zwei { $code }
sms-recovery-short = { $brand }: Konto-Reset { $code }

sms-notice-phone = { $brand }: Die Telefonnummer Ihres Kontos wurde geändert. Falls Sie das nicht waren, wenden Sie sich bitte an uns.
sms-notice-security = { $brand }: Die Sicherheitseinstellungen Ihres Kontos wurden geändert. Falls Sie das nicht waren, wenden Sie sich bitte an uns.
