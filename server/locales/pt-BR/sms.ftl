sms-sign-in = { $brand }: { $code } é seu código de acesso. Não compartilhe.
sms-verify-phone = { $brand }: código para validar número { $code }. Não compartilhe.
sms-change-phone = { $brand }: código para trocar número { $code }. Não compartilhe.
sms-remove-phone = { $brand }: código para remover número { $code }. Não compartilhe.
sms-mfa = { $brand }: código de dois fatores { $code }. Não compartilhe.
sms-recovery = { $brand }: código de recuperação { $code }. Não compartilhe.

sms-sign-in-short = { $brand }: código acesso { $code }
sms-verify-phone-short = { $brand }: validar número { $code }
sms-change-phone-short = { $brand }: trocar número { $code }
sms-remove-phone-short = { $brand }: remover número { $code }
sms-mfa-short = { $brand }: dois fatores { $code }
sms-recovery-short = { $brand }: recuperação { $code }

sms-notice-phone = { $brand }: telefone da conta alterado. Não foi você? Fale conosco.
sms-notice-security = { $brand }: segurança da conta alterada. Não foi você? Fale conosco.
