package risk

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/rules"
)

// known are permissions whose words do not say what they give, in lower case and as
// bare leaves them. says is empty for the words of the power. Sources:
//   - docs.aws.amazon.com/aws-managed-policy/latest/reference/PowerUserAccess.html
//   - docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2ContainerRegistryPowerUser.html
//   - docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: it returns the
//     credentials of a role
//   - cloud.google.com/iam/docs/roles-permissions/{storage,cloudkms,run,container,compute,iam,
//     secretmanager,serviceusage}
//   - cloud.google.com/iam/docs/roles-permissions/resourcemanager: both may set the
//     policies of all projects below
//   - cloud.google.com/storage/docs/authentication/managing-hmackeys
//   - learn.microsoft.com/azure/role-based-access-control/built-in-roles, and the actions
//     of each role there: who may list the keys of an account, or assign roles, has more
//     than its name says
var known = map[string]struct {
	power rules.Power
	says  string
}{
	// Nearly all in a whole project or subscription.
	"editor": {rules.Secrets, ""}, "contributor": {rules.Secrets, ""},
	"poweruseraccess": {rules.Secrets, "it may do nearly everything, but not manage users and groups"},

	"sts:assumerole":                                {rules.Secrets, "it may act as a role that trusts it"},
	"amazonec2containerregistrypoweruser":           {rules.Publish, "it may push images"},
	"amazonelasticcontainerregistrypublicpoweruser": {rules.Publish, "it may push images"},
	"storage.objectuser":                            {rules.Write, ""},
	"storage.hmackeyadmin":                          {rules.Secrets, ""},
	"cloudkms.cryptokeydecrypter":                   {rules.Read, "it may decrypt"},
	"cloudkms.cryptokeyencrypterdecrypter":          {rules.Read, "it may encrypt and decrypt"},
	"run.invoker":                                   {rules.Send, "it may call services"},
	"resourcemanager.organizationadmin":             {rules.Secrets, givesRoles},
	"resourcemanager.folderadmin":                   {rules.Secrets, givesRoles},
	"iam.serviceaccountuser":                        {rules.Secrets, "it may run things as service accounts"},
	"iam.securityreviewer":                          {rules.Read, ""},
	"secretmanager.viewer":                          {rules.Read, "it may see which secrets there are, but not read them"},
	"serviceusage.apikeysviewer":                    {rules.Secrets, "it may read API keys"},
	"container.developer":                           {rules.Secrets, "it may change what runs in clusters, and read their Secrets"},
	"compute.osadminlogin":                          {rules.Service, "it may log in to machines as their administrator"},

	"key vault administrator":                     {rules.Secrets, ""},
	"user access administrator":                   {rules.Secrets, givesRoles},
	"role based access control administrator":     {rules.Secrets, givesRoles},
	"key vault data access administrator":         {rules.Secrets, givesRoles},
	"reader and data access":                      {rules.Secrets, readsKeys},
	"storage account contributor":                 {rules.Secrets, readsKeys},
	"storage account key operator service role":   {rules.Secrets, readsKeys},
	"cognitive services user":                     {rules.Secrets, readsKeys},
	"cognitive services contributor":              {rules.Secrets, readsKeys},
	"documentdb account contributor":              {rules.Secrets, readsKeys},
	"log analytics contributor":                   {rules.Secrets, readsKeys},
	"logic app contributor":                       {rules.Secrets, readsKeys},
	"azure kubernetes service cluster admin role": {rules.Secrets, "it may get the credentials of clusters' administrators"},
	"azure kubernetes service contributor role":   {rules.Secrets, "it may get the credentials of clusters' administrators"},
	"acrpush": {rules.Publish, "it may push images"},
	"acrpull": {rules.Read, "it may pull images"},
}

const (
	givesRoles = "it may give roles to anybody"
	readsKeys  = "it may read the keys of accounts"
)

// googleAdmin are roles of Google's for one service, or for what is in it; allActions
// are all actions of one service of AWS. azureOwner are roles of Azure for one service
// (its only role for everything is Owner), by the words that they begin with in Microsoft's
// list, and azureService those that services of Azure themselves have.
var (
	azureOwner   = lazy.New(`(?i)^(?:AgFood Platform|App Configuration|App Compliance|Azure|Backup|Cognitive Services|Communication|Compute Gallery|Container (?:Apps|Registry)|DeID|DICOM|DevCenter|Device Update|Elastic SAN|Foundry|HDInsight|Healthcare Agent|Key Vault|Landing Zone|Load Test|Object Anchors|Operator Nexus|Oracle\.?\s?Database|Playwright Workspace|Remote Rendering|SignalR|Spatial Anchors|Storage (?:Blob|File)|Virtual Machine|Web PubSub|Windows Admin Center)\b.*\b(?:owner|administrator|admin)\b.*`)
	azureService = lazy.New(`(?i) service role(?: \(preview\))?$`)
	googleAdmin  = lazy.New(`^[a-z][A-Za-z0-9]*\.(?:[A-Za-z]*[a-z])?(?:[aA]dmin|[oO]wner)(?:\.v[0-9])?$`)
	allActions   = lazy.New(`^[a-zA-Z0-9-]+:\*$`)
)

// services are names of services by their words in permissions.
var services = map[string]string{
	"pubsub": "Pub/Sub", "cloudsql": "Cloud SQL", "storage": "Cloud Storage", "bigquery": "BigQuery", "container": "GKE", "run": "Cloud Run",
	"compute": "Compute Engine", "cloudkms": "Cloud KMS", "artifactregistry": "Artifact Registry", "s3": "S3", "ecr": "ECR", "ec2": "EC2", "rds": "RDS",
	"sqs": "SQS", "sns": "SNS", "kms": "KMS", "ses": "SES", "dynamodb": "DynamoDB", "lambda": "Lambda",
}

// says says what a permission gives that is of a power.
func says(power rules.Power, permission string) string {
	p := strings.ToLower(bare(permission))
	if k := known[p]; k.says != "" {
		return k.says
	}
	if strings.HasPrefix(p, "* except ") && power == rules.Secrets {
		return "it may do nearly everything"
	}
	if power != rules.Service || strings.Contains(p, " ") {
		return powerWords[power]
	}
	service := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(p, "amazon"), "aws"), "fullaccess")
	if i := strings.IndexAny(service, ".:"); i > 0 {
		service = service[:i]
	}
	if name := services[service]; name != "" {
		return "it administers " + name
	}
	return "it administers all of " + service
}
