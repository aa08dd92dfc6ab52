sms-sign-in = 【{ $brand }】ログインコード: { $code } 他の人に教えないでください。
sms-verify-phone = 【{ $brand }】電話番号の確認コード: { $code } 他の人に教えないでください。
sms-change-phone = 【{ $brand }】電話番号の変更コード: { $code } 他の人に教えないでください。
sms-remove-phone = 【{ $brand }】電話番号の削除コード: { $code } 他の人に教えないでください。
sms-mfa = 【{ $brand }】二段階認証コード: { $code } 他の人に教えないでください。
sms-recovery = 【{ $brand }】アカウント復旧コード: { $code } 他の人に教えないでください。

sms-sign-in-short = 【{ $brand }】ログインコード: { $code }
sms-verify-phone-short = 【{ $brand }】番号の確認コード: { $code }
sms-change-phone-short = 【{ $brand }】番号の変更コード: { $code }
sms-remove-phone-short = 【{ $brand }】番号の削除コード: { $code }
sms-mfa-short = 【{ $brand }】二段階認証コード: { $code }
sms-recovery-short = 【{ $brand }】復旧コード: { $code }

sms-notice-phone = 【{ $brand }】電話番号が変更されました。お心当たりがない場合は、当サービスまでご連絡ください。
sms-notice-security = 【{ $brand }】セキュリティ設定が変更されました。お心当たりがない場合はご連絡ください。
