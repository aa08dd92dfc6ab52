sms-sign-in = { $brand }: код для входу { $code }. Нікому його не повідомляйте.
sms-verify-phone = { $brand }: код підтвердження номера { $code }. Нікому не кажіть.
sms-change-phone = { $brand }: код для зміни номера { $code }. Нікому не кажіть.
sms-remove-phone = { $brand }: код для видалення номера { $code }. Нікому не кажіть.
sms-mfa = { $brand }: код двоетапного входу { $code }. Нікому не кажіть.
sms-recovery = { $brand }: код відновлення доступу { $code }. Нікому не кажіть.

sms-sign-in-short = { $brand }: код для входу { $code }
sms-verify-phone-short = { $brand }: код для номера { $code }
sms-change-phone-short = { $brand }: змінити номер { $code }
sms-remove-phone-short = { $brand }: видалити номер { $code }
sms-mfa-short = { $brand }: другий крок { $code }
sms-recovery-short = { $brand }: відновлення { $code }

sms-notice-phone = { $brand }: номер телефону змінено. Це не ви? Зв'яжіться з нами.
sms-notice-security = { $brand }: налаштування безпеки змінено. Не ви? Зв'яжіться з нами.
