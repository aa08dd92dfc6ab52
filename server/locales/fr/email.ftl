# The spaces before colons and semicolons do not break (U+00A0).

mail-subject = { $brand } : { $title }
mail-footer = Ceci est un message automatique de { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Valable { $minutes } minute.
   *[other] Valable { $minutes } minutes.
}
mail-valid-hours = { $hours ->
    [one] Valable { $hours } heure.
   *[other] Valable { $hours } heures.
}
mail-phrase = Veuillez vérifier que votre application ou votre navigateur affiche la même phrase de sécurité :
mail-fallback = Si le bouton ne fonctionne pas, ouvrez cette adresse dans votre navigateur :

mail-fact = { $label } : { $value }
mail-fact-device = Appareil
mail-fact-address = Adresse IP
mail-fact-country = Pays
mail-fact-time = Date et heure

mail-sign-in-title = Votre code de connexion
mail-sign-in-text = Utilisez ce code pour vous connecter à { $brand }.
mail-mfa-title = Votre code de validation en deux étapes
mail-mfa-text = Utilisez ce code pour la validation en deux étapes chez { $brand }.
mail-reset-phone-title = Votre code pour changer de numéro
mail-reset-phone-text = Utilisez ce code pour choisir un autre numéro de téléphone pour votre compte { $brand }.

mail-magic-link-title = Votre lien de connexion
mail-magic-link-text = Utilisez ce lien pour vous connecter à { $brand }.
mail-magic-link-button = Se connecter
mail-verify-email-title = Confirmez votre adresse e-mail
mail-verify-email-text = Utilisez ce lien pour confirmer votre adresse e-mail pour { $brand }.
mail-verify-email-button = Confirmer l’adresse
mail-recovery-title = Choisissez un nouveau mot de passe
mail-recovery-text = Utilisez ce lien pour choisir un nouveau mot de passe pour votre compte { $brand }.
mail-recovery-button = Choisir un mot de passe
mail-review-phone-title = Un numéro de téléphone a été configuré
mail-review-phone-text = Un numéro de téléphone permet désormais de se connecter à votre compte { $brand }. Est-ce vous qui l’avez configuré ?
mail-review-phone-button = Répondre
mail-unlock-title = Votre mot de passe est verrouillé
mail-unlock-text = Trop de mots de passe erronés ont été saisis à la suite pour votre compte { $brand } ; le mot de passe ne fonctionne donc plus pour le moment. Utilisez ce lien pour le déverrouiller.
mail-unlock-button = Déverrouiller le mot de passe

mail-session-alert-title = Nouvelle connexion à votre compte
mail-session-alert-text = Une nouvelle connexion à votre compte { $brand } a eu lieu.
mail-email-changed-title = Votre adresse e-mail a été modifiée
mail-email-changed-text = Votre compte { $brand } utilise désormais une autre adresse e-mail.
mail-phone-changed-title = Votre numéro de téléphone a été modifié
mail-phone-changed-text = Le numéro de téléphone de votre compte { $brand } a été modifié.
mail-phone-removed-title = Votre numéro de téléphone a été supprimé
mail-phone-removed-text = Le numéro de téléphone de votre compte { $brand } a été supprimé.
mail-phone-reported-title = Le numéro signalé a été supprimé
mail-phone-reported-text = Comme vous l’avez signalé, le numéro de téléphone a été supprimé de votre compte { $brand } et tous les appareils ont été déconnectés. Veuillez choisir un nouveau mot de passe.
mail-password-changed-title = Votre mot de passe a été modifié
mail-password-changed-text = Le mot de passe de votre compte { $brand } a été modifié.
mail-authenticator-added-title = Application d’authentification ajoutée
mail-authenticator-added-text = Une application d’authentification a été ajoutée à votre compte { $brand }.
mail-authenticator-removed-title = Application d’authentification supprimée
mail-authenticator-removed-text = Une application d’authentification a été supprimée de votre compte { $brand }.
mail-mfa-phone-added-title = Numéro de téléphone ajouté pour la validation en deux étapes
mail-mfa-phone-added-text = Un numéro de téléphone pour la validation en deux étapes a été ajouté à votre compte { $brand }.
mail-mfa-phone-removed-title = Numéro de téléphone retiré de la validation en deux étapes
mail-mfa-phone-removed-text = Un numéro de téléphone pour la validation en deux étapes a été retiré de votre compte { $brand }.
mail-recovery-codes-changed-title = Nouveaux codes de récupération
mail-recovery-codes-changed-text = De nouveaux codes de récupération ont été créés pour votre compte { $brand } ; les anciens ne fonctionnent plus.
mail-mfa-on-title = Validation en deux étapes activée
mail-mfa-on-text = La validation en deux étapes a été activée pour votre compte { $brand }.
mail-mfa-off-title = Validation en deux étapes désactivée
mail-mfa-off-text = La validation en deux étapes a été désactivée pour votre compte { $brand }.
mail-claim-removed-title = Coordonnée non confirmée supprimée
mail-claim-removed-text = Un numéro de téléphone ou une adresse e-mail non confirmés ont été supprimés de votre compte { $brand }, car leur titulaire les a confirmés ailleurs.
mail-password-locked-title = Votre mot de passe est verrouillé
mail-password-locked-text = Trop de mots de passe erronés ont été saisis à la suite pour votre compte { $brand } ; le mot de passe ne fonctionne donc plus pour le moment. Pour le déverrouiller, connectez-vous d’une autre manière ou choisissez un nouveau mot de passe.

mail-advice-code = Si vous n’avez pas demandé ce code, vous pouvez ignorer ce message. Ne communiquez ce code à personne.
mail-advice-mfa = Si vous n’avez pas demandé ce code, ne le communiquez à personne et contactez-nous.
mail-advice-link = Si vous n’avez pas demandé ce lien, vous pouvez ignorer ce message.
mail-advice-recovery = Si vous n’avez pas demandé ce lien, vous pouvez ignorer ce message ; votre mot de passe reste inchangé.
mail-advice-review = Si ce n’était pas vous, veuillez l’indiquer sur la page du lien : le numéro sera supprimé et tous les appareils seront déconnectés.
mail-advice-unlock = Si ce n’était pas vous, personne n’est entré : vous pouvez ignorer ce message, et vous connecter d’une autre manière ou choisir un nouveau mot de passe.
mail-advice-notice = Si ce n’était pas vous, veuillez nous contacter.
mail-advice-mistake = Si vous pensez qu’il s’agit d’une erreur, veuillez nous contacter.
