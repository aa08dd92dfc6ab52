sms-sign-in = { $brand }: il codice di accesso è { $code }. Non comunicarlo a nessuno.
sms-verify-phone = { $brand }: il codice per confermare questo numero di telefono è { $code }. Non comunicarlo a nessuno.
sms-change-phone = { $brand }: il codice per cambiare numero di telefono è { $code }. Non comunicarlo a nessuno.
sms-remove-phone = { $brand }: il codice per rimuovere questo numero di telefono è { $code }. Non comunicarlo a nessuno.
sms-mfa = { $brand }: il codice per la verifica in due passaggi è { $code }. Non comunicarlo a nessuno.
sms-recovery = { $brand }: il codice per il recupero dell'account è { $code }. Non comunicarlo a nessuno.

sms-sign-in-short = { $brand }: codice accesso { $code }
sms-verify-phone-short = { $brand }: verifica num. { $code }
sms-change-phone-short = { $brand }: cambio numero { $code }
sms-remove-phone-short = { $brand }: rimuovi numero { $code }
sms-mfa-short = { $brand }: due passaggi { $code }
sms-recovery-short = { $brand }: recupero { $code }

sms-notice-phone = { $brand }: il numero di telefono del Suo account è stato modificato. Se non è stato Lei, ci contatti.
sms-notice-security = { $brand }: le impostazioni di sicurezza del Suo account sono state modificate. Se non è stato Lei, ci contatti.
