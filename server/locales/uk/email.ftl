mail-subject = { $brand }: { $title }
mail-footer = Це автоматичне повідомлення від сервісу { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Термін дії — { $minutes } хвилина.
    [few] Термін дії — { $minutes } хвилини.
    [many] Термін дії — { $minutes } хвилин.
   *[other] Термін дії — { $minutes } хвилини.
}
mail-valid-hours = { $hours ->
    [one] Термін дії — { $hours } година.
    [few] Термін дії — { $hours } години.
    [many] Термін дії — { $hours } годин.
   *[other] Термін дії — { $hours } години.
}
mail-phrase = Будь ласка, переконайтеся, що в застосунку або браузері показано ту саму захисну фразу:
mail-fallback = Якщо кнопка не працює, відкрийте цю адресу в браузері:

mail-fact = { $label }: { $value }
mail-fact-device = Пристрій
mail-fact-address = IP-адреса
mail-fact-country = Країна
mail-fact-time = Час

mail-sign-in-title = Код для входу
mail-sign-in-text = Використайте цей код, щоб увійти до сервісу { $brand }.
mail-mfa-title = Код двоетапної автентифікації
mail-mfa-text = Використайте цей код для двоетапної автентифікації в сервісі { $brand }.
mail-reset-phone-title = Код для зміни номера телефону
mail-reset-phone-text = За допомогою цього коду ви можете вказати інший номер телефону для вашого облікового запису { $brand }.

mail-magic-link-title = Посилання для входу
mail-magic-link-text = Використайте це посилання, щоб увійти до сервісу { $brand }.
mail-magic-link-button = Увійти
mail-verify-email-title = Підтвердьте адресу електронної пошти
mail-verify-email-text = Використайте це посилання, щоб підтвердити свою адресу електронної пошти для сервісу { $brand }.
mail-verify-email-button = Підтвердити адресу
mail-recovery-title = Виберіть новий пароль
mail-recovery-text = Використайте це посилання, щоб вибрати новий пароль для свого облікового запису { $brand }.
mail-recovery-button = Вибрати пароль
mail-review-phone-title = Налаштовано номер телефону
mail-review-phone-text = Тепер до вашого облікового запису { $brand } можна увійти за номером телефону. Це ви його налаштували?
mail-review-phone-button = Відповісти

mail-session-alert-title = Новий вхід до вашого облікового запису
mail-session-alert-text = До вашого облікового запису { $brand } виконано новий вхід.
mail-email-changed-title = Адресу електронної пошти змінено
mail-email-changed-text = До вашого облікового запису { $brand } тепер прив’язано іншу адресу електронної пошти.
mail-phone-changed-title = Номер телефону змінено
mail-phone-changed-text = Номер телефону вашого облікового запису { $brand } змінено.
mail-phone-removed-title = Номер телефону видалено
mail-phone-removed-text = Номер телефону вашого облікового запису { $brand } видалено.
mail-phone-reported-title = Номер, про який ви повідомили, видалено
mail-phone-reported-text = За вашим повідомленням номер телефону видалено з вашого облікового запису { $brand }, а на всіх пристроях виконано вихід. Будь ласка, виберіть новий пароль.
mail-password-changed-title = Пароль змінено
mail-password-changed-text = Пароль вашого облікового запису { $brand } змінено.
mail-authenticator-added-title = Додано застосунок для автентифікації
mail-authenticator-added-text = До вашого облікового запису { $brand } додано застосунок для автентифікації.
mail-authenticator-removed-title = Вилучено застосунок для автентифікації
mail-authenticator-removed-text = З вашого облікового запису { $brand } вилучено застосунок для автентифікації.
mail-mfa-phone-added-title = Додано номер телефону для двоетапної автентифікації
mail-mfa-phone-added-text = До вашого облікового запису { $brand } додано номер телефону для двоетапної автентифікації.
mail-mfa-phone-removed-title = Вилучено номер телефону для двоетапної автентифікації
mail-mfa-phone-removed-text = З вашого облікового запису { $brand } вилучено номер телефону для двоетапної автентифікації.
mail-recovery-codes-changed-title = Нові коди відновлення
mail-recovery-codes-changed-text = Для вашого облікового запису { $brand } створено нові коди відновлення; попередні більше не діють.
mail-mfa-on-title = Двоетапну автентифікацію ввімкнено
mail-mfa-on-text = Для вашого облікового запису { $brand } ввімкнено двоетапну автентифікацію.
mail-mfa-off-title = Двоетапну автентифікацію вимкнено
mail-mfa-off-text = Для вашого облікового запису { $brand } вимкнено двоетапну автентифікацію.
mail-claim-removed-title = Вилучено непідтверджені контактні дані
mail-claim-removed-text = З вашого облікового запису { $brand } вилучено непідтверджений номер телефону або адресу електронної пошти: власник підтвердив їх в іншому місці.

mail-advice-code = Якщо ви не запитували цей код, просто не зважайте на це повідомлення. Будь ласка, нікому не повідомляйте код.
mail-advice-mfa = Якщо ви не запитували цей код, нікому його не повідомляйте і, будь ласка, зв’яжіться з нами.
mail-advice-link = Якщо ви не запитували це посилання, просто не зважайте на це повідомлення.
mail-advice-recovery = Якщо ви не запитували це посилання, просто не зважайте на це повідомлення; пароль залишиться незмінним.
mail-advice-review = Якщо це були не ви, будь ласка, повідомте про це на сторінці за посиланням: номер буде видалено, а на всіх пристроях буде виконано вихід.
mail-advice-notice = Якщо це були не ви, будь ласка, зв’яжіться з нами.
mail-advice-mistake = Якщо ви вважаєте, що це помилка, будь ласка, зв’яжіться з нами.
