# No danda right after the code: it looks like a digit one.

sms-sign-in = { $brand }: { $code } आपका लॉगिन कोड है। इसे किसी को न बताएं।
sms-verify-phone = { $brand }: { $code } नंबर की पुष्टि का कोड है। किसी को न बताएं।
sms-change-phone = { $brand }: { $code } नंबर बदलने का कोड है। किसी को न बताएं।
sms-remove-phone = { $brand }: { $code } नंबर हटाने का कोड है। किसी को न बताएं।
sms-mfa = { $brand }: { $code } दो-चरणीय सत्यापन कोड है। किसी को न बताएं।
sms-recovery = { $brand }: { $code } खाता रिकवरी कोड है। किसी को न बताएं।

sms-sign-in-short = { $brand }: लॉगिन कोड { $code }
sms-verify-phone-short = { $brand }: नंबर पुष्टि { $code }
sms-change-phone-short = { $brand }: नंबर बदलें { $code }
sms-remove-phone-short = { $brand }: नंबर हटाएं { $code }
sms-mfa-short = { $brand }: दूसरा चरण { $code }
sms-recovery-short = { $brand }: रिकवरी कोड { $code }

sms-notice-phone = { $brand }: खाते का फ़ोन नंबर बदला गया। आपने नहीं बदला? संपर्क करें।
sms-notice-security = { $brand }: सुरक्षा सेटिंग बदली गईं। आपने नहीं बदलीं? संपर्क करें।
