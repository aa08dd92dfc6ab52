# Titles and texts begin with an Arabic letter, so that they are laid out from right to left. The marks around a value
# (U+2068, U+2069) keep dates and addresses in their own order.

mail-subject = { $title } – { $brand }
mail-footer = هذه رسالة آلية من { $brand }.
mail-valid-minutes = { $minutes ->
    [zero] مدة الصلاحية: { $minutes } دقيقة.
    [one] مدة الصلاحية: دقيقة واحدة.
    [two] مدة الصلاحية: دقيقتان.
    [few] مدة الصلاحية: { $minutes } دقائق.
    [many] مدة الصلاحية: { $minutes } دقيقة.
   *[other] مدة الصلاحية: { $minutes } دقيقة.
}
mail-valid-hours = { $hours ->
    [zero] مدة الصلاحية: { $hours } ساعة.
    [one] مدة الصلاحية: ساعة واحدة.
    [two] مدة الصلاحية: ساعتان.
    [few] مدة الصلاحية: { $hours } ساعات.
    [many] مدة الصلاحية: { $hours } ساعة.
   *[other] مدة الصلاحية: { $hours } ساعة.
}
mail-phrase = يُرجى التحقق من أن تطبيقك أو متصفحك يعرض عبارة الأمان نفسها:
mail-fallback = إذا لم يعمل الزر، فافتح هذا العنوان في متصفحك:

mail-fact = { $label }: { "\u2068" }{ $value }{ "\u2069" }
mail-fact-device = الجهاز
mail-fact-address = عنوان IP
mail-fact-country = البلد
mail-fact-time = الوقت

mail-sign-in-title = رمز الدخول الخاص بك
mail-sign-in-text = استخدم هذا الرمز للدخول إلى { $brand }.
mail-mfa-title = رمز التحقق بخطوتين
mail-mfa-text = استخدم هذا الرمز للتحقق بخطوتين في { $brand }.
mail-reset-phone-title = رمز تغيير رقم هاتفك
mail-reset-phone-text = استخدم هذا الرمز لاختيار رقم هاتف آخر لحسابك في { $brand }.

mail-magic-link-title = رابط الدخول الخاص بك
mail-magic-link-text = استخدم هذا الرابط للدخول إلى { $brand }.
mail-magic-link-button = تسجيل الدخول
mail-verify-email-title = تأكيد عنوان بريدك الإلكتروني
mail-verify-email-text = استخدم هذا الرابط لتأكيد عنوان بريدك الإلكتروني في { $brand }.
mail-verify-email-button = تأكيد العنوان
mail-recovery-title = اختيار كلمة مرور جديدة
mail-recovery-text = استخدم هذا الرابط لاختيار كلمة مرور جديدة لحسابك في { $brand }.
mail-recovery-button = اختيار كلمة المرور
mail-review-phone-title = تم إعداد رقم هاتف
mail-review-phone-text = يمكن الآن استخدام رقم هاتف لتسجيل الدخول إلى حسابك في { $brand }. هل أنت من أعدّه؟
mail-review-phone-button = الإجابة
mail-unlock-title = كلمة مرورك مقفلة
mail-unlock-text = أُدخلت كلمات مرور خاطئة كثيرة متتالية لحسابك في { $brand }، ولذلك لا تعمل كلمة المرور حاليًا. استخدم هذا الرابط لإلغاء قفلها.
mail-unlock-button = إلغاء قفل كلمة المرور

mail-session-alert-title = تسجيل دخول جديد إلى حسابك
mail-session-alert-text = تم تسجيل دخول جديد إلى حسابك في { $brand }.
mail-email-changed-title = تم تغيير عنوان بريدك الإلكتروني
mail-email-changed-text = أصبح حسابك في { $brand } يستخدم عنوان بريد إلكتروني آخر.
mail-phone-changed-title = تم تغيير رقم هاتفك
mail-phone-changed-text = تم تغيير رقم الهاتف لحسابك في { $brand }.
mail-phone-removed-title = تمت إزالة رقم هاتفك
mail-phone-removed-text = تمت إزالة رقم الهاتف من حسابك في { $brand }.
mail-phone-reported-title = تمت إزالة رقم الهاتف الذي أبلغت عنه
mail-phone-reported-text = بناءً على بلاغك، تمت إزالة رقم الهاتف من حسابك في { $brand } وتسجيل الخروج من جميع الأجهزة. يُرجى اختيار كلمة مرور جديدة.
mail-password-changed-title = تم تغيير كلمة مرورك
mail-password-changed-text = تم تغيير كلمة المرور لحسابك في { $brand }.
mail-authenticator-added-title = تمت إضافة تطبيق مصادقة
mail-authenticator-added-text = تمت إضافة تطبيق مصادقة إلى حسابك في { $brand }.
mail-authenticator-removed-title = تمت إزالة تطبيق مصادقة
mail-authenticator-removed-text = تمت إزالة تطبيق مصادقة من حسابك في { $brand }.
mail-mfa-phone-added-title = تمت إضافة رقم هاتف للتحقق بخطوتين
mail-mfa-phone-added-text = تمت إضافة رقم هاتف للتحقق بخطوتين إلى حسابك في { $brand }.
mail-mfa-phone-removed-title = تمت إزالة رقم هاتف للتحقق بخطوتين
mail-mfa-phone-removed-text = تمت إزالة رقم هاتف للتحقق بخطوتين من حسابك في { $brand }.
mail-recovery-codes-changed-title = رموز استعادة جديدة
mail-recovery-codes-changed-text = تم إنشاء رموز استعادة جديدة لحسابك في { $brand }، ولم تعد الرموز القديمة صالحة.
mail-mfa-on-title = تم تفعيل التحقق بخطوتين
mail-mfa-on-text = تم تفعيل التحقق بخطوتين لحسابك في { $brand }.
mail-mfa-off-title = تم إيقاف التحقق بخطوتين
mail-mfa-off-text = تم إيقاف التحقق بخطوتين لحسابك في { $brand }.
mail-claim-removed-title = تمت إزالة بيانات اتصال غير مؤكدة
mail-claim-removed-text = تمت إزالة رقم هاتف أو عنوان بريد إلكتروني غير مؤكد من حسابك في { $brand }، لأن صاحبه أكّده في مكان آخر.
mail-password-locked-title = كلمة مرورك مقفلة
mail-password-locked-text = أُدخلت كلمات مرور خاطئة كثيرة متتالية لحسابك في { $brand }، ولذلك لا تعمل كلمة المرور حاليًا. لإلغاء قفلها سجّل الدخول بطريقة أخرى أو اختر كلمة مرور جديدة.

mail-advice-code = إذا لم تطلب هذا الرمز، فيمكنك تجاهل هذه الرسالة. يُرجى عدم مشاركة الرمز مع أي شخص.
mail-advice-mfa = إذا لم تطلب هذا الرمز، فيُرجى عدم مشاركته مع أي شخص والتواصل معنا.
mail-advice-link = إذا لم تطلب هذا الرابط، فيمكنك تجاهل هذه الرسالة.
mail-advice-recovery = إذا لم تطلب هذا الرابط، فيمكنك تجاهل هذه الرسالة، وستبقى كلمة مرورك كما هي.
mail-advice-review = إذا لم تكن أنت من فعل ذلك، فيُرجى إخبارنا في الصفحة التي يفتحها الرابط: عندها يُزال الرقم ويُسجَّل الخروج من جميع الأجهزة.
mail-advice-unlock = إذا لم تكن أنت من أدخلها، فلم يدخل أحد: يمكنك تجاهل هذه الرسالة وتسجيل الدخول بطريقة أخرى أو اختيار كلمة مرور جديدة.
mail-advice-notice = إذا لم تكن أنت من فعل ذلك، فيُرجى التواصل معنا.
mail-advice-mistake = إذا كنت تعتقد أن هذا خطأ، فيُرجى التواصل معنا.
