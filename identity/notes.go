package identity

import "github.com/whosekey/whosekey/identity/decode"

// Values of leak.ClaimNote that resolvers give and that others act upon. They
// are sentences, as reports show them.
const (
	// NoteStaticCloudKey is given for a long-lived key of a cloud that a job of
	// a CI uses, where the CI could log in with a token of its own (OpenID
	// Connect) and keep no key: NHI6.
	NoteStaticCloudKey = "a CI job uses this long-lived cloud key where it could log in with its own short-lived token"
	// NoteTestFixture is given for a credential all of whose places look like
	// tests, examples or documentation by their paths.
	NoteTestFixture = "all its places look like tests or examples"
	// NoteCILiteral is given for a credential that stands in a CI's own
	// configuration in place of a reference to a secret.
	NoteCILiteral = "it stands in the CI's configuration itself"
	// NoteInState begins a note that names the resource of a Terraform state.
	NoteInState = decode.NoteInState
	// OfEnvironment stands in a consumer's Via before the environment of GitHub that its
	// job runs in, whose secrets come before those of the repository.
	OfEnvironment = " of environment "
	// NoteBuildArgument is given where a credential gets into an image by its
	// build: it then stays in the history or the provenance of that.
	NoteBuildArgument = "it is an argument of an image's build"
	// NoteAgentTool is given where an AI agent hands a credential to a tool that is
	// somebody else's: NHI3.
	NoteAgentTool = "an AI agent gives it to a tool of others"
)

// ScopeLogsIn begins the scope of a key whose public half is in a file that lets it log
// in: the evidence's Ref is the place.
const ScopeLogsIn = "logs in where "

// ScopeShell begins the scope of a key with which a file of the repository logs in: the user
// and the host follow.
const ScopeShell = "logs in as "

// The sources of owners: leak.Owner.Source.
const (
	OwnerInventory   = "inventory"
	OwnerIaC         = "iac_tag"
	OwnerCatalog     = "catalog" // catalog-info.yaml of the folder, service catalogs
	OwnerWhoami      = "whoami"
	OwnerDeclaring   = "codeowners_declaring" // CODEOWNERS of the file that declares the identity
	OwnerConsuming   = "codeowners_consuming" // of a file that uses the credential
	OwnerConsumerTag = "consumer_tag"         // tags and labels of what uses the credential
	OwnerFolderTag   = "folder_tag"           // all tags in the folder of the declaration
	OwnerLeaking     = "codeowners_leaking"   // of the file that the credential is in
	OwnerEverything  = "codeowners_default"   // of any of these, by a rule for all files
	OwnerRepository  = "catalog_repository"   // catalog-info.yaml at the root
	OwnerMaintains   = "maintainers"          // OWNERS, MAINTAINERS, package manifests
	OwnerAuthor      = "git_introducer"
	OwnerRecent      = "git_recent"
	OwnerDefault     = "default"
)

// MaybeConsuming is the confidence of OwnerConsuming where the credential is only
// called like the one that is used, by a name that many have. Such owners come
// behind those of the place where it leaked: see tierOf.
const MaybeConsuming = 0.4

// OwnerTiers are the sources in the order in which they count: who is named for
// this identity or this place before who is named for everything.
var OwnerTiers = []string{
	OwnerInventory, OwnerIaC, OwnerCatalog, OwnerWhoami, OwnerDeclaring, OwnerConsuming, OwnerConsumerTag, OwnerFolderTag, OwnerLeaking,
	OwnerEverything, OwnerRepository, OwnerMaintains, OwnerAuthor, OwnerRecent, OwnerDefault,
}
