# E-mails; what stands where is in server/src/text/mail.rs. No text has a link in it, and notices get none.

mail-subject = { $brand }: { $title }
mail-footer = This is an automatic message from { $brand }.
mail-valid-minutes = { $minutes ->
    [one] Valid for { $minutes } minute.
   *[other] Valid for { $minutes } minutes.
}
mail-valid-hours = { $hours ->
    [one] Valid for { $hours } hour.
   *[other] Valid for { $hours } hours.
}
mail-phrase = Please check that your app or browser shows the same security phrase:
mail-fallback = If the button does not work, open this address in your browser:

mail-fact = { $label }: { $value }
mail-fact-device = Device
mail-fact-address = IP address
mail-fact-country = Country
mail-fact-time = Time

mail-sign-in-title = Your sign-in code
mail-sign-in-text = Use this code to sign in to { $brand }.
mail-mfa-title = Your two-step verification code
mail-mfa-text = Use this code for two-step verification at { $brand }.
mail-reset-phone-title = Your code to change your phone number
mail-reset-phone-text = Use this code to choose another phone number for your { $brand } account.

mail-magic-link-title = Your sign-in link
mail-magic-link-text = Use this link to sign in to { $brand }.
mail-magic-link-button = Sign in
mail-verify-email-title = Confirm your e-mail address
mail-verify-email-text = Use this link to confirm your e-mail address for { $brand }.
mail-verify-email-button = Confirm address
mail-recovery-title = Choose a new password
mail-recovery-text = Use this link to choose a new password for your { $brand } account.
mail-recovery-button = Choose password
mail-review-phone-title = A phone number was set up
mail-review-phone-text = A phone number can now be used to sign in to your { $brand } account. Was it you who set it up?
mail-review-phone-button = Answer
mail-unlock-title = Your password is locked
mail-unlock-text = Too many wrong passwords in a row were entered for your { $brand } account, so its password does not work for now. Use this link to unlock it.
mail-unlock-button = Unlock password

mail-session-alert-title = New sign-in to your account
mail-session-alert-text = There was a new sign-in to your { $brand } account.
mail-email-changed-title = Your e-mail address was changed
mail-email-changed-text = Your { $brand } account now uses a different e-mail address.
mail-phone-changed-title = Your phone number was changed
mail-phone-changed-text = The phone number of your { $brand } account was changed.
mail-phone-removed-title = Your phone number was removed
mail-phone-removed-text = The phone number of your { $brand } account was removed.
mail-phone-reported-title = The phone number you reported was removed
mail-phone-reported-text = As you reported, the phone number was removed from your { $brand } account, and all devices were signed out. Please choose a new password.
mail-password-changed-title = Your password was changed
mail-password-changed-text = The password of your { $brand } account was changed.
mail-authenticator-added-title = Authenticator app added
mail-authenticator-added-text = An authenticator app was added to your { $brand } account.
mail-authenticator-removed-title = Authenticator app removed
mail-authenticator-removed-text = An authenticator app was removed from your { $brand } account.
mail-mfa-phone-added-title = Phone number for two-step verification added
mail-mfa-phone-added-text = A phone number for two-step verification was added to your { $brand } account.
mail-mfa-phone-removed-title = Phone number for two-step verification removed
mail-mfa-phone-removed-text = A phone number for two-step verification was removed from your { $brand } account.
mail-recovery-codes-changed-title = New recovery codes
mail-recovery-codes-changed-text = New recovery codes were made for your { $brand } account; the old ones no longer work.
mail-mfa-on-title = Two-step verification turned on
mail-mfa-on-text = Two-step verification was turned on for your { $brand } account.
mail-mfa-off-title = Two-step verification turned off
mail-mfa-off-text = Two-step verification was turned off for your { $brand } account.
mail-claim-removed-title = Unconfirmed contact removed
mail-claim-removed-text = An unconfirmed phone number or e-mail address was removed from your { $brand } account, because its owner confirmed it elsewhere.
mail-password-locked-title = Your password is locked
mail-password-locked-text = Too many wrong passwords in a row were entered for your { $brand } account, so its password does not work for now. To unlock it, sign in another way or choose a new password.

mail-advice-code = If you did not ask for this code, you can ignore this message. Please do not share the code with anyone.
mail-advice-mfa = If you did not ask for this code, please do not share it with anyone, and contact us.
mail-advice-link = If you did not ask for this link, you can ignore this message.
mail-advice-recovery = If you did not ask for this link, you can ignore this message; your password stays as it is.
mail-advice-review = If it was not you, please say so on the page behind the link: the number is then removed, and all devices are signed out.
mail-advice-unlock = If it was not you, nobody got in: you can ignore this message, and sign in another way or choose a new password.
mail-advice-notice = If this was not you, please contact us.
mail-advice-mistake = If you think this is a mistake, please contact us.
