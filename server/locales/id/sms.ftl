sms-sign-in = { $brand }: kode masuk Anda { $code }. Jangan berikan kepada siapa pun.
sms-verify-phone = { $brand }: kode untuk mengonfirmasi nomor telepon ini: { $code }. Jangan berikan kepada siapa pun.
sms-change-phone = { $brand }: kode untuk mengganti nomor telepon Anda: { $code }. Jangan berikan kepada siapa pun.
sms-remove-phone = { $brand }: kode untuk menghapus nomor telepon ini: { $code }. Jangan berikan kepada siapa pun.
sms-mfa = { $brand }: kode verifikasi dua langkah Anda { $code }. Jangan berikan kepada siapa pun.
sms-recovery = { $brand }: kode pemulihan akun Anda { $code }. Jangan berikan kepada siapa pun.

sms-sign-in-short = { $brand }: kode masuk { $code }
sms-verify-phone-short = { $brand }: cek nomor { $code }
sms-change-phone-short = { $brand }: ganti nomor { $code }
sms-remove-phone-short = { $brand }: hapus nomor { $code }
sms-mfa-short = { $brand }: dua langkah { $code }
sms-recovery-short = { $brand }: kode pemulihan { $code }

sms-notice-phone = { $brand }: nomor telepon akun Anda telah diubah. Jika ini bukan Anda, harap hubungi kami.
sms-notice-security = { $brand }: pengaturan keamanan akun Anda telah diubah. Jika ini bukan Anda, harap hubungi kami.
