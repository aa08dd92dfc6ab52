//! The one list of what is written down.

/// What happened. Each has a row in `docs/audit.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Somebody, or an API key, made an account.
    UserCreate,
    /// Name or preferences of an account were changed, or what a server notes about it, or the accounts that it belongs to.
    UserUpdate,
    /// An account was blocked.
    UserBlock,
    /// An account was removed.
    UserDelete,
    /// A token that signs somebody in was made by a server.
    TokenCreate,
    /// Somebody signed in.
    SessionCreate,
    /// A session was ended.
    SessionDelete,
    /// The spent refresh token of a session was shown again, and the session was ended.
    SessionReuse,
    /// A password was set or changed.
    PasswordUpdate,
    /// An account got another e-mail address.
    EmailUpdate,
    /// An e-mail address was proved.
    EmailVerify,
    /// An account got another phone number.
    PhoneUpdate,
    /// A phone number was proved.
    PhoneVerify,
    /// A phone number was taken away.
    PhoneDelete,
    /// The person said that it was himself who set a phone number up.
    PhoneConfirm,
    /// The person said that a stranger set it up.
    PhoneReport,
    /// A number or address that was only claimed lost to its owner's proof.
    ClaimRemove,
    /// Second factors were switched on or off.
    MfaUpdate,
    /// An authenticator app was set up, not yet verified.
    AuthenticatorCreate,
    /// An authenticator app was verified.
    AuthenticatorVerify,
    /// The seed of an authenticator app was shown again.
    AuthenticatorRead,
    /// An authenticator app was removed.
    AuthenticatorDelete,
    /// Recovery codes were made for the first time.
    RecoveryCodesCreate,
    /// Recovery codes were made anew.
    RecoveryCodesUpdate,
    /// A second factor was asked for.
    ChallengeCreate,
    /// A second factor was proved.
    ChallengeComplete,
    /// A password was set by a recovery link.
    RecoveryComplete,
    /// Recovery codes were taken away.
    RecoveryCodesDelete,
    /// The key file was given up as lost: what was chained before was chained anew.
    KeysReset,
    /// A device was remembered: it is not asked for a second factor for a while.
    DeviceCreate,
    /// Somebody signed in by a remembered device without a second factor.
    DeviceUse,
    /// Devices were forgotten, because somebody wants them asked again.
    DeviceDelete,
    /// A number for codes of second factors was proved.
    MfaPhoneVerify,
    /// It was taken away.
    MfaPhoneDelete,
    /// Second factors were taken away by a recovery code.
    MfaRecover,
    /// Another signing key took the place of the one before.
    KeysRotate,
    /// A webhook was made.
    WebhookCreate,
    /// A webhook was changed, got another secret, or was switched off.
    WebhookUpdate,
    /// A webhook was removed.
    WebhookDelete,
    /// An account of users was made.
    TenantCreate,
    /// An account of users was changed.
    TenantUpdate,
    /// An account of users was removed.
    TenantDelete,
    /// An administrator made a project.
    ProjectCreate,
    /// An administrator changed a project's name or settings.
    ProjectUpdate,
    /// An administrator removed a project.
    ProjectDelete,
    /// An administrator made an API key.
    KeyCreate,
    /// An administrator revoked an API key.
    KeyDelete,
    /// An administrator let a front end in.
    PlatformCreate,
    /// An administrator shut a front end out.
    PlatformDelete,
    /// An administrator added a provider of SMS or e-mail.
    ProviderCreate,
    /// An administrator changed a provider, or the order of them.
    ProviderUpdate,
    /// An administrator removed a provider.
    ProviderDelete,
    /// An administrator sent a test message through a provider.
    ProviderTest,
    /// An administrator gave a message a text of the project's own.
    TemplateUpdate,
    /// An administrator took a text of the project's own away.
    TemplateDelete,
    /// An administrator was made.
    AdminCreate,
    /// An administrator was removed.
    AdminDelete,
    /// An administrator got another password.
    AdminPassword,
    /// An administrator signed in.
    AdminSessionCreate,
    /// Sessions of an administrator were ended.
    AdminSessionDelete,
    /// A token of an administrator was made.
    AdminTokenCreate,
    /// A token of an administrator was revoked.
    AdminTokenDelete,
}

impl What {
    /// Its name: the noun, a dot, the verb.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserCreate => "user.create",
            Self::UserUpdate => "user.update",
            Self::UserBlock => "user.block",
            Self::UserDelete => "user.delete",
            Self::TokenCreate => "token.create",
            Self::SessionCreate => "session.create",
            Self::SessionDelete => "session.delete",
            Self::SessionReuse => "session.reuse",
            Self::PasswordUpdate => "password.update",
            Self::EmailUpdate => "email.update",
            Self::EmailVerify => "email.verify",
            Self::PhoneUpdate => "phone.update",
            Self::PhoneVerify => "phone.verify",
            Self::PhoneDelete => "phone.delete",
            Self::PhoneConfirm => "phone.confirm",
            Self::PhoneReport => "phone.report",
            Self::ClaimRemove => "claim.remove",
            Self::MfaUpdate => "mfa.update",
            Self::AuthenticatorCreate => "authenticator.create",
            Self::AuthenticatorVerify => "authenticator.verify",
            Self::AuthenticatorRead => "authenticator.read",
            Self::AuthenticatorDelete => "authenticator.delete",
            Self::RecoveryCodesCreate => "recovery-codes.create",
            Self::RecoveryCodesUpdate => "recovery-codes.update",
            Self::ChallengeCreate => "challenge.create",
            Self::ChallengeComplete => "challenge.complete",
            Self::RecoveryComplete => "recovery.complete",
            Self::RecoveryCodesDelete => "recovery-codes.delete",
            Self::DeviceCreate => "device.create",
            Self::DeviceUse => "device.use",
            Self::DeviceDelete => "device.delete",
            Self::MfaPhoneVerify => "mfa-phone.verify",
            Self::MfaPhoneDelete => "mfa-phone.delete",
            Self::MfaRecover => "mfa.recover",
            Self::KeysReset => "keys.reset",
            Self::KeysRotate => "keys.rotate",
            Self::WebhookCreate => "webhook.create",
            Self::WebhookUpdate => "webhook.update",
            Self::WebhookDelete => "webhook.delete",
            Self::TenantCreate => "tenant.create",
            Self::TenantUpdate => "tenant.update",
            Self::TenantDelete => "tenant.delete",
            Self::ProjectCreate => "project.create",
            Self::ProjectUpdate => "project.update",
            Self::ProjectDelete => "project.delete",
            Self::KeyCreate => "key.create",
            Self::KeyDelete => "key.delete",
            Self::PlatformCreate => "platform.create",
            Self::PlatformDelete => "platform.delete",
            Self::ProviderCreate => "provider.create",
            Self::ProviderUpdate => "provider.update",
            Self::ProviderDelete => "provider.delete",
            Self::ProviderTest => "provider.test",
            Self::TemplateUpdate => "template.update",
            Self::TemplateDelete => "template.delete",
            Self::AdminCreate => "admin.create",
            Self::AdminDelete => "admin.delete",
            Self::AdminPassword => "admin.password",
            Self::AdminSessionCreate => "admin-session.create",
            Self::AdminSessionDelete => "admin-session.delete",
            Self::AdminTokenCreate => "admin-token.create",
            Self::AdminTokenDelete => "admin-token.delete",
        }
    }
}
