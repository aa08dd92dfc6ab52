sms-sign-in = { $brand }: код для входа { $code }. Никому его не сообщайте.
sms-verify-phone = { $brand }: код подтверждения номера { $code }. Никому не говорите.
sms-change-phone = { $brand }: код для смены номера { $code }. Никому не сообщайте.
sms-remove-phone = { $brand }: код для удаления номера { $code }. Никому не сообщайте.
sms-mfa = { $brand }: код двухэтапного входа { $code }. Никому не сообщайте.
sms-recovery = { $brand }: код восстановления { $code }. Никому его не сообщайте.

sms-sign-in-short = { $brand }: код для входа { $code }
sms-verify-phone-short = { $brand }: код для номера { $code }
sms-change-phone-short = { $brand }: сменить номер { $code }
sms-remove-phone-short = { $brand }: удалить номер { $code }
sms-mfa-short = { $brand }: второй шаг { $code }
sms-recovery-short = { $brand }: восстановление { $code }

sms-notice-phone = { $brand }: номер вашего аккаунта изменён. Не вы? Свяжитесь с нами.
sms-notice-security = { $brand }: настройки безопасности изменены. Не вы? Свяжитесь с нами.
