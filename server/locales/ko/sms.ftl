sms-sign-in = [{ $brand }] 로그인 인증번호 { $code }. 타인에게 알려주지 마세요.
sms-verify-phone = [{ $brand }] 전화번호 확인 인증번호 { $code }. 타인에게 알려주지 마세요.
sms-change-phone = [{ $brand }] 전화번호 변경 인증번호 { $code }. 타인에게 알려주지 마세요.
sms-remove-phone = [{ $brand }] 전화번호 삭제 인증번호 { $code }. 타인에게 알려주지 마세요.
sms-mfa = [{ $brand }] 2단계 인증번호 { $code }. 타인에게 알려주지 마세요.
sms-recovery = [{ $brand }] 계정 복구 인증번호 { $code }. 타인에게 알려주지 마세요.

sms-sign-in-short = [{ $brand }] 로그인 인증번호 { $code }
sms-verify-phone-short = [{ $brand }] 전화번호 확인 { $code }
sms-change-phone-short = [{ $brand }] 전화번호 변경 { $code }
sms-remove-phone-short = [{ $brand }] 전화번호 삭제 { $code }
sms-mfa-short = [{ $brand }] 2단계 인증번호 { $code }
sms-recovery-short = [{ $brand }] 계정 복구 { $code }

sms-notice-phone = [{ $brand }] 계정의 전화번호가 변경되었습니다. 본인이 아니면 문의해 주십시오.
sms-notice-security = [{ $brand }] 계정의 보안 설정이 변경되었습니다. 본인이 아니면 문의해 주십시오.
