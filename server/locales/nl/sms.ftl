sms-sign-in = { $brand }: je inlogcode is { $code }. Deel deze code met niemand.
sms-verify-phone = { $brand }: je code om dit telefoonnummer te bevestigen is { $code }. Deel deze code met niemand.
sms-change-phone = { $brand }: je code om je telefoonnummer te wijzigen is { $code }. Deel deze code met niemand.
sms-remove-phone = { $brand }: je code om dit telefoonnummer te verwijderen is { $code }. Deel deze code met niemand.
sms-mfa = { $brand }: je code voor verificatie in twee stappen is { $code }. Deel deze code met niemand.
sms-recovery = { $brand }: je code om je account te herstellen is { $code }. Deel deze code met niemand.

sms-sign-in-short = { $brand }: inlogcode { $code }
sms-verify-phone-short = { $brand }: nummercheck { $code }
sms-change-phone-short = { $brand }: nieuw nummer { $code }
sms-remove-phone-short = { $brand }: nummer wissen { $code }
sms-mfa-short = { $brand }: tweede stap { $code }
sms-recovery-short = { $brand }: herstelcode { $code }

sms-notice-phone = { $brand }: het telefoonnummer van uw account is gewijzigd. Was u dit niet? Neem dan contact met ons op.
sms-notice-security = { $brand }: de beveiligingsinstellingen van uw account zijn gewijzigd. Was u dit niet? Neem dan contact met ons op.
