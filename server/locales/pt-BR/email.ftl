mail-subject = { $brand }: { $title }
mail-footer = Esta é uma mensagem automática de { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Válido por { $minutes } minuto.
   *[other] Válido por { $minutes } minutos.
}
mail-valid-hours = { $hours ->
    [one] Válido por { $hours } hora.
   *[other] Válido por { $hours } horas.
}
mail-phrase = Verifique se o seu aplicativo ou navegador mostra a mesma frase de segurança:
mail-fallback = Se o botão não funcionar, abra este endereço no seu navegador:

mail-fact = { $label }: { $value }
mail-fact-device = Dispositivo
mail-fact-address = Endereço IP
mail-fact-country = País
mail-fact-time = Data e hora

mail-sign-in-title = Seu código de acesso
mail-sign-in-text = Use este código para acessar { $brand }.
mail-mfa-title = Seu código de dois fatores
mail-mfa-text = Use este código para a autenticação de dois fatores em { $brand }.
mail-reset-phone-title = Seu código para mudar o número de telefone
mail-reset-phone-text = Use este código para escolher outro número de telefone para a sua conta { $brand }.

mail-magic-link-title = Seu link de acesso
mail-magic-link-text = Use este link para acessar { $brand }.
mail-magic-link-button = Entrar
mail-verify-email-title = Confirme seu endereço de e-mail
mail-verify-email-text = Use este link para confirmar seu endereço de e-mail em { $brand }.
mail-verify-email-button = Confirmar endereço
mail-recovery-title = Escolha uma nova senha
mail-recovery-text = Use este link para escolher uma nova senha para a sua conta { $brand }.
mail-recovery-button = Escolher senha
mail-review-phone-title = Um número de telefone foi configurado
mail-review-phone-text = Agora é possível entrar na sua conta { $brand } com um número de telefone. Foi você quem o configurou?
mail-review-phone-button = Responder
mail-unlock-title = Sua senha está bloqueada
mail-unlock-text = Muitas senhas incorretas foram digitadas seguidamente para a sua conta { $brand }; por isso, a senha não funciona por enquanto. Use este link para desbloqueá-la.
mail-unlock-button = Desbloquear senha

mail-session-alert-title = Novo acesso à sua conta
mail-session-alert-text = Houve um novo acesso à sua conta { $brand }.
mail-email-changed-title = Seu endereço de e-mail foi alterado
mail-email-changed-text = Sua conta { $brand } agora usa outro endereço de e-mail.
mail-phone-changed-title = Seu número de telefone foi alterado
mail-phone-changed-text = O número de telefone da sua conta { $brand } foi alterado.
mail-phone-removed-title = Seu número de telefone foi removido
mail-phone-removed-text = O número de telefone da sua conta { $brand } foi removido.
mail-phone-reported-title = O número que você denunciou foi removido
mail-phone-reported-text = Conforme você informou, o número de telefone foi removido da sua conta { $brand } e todos os dispositivos foram desconectados. Escolha uma nova senha.
mail-password-changed-title = Sua senha foi alterada
mail-password-changed-text = A senha da sua conta { $brand } foi alterada.
mail-authenticator-added-title = Aplicativo autenticador adicionado
mail-authenticator-added-text = Um aplicativo autenticador foi adicionado à sua conta { $brand }.
mail-authenticator-removed-title = Aplicativo autenticador removido
mail-authenticator-removed-text = Um aplicativo autenticador foi removido da sua conta { $brand }.
mail-mfa-phone-added-title = Número de telefone para a autenticação de dois fatores adicionado
mail-mfa-phone-added-text = Um número de telefone para a autenticação de dois fatores foi adicionado à sua conta { $brand }.
mail-mfa-phone-removed-title = Número de telefone para a autenticação de dois fatores removido
mail-mfa-phone-removed-text = Um número de telefone para a autenticação de dois fatores foi removido da sua conta { $brand }.
mail-recovery-codes-changed-title = Novos códigos de recuperação
mail-recovery-codes-changed-text = Novos códigos de recuperação foram criados para a sua conta { $brand }; os anteriores não funcionam mais.
mail-mfa-on-title = Autenticação de dois fatores ativada
mail-mfa-on-text = A autenticação de dois fatores foi ativada na sua conta { $brand }.
mail-mfa-off-title = Autenticação de dois fatores desativada
mail-mfa-off-text = A autenticação de dois fatores foi desativada na sua conta { $brand }.
mail-claim-removed-title = Contato não confirmado removido
mail-claim-removed-text = Um número de telefone ou endereço de e-mail não confirmado foi removido da sua conta { $brand }, porque o titular o confirmou em outro lugar.
mail-password-locked-title = Sua senha está bloqueada
mail-password-locked-text = Muitas senhas incorretas foram digitadas seguidamente para a sua conta { $brand }; por isso, a senha não funciona por enquanto. Para desbloqueá-la, entre de outra forma ou escolha uma nova senha.

mail-advice-code = Se você não solicitou este código, pode ignorar esta mensagem. Não compartilhe o código com ninguém.
mail-advice-mfa = Se você não solicitou este código, não o compartilhe com ninguém e entre em contato conosco.
mail-advice-link = Se você não solicitou este link, pode ignorar esta mensagem.
mail-advice-recovery = Se você não solicitou este link, pode ignorar esta mensagem; sua senha continua a mesma.
mail-advice-review = Se não foi você, informe na página do link: o número será removido e todos os dispositivos serão desconectados.
mail-advice-unlock = Se não foi você, ninguém entrou: você pode ignorar esta mensagem e entrar de outra forma ou escolher uma nova senha.
mail-advice-notice = Se não foi você, entre em contato conosco.
mail-advice-mistake = Se você acha que isso é um engano, entre em contato conosco.
