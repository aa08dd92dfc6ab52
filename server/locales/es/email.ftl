mail-subject = { $brand }: { $title }
mail-footer = Este es un mensaje automático de { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Válido durante { $minutes } minuto.
   *[other] Válido durante { $minutes } minutos.
}
mail-valid-hours = { $hours ->
    [one] Válido durante { $hours } hora.
   *[other] Válido durante { $hours } horas.
}
mail-phrase = Compruebe que su aplicación o navegador muestra la misma frase de seguridad:
mail-fallback = Si el botón no funciona, abra esta dirección en su navegador:

mail-fact = { $label }: { $value }
mail-fact-device = Dispositivo
mail-fact-address = Dirección IP
mail-fact-country = País
mail-fact-time = Fecha y hora

mail-sign-in-title = Su código de acceso
mail-sign-in-text = Utilice este código para acceder a { $brand }.
mail-mfa-title = Su código de doble factor
mail-mfa-text = Utilice este código para la autenticación de doble factor en { $brand }.
mail-reset-phone-title = Su código para cambiar el número de teléfono
mail-reset-phone-text = Utilice este código para elegir otro número de teléfono para su cuenta de { $brand }.

mail-magic-link-title = Su enlace de acceso
mail-magic-link-text = Utilice este enlace para acceder a { $brand }.
mail-magic-link-button = Acceder
mail-verify-email-title = Confirme su correo electrónico
mail-verify-email-text = Utilice este enlace para confirmar su dirección de correo electrónico en { $brand }.
mail-verify-email-button = Confirmar dirección
mail-recovery-title = Elija una nueva contraseña
mail-recovery-text = Utilice este enlace para elegir una nueva contraseña para su cuenta de { $brand }.
mail-recovery-button = Elegir contraseña
mail-review-phone-title = Se ha configurado un número de teléfono
mail-review-phone-text = Ahora se puede acceder a su cuenta de { $brand } con un número de teléfono. ¿Lo ha configurado usted?
mail-review-phone-button = Responder
mail-unlock-title = Su contraseña está bloqueada
mail-unlock-text = Se han introducido demasiadas contraseñas incorrectas seguidas para su cuenta de { $brand }; por eso la contraseña no funciona por ahora. Utilice este enlace para desbloquearla.
mail-unlock-button = Desbloquear contraseña

mail-session-alert-title = Nuevo acceso a su cuenta
mail-session-alert-text = Se ha producido un nuevo acceso a su cuenta de { $brand }.
mail-email-changed-title = Se ha cambiado su correo electrónico
mail-email-changed-text = Su cuenta de { $brand } utiliza ahora otra dirección de correo electrónico.
mail-phone-changed-title = Se ha cambiado su número de teléfono
mail-phone-changed-text = Se ha cambiado el número de teléfono de su cuenta de { $brand }.
mail-phone-removed-title = Se ha eliminado su número de teléfono
mail-phone-removed-text = Se ha eliminado el número de teléfono de su cuenta de { $brand }.
mail-phone-reported-title = Se ha eliminado el número que notificó
mail-phone-reported-text = Tal como notificó, se ha eliminado el número de teléfono de su cuenta de { $brand } y se ha cerrado la sesión en todos los dispositivos. Elija una contraseña nueva.
mail-password-changed-title = Se ha cambiado su contraseña
mail-password-changed-text = Se ha cambiado la contraseña de su cuenta de { $brand }.
mail-authenticator-added-title = Aplicación de autenticación añadida
mail-authenticator-added-text = Se ha añadido una aplicación de autenticación a su cuenta de { $brand }.
mail-authenticator-removed-title = Aplicación de autenticación eliminada
mail-authenticator-removed-text = Se ha eliminado una aplicación de autenticación de su cuenta de { $brand }.
mail-mfa-phone-added-title = Número de teléfono para la autenticación de doble factor añadido
mail-mfa-phone-added-text = Se ha añadido un número de teléfono para la autenticación de doble factor a su cuenta de { $brand }.
mail-mfa-phone-removed-title = Número de teléfono para la autenticación de doble factor eliminado
mail-mfa-phone-removed-text = Se ha eliminado de su cuenta de { $brand } un número de teléfono para la autenticación de doble factor.
mail-recovery-codes-changed-title = Nuevos códigos de recuperación
mail-recovery-codes-changed-text = Se han creado nuevos códigos de recuperación para su cuenta de { $brand }; los anteriores ya no funcionan.
mail-mfa-on-title = Autenticación de doble factor activada
mail-mfa-on-text = Se ha activado la autenticación de doble factor en su cuenta de { $brand }.
mail-mfa-off-title = Autenticación de doble factor desactivada
mail-mfa-off-text = Se ha desactivado la autenticación de doble factor en su cuenta de { $brand }.
mail-claim-removed-title = Dato de contacto sin confirmar eliminado
mail-claim-removed-text = Se ha eliminado de su cuenta de { $brand } un número de teléfono o una dirección de correo electrónico sin confirmar, porque su titular lo ha confirmado en otro lugar.
mail-password-locked-title = Su contraseña está bloqueada
mail-password-locked-text = Se han introducido demasiadas contraseñas incorrectas seguidas para su cuenta de { $brand }; por eso la contraseña no funciona por ahora. Para desbloquearla, inicie sesión de otra forma o elija una contraseña nueva.

mail-advice-code = Si no ha solicitado este código, puede ignorar este mensaje. No comparta el código con nadie.
mail-advice-mfa = Si no ha solicitado este código, no lo comparta con nadie y póngase en contacto con nosotros.
mail-advice-link = Si no ha solicitado este enlace, puede ignorar este mensaje.
mail-advice-recovery = Si no ha solicitado este enlace, puede ignorar este mensaje; su contraseña no cambiará.
mail-advice-review = Si no ha sido usted, indíquelo en la página del enlace: se eliminará el número y se cerrará la sesión en todos los dispositivos.
mail-advice-unlock = Si no ha sido usted, nadie ha entrado: puede ignorar este mensaje e iniciar sesión de otra forma o elegir una contraseña nueva.
mail-advice-notice = Si no ha sido usted, póngase en contacto con nosotros.
mail-advice-mistake = Si cree que se trata de un error, póngase en contacto con nosotros.
