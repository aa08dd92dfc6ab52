mail-subject = { $brand }: { $title }
mail-footer = Это автоматическое сообщение от сервиса { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Срок действия — { $minutes } минута.
    [few] Срок действия — { $minutes } минуты.
    [many] Срок действия — { $minutes } минут.
   *[other] Срок действия — { $minutes } минуты.
}
mail-valid-hours = { $hours ->
    [one] Срок действия — { $hours } час.
    [few] Срок действия — { $hours } часа.
    [many] Срок действия — { $hours } часов.
   *[other] Срок действия — { $hours } часа.
}
mail-phrase = Пожалуйста, убедитесь, что в приложении или браузере показана та же защитная фраза:
mail-fallback = Если кнопка не работает, откройте этот адрес в браузере:

mail-fact = { $label }: { $value }
mail-fact-device = Устройство
mail-fact-address = IP-адрес
mail-fact-country = Страна
mail-fact-time = Время

mail-sign-in-title = Код для входа
mail-sign-in-text = Используйте этот код, чтобы войти в сервис { $brand }.
mail-mfa-title = Код двухэтапной аутентификации
mail-mfa-text = Используйте этот код для двухэтапной аутентификации в сервисе { $brand }.
mail-reset-phone-title = Код для смены номера телефона
mail-reset-phone-text = С этим кодом вы можете указать другой номер телефона для вашего аккаунта { $brand }.

mail-magic-link-title = Ссылка для входа
mail-magic-link-text = Используйте эту ссылку, чтобы войти в сервис { $brand }.
mail-magic-link-button = Войти
mail-verify-email-title = Подтвердите адрес электронной почты
mail-verify-email-text = Используйте эту ссылку, чтобы подтвердить свой адрес электронной почты для сервиса { $brand }.
mail-verify-email-button = Подтвердить адрес
mail-recovery-title = Выберите новый пароль
mail-recovery-text = Используйте эту ссылку, чтобы выбрать новый пароль для своего аккаунта { $brand }.
mail-recovery-button = Выбрать пароль
mail-review-phone-title = Настроен номер телефона
mail-review-phone-text = Теперь в ваш аккаунт { $brand } можно войти по номеру телефона. Это вы его настроили?
mail-review-phone-button = Ответить

mail-session-alert-title = Новый вход в ваш аккаунт
mail-session-alert-text = В ваш аккаунт { $brand } выполнен новый вход.
mail-email-changed-title = Адрес электронной почты изменён
mail-email-changed-text = К вашему аккаунту { $brand } теперь привязан другой адрес электронной почты.
mail-phone-changed-title = Номер телефона изменён
mail-phone-changed-text = Номер телефона вашего аккаунта { $brand } изменён.
mail-phone-removed-title = Номер телефона удалён
mail-phone-removed-text = Номер телефона вашего аккаунта { $brand } удалён.
mail-phone-reported-title = Номер, о котором вы сообщили, удалён
mail-phone-reported-text = По вашему сообщению номер телефона удалён из вашего аккаунта { $brand }, а на всех устройствах выполнен выход. Пожалуйста, выберите новый пароль.
mail-password-changed-title = Пароль изменён
mail-password-changed-text = Пароль вашего аккаунта { $brand } изменён.
mail-authenticator-added-title = Добавлено приложение для аутентификации
mail-authenticator-added-text = К вашему аккаунту { $brand } добавлено приложение для аутентификации.
mail-authenticator-removed-title = Удалено приложение для аутентификации
mail-authenticator-removed-text = Из вашего аккаунта { $brand } удалено приложение для аутентификации.
mail-mfa-phone-added-title = Добавлен номер телефона для двухэтапной аутентификации
mail-mfa-phone-added-text = К вашему аккаунту { $brand } добавлен номер телефона для двухэтапной аутентификации.
mail-mfa-phone-removed-title = Удалён номер телефона для двухэтапной аутентификации
mail-mfa-phone-removed-text = Из вашего аккаунта { $brand } удалён номер телефона для двухэтапной аутентификации.
mail-recovery-codes-changed-title = Новые коды восстановления
mail-recovery-codes-changed-text = Для вашего аккаунта { $brand } созданы новые коды восстановления; прежние больше не действуют.
mail-mfa-on-title = Двухэтапная аутентификация включена
mail-mfa-on-text = Для вашего аккаунта { $brand } включена двухэтапная аутентификация.
mail-mfa-off-title = Двухэтапная аутентификация отключена
mail-mfa-off-text = Для вашего аккаунта { $brand } отключена двухэтапная аутентификация.
mail-claim-removed-title = Удалены неподтверждённые контактные данные
mail-claim-removed-text = Из вашего аккаунта { $brand } удалён неподтверждённый номер телефона или адрес электронной почты: его владелец подтвердил его в другом месте.

mail-advice-code = Если вы не запрашивали этот код, просто не обращайте внимания на это сообщение. Пожалуйста, никому не сообщайте код.
mail-advice-mfa = Если вы не запрашивали этот код, никому его не сообщайте и, пожалуйста, свяжитесь с нами.
mail-advice-link = Если вы не запрашивали эту ссылку, просто не обращайте внимания на это сообщение.
mail-advice-recovery = Если вы не запрашивали эту ссылку, просто не обращайте внимания на это сообщение; пароль останется прежним.
mail-advice-review = Если это были не вы, пожалуйста, сообщите об этом на странице по ссылке: номер будет удалён, а на всех устройствах будет выполнен выход.
mail-advice-notice = Если это были не вы, пожалуйста, свяжитесь с нами.
mail-advice-mistake = Если вы считаете, что это ошибка, пожалуйста, свяжитесь с нами.
