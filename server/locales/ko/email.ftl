mail-subject = [{ $brand }] { $title }
mail-footer = 이 메일은 { $brand }에서 자동으로 발송되었습니다.
mail-valid-minutes = { $minutes }분 동안 유효합니다.
mail-valid-hours = { $hours }시간 동안 유효합니다.
mail-phrase = 앱 또는 브라우저에 같은 보안 문구가 표시되는지 확인해 주십시오.
mail-fallback = 버튼이 작동하지 않으면 브라우저에서 다음 주소를 열어 주십시오.

mail-fact = { $label }: { $value }
mail-fact-device = 기기
mail-fact-address = IP 주소
mail-fact-country = 국가
mail-fact-time = 시간

mail-sign-in-title = 로그인 인증번호
mail-sign-in-text = { $brand }에 로그인하려면 이 인증번호를 사용하십시오.
mail-mfa-title = 2단계 인증번호
mail-mfa-text = { $brand }의 2단계 인증에 이 인증번호를 사용하십시오.

mail-magic-link-title = 로그인 링크
mail-magic-link-text = { $brand }에 로그인하려면 이 링크를 사용하십시오.
mail-magic-link-button = 로그인
mail-verify-email-title = 이메일 주소 확인
mail-verify-email-text = { $brand }에서 사용하실 이메일 주소를 확인하려면 이 링크를 사용하십시오.
mail-verify-email-button = 주소 확인
mail-recovery-title = 새 비밀번호 설정
mail-recovery-text = { $brand } 계정의 새 비밀번호를 설정하려면 이 링크를 사용하십시오.
mail-recovery-button = 비밀번호 설정

mail-session-alert-title = 계정에 새로운 로그인
mail-session-alert-text = 회원님의 { $brand } 계정에 새로운 로그인이 있었습니다.
mail-email-changed-title = 이메일 주소가 변경되었습니다
mail-email-changed-text = 회원님의 { $brand } 계정에 이제 다른 이메일 주소가 사용됩니다.
mail-phone-changed-title = 전화번호가 변경되었습니다
mail-phone-changed-text = 회원님의 { $brand } 계정 전화번호가 변경되었습니다.
mail-password-changed-title = 비밀번호가 변경되었습니다
mail-password-changed-text = 회원님의 { $brand } 계정 비밀번호가 변경되었습니다.
mail-authenticator-added-title = 인증 앱이 추가되었습니다
mail-authenticator-added-text = 회원님의 { $brand } 계정에 인증 앱이 추가되었습니다.
mail-authenticator-removed-title = 인증 앱이 삭제되었습니다
mail-authenticator-removed-text = 회원님의 { $brand } 계정에서 인증 앱이 삭제되었습니다.
mail-recovery-codes-changed-title = 새 복구 코드
mail-recovery-codes-changed-text = 회원님의 { $brand } 계정에 새 복구 코드가 생성되었습니다. 이전 코드는 더 이상 사용할 수 없습니다.
mail-mfa-on-title = 2단계 인증이 켜졌습니다
mail-mfa-on-text = 회원님의 { $brand } 계정에서 2단계 인증이 켜졌습니다.
mail-mfa-off-title = 2단계 인증이 꺼졌습니다
mail-mfa-off-text = 회원님의 { $brand } 계정에서 2단계 인증이 꺼졌습니다.
mail-claim-removed-title = 확인되지 않은 연락처가 삭제되었습니다
mail-claim-removed-text = 확인되지 않은 전화번호 또는 이메일 주소가 다른 곳에서 소유자에 의해 확인되어 회원님의 { $brand } 계정에서 삭제되었습니다.

mail-advice-code = 인증번호를 요청하지 않으셨다면 이 메일을 무시하셔도 됩니다. 인증번호를 타인에게 알려주지 마십시오.
mail-advice-mfa = 인증번호를 요청하지 않으셨다면 타인에게 알려주지 마시고 저희에게 문의해 주십시오.
mail-advice-link = 링크를 요청하지 않으셨다면 이 메일을 무시하셔도 됩니다.
mail-advice-recovery = 링크를 요청하지 않으셨다면 이 메일을 무시하셔도 됩니다. 비밀번호는 변경되지 않습니다.
mail-advice-notice = 본인이 하신 것이 아니라면 저희에게 문의해 주십시오.
mail-advice-mistake = 착오라고 생각되시면 저희에게 문의해 주십시오.
