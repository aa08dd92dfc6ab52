# Composed letters (NFC): a decomposed one would cost two units.

sms-sign-in = { $brand }: mã đăng nhập { $code }. Không chia sẻ mã này.
sms-verify-phone = { $brand }: mã xác nhận số điện thoại { $code }. Đừng chia sẻ mã.
sms-change-phone = { $brand }: mã đổi số điện thoại { $code }. Không chia sẻ mã này.
sms-remove-phone = { $brand }: mã xóa số điện thoại { $code }. Không chia sẻ mã này.
sms-mfa = { $brand }: mã xác minh hai bước { $code }. Không chia sẻ mã này.
sms-recovery = { $brand }: mã khôi phục tài khoản { $code }. Không chia sẻ mã này.

sms-sign-in-short = { $brand }: mã đăng nhập { $code }
sms-verify-phone-short = { $brand }: mã xác nhận số { $code }
sms-change-phone-short = { $brand }: mã đổi số { $code }
sms-remove-phone-short = { $brand }: mã xóa số { $code }
sms-mfa-short = { $brand }: mã bước hai { $code }
sms-recovery-short = { $brand }: mã khôi phục { $code }

sms-notice-phone = { $brand }: số điện thoại đã đổi. Không phải bạn? Vui lòng liên hệ.
sms-notice-security = { $brand }: cài đặt bảo mật đã đổi. Không phải bạn? Vui lòng liên hệ.
