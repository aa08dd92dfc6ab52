mail-subject = { $brand }: { $title }
mail-footer = Bu, { $brand } tarafından gönderilen otomatik bir iletidir.
mail-valid-minutes = { $minutes } dakika geçerlidir.
mail-valid-hours = { $hours } saat geçerlidir.
mail-phrase = Lütfen uygulamanızda veya tarayıcınızda aynı güvenlik ifadesinin göründüğünü kontrol edin:
mail-fallback = Düğme çalışmazsa bu adresi tarayıcınızda açın:

mail-fact = { $label }: { $value }
mail-fact-device = Cihaz
mail-fact-address = IP adresi
mail-fact-country = Ülke
mail-fact-time = Zaman

mail-sign-in-title = Giriş kodunuz
mail-sign-in-text = { $brand } hesabınıza giriş yapmak için bu kodu kullanın.
mail-mfa-title = İki adımlı doğrulama kodunuz
mail-mfa-text = { $brand } hesabınızda iki adımlı doğrulama için bu kodu kullanın.

mail-magic-link-title = Giriş bağlantınız
mail-magic-link-text = { $brand } hesabınıza giriş yapmak için bu bağlantıyı kullanın.
mail-magic-link-button = Giriş yap
mail-verify-email-title = E-posta adresinizi onaylayın
mail-verify-email-text = { $brand } hesabınızın e-posta adresini onaylamak için bu bağlantıyı kullanın.
mail-verify-email-button = Adresi onayla
mail-recovery-title = Yeni parola belirleyin
mail-recovery-text = { $brand } hesabınız için yeni bir parola belirlemek üzere bu bağlantıyı kullanın.
mail-recovery-button = Parola belirle

mail-session-alert-title = Hesabınıza yeni giriş
mail-session-alert-text = { $brand } hesabınıza yeni bir giriş yapıldı.
mail-email-changed-title = E-posta adresiniz değiştirildi
mail-email-changed-text = { $brand } hesabınız artık başka bir e-posta adresi kullanıyor.
mail-phone-changed-title = Telefon numaranız değiştirildi
mail-phone-changed-text = { $brand } hesabınızın telefon numarası değiştirildi.
mail-password-changed-title = Parolanız değiştirildi
mail-password-changed-text = { $brand } hesabınızın parolası değiştirildi.
mail-authenticator-added-title = Kimlik doğrulama uygulaması eklendi
mail-authenticator-added-text = { $brand } hesabınıza bir kimlik doğrulama uygulaması eklendi.
mail-authenticator-removed-title = Kimlik doğrulama uygulaması kaldırıldı
mail-authenticator-removed-text = { $brand } hesabınızdan bir kimlik doğrulama uygulaması kaldırıldı.
mail-recovery-codes-changed-title = Yeni kurtarma kodları
mail-recovery-codes-changed-text = { $brand } hesabınız için yeni kurtarma kodları oluşturuldu; eski kodlar artık geçersizdir.
mail-mfa-on-title = İki adımlı doğrulama açıldı
mail-mfa-on-text = { $brand } hesabınızda iki adımlı doğrulama açıldı.
mail-mfa-off-title = İki adımlı doğrulama kapatıldı
mail-mfa-off-text = { $brand } hesabınızda iki adımlı doğrulama kapatıldı.
mail-claim-removed-title = Onaylanmamış iletişim bilgisi kaldırıldı
mail-claim-removed-text = Onaylanmamış bir telefon numarası veya e-posta adresi, sahibi onu başka bir yerde onayladığı için { $brand } hesabınızdan kaldırıldı.

mail-advice-code = Bu kodu siz istemediyseniz bu iletiyi dikkate almayabilirsiniz. Lütfen kodu kimseyle paylaşmayın.
mail-advice-mfa = Bu kodu siz istemediyseniz lütfen kodu kimseyle paylaşmayın ve bize ulaşın.
mail-advice-link = Bu bağlantıyı siz istemediyseniz bu iletiyi dikkate almayabilirsiniz.
mail-advice-recovery = Bu bağlantıyı siz istemediyseniz bu iletiyi dikkate almayabilirsiniz; parolanız değişmez.
mail-advice-notice = Bu işlemi siz yapmadıysanız lütfen bize ulaşın.
mail-advice-mistake = Bunun bir hata olduğunu düşünüyorsanız lütfen bize ulaşın.
