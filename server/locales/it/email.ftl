mail-subject = { $brand }: { $title }
mail-footer = Questo è un messaggio automatico di { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Valido per { $minutes } minuto.
   *[other] Valido per { $minutes } minuti.
}
mail-valid-hours = { $hours ->
    [one] Valido per { $hours } ora.
   *[other] Valido per { $hours } ore.
}
mail-phrase = Verifichi che la Sua app o il Suo browser mostri la stessa frase di sicurezza:
mail-fallback = Se il pulsante non funziona, apra questo indirizzo nel Suo browser:

mail-fact = { $label }: { $value }
mail-fact-device = Dispositivo
mail-fact-address = Indirizzo IP
mail-fact-country = Paese
mail-fact-time = Data e ora

mail-sign-in-title = Il Suo codice di accesso
mail-sign-in-text = Utilizzi questo codice per accedere a { $brand }.
mail-mfa-title = Il Suo codice per la verifica in due passaggi
mail-mfa-text = Utilizzi questo codice per la verifica in due passaggi di { $brand }.
mail-reset-phone-title = Il Suo codice per cambiare numero di telefono
mail-reset-phone-text = Usi questo codice per scegliere un altro numero di telefono per il Suo account { $brand }.

mail-magic-link-title = Il Suo link di accesso
mail-magic-link-text = Utilizzi questo link per accedere a { $brand }.
mail-magic-link-button = Accedi
mail-verify-email-title = Confermi il Suo indirizzo e-mail
mail-verify-email-text = Utilizzi questo link per confermare il Suo indirizzo e-mail per { $brand }.
mail-verify-email-button = Conferma indirizzo
mail-recovery-title = Scelga una nuova password
mail-recovery-text = Utilizzi questo link per scegliere una nuova password per il Suo account { $brand }.
mail-recovery-button = Scegli password
mail-review-phone-title = È stato configurato un numero di telefono
mail-review-phone-text = Ora è possibile accedere al Suo account { $brand } con un numero di telefono. È stato Lei a configurarlo?
mail-review-phone-button = Rispondi
mail-unlock-title = La Sua password è bloccata
mail-unlock-text = Per il Suo account { $brand } sono state inserite troppe password errate di seguito; per ora la password non funziona. Utilizzi questo link per sbloccarla.
mail-unlock-button = Sblocca password

mail-session-alert-title = Nuovo accesso al Suo account
mail-session-alert-text = È stato effettuato un nuovo accesso al Suo account { $brand }.
mail-email-changed-title = Il Suo indirizzo e-mail è stato modificato
mail-email-changed-text = Il Suo account { $brand } utilizza ora un altro indirizzo e-mail.
mail-phone-changed-title = Il Suo numero di telefono è stato modificato
mail-phone-changed-text = Il numero di telefono del Suo account { $brand } è stato modificato.
mail-phone-removed-title = Il Suo numero di telefono è stato rimosso
mail-phone-removed-text = Il numero di telefono del Suo account { $brand } è stato rimosso.
mail-phone-reported-title = Il numero segnalato è stato rimosso
mail-phone-reported-text = Come da Sua segnalazione, il numero di telefono è stato rimosso dal Suo account { $brand } e tutti i dispositivi sono stati disconnessi. La preghiamo di scegliere una nuova password.
mail-password-changed-title = La Sua password è stata modificata
mail-password-changed-text = La password del Suo account { $brand } è stata modificata.
mail-authenticator-added-title = App di autenticazione aggiunta
mail-authenticator-added-text = Al Suo account { $brand } è stata aggiunta un’app di autenticazione.
mail-authenticator-removed-title = App di autenticazione rimossa
mail-authenticator-removed-text = Dal Suo account { $brand } è stata rimossa un’app di autenticazione.
mail-mfa-phone-added-title = Numero di telefono per la verifica in due passaggi aggiunto
mail-mfa-phone-added-text = Al Suo account { $brand } è stato aggiunto un numero di telefono per la verifica in due passaggi.
mail-mfa-phone-removed-title = Numero di telefono per la verifica in due passaggi rimosso
mail-mfa-phone-removed-text = Dal Suo account { $brand } è stato rimosso un numero di telefono per la verifica in due passaggi.
mail-recovery-codes-changed-title = Nuovi codici di recupero
mail-recovery-codes-changed-text = Sono stati creati nuovi codici di recupero per il Suo account { $brand }; quelli precedenti non sono più validi.
mail-mfa-on-title = Verifica in due passaggi attivata
mail-mfa-on-text = La verifica in due passaggi è stata attivata per il Suo account { $brand }.
mail-mfa-off-title = Verifica in due passaggi disattivata
mail-mfa-off-text = La verifica in due passaggi è stata disattivata per il Suo account { $brand }.
mail-claim-removed-title = Recapito non confermato rimosso
mail-claim-removed-text = Un numero di telefono o un indirizzo e-mail non confermato è stato rimosso dal Suo account { $brand }, perché il titolare lo ha confermato altrove.
mail-password-locked-title = La Sua password è bloccata
mail-password-locked-text = Per il Suo account { $brand } sono state inserite troppe password errate di seguito; per ora la password non funziona. Per sbloccarla, acceda in un altro modo o scelga una nuova password.

mail-advice-code = Se non ha richiesto questo codice, può ignorare questo messaggio. Non comunichi il codice a nessuno.
mail-advice-mfa = Se non ha richiesto questo codice, non lo comunichi a nessuno e ci contatti.
mail-advice-link = Se non ha richiesto questo link, può ignorare questo messaggio.
mail-advice-recovery = Se non ha richiesto questo link, può ignorare questo messaggio; la Sua password resta invariata.
mail-advice-review = Se non è stato Lei, lo indichi nella pagina del link: il numero verrà rimosso e tutti i dispositivi verranno disconnessi.
mail-advice-unlock = Se non è stato Lei, nessuno è entrato: può ignorare questo messaggio e accedere in un altro modo o scegliere una nuova password.
mail-advice-notice = Se non è stato Lei, La preghiamo di contattarci.
mail-advice-mistake = Se ritiene che si tratti di un errore, La preghiamo di contattarci.
