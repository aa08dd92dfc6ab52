mail-subject = { $brand }: { $title }
mail-footer = यह { $brand } की ओर से भेजा गया स्वचालित संदेश है।
mail-valid-minutes = यह { $minutes } मिनट तक मान्य है।
mail-valid-hours = यह { $hours } घंटे तक मान्य है।
mail-phrase = कृपया जाँच लें कि आपके ऐप या ब्राउज़र में यही सुरक्षा वाक्यांश दिख रहा है:
mail-fallback = यदि बटन काम न करे, तो यह पता अपने ब्राउज़र में खोलें:

mail-fact = { $label }: { $value }
mail-fact-device = डिवाइस
mail-fact-address = IP पता
mail-fact-country = देश
mail-fact-time = समय

mail-sign-in-title = आपका लॉगिन कोड
mail-sign-in-text = { $brand } में लॉगिन करने के लिए इस कोड का उपयोग करें।
mail-mfa-title = आपका दो-चरणीय सत्यापन कोड
mail-mfa-text = { $brand } में दो-चरणीय सत्यापन के लिए इस कोड का उपयोग करें।

mail-magic-link-title = आपका लॉगिन लिंक
mail-magic-link-text = { $brand } में लॉगिन करने के लिए इस लिंक का उपयोग करें।
mail-magic-link-button = लॉगिन करें
mail-verify-email-title = अपने ईमेल पते की पुष्टि करें
mail-verify-email-text = { $brand } के लिए अपने ईमेल पते की पुष्टि करने हेतु इस लिंक का उपयोग करें।
mail-verify-email-button = पते की पुष्टि करें
mail-recovery-title = नया पासवर्ड चुनें
mail-recovery-text = अपने { $brand } खाते के लिए नया पासवर्ड चुनने हेतु इस लिंक का उपयोग करें।
mail-recovery-button = पासवर्ड चुनें

mail-session-alert-title = आपके खाते में नया लॉगिन
mail-session-alert-text = आपके { $brand } खाते में एक नया लॉगिन हुआ है।
mail-email-changed-title = आपका ईमेल पता बदल दिया गया है
mail-email-changed-text = आपके { $brand } खाते में अब कोई दूसरा ईमेल पता दर्ज है।
mail-phone-changed-title = आपका फ़ोन नंबर बदल दिया गया है
mail-phone-changed-text = आपके { $brand } खाते का फ़ोन नंबर बदल दिया गया है।
mail-password-changed-title = आपका पासवर्ड बदल दिया गया है
mail-password-changed-text = आपके { $brand } खाते का पासवर्ड बदल दिया गया है।
mail-authenticator-added-title = ऑथेंटिकेटर ऐप जोड़ा गया
mail-authenticator-added-text = आपके { $brand } खाते में एक ऑथेंटिकेटर ऐप जोड़ा गया है।
mail-authenticator-removed-title = ऑथेंटिकेटर ऐप हटाया गया
mail-authenticator-removed-text = आपके { $brand } खाते से एक ऑथेंटिकेटर ऐप हटाया गया है।
mail-recovery-codes-changed-title = नए रिकवरी कोड
mail-recovery-codes-changed-text = आपके { $brand } खाते के लिए नए रिकवरी कोड बनाए गए हैं; पुराने कोड अब काम नहीं करेंगे।
mail-mfa-on-title = दो-चरणीय सत्यापन चालू किया गया
mail-mfa-on-text = आपके { $brand } खाते के लिए दो-चरणीय सत्यापन चालू किया गया है।
mail-mfa-off-title = दो-चरणीय सत्यापन बंद किया गया
mail-mfa-off-text = आपके { $brand } खाते के लिए दो-चरणीय सत्यापन बंद किया गया है।
mail-claim-removed-title = अपुष्ट संपर्क जानकारी हटाई गई
mail-claim-removed-text = आपके { $brand } खाते से एक अपुष्ट फ़ोन नंबर या ईमेल पता हटा दिया गया है, क्योंकि उसके स्वामी ने कहीं और उसकी पुष्टि कर दी है।

mail-advice-code = यदि आपने यह कोड नहीं माँगा है, तो इस संदेश को अनदेखा कर सकते हैं। कृपया यह कोड किसी को न बताएं।
mail-advice-mfa = यदि आपने यह कोड नहीं माँगा है, तो कृपया इसे किसी को न बताएं और हमसे संपर्क करें।
mail-advice-link = यदि आपने यह लिंक नहीं माँगा है, तो इस संदेश को अनदेखा कर सकते हैं।
mail-advice-recovery = यदि आपने यह लिंक नहीं माँगा है, तो इस संदेश को अनदेखा कर सकते हैं; आपका पासवर्ड नहीं बदलेगा।
mail-advice-notice = यदि यह आपने नहीं किया है, तो कृपया हमसे संपर्क करें।
mail-advice-mistake = यदि आपको लगता है कि यह गलती से हुआ है, तो कृपया हमसे संपर्क करें।
