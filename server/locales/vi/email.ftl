# Composed letters (NFC), as in sms.ftl.

mail-subject = { $brand }: { $title }
mail-footer = Đây là thư tự động từ { $brand }.
mail-valid-minutes = Có hiệu lực trong { $minutes } phút.
mail-valid-hours = Có hiệu lực trong { $hours } giờ.
mail-phrase = Vui lòng kiểm tra xem ứng dụng hoặc trình duyệt của bạn có hiển thị cùng cụm từ bảo mật này không:
mail-fallback = Nếu nút không hoạt động, vui lòng mở địa chỉ này trong trình duyệt:

mail-fact = { $label }: { $value }
mail-fact-device = Thiết bị
mail-fact-address = Địa chỉ IP
mail-fact-country = Quốc gia
mail-fact-time = Thời gian

mail-sign-in-title = Mã đăng nhập của bạn
mail-sign-in-text = Vui lòng dùng mã này để đăng nhập vào { $brand }.
mail-mfa-title = Mã xác minh hai bước của bạn
mail-mfa-text = Vui lòng dùng mã này để xác minh hai bước tại { $brand }.
mail-reset-phone-title = Mã để đổi số điện thoại của bạn
mail-reset-phone-text = Dùng mã này để chọn số điện thoại khác cho tài khoản { $brand } của bạn.

mail-magic-link-title = Liên kết đăng nhập của bạn
mail-magic-link-text = Vui lòng dùng liên kết này để đăng nhập vào { $brand }.
mail-magic-link-button = Đăng nhập
mail-verify-email-title = Xác nhận địa chỉ email của bạn
mail-verify-email-text = Vui lòng dùng liên kết này để xác nhận địa chỉ email của bạn tại { $brand }.
mail-verify-email-button = Xác nhận địa chỉ
mail-recovery-title = Chọn mật khẩu mới
mail-recovery-text = Vui lòng dùng liên kết này để chọn mật khẩu mới cho tài khoản { $brand } của bạn.
mail-recovery-button = Chọn mật khẩu
mail-review-phone-title = Đã thiết lập một số điện thoại
mail-review-phone-text = Giờ đây có thể dùng một số điện thoại để đăng nhập vào tài khoản { $brand } của bạn. Có phải bạn đã thiết lập số này không?
mail-review-phone-button = Trả lời
mail-unlock-title = Mật khẩu của bạn đã bị khóa
mail-unlock-text = Có quá nhiều mật khẩu sai được nhập liên tiếp cho tài khoản { $brand } của bạn, nên mật khẩu tạm thời không dùng được. Vui lòng dùng liên kết này để mở khóa.
mail-unlock-button = Mở khóa mật khẩu

mail-session-alert-title = Lượt đăng nhập mới vào tài khoản của bạn
mail-session-alert-text = Có một lượt đăng nhập mới vào tài khoản { $brand } của bạn.
mail-email-changed-title = Địa chỉ email của bạn đã được thay đổi
mail-email-changed-text = Tài khoản { $brand } của bạn hiện dùng một địa chỉ email khác.
mail-phone-changed-title = Số điện thoại của bạn đã được thay đổi
mail-phone-changed-text = Số điện thoại của tài khoản { $brand } của bạn đã được thay đổi.
mail-phone-removed-title = Số điện thoại của bạn đã bị gỡ
mail-phone-removed-text = Số điện thoại của tài khoản { $brand } của bạn đã bị gỡ.
mail-phone-reported-title = Số điện thoại bạn báo cáo đã bị gỡ
mail-phone-reported-text = Theo báo cáo của bạn, số điện thoại đã bị gỡ khỏi tài khoản { $brand } của bạn và tất cả thiết bị đã bị đăng xuất. Vui lòng chọn mật khẩu mới.
mail-password-changed-title = Mật khẩu của bạn đã được thay đổi
mail-password-changed-text = Mật khẩu của tài khoản { $brand } của bạn đã được thay đổi.
mail-authenticator-added-title = Đã thêm ứng dụng xác thực
mail-authenticator-added-text = Một ứng dụng xác thực đã được thêm vào tài khoản { $brand } của bạn.
mail-authenticator-removed-title = Đã gỡ ứng dụng xác thực
mail-authenticator-removed-text = Một ứng dụng xác thực đã được gỡ khỏi tài khoản { $brand } của bạn.
mail-mfa-phone-added-title = Đã thêm số điện thoại cho xác minh hai bước
mail-mfa-phone-added-text = Một số điện thoại cho xác minh hai bước đã được thêm vào tài khoản { $brand } của bạn.
mail-mfa-phone-removed-title = Đã gỡ số điện thoại cho xác minh hai bước
mail-mfa-phone-removed-text = Một số điện thoại cho xác minh hai bước đã được gỡ khỏi tài khoản { $brand } của bạn.
mail-recovery-codes-changed-title = Mã khôi phục mới
mail-recovery-codes-changed-text = Các mã khôi phục mới đã được tạo cho tài khoản { $brand } của bạn; các mã cũ không còn hiệu lực.
mail-mfa-on-title = Đã bật xác minh hai bước
mail-mfa-on-text = Tính năng xác minh hai bước đã được bật cho tài khoản { $brand } của bạn.
mail-mfa-off-title = Đã tắt xác minh hai bước
mail-mfa-off-text = Tính năng xác minh hai bước đã được tắt cho tài khoản { $brand } của bạn.
mail-claim-removed-title = Đã xóa thông tin liên hệ chưa xác nhận
mail-claim-removed-text = Một số điện thoại hoặc địa chỉ email chưa xác nhận đã được xóa khỏi tài khoản { $brand } của bạn, vì chủ sở hữu đã xác nhận thông tin đó ở nơi khác.
mail-password-locked-title = Mật khẩu của bạn đã bị khóa
mail-password-locked-text = Có quá nhiều mật khẩu sai được nhập liên tiếp cho tài khoản { $brand } của bạn, nên mật khẩu tạm thời không dùng được. Để mở khóa, vui lòng đăng nhập bằng cách khác hoặc chọn mật khẩu mới.

mail-advice-code = Nếu bạn không yêu cầu mã này, bạn có thể bỏ qua thư này. Vui lòng không chia sẻ mã với bất kỳ ai.
mail-advice-mfa = Nếu bạn không yêu cầu mã này, vui lòng không chia sẻ mã với bất kỳ ai và liên hệ với chúng tôi.
mail-advice-link = Nếu bạn không yêu cầu liên kết này, bạn có thể bỏ qua thư này.
mail-advice-recovery = Nếu bạn không yêu cầu liên kết này, bạn có thể bỏ qua thư này; mật khẩu của bạn vẫn giữ nguyên.
mail-advice-review = Nếu không phải bạn đã thực hiện, vui lòng cho biết trên trang của liên kết: số điện thoại sẽ bị gỡ và tất cả thiết bị sẽ bị đăng xuất.
mail-advice-unlock = Nếu không phải bạn đã thực hiện, chưa có ai vào được: bạn có thể bỏ qua thư này và đăng nhập bằng cách khác hoặc chọn mật khẩu mới.
mail-advice-notice = Nếu không phải bạn đã thực hiện, vui lòng liên hệ với chúng tôi.
mail-advice-mistake = Nếu bạn cho rằng đây là nhầm lẫn, vui lòng liên hệ với chúng tôi.
