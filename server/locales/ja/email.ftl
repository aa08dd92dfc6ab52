mail-subject = 【{ $brand }】{ $title }
mail-footer = このメールは { $brand } から自動送信されています。
mail-valid-minutes = 有効期限は { $minutes } 分です。
mail-valid-hours = 有効期限は { $hours } 時間です。
mail-phrase = アプリまたはブラウザーに同じセキュリティフレーズが表示されていることをご確認ください。
mail-fallback = ボタンが機能しない場合は、次のアドレスをブラウザーで開いてください。

mail-fact = { $label }：{ $value }
mail-fact-device = デバイス
mail-fact-address = IP アドレス
mail-fact-country = 国
mail-fact-time = 日時

mail-sign-in-title = ログインコード
mail-sign-in-text = { $brand } にログインするには、次のコードをお使いください。
mail-mfa-title = 二段階認証コード
mail-mfa-text = { $brand } の二段階認証には、次のコードをお使いください。

mail-magic-link-title = ログイン用リンク
mail-magic-link-text = { $brand } にログインするには、次のリンクをお使いください。
mail-magic-link-button = ログイン
mail-verify-email-title = メールアドレスの確認
mail-verify-email-text = { $brand } でご利用のメールアドレスを確認するには、次のリンクをお使いください。
mail-verify-email-button = アドレスを確認
mail-recovery-title = 新しいパスワードの設定
mail-recovery-text = { $brand } アカウントの新しいパスワードを設定するには、次のリンクをお使いください。
mail-recovery-button = パスワードを設定

mail-session-alert-title = アカウントへの新しいログイン
mail-session-alert-text = お客様の { $brand } アカウントに新しいログインがありました。
mail-email-changed-title = メールアドレスが変更されました
mail-email-changed-text = お客様の { $brand } アカウントのメールアドレスが、別のアドレスに変更されました。
mail-phone-changed-title = 電話番号が変更されました
mail-phone-changed-text = お客様の { $brand } アカウントの電話番号が変更されました。
mail-password-changed-title = パスワードが変更されました
mail-password-changed-text = お客様の { $brand } アカウントのパスワードが変更されました。
mail-authenticator-added-title = 認証アプリが追加されました
mail-authenticator-added-text = お客様の { $brand } アカウントに認証アプリが追加されました。
mail-authenticator-removed-title = 認証アプリが削除されました
mail-authenticator-removed-text = お客様の { $brand } アカウントから認証アプリが削除されました。
mail-recovery-codes-changed-title = 新しい復旧コード
mail-recovery-codes-changed-text = お客様の { $brand } アカウントの復旧コードが新しく作成されました。以前のコードは使用できません。
mail-mfa-on-title = 二段階認証が有効になりました
mail-mfa-on-text = お客様の { $brand } アカウントで二段階認証が有効になりました。
mail-mfa-off-title = 二段階認証が無効になりました
mail-mfa-off-text = お客様の { $brand } アカウントで二段階認証が無効になりました。
mail-claim-removed-title = 未確認の連絡先が削除されました
mail-claim-removed-text = 未確認の電話番号またはメールアドレスが、別の場所で所有者により確認されたため、お客様の { $brand } アカウントから削除されました。

mail-advice-code = お心当たりがない場合は、このメールを無視していただいて問題ありません。コードは他の人に教えないでください。
mail-advice-mfa = お心当たりがない場合は、コードを誰にも教えず、当サービスまでご連絡ください。
mail-advice-link = お心当たりがない場合は、このメールを無視していただいて問題ありません。
mail-advice-recovery = お心当たりがない場合は、このメールを無視していただいて問題ありません。パスワードは変更されません。
mail-advice-notice = お心当たりがない場合は、当サービスまでご連絡ください。
mail-advice-mistake = 誤りと思われる場合は、当サービスまでご連絡ください。
