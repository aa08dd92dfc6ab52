-- What a customer's own server notes about a user: what its system knows him by, which need not be unique and signs nobody
-- in, and a JSON object that only servers read.
ALTER TABLE users ADD COLUMN external_id TEXT;
ALTER TABLE users ADD COLUMN vendor_metadata TEXT;
CREATE INDEX users_by_external_id ON users (external_id, project_id) WHERE external_id IS NOT NULL;
-- Who belongs to an account: SQLite takes this index only if it begins with the account.
DROP INDEX memberships_by_tenant;
CREATE INDEX memberships_by_tenant ON memberships (tenant_id, project_id, user_id);
