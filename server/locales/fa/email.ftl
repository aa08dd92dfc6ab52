# Titles and texts begin with a Persian letter, so that they are laid out from right to left. The marks around a value
# (U+2068, U+2069) keep dates and addresses in their own order.

mail-subject = { $title } – { $brand }
mail-footer = این پیام به‌صورت خودکار از طرف { $brand } ارسال شده است.
mail-valid-minutes = مدت اعتبار: { $minutes } دقیقه.
mail-valid-hours = مدت اعتبار: { $hours } ساعت.
mail-phrase = لطفاً بررسی کنید که برنامه یا مرورگر شما همین عبارت امنیتی را نشان می‌دهد:
mail-fallback = اگر دکمه کار نمی‌کند، این نشانی را در مرورگر خود باز کنید:

mail-fact = { $label }: { "\u2068" }{ $value }{ "\u2069" }
mail-fact-device = دستگاه
mail-fact-address = نشانی IP
mail-fact-country = کشور
mail-fact-time = زمان

mail-sign-in-title = رمز ورود شما
mail-sign-in-text = برای ورود به { $brand } از این رمز استفاده کنید.
mail-mfa-title = رمز تأیید دومرحله‌ای شما
mail-mfa-text = برای تأیید دومرحله‌ای در { $brand } از این رمز استفاده کنید.
mail-reset-phone-title = رمز شما برای تغییر شماره تلفن
mail-reset-phone-text = با این رمز شماره تلفن دیگری برای حساب خود در { $brand } انتخاب کنید.

mail-magic-link-title = پیوند ورود شما
mail-magic-link-text = برای ورود به { $brand } از این پیوند استفاده کنید.
mail-magic-link-button = ورود
mail-verify-email-title = تأیید نشانی ایمیل شما
mail-verify-email-text = برای تأیید نشانی ایمیل خود در { $brand } از این پیوند استفاده کنید.
mail-verify-email-button = تأیید نشانی
mail-recovery-title = انتخاب گذرواژهٔ جدید
mail-recovery-text = برای انتخاب گذرواژهٔ جدید حساب خود در { $brand } از این پیوند استفاده کنید.
mail-recovery-button = انتخاب گذرواژه
mail-review-phone-title = یک شماره تلفن تنظیم شد
mail-review-phone-text = اکنون می‌توان با یک شماره تلفن به حساب شما در { $brand } وارد شد. آیا شما آن را تنظیم کرده‌اید؟
mail-review-phone-button = پاسخ دادن
mail-unlock-title = گذرواژهٔ شما قفل شده است
mail-unlock-text = گذرواژه‌های نادرست پیاپی بسیاری برای حساب شما در { $brand } وارد شد؛ به همین دلیل گذرواژه فعلاً کار نمی‌کند. برای باز کردن قفل آن از این پیوند استفاده کنید.
mail-unlock-button = باز کردن قفل گذرواژه

mail-session-alert-title = ورود جدید به حساب شما
mail-session-alert-text = ورود جدیدی به حساب شما در { $brand } انجام شد.
mail-email-changed-title = نشانی ایمیل شما تغییر کرد
mail-email-changed-text = حساب شما در { $brand } اکنون از نشانی ایمیل دیگری استفاده می‌کند.
mail-phone-changed-title = شماره تلفن شما تغییر کرد
mail-phone-changed-text = شماره تلفن حساب شما در { $brand } تغییر کرد.
mail-phone-removed-title = شماره تلفن شما حذف شد
mail-phone-removed-text = شماره تلفن حساب شما در { $brand } حذف شد.
mail-phone-reported-title = شماره تلفنی که گزارش کردید حذف شد
mail-phone-reported-text = بنا بر گزارش شما، شماره تلفن از حساب شما در { $brand } حذف شد و همهٔ دستگاه‌ها خارج شدند. لطفاً گذرواژهٔ تازه‌ای انتخاب کنید.
mail-password-changed-title = گذرواژهٔ شما تغییر کرد
mail-password-changed-text = گذرواژهٔ حساب شما در { $brand } تغییر کرد.
mail-authenticator-added-title = برنامهٔ احراز هویت اضافه شد
mail-authenticator-added-text = یک برنامهٔ احراز هویت به حساب شما در { $brand } اضافه شد.
mail-authenticator-removed-title = برنامهٔ احراز هویت حذف شد
mail-authenticator-removed-text = یک برنامهٔ احراز هویت از حساب شما در { $brand } حذف شد.
mail-mfa-phone-added-title = شماره تلفن برای تأیید دومرحله‌ای افزوده شد
mail-mfa-phone-added-text = یک شماره تلفن برای تأیید دومرحله‌ای به حساب { $brand } شما افزوده شد.
mail-mfa-phone-removed-title = شماره تلفن تأیید دومرحله‌ای حذف شد
mail-mfa-phone-removed-text = یک شماره تلفن تأیید دومرحله‌ای از حساب { $brand } شما حذف شد.
mail-recovery-codes-changed-title = رمزهای بازیابی جدید
mail-recovery-codes-changed-text = رمزهای بازیابی جدیدی برای حساب شما در { $brand } ساخته شد و رمزهای قبلی دیگر معتبر نیستند.
mail-mfa-on-title = تأیید دومرحله‌ای روشن شد
mail-mfa-on-text = تأیید دومرحله‌ای برای حساب شما در { $brand } روشن شد.
mail-mfa-off-title = تأیید دومرحله‌ای خاموش شد
mail-mfa-off-text = تأیید دومرحله‌ای برای حساب شما در { $brand } خاموش شد.
mail-claim-removed-title = اطلاعات تماس تأییدنشده حذف شد
mail-claim-removed-text = یک شماره تلفن یا نشانی ایمیل تأییدنشده از حساب شما در { $brand } حذف شد، زیرا صاحب آن آن را در جای دیگری تأیید کرده است.
mail-password-locked-title = گذرواژهٔ شما قفل شده است
mail-password-locked-text = گذرواژه‌های نادرست پیاپی بسیاری برای حساب شما در { $brand } وارد شد؛ به همین دلیل گذرواژه فعلاً کار نمی‌کند. برای باز کردن قفل آن از راه دیگری وارد شوید یا گذرواژهٔ تازه‌ای انتخاب کنید.

mail-advice-code = اگر این رمز را درخواست نکرده‌اید، می‌توانید این پیام را نادیده بگیرید. لطفاً رمز را به کسی ندهید.
mail-advice-mfa = اگر این رمز را درخواست نکرده‌اید، لطفاً آن را به کسی ندهید و با ما تماس بگیرید.
mail-advice-link = اگر این پیوند را درخواست نکرده‌اید، می‌توانید این پیام را نادیده بگیرید.
mail-advice-recovery = اگر این پیوند را درخواست نکرده‌اید، می‌توانید این پیام را نادیده بگیرید؛ گذرواژهٔ شما تغییر نمی‌کند.
mail-advice-review = اگر این کار را شما انجام نداده‌اید، لطفاً در صفحهٔ پیوند اعلام کنید: آن‌گاه شماره حذف می‌شود و همهٔ دستگاه‌ها خارج می‌شوند.
mail-advice-unlock = اگر این کار را شما انجام نداده‌اید، کسی وارد نشده است: می‌توانید این پیام را نادیده بگیرید و از راه دیگری وارد شوید یا گذرواژهٔ تازه‌ای انتخاب کنید.
mail-advice-notice = اگر این کار را شما انجام نداده‌اید، لطفاً با ما تماس بگیرید.
mail-advice-mistake = اگر فکر می‌کنید اشتباهی رخ داده است، لطفاً با ما تماس بگیرید.
