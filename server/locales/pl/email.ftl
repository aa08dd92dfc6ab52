mail-subject = { $brand }: { $title }
mail-footer = To jest automatyczna wiadomość z serwisu { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Ważność: { $minutes } minuta.
    [few] Ważność: { $minutes } minuty.
    [many] Ważność: { $minutes } minut.
   *[other] Ważność: { $minutes } minuty.
}
mail-valid-hours = { $hours ->
    [one] Ważność: { $hours } godzina.
    [few] Ważność: { $hours } godziny.
    [many] Ważność: { $hours } godzin.
   *[other] Ważność: { $hours } godziny.
}
mail-phrase = Prosimy sprawdzić, czy w aplikacji lub przeglądarce widać tę samą frazę bezpieczeństwa:
mail-fallback = Jeśli przycisk nie działa, prosimy otworzyć ten adres w przeglądarce:

mail-fact = { $label }: { $value }
mail-fact-device = Urządzenie
mail-fact-address = Adres IP
mail-fact-country = Kraj
mail-fact-time = Czas

mail-sign-in-title = Kod logowania
mail-sign-in-text = Ten kod służy do zalogowania się w serwisie { $brand }.
mail-mfa-title = Kod weryfikacji dwuetapowej
mail-mfa-text = Ten kod służy do weryfikacji dwuetapowej w serwisie { $brand }.
mail-reset-phone-title = Kod do zmiany numeru telefonu
mail-reset-phone-text = Ten kod pozwala wybrać inny numer telefonu dla Państwa konta w serwisie { $brand }.

mail-magic-link-title = Link do logowania
mail-magic-link-text = Ten link służy do zalogowania się w serwisie { $brand }.
mail-magic-link-button = Zaloguj się
mail-verify-email-title = Potwierdzenie adresu e-mail
mail-verify-email-text = Ten link służy do potwierdzenia Państwa adresu e-mail w serwisie { $brand }.
mail-verify-email-button = Potwierdź adres
mail-recovery-title = Ustawienie nowego hasła
mail-recovery-text = Ten link służy do ustawienia nowego hasła do Państwa konta w serwisie { $brand }.
mail-recovery-button = Ustaw hasło
mail-review-phone-title = Ustawiono numer telefonu
mail-review-phone-text = Na Państwa konto w serwisie { $brand } można się teraz zalogować numerem telefonu. Czy to Państwo go ustawili?
mail-review-phone-button = Odpowiedz
mail-unlock-title = Hasło jest zablokowane
mail-unlock-text = Do Państwa konta w serwisie { $brand } zbyt wiele razy z rzędu podano błędne hasło, dlatego hasło na razie nie działa. Ten link służy do jego odblokowania.
mail-unlock-button = Odblokuj hasło

mail-session-alert-title = Nowe logowanie na konto
mail-session-alert-text = Nastąpiło nowe logowanie na Państwa konto w serwisie { $brand }.
mail-email-changed-title = Zmieniono adres e-mail
mail-email-changed-text = Do Państwa konta w serwisie { $brand } przypisano inny adres e-mail.
mail-phone-changed-title = Zmieniono numer telefonu
mail-phone-changed-text = Zmieniono numer telefonu Państwa konta w serwisie { $brand }.
mail-phone-removed-title = Usunięto numer telefonu
mail-phone-removed-text = Usunięto numer telefonu Państwa konta w serwisie { $brand }.
mail-phone-reported-title = Usunięto zgłoszony numer telefonu
mail-phone-reported-text = Zgodnie ze zgłoszeniem usunięto numer telefonu z Państwa konta w serwisie { $brand } i wylogowano wszystkie urządzenia. Prosimy wybrać nowe hasło.
mail-password-changed-title = Zmieniono hasło
mail-password-changed-text = Zmieniono hasło do Państwa konta w serwisie { $brand }.
mail-authenticator-added-title = Dodano aplikację uwierzytelniającą
mail-authenticator-added-text = Do Państwa konta w serwisie { $brand } dodano aplikację uwierzytelniającą.
mail-authenticator-removed-title = Usunięto aplikację uwierzytelniającą
mail-authenticator-removed-text = Z Państwa konta w serwisie { $brand } usunięto aplikację uwierzytelniającą.
mail-mfa-phone-added-title = Dodano numer telefonu do weryfikacji dwuetapowej
mail-mfa-phone-added-text = Do Twojego konta { $brand } dodano numer telefonu do weryfikacji dwuetapowej.
mail-mfa-phone-removed-title = Usunięto numer telefonu do weryfikacji dwuetapowej
mail-mfa-phone-removed-text = Z Twojego konta { $brand } usunięto numer telefonu do weryfikacji dwuetapowej.
mail-recovery-codes-changed-title = Nowe kody odzyskiwania
mail-recovery-codes-changed-text = Dla Państwa konta w serwisie { $brand } utworzono nowe kody odzyskiwania; poprzednie już nie działają.
mail-mfa-on-title = Włączono weryfikację dwuetapową
mail-mfa-on-text = Włączono weryfikację dwuetapową dla Państwa konta w serwisie { $brand }.
mail-mfa-off-title = Wyłączono weryfikację dwuetapową
mail-mfa-off-text = Wyłączono weryfikację dwuetapową dla Państwa konta w serwisie { $brand }.
mail-claim-removed-title = Usunięto niepotwierdzone dane kontaktowe
mail-claim-removed-text = Z Państwa konta w serwisie { $brand } usunięto niepotwierdzony numer telefonu lub adres e-mail, ponieważ jego właściciel potwierdził go gdzie indziej.
mail-password-locked-title = Hasło jest zablokowane
mail-password-locked-text = Do Państwa konta w serwisie { $brand } zbyt wiele razy z rzędu podano błędne hasło, dlatego hasło na razie nie działa. Aby je odblokować, prosimy zalogować się w inny sposób lub ustawić nowe hasło.

mail-advice-code = Jeśli nie prosili Państwo o ten kod, można zignorować tę wiadomość. Prosimy nikomu nie podawać kodu.
mail-advice-mfa = Jeśli nie prosili Państwo o ten kod, prosimy nikomu go nie podawać i skontaktować się z nami.
mail-advice-link = Jeśli nie prosili Państwo o ten link, można zignorować tę wiadomość.
mail-advice-recovery = Jeśli nie prosili Państwo o ten link, można zignorować tę wiadomość; hasło pozostanie bez zmian.
mail-advice-review = Jeśli to nie Państwo, prosimy zgłosić to na stronie z linku: numer zostanie usunięty, a wszystkie urządzenia wylogowane.
mail-advice-unlock = Jeśli to nie Państwo, nikt się nie zalogował: można zignorować tę wiadomość i zalogować się w inny sposób lub ustawić nowe hasło.
mail-advice-notice = Jeśli to nie Państwo, prosimy o kontakt z nami.
mail-advice-mistake = Jeśli uważają Państwo, że to pomyłka, prosimy o kontakt z nami.
