mail-subject = { $brand }: { $title }
mail-footer = Dies ist eine automatische Nachricht von { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Gültig für { $minutes } Minute.
   *[other] Gültig für { $minutes } Minuten.
}
mail-valid-hours = { $hours ->
    [one] Gültig für { $hours } Stunde.
   *[other] Gültig für { $hours } Stunden.
}
mail-phrase = Bitte prüfen Sie, ob Ihre App oder Ihr Browser dieselbe Sicherheitsphrase anzeigt:
mail-fallback = Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse in Ihrem Browser:

mail-fact = { $label }: { $value }
mail-fact-device = Gerät
mail-fact-address = IP-Adresse
mail-fact-country = Land
mail-fact-time = Zeitpunkt

mail-sign-in-title = Ihr Anmeldecode
mail-sign-in-text = Mit diesem Code melden Sie sich bei { $brand } an.
mail-mfa-title = Ihr Code für die Bestätigung in zwei Schritten
mail-mfa-text = Verwenden Sie diesen Code für die Bestätigung in zwei Schritten bei { $brand }.
mail-reset-phone-title = Ihr Code zum Ändern der Telefonnummer
mail-reset-phone-text = Mit diesem Code wählen Sie eine andere Telefonnummer für Ihr Konto bei { $brand }.

mail-magic-link-title = Ihr Anmeldelink
mail-magic-link-text = Mit diesem Link melden Sie sich bei { $brand } an.
mail-magic-link-button = Anmelden
mail-verify-email-title = Bestätigen Sie Ihre E-Mail-Adresse
mail-verify-email-text = Mit diesem Link bestätigen Sie Ihre E-Mail-Adresse für { $brand }.
mail-verify-email-button = Adresse bestätigen
mail-recovery-title = Neues Passwort wählen
mail-recovery-text = Mit diesem Link wählen Sie ein neues Passwort für Ihr Konto bei { $brand }.
mail-recovery-button = Passwort wählen
mail-review-phone-title = Eine Telefonnummer wurde eingerichtet
mail-review-phone-text = Mit einer Telefonnummer kann man sich jetzt bei Ihrem Konto bei { $brand } anmelden. Haben Sie sie eingerichtet?
mail-review-phone-button = Antworten
mail-unlock-title = Ihr Passwort ist gesperrt
mail-unlock-text = Für Ihr Konto bei { $brand } wurden zu viele falsche Passwörter hintereinander eingegeben; deshalb gilt das Passwort vorerst nicht. Mit diesem Link entsperren Sie es.
mail-unlock-button = Passwort entsperren

mail-session-alert-title = Neue Anmeldung bei Ihrem Konto
mail-session-alert-text = Es gab eine neue Anmeldung bei Ihrem Konto bei { $brand }.
mail-email-changed-title = Ihre E-Mail-Adresse wurde geändert
mail-email-changed-text = Ihr Konto bei { $brand } verwendet jetzt eine andere E-Mail-Adresse.
mail-phone-changed-title = Ihre Telefonnummer wurde geändert
mail-phone-changed-text = Die Telefonnummer Ihres Kontos bei { $brand } wurde geändert.
mail-phone-removed-title = Ihre Telefonnummer wurde entfernt
mail-phone-removed-text = Die Telefonnummer Ihres Kontos bei { $brand } wurde entfernt.
mail-phone-reported-title = Die gemeldete Telefonnummer wurde entfernt
mail-phone-reported-text = Wie von Ihnen gemeldet, wurde die Telefonnummer von Ihrem Konto bei { $brand } entfernt, und alle Geräte wurden abgemeldet. Bitte wählen Sie ein neues Passwort.
mail-password-changed-title = Ihr Passwort wurde geändert
mail-password-changed-text = Das Passwort Ihres Kontos bei { $brand } wurde geändert.
mail-authenticator-added-title = Authentifizierungs-App hinzugefügt
mail-authenticator-added-text = Ihrem Konto bei { $brand } wurde eine Authentifizierungs-App hinzugefügt.
mail-authenticator-removed-title = Authentifizierungs-App entfernt
mail-authenticator-removed-text = Von Ihrem Konto bei { $brand } wurde eine Authentifizierungs-App entfernt.
mail-mfa-phone-added-title = Telefonnummer für die Bestätigung in zwei Schritten hinzugefügt
mail-mfa-phone-added-text = Ihrem { $brand }-Konto wurde eine Telefonnummer für die Bestätigung in zwei Schritten hinzugefügt.
mail-mfa-phone-removed-title = Telefonnummer für die Bestätigung in zwei Schritten entfernt
mail-mfa-phone-removed-text = Von Ihrem { $brand }-Konto wurde eine Telefonnummer für die Bestätigung in zwei Schritten entfernt.
mail-recovery-codes-changed-title = Neue Wiederherstellungscodes
mail-recovery-codes-changed-text = Für Ihr Konto bei { $brand } wurden neue Wiederherstellungscodes erstellt; die alten gelten nicht mehr.
mail-mfa-on-title = Bestätigung in zwei Schritten eingeschaltet
mail-mfa-on-text = Für Ihr Konto bei { $brand } wurde die Bestätigung in zwei Schritten eingeschaltet.
mail-mfa-off-title = Bestätigung in zwei Schritten ausgeschaltet
mail-mfa-off-text = Für Ihr Konto bei { $brand } wurde die Bestätigung in zwei Schritten ausgeschaltet.
mail-claim-removed-title = Unbestätigte Kontaktangabe entfernt
mail-claim-removed-text = Eine unbestätigte Telefonnummer oder E-Mail-Adresse wurde von Ihrem Konto bei { $brand } entfernt, weil ihr Inhaber sie an anderer Stelle bestätigt hat.
mail-password-locked-title = Ihr Passwort ist gesperrt
mail-password-locked-text = Für Ihr Konto bei { $brand } wurden zu viele falsche Passwörter hintereinander eingegeben; deshalb gilt das Passwort vorerst nicht. Um es zu entsperren, melden Sie sich auf andere Weise an oder wählen Sie ein neues Passwort.

mail-advice-code = Falls Sie diesen Code nicht angefordert haben, können Sie diese Nachricht ignorieren. Bitte geben Sie den Code an niemanden weiter.
mail-advice-mfa = Falls Sie diesen Code nicht angefordert haben, geben Sie ihn bitte an niemanden weiter und wenden Sie sich an uns.
mail-advice-link = Falls Sie diesen Link nicht angefordert haben, können Sie diese Nachricht ignorieren.
mail-advice-recovery = Falls Sie diesen Link nicht angefordert haben, können Sie diese Nachricht ignorieren; Ihr Passwort bleibt unverändert.
mail-advice-review = Falls Sie das nicht waren, melden Sie es bitte auf der Seite hinter dem Link: Dann wird die Nummer entfernt, und alle Geräte werden abgemeldet.
mail-advice-unlock = Falls Sie das nicht waren: Niemand hat sich damit angemeldet. Sie können diese Nachricht ignorieren und sich auf andere Weise anmelden oder ein neues Passwort wählen.
mail-advice-notice = Falls Sie das nicht waren, wenden Sie sich bitte an uns.
mail-advice-mistake = Falls Sie das für einen Irrtum halten, wenden Sie sich bitte an uns.
