package verify

// pieced is a Verifier in Go that says which pieces of a credential it makes use of.
type pieced interface {
	Pieces() []string
}

func (alibabaSTS) Pieces() []string   { return []string{"key_id", "session_token"} }
func (atlasKey) Pieces() []string     { return []string{"public_key"} }
func (awsSTS) Pieces() []string       { return []string{"key_id", "region", "session_token"} }
func (azureClient) Pieces() []string  { return []string{"client_id", "tenant_id"} }
func (azureSAS) Pieces() []string     { return []string{"account", "domain", "entity", "host"} }
func (azureStorage) Pieces() []string { return []string{"account", "domain", "entity", "host"} }
func (gcpServiceAccount) Pieces() []string {
	return []string{"client_email", "key_id", "project", "universe"}
}
func (*githubApp) Pieces() []string  { return []string{"app", "host"} }
func (jwtIssuer) Pieces() []string   { return nil }
func (*kubernetes) Pieces() []string { return []string{"host", "port"} }
func (*ociLogin) Pieces() []string   { return []string{"host", "registry", "user"} }
func (ovhKey) Pieces() []string      { return []string{"app_key", "consumer_key", "region"} }
func (sshKey) Pieces() []string      { return []string{"host", "port", "user"} }
func (login) Pieces() []string {
	return []string{"auth_source", "database", "host", "jwt", "kind", "options", "port", "protocol", "scheme", "user"}
}
