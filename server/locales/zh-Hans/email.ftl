mail-subject = 【{ $brand }】{ $title }
mail-footer = 这是来自 { $brand } 的自动邮件。
mail-valid-minutes = 有效期为 { $minutes } 分钟。
mail-valid-hours = 有效期为 { $hours } 小时。
mail-phrase = 请确认您的应用或浏览器中显示的是同一安全短语：
mail-fallback = 如果按钮无法使用，请在浏览器中打开以下地址：

mail-fact = { $label }：{ $value }
mail-fact-device = 设备
mail-fact-address = IP 地址
mail-fact-country = 国家/地区
mail-fact-time = 时间

mail-sign-in-title = 您的登录验证码
mail-sign-in-text = 请使用此验证码登录 { $brand }。
mail-mfa-title = 您的两步验证码
mail-mfa-text = 请使用此验证码完成 { $brand } 的两步验证。

mail-magic-link-title = 您的登录链接
mail-magic-link-text = 请使用此链接登录 { $brand }。
mail-magic-link-button = 登录
mail-verify-email-title = 请确认您的邮箱地址
mail-verify-email-text = 请使用此链接确认您在 { $brand } 使用的邮箱地址。
mail-verify-email-button = 确认地址
mail-recovery-title = 设置新密码
mail-recovery-text = 请使用此链接为您的 { $brand } 账号设置新密码。
mail-recovery-button = 设置密码

mail-session-alert-title = 您的账号有新的登录
mail-session-alert-text = 您的 { $brand } 账号有一次新的登录。
mail-email-changed-title = 您的邮箱地址已更改
mail-email-changed-text = 您的 { $brand } 账号现已使用另一个邮箱地址。
mail-phone-changed-title = 您的手机号已更改
mail-phone-changed-text = 您的 { $brand } 账号的手机号已更改。
mail-password-changed-title = 您的密码已更改
mail-password-changed-text = 您的 { $brand } 账号的密码已更改。
mail-authenticator-added-title = 已添加身份验证器应用
mail-authenticator-added-text = 您的 { $brand } 账号已添加一个身份验证器应用。
mail-authenticator-removed-title = 已移除身份验证器应用
mail-authenticator-removed-text = 您的 { $brand } 账号已移除一个身份验证器应用。
mail-recovery-codes-changed-title = 新的恢复代码
mail-recovery-codes-changed-text = 已为您的 { $brand } 账号生成新的恢复代码，旧代码不再有效。
mail-mfa-on-title = 两步验证已开启
mail-mfa-on-text = 您的 { $brand } 账号已开启两步验证。
mail-mfa-off-title = 两步验证已关闭
mail-mfa-off-text = 您的 { $brand } 账号已关闭两步验证。
mail-claim-removed-title = 已移除未确认的联系方式
mail-claim-removed-text = 一个未经确认的手机号或邮箱地址已从您的 { $brand } 账号中移除，因为其所有者已在别处完成确认。

mail-advice-code = 如果这不是您本人的请求，请忽略此邮件。请勿将验证码告知他人。
mail-advice-mfa = 如果这不是您本人的请求，请勿将验证码告知他人，并与我们联系。
mail-advice-link = 如果这不是您本人的请求，请忽略此邮件。
mail-advice-recovery = 如果这不是您本人的请求，请忽略此邮件；您的密码不会改变。
mail-advice-notice = 如果这不是您本人的操作，请与我们联系。
mail-advice-mistake = 如果您认为这是误操作，请与我们联系。
