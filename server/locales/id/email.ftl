mail-subject = { $brand }: { $title }
mail-footer = Ini adalah pesan otomatis dari { $brand }.
mail-valid-minutes = Berlaku selama { $minutes } menit.
mail-valid-hours = Berlaku selama { $hours } jam.
mail-phrase = Harap pastikan aplikasi atau browser Anda menampilkan frasa keamanan yang sama:
mail-fallback = Jika tombol tidak berfungsi, buka alamat ini di browser Anda:

mail-fact = { $label }: { $value }
mail-fact-device = Perangkat
mail-fact-address = Alamat IP
mail-fact-country = Negara
mail-fact-time = Waktu

mail-sign-in-title = Kode masuk Anda
mail-sign-in-text = Gunakan kode ini untuk masuk ke { $brand }.
mail-mfa-title = Kode verifikasi dua langkah Anda
mail-mfa-text = Gunakan kode ini untuk verifikasi dua langkah di { $brand }.

mail-magic-link-title = Tautan masuk Anda
mail-magic-link-text = Gunakan tautan ini untuk masuk ke { $brand }.
mail-magic-link-button = Masuk
mail-verify-email-title = Konfirmasi alamat email Anda
mail-verify-email-text = Gunakan tautan ini untuk mengonfirmasi alamat email Anda di { $brand }.
mail-verify-email-button = Konfirmasi alamat
mail-recovery-title = Pilih kata sandi baru
mail-recovery-text = Gunakan tautan ini untuk memilih kata sandi baru bagi akun { $brand } Anda.
mail-recovery-button = Pilih kata sandi

mail-session-alert-title = Aktivitas masuk baru di akun Anda
mail-session-alert-text = Terdapat aktivitas masuk baru di akun { $brand } Anda.
mail-email-changed-title = Alamat email Anda telah diubah
mail-email-changed-text = Akun { $brand } Anda kini menggunakan alamat email lain.
mail-phone-changed-title = Nomor telepon Anda telah diubah
mail-phone-changed-text = Nomor telepon akun { $brand } Anda telah diubah.
mail-password-changed-title = Kata sandi Anda telah diubah
mail-password-changed-text = Kata sandi akun { $brand } Anda telah diubah.
mail-authenticator-added-title = Aplikasi autentikator ditambahkan
mail-authenticator-added-text = Sebuah aplikasi autentikator telah ditambahkan ke akun { $brand } Anda.
mail-authenticator-removed-title = Aplikasi autentikator dihapus
mail-authenticator-removed-text = Sebuah aplikasi autentikator telah dihapus dari akun { $brand } Anda.
mail-recovery-codes-changed-title = Kode pemulihan baru
mail-recovery-codes-changed-text = Kode pemulihan baru telah dibuat untuk akun { $brand } Anda; kode yang lama tidak berlaku lagi.
mail-mfa-on-title = Verifikasi dua langkah diaktifkan
mail-mfa-on-text = Verifikasi dua langkah telah diaktifkan untuk akun { $brand } Anda.
mail-mfa-off-title = Verifikasi dua langkah dinonaktifkan
mail-mfa-off-text = Verifikasi dua langkah telah dinonaktifkan untuk akun { $brand } Anda.
mail-claim-removed-title = Kontak yang belum dikonfirmasi dihapus
mail-claim-removed-text = Nomor telepon atau alamat email yang belum dikonfirmasi telah dihapus dari akun { $brand } Anda karena pemiliknya telah mengonfirmasinya di tempat lain.

mail-advice-code = Jika Anda tidak meminta kode ini, Anda dapat mengabaikan pesan ini. Harap jangan berikan kode ini kepada siapa pun.
mail-advice-mfa = Jika Anda tidak meminta kode ini, jangan berikan kepada siapa pun dan harap hubungi kami.
mail-advice-link = Jika Anda tidak meminta tautan ini, Anda dapat mengabaikan pesan ini.
mail-advice-recovery = Jika Anda tidak meminta tautan ini, Anda dapat mengabaikan pesan ini; kata sandi Anda tidak berubah.
mail-advice-notice = Jika ini bukan Anda, harap hubungi kami.
mail-advice-mistake = Jika menurut Anda ini keliru, harap hubungi kami.
