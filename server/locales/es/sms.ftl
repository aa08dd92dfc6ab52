sms-sign-in = { $brand }: { $code } es tu código de acceso. No lo compartas.
sms-verify-phone = { $brand }: { $code } es tu código para confirmar este número.
sms-change-phone = { $brand }: código de cambio de número { $code }. No lo compartas.
sms-remove-phone = { $brand }: código de baja del número { $code }. No lo compartas.
sms-mfa = { $brand }: código de doble factor { $code }. No lo compartas.
sms-recovery = { $brand }: código de recuperación { $code }. No lo compartas.

sms-sign-in-short = { $brand }: código acceso { $code }
sms-verify-phone-short = { $brand }: validar número { $code }
sms-change-phone-short = { $brand }: cambiar número { $code }
sms-remove-phone-short = { $brand }: quitar número { $code }
sms-mfa-short = { $brand }: doble factor { $code }
sms-recovery-short = { $brand }: recuperación { $code }

sms-notice-phone = { $brand }: el teléfono de su cuenta ha cambiado. Si no ha sido usted, contacte con nosotros.
sms-notice-security = { $brand }: los ajustes de seguridad de su cuenta han cambiado. Si no ha sido usted, contacte con nosotros.
