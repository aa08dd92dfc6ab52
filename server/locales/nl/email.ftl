mail-subject = { $brand }: { $title }
mail-footer = Dit is een automatisch bericht van { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Geldig gedurende { $minutes } minuut.
   *[other] Geldig gedurende { $minutes } minuten.
}
mail-valid-hours = Geldig gedurende { $hours } uur.
mail-phrase = Controleer of uw app of browser dezelfde beveiligingszin toont:
mail-fallback = Werkt de knop niet? Open dan dit adres in uw browser:

mail-fact = { $label }: { $value }
mail-fact-device = Apparaat
mail-fact-address = IP-adres
mail-fact-country = Land
mail-fact-time = Tijdstip

mail-sign-in-title = Uw inlogcode
mail-sign-in-text = Gebruik deze code om in te loggen bij { $brand }.
mail-mfa-title = Uw code voor verificatie in twee stappen
mail-mfa-text = Gebruik deze code voor verificatie in twee stappen bij { $brand }.
mail-reset-phone-title = Uw code om uw telefoonnummer te wijzigen
mail-reset-phone-text = Gebruik deze code om een ander telefoonnummer te kiezen voor uw account bij { $brand }.

mail-magic-link-title = Uw inloglink
mail-magic-link-text = Gebruik deze link om in te loggen bij { $brand }.
mail-magic-link-button = Inloggen
mail-verify-email-title = Bevestig uw e-mailadres
mail-verify-email-text = Gebruik deze link om uw e-mailadres voor { $brand } te bevestigen.
mail-verify-email-button = Adres bevestigen
mail-recovery-title = Kies een nieuw wachtwoord
mail-recovery-text = Gebruik deze link om een nieuw wachtwoord te kiezen voor uw account bij { $brand }.
mail-recovery-button = Wachtwoord kiezen
mail-review-phone-title = Er is een telefoonnummer ingesteld
mail-review-phone-text = Met een telefoonnummer kan nu worden ingelogd op uw account bij { $brand }. Hebt u dit ingesteld?
mail-review-phone-button = Antwoorden
mail-unlock-title = Uw wachtwoord is vergrendeld
mail-unlock-text = Voor uw account bij { $brand } zijn te veel verkeerde wachtwoorden achter elkaar ingevoerd; daarom werkt het wachtwoord voorlopig niet. Gebruik deze link om het te ontgrendelen.
mail-unlock-button = Wachtwoord ontgrendelen

mail-session-alert-title = Nieuwe aanmelding bij uw account
mail-session-alert-text = Er is opnieuw ingelogd op uw account bij { $brand }.
mail-email-changed-title = Uw e-mailadres is gewijzigd
mail-email-changed-text = Uw account bij { $brand } gebruikt nu een ander e-mailadres.
mail-phone-changed-title = Uw telefoonnummer is gewijzigd
mail-phone-changed-text = Het telefoonnummer van uw account bij { $brand } is gewijzigd.
mail-phone-removed-title = Uw telefoonnummer is verwijderd
mail-phone-removed-text = Het telefoonnummer van uw account bij { $brand } is verwijderd.
mail-phone-reported-title = Het gemelde telefoonnummer is verwijderd
mail-phone-reported-text = Zoals u hebt gemeld, is het telefoonnummer van uw account bij { $brand } verwijderd en zijn alle apparaten uitgelogd. Kies een nieuw wachtwoord.
mail-password-changed-title = Uw wachtwoord is gewijzigd
mail-password-changed-text = Het wachtwoord van uw account bij { $brand } is gewijzigd.
mail-authenticator-added-title = Authenticator-app toegevoegd
mail-authenticator-added-text = Er is een authenticator-app toegevoegd aan uw account bij { $brand }.
mail-authenticator-removed-title = Authenticator-app verwijderd
mail-authenticator-removed-text = Er is een authenticator-app verwijderd van uw account bij { $brand }.
mail-mfa-phone-added-title = Telefoonnummer voor verificatie in twee stappen toegevoegd
mail-mfa-phone-added-text = Aan uw { $brand }-account is een telefoonnummer voor verificatie in twee stappen toegevoegd.
mail-mfa-phone-removed-title = Telefoonnummer voor verificatie in twee stappen verwijderd
mail-mfa-phone-removed-text = Van uw { $brand }-account is een telefoonnummer voor verificatie in twee stappen verwijderd.
mail-recovery-codes-changed-title = Nieuwe herstelcodes
mail-recovery-codes-changed-text = Er zijn nieuwe herstelcodes gemaakt voor uw account bij { $brand }; de oude werken niet meer.
mail-mfa-on-title = Verificatie in twee stappen ingeschakeld
mail-mfa-on-text = Verificatie in twee stappen is ingeschakeld voor uw account bij { $brand }.
mail-mfa-off-title = Verificatie in twee stappen uitgeschakeld
mail-mfa-off-text = Verificatie in twee stappen is uitgeschakeld voor uw account bij { $brand }.
mail-claim-removed-title = Onbevestigd contactgegeven verwijderd
mail-claim-removed-text = Een onbevestigd telefoonnummer of e-mailadres is verwijderd van uw account bij { $brand }, omdat de eigenaar het elders heeft bevestigd.
mail-password-locked-title = Uw wachtwoord is vergrendeld
mail-password-locked-text = Voor uw account bij { $brand } zijn te veel verkeerde wachtwoorden achter elkaar ingevoerd; daarom werkt het wachtwoord voorlopig niet. Log op een andere manier in of kies een nieuw wachtwoord om het te ontgrendelen.

mail-advice-code = Hebt u deze code niet aangevraagd? Dan kunt u dit bericht negeren. Deel de code met niemand.
mail-advice-mfa = Hebt u deze code niet aangevraagd? Deel hem dan met niemand en neem contact met ons op.
mail-advice-link = Hebt u deze link niet aangevraagd? Dan kunt u dit bericht negeren.
mail-advice-recovery = Hebt u deze link niet aangevraagd? Dan kunt u dit bericht negeren; uw wachtwoord blijft ongewijzigd.
mail-advice-review = Was u dit niet? Meld het op de pagina achter de link: dan wordt het nummer verwijderd en worden alle apparaten uitgelogd.
mail-advice-unlock = Was u dit niet? Er is niemand binnengekomen: u kunt dit bericht negeren en op een andere manier inloggen of een nieuw wachtwoord kiezen.
mail-advice-notice = Was u dit niet? Neem dan contact met ons op.
mail-advice-mistake = Denkt u dat dit een vergissing is? Neem dan contact met ons op.
