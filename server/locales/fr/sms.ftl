# Without ê, ô and ç the texts stay in the GSM alphabet.

sms-sign-in = { $brand } : votre code de connexion est { $code }. Ne le communiquez à personne.
sms-verify-phone = { $brand } : votre code pour confirmer ce numéro de téléphone est { $code }. Ne le communiquez à personne.
sms-change-phone = { $brand } : votre code pour changer de numéro de téléphone est { $code }. Ne le communiquez à personne.
sms-remove-phone = { $brand } : votre code pour retirer ce numéro de votre compte est { $code }. Ne le communiquez à personne.
sms-mfa = { $brand } : votre code de validation en deux étapes est { $code }. Ne le communiquez à personne.
sms-recovery = { $brand } : votre code de récupération de compte est { $code }. Ne le communiquez à personne.

sms-sign-in-short = { $brand } : connexion { $code }
sms-verify-phone-short = { $brand } : vérif. numéro { $code }
sms-change-phone-short = { $brand } : modif. numéro { $code }
sms-remove-phone-short = { $brand } : suppr. numéro { $code }
sms-mfa-short = { $brand } : 2e étape { $code }
sms-recovery-short = { $brand } : récupération { $code }

sms-notice-phone = { $brand } : le numéro de téléphone de votre compte a été modifié. Si ce n'était pas vous, contactez-nous.
sms-notice-security = { $brand } : les réglages de sécurité de votre compte ont été modifiés. Si ce n'était pas vous, contactez-nous.
